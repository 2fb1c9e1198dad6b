#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::loadgen {

/// How an HTTP/2 frame begins (RFC 9113, 4.1).
struct H2FrameStart {
  static constexpr std::size_t kBytes = 9;

  std::uint32_t length = 0;  ///< Of the payload; 24 bits.
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;  ///< 31 bits.

  friend bool operator==(const H2FrameStart&, const H2FrameStart&) = default;
};

inline constexpr std::uint32_t kH2LastStreamId = 0x7fff'ffff;

/// The first four bytes in network order. `bytes` has as many.
constexpr std::uint32_t ReadH2Word(std::string_view bytes) {
  const auto byte = [bytes](std::size_t at) {
    return std::uint32_t{static_cast<unsigned char>(bytes[at])};
  };
  return byte(0) << 24U | byte(1) << 16U | byte(2) << 8U | byte(3);
}

/// From H2FrameStart::kBytes bytes; the reserved bit is ignored, as it must be.
constexpr H2FrameStart ReadH2FrameStart(std::string_view bytes) {
  return {ReadH2Word(bytes) >> 8U, static_cast<std::uint8_t>(bytes[3]),
          static_cast<std::uint8_t>(bytes[4]), ReadH2Word(bytes.substr(5)) & kH2LastStreamId};
}

inline void AppendH2Word(std::uint32_t value, std::string& out) {
  const char bytes[] = {static_cast<char>(value >> 24U), static_cast<char>(value >> 16U & 0xffU),
                        static_cast<char>(value >> 8U & 0xffU), static_cast<char>(value & 0xffU)};
  out.append(bytes, sizeof(bytes));
}

inline void AppendH2FrameStart(const H2FrameStart& frame, std::string& out) {
  const char bytes[] = {static_cast<char>(frame.length >> 16U & 0xffU),
                        static_cast<char>(frame.length >> 8U & 0xffU),
                        static_cast<char>(frame.length & 0xffU),
                        static_cast<char>(frame.type),
                        static_cast<char>(frame.flags),
                        static_cast<char>(frame.stream >> 24U),
                        static_cast<char>(frame.stream >> 16U & 0xffU),
                        static_cast<char>(frame.stream >> 8U & 0xffU),
                        static_cast<char>(frame.stream & 0xffU)};
  static_assert(sizeof(bytes) == H2FrameStart::kBytes);
  out.append(bytes, sizeof(bytes));
}

/// One entry of a SETTINGS frame.
inline void AppendH2Setting(std::uint16_t name, std::uint32_t value, std::string& out) {
  out.push_back(static_cast<char>(name >> 8U));
  out.push_back(static_cast<char>(name & 0xffU));
  AppendH2Word(value, out);
}

}  // namespace weir::loadgen
