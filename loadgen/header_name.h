#pragma once

#include <algorithm>
#include <string_view>

namespace weir::loadgen {

/// Names of headers compare without regard to the case of ASCII letters (RFC 9110, 5.1).
inline bool SameHeaderName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace weir::loadgen
