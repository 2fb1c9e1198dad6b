#pragma once

#include <optional>
#include <string>
#include <string_view>

/// RFC 4648, section 4.
namespace weir::scenarios::internal {

std::string EncodeBase64(std::string_view bytes);

/// Nothing if it is not exactly what EncodeBase64 makes of some bytes.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace weir::scenarios::internal
