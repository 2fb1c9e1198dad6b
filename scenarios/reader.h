#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "scenarios/scenario.h"

/// Reads the scenario file of design section 5. Every error of the file is reported at once
/// (scenarios/diagnostic.h); no key is ever ignored; what a later version will read is refused by
/// name. Safe on hostile input: depth, size, aliases and every number are bounded.
namespace weir::scenarios {

inline constexpr std::size_t kScenarioBytesMax = std::size_t{4} * 1024 * 1024;

/// `file_name` is shown in messages; its stem names a scenario without `name:`.
/// Errors: kUsage, all diagnostics.
Result<Scenario> ReadScenario(std::string_view text, std::string_view file_name);

/// Errors: kUsage, also for a file that is missing, unreadable, a directory or too large.
Result<Scenario> ReadScenarioFile(const std::string& path);

}  // namespace weir::scenarios
