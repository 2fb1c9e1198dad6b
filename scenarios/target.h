#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "scenarios/scenario.h"

namespace weir::scenarios {

/// Reads the address of a target: `http://host`, `https://[::1]:8443/prefix`. Refused, each with
/// a way out: no scheme, another scheme, user and password, query, fragment, spaces, a port
/// outside 1..65535. Errors: kUsage, message without place, perhaps with a second line "hint: ...".
Result<Target> ParseTarget(std::string_view url);

/// Reads a whole URL as given to `weir run URL`: the target (without base path) and the path with
/// its query as it goes on the wire ("/" if there is none). Errors as ParseTarget.
Result<std::pair<Target, std::string>> ParseUrl(std::string_view url);

}  // namespace weir::scenarios
