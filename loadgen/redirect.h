#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenarios/scenario.h"

/// Where an answer sends its client on to. Source: RFC 9110, section 15.4 (statuses), RFC 3986,
/// section 5.2 (references). Pure; any thread.
namespace weir::loadgen {

/// 301, 302, 303, 307 and 308.
bool IsRedirect(int status);

/// The path with its query that `location` means to a request for `path`, which begins with the
/// prefix of the target if it has one: without dot segments and fragment, what may not stand in a
/// request line as %XX. Nothing when it leads to another origin, which is neither `target` nor the
/// one that the Host header `host` names with the same scheme, or is no reference.
std::optional<std::string> ResolveLocation(std::string_view location, std::string_view path,
                                           const scenarios::Target& target, std::string_view host);

/// What becomes of a request that is sent on with `status`: after 303 anything but HEAD is a GET
/// without a body, after 301 and 302 a POST is; 307 and 308 change nothing.
void ChangeMethod(int status, scenarios::Request& request);

}  // namespace weir::loadgen
