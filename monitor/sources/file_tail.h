#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"

namespace weir::monitor {

/// The lines that are added to a file, also when it is renamed and begun anew (logrotate), or cut
/// off and written over. A file that is there at the first look is read from its end on, one that
/// comes later from its beginning. One thread at a time.
class FileTail {
 public:
  /// Of one look; what is more comes with the next one.
  static constexpr std::size_t kBytesMax = std::size_t{32} * 1024 * 1024;

  /// A line that is longer comes as its first bytes, one more than these.
  static constexpr std::size_t kLineBytesMax = std::size_t{64} * 1024;

  explicit FileTail(std::string path) : path_(std::move(path)) {}

  ~FileTail();
  FileTail(const FileTail&) = delete;
  FileTail& operator=(const FileTail&) = delete;

  /// Calls `take` with each line that is whole by now, without its end. The rest of a file that was
  /// renamed comes first. Errors: kUnavailable: there is no such file, or it cannot be read.
  Status Read(const std::function<void(std::string_view line)>& take);

  /// How often the file was cut off: what had not been read then is lost, uncounted.
  std::uint64_t cuts() const { return cuts_; }

  /// Whether the last look left something to read.
  bool is_behind() const { return behind_; }

 private:
  Status Open();
  Status ReadOpen(std::size_t& budget, const std::function<void(std::string_view)>& take);
  void Take(std::string_view bytes, const std::function<void(std::string_view)>& take);
  void Close();

  const std::string path_;
  int file_ = -1;
  ino_t inode_ = 0;
  off_t at_ = 0;
  bool looked_ = false;
  bool behind_ = false;
  std::uint64_t cuts_ = 0;
  std::string partial_;  // A line without its end.
};

}  // namespace weir::monitor
