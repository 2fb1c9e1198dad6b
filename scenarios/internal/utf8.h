#pragma once

#include <cstddef>
#include <string_view>

namespace weir::scenarios::internal {

/// A character of a text. An invalid one stands for a single byte that is no part of UTF-8.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

/// The character at the front of a text that is not empty. Overlong forms, surrogates and values
/// above U+10FFFF are invalid (RFC 3629).
CodePoint DecodeFront(std::string_view text);

bool IsUtf8(std::string_view text);

}  // namespace weir::scenarios::internal
