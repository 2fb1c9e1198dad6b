#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace weir::scenarios {

/// A place in a JSON text: `$.items[0].id`, `$['a b'][-1]`. The part of RFC 9535 that names one
/// place: members and indices, which count from the end when negative.
struct JsonPath {
  std::vector<std::variant<std::string, std::int64_t>> steps;
};

/// Parentheses are read as brackets, because brackets cannot stand everywhere in YAML.
/// Errors: kUsage, HintedError.
Result<JsonPath> ParseJsonPath(std::string_view text);

/// What stands at `path` in `json`: a string without its quotes and escapes, anything else as it is
/// written. Nothing when there is no such place, or the text is no JSON up to there. Reads up to
/// the place and builds nothing on the way. Any thread may call. Cost: O(bytes before the place).
std::optional<std::string> FindJson(std::string_view json, const JsonPath& path);

}  // namespace weir::scenarios
