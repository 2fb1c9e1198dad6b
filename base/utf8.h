#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

/// Bytes of the UTF-8 character at the front of `text` (not empty); 0 if it is malformed: cut off,
/// overlong, a surrogate or beyond U+10FFFF.
std::size_t CharacterLength(std::string_view text);

/// Whether all of it is UTF-8.
bool IsUtf8(std::string_view text);

}  // namespace weir
