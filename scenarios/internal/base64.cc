#include "scenarios/internal/base64.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace weir::scenarios::internal {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kGroupBytes = 3;
constexpr std::size_t kGroupDigits = 4;

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / kGroupBytes * kGroupDigits);
  for (std::size_t at = 0; at < bytes.size(); at += kGroupBytes) {
    const std::size_t count = std::min(kGroupBytes, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < kGroupBytes; ++i) {
      group = group << 8U | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < kGroupDigits; ++i) {
      out += i <= count ? kDigits[group >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return out;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string out;
  if (text.size() % kGroupDigits != 0) {
    return std::nullopt;
  }
  const std::size_t padding = text.ends_with("==") ? 2 : (text.ends_with('=') ? 1 : 0);
  const std::size_t digits = text.size() - padding;
  std::uint32_t group = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t digit = at < digits ? kDigits.find(text[at]) : 0;
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    group = group << 6U | static_cast<std::uint32_t>(digit);
    if (at % kGroupDigits == kGroupDigits - 1) {
      for (std::size_t i = 0; i < kGroupBytes; ++i) {
        out += static_cast<char>(group >> (16 - 8 * i) & 255U);
      }
      group = 0;
    }
  }
  out.resize(out.size() - padding);
  // Bits behind the last byte are zeros, or it is the text of something else.
  return EncodeBase64(out) == text ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace weir::scenarios::internal
