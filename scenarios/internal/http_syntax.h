#pragma once

#include <string_view>

#include "base/result.h"

/// What may stand in a request line and in a header field (RFC 9110, 9112), so that nothing that a
/// user wrote changes the shape of the request. Errors: kUsage, HintedError without place.
namespace weir::scenarios::internal {

/// A method: upper-case letters, digits and the other token characters; at most 20.
Status CheckMethod(std::string_view method);

/// A path with query: begins with '/', printable ASCII without spaces and '#'.
Status CheckPath(std::string_view path);

/// A header name (token), and not one that only weir can set.
Status CheckHeaderName(std::string_view name);

/// A header value: no control characters but tab.
Status CheckHeaderValue(std::string_view name, std::string_view value);

/// Names of headers and hosts compare without regard to case; ASCII only.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

}  // namespace weir::scenarios::internal
