#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <re2/re2.h>

#include "base/result.h"
#include "scenarios/internal/draft.h"
#include "scenarios/replay.h"

/// The readers behind ReplaySource::Open.
namespace weir::scenarios::internal {

/// Longer lines of a request log are of another form.
inline constexpr std::size_t kRequestLineBytesMax = std::size_t{1} << 20U;

/// Which requests are wanted, and which group has them. Immutable; any thread.
class RequestSorter {
 public:
  /// Errors: kUsage: an expression that is none.
  static Result<std::unique_ptr<const RequestSorter>> Create(const Replay& replay);
  explicit RequestSorter(const Replay& replay);

  /// `request` is "METHOD /path".
  bool Wants(std::string_view request) const;

  /// The number of groups: none has it.
  std::uint32_t GroupOf(std::string_view request) const;

 private:
  bool keeps_all_;
  re2::RE2 filter_;
  std::vector<std::unique_ptr<re2::RE2>> groups_;
};

/// Equal parts of the span by which arrivals are counted.
inline constexpr std::size_t kProfileParts = 60;

/// Counts an arrival in its part of the profile; `facts.span` is known.
void AddToProfile(Nanos at, ReplayFacts& facts);

/// Puts `step` into `request`: headers that are there stay.
void TakeStep(DraftStep step, const Replay& replay, Request& request);

/// Logs: streamed.
Result<std::shared_ptr<const ReplaySource>> OpenLines(Replay replay,
                                                      std::unique_ptr<const RequestSorter> sorter);

/// Archives and targets: loaded.
Result<std::shared_ptr<const ReplaySource>> OpenList(Replay replay,
                                                     std::unique_ptr<const RequestSorter> sorter);

}  // namespace weir::scenarios::internal
