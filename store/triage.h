#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "base/time.h"

namespace weir::store {

namespace internal {
class Connection;
}  // namespace internal

/// What people think of a regression. Persisted: never renumber.
enum class TriageState : std::uint8_t {
  kNew = 0,           ///< Nobody has looked at it; also: looked at again.
  kAcknowledged = 1,  ///< Somebody has it.
  kExpected = 2,      ///< It was meant, and stays.
  kFixed = 3,         ///< Its cause is gone.
};
inline constexpr std::size_t kTriageStateCount = 4;

/// "new", "acknowledged", "expected", "fixed".
std::string_view TriageStateName(TriageState state);

/// The state of that name, if it is one.
std::optional<TriageState> TriageStateOf(std::string_view name);

/// What somebody said of one change point, which is told apart by scenario, load, step ("" = all),
/// metric and the first run of its new level. Texts may be empty ("not said").
struct TriageNote {
  std::int64_t id = 0;
  WallTime at{};
  std::string scenario;
  std::string load;
  std::string step;
  std::string metric;
  RunId run = 0;
  TriageState state = TriageState::kNew;
  std::string by;   ///< Who said it.
  std::string why;  ///< In their words.
};

/// The newest so many are kept in a history; older ones are deleted as new ones come.
inline constexpr std::size_t kTriageNotesKept = 10'000;

/// What was said of regressions, over a connection of its own. Notes are added and never changed:
/// the newest on a change point is its state, those before it are how it came to be. Errors and
/// thread rule: as Store (store/history.h).
class TriageBook {
 public:
  /// As Store::OpenForWriting and Store::OpenForReading.
  static Result<std::unique_ptr<TriageBook>> OpenForWriting(const std::string& path);
  static Result<std::unique_ptr<TriageBook>> OpenForReading(const std::string& path);

  ~TriageBook();
  TriageBook(const TriageBook&) = delete;
  TriageBook& operator=(const TriageBook&) = delete;

  /// Adds all of them or none; their `id` does not matter. Durable when it returns. Needs
  /// OpenForWriting.
  Status Append(const std::vector<TriageNote>& notes);

  /// Newest first.
  Result<std::vector<TriageNote>> List();

 private:
  explicit TriageBook(std::unique_ptr<internal::Connection> connection);

  std::unique_ptr<internal::Connection> connection_;
};

}  // namespace weir::store
