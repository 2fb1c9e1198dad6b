#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Unreserved characters of RFC 3986, section 2.3: what a form field or a part of a path keeps.
inline constexpr std::string_view kUnreservedCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

/// What may stand in a path with query, '%' included: it may be encoded already.
inline constexpr std::string_view kPathCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?%";

/// Appends `text` to `out`, each byte that is not in `kept` as %XX.
void AppendPercentEncoded(std::string_view text, std::string_view kept, std::string& out);

}  // namespace weir
