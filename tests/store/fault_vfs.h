#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>

/// A SQLite file system that breaks on request. It sits in front of the real one and becomes the
/// process's default, so that the store under test knows nothing of it. Any thread may use it.
namespace weir::store {

/// What a power cut leaves of writes that were made but not yet synced.
enum class AfterPowerCut : std::uint8_t {
  kEverything,  ///< All of them reached the disk: what a killed process leaves, too.
  kOnlySynced,  ///< None did.
  kSome,        ///< Some did, in any order, the last sectors of some torn off. Seeded.
};

class FaultVfs {
 public:
  /// Installs it for the life of this object. One at a time.
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  struct Fault {
    std::uint64_t first = kNever;  ///< Number (from 0) of the first change that fails: a write,
                                   ///< truncation, sync or deletion.
    std::uint64_t count = 1;       ///< How many fail from there on.
    int code = 0;                  ///< What SQLite is told: SQLITE_FULL, SQLITE_IOERR_WRITE, ...
  };

  /// Starts counting changes from 0, with `fault` ahead.
  void Arm(const Fault& fault);

  /// Changes since the last Arm, failed ones included.
  std::uint64_t changes() const;

  /// Called after each change that succeeds, with no file locked, so that it may call WriteImage.
  void OnChange(std::function<void(std::uint64_t change)> hook);

  /// Writes to `directory` the files as they would be found after a power cut right now.
  void WriteImage(const std::filesystem::path& directory, AfterPowerCut kind,
                  std::uint64_t seed) const;
};

}  // namespace weir::store
