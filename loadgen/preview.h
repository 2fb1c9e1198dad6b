#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "loadgen/prepared.h"

namespace weir::loadgen {

/// A request as a run with this seed will send it.
struct PreviewedRequest {
  std::uint32_t step = 0;    ///< StepRecord::step.
  std::uint64_t round = 0;   ///< Over all workers, from 0.
  std::optional<Nanos> due;  ///< Since the start; of the first request of an open round only.
  std::string bytes;         ///< Head and body; of a program its words, separated by spaces.
};

/// The first `count` requests of `scenario`, which has one side and HTTP/1.1, round by round, as if
/// each round was over before the next; of several parts the first rounds of each. What only an
/// answer can tell stands as its name in round brackets, "(token)", also where it decides between
/// branches; redirects and cookies are left out. Fewer when the load or its data end before. Sends
/// nothing. Cost: O(count requests). Thread rule: any.
std::vector<PreviewedRequest> PreviewRequests(const PreparedScenario& scenario, std::uint64_t seed,
                                              WallTime now, std::size_t count);

}  // namespace weir::loadgen
