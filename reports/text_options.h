#pragma once

namespace weir::reports {

enum class Colour { kOff, kOn };

enum class Charset { kAscii, kUnicode };

/// How text for a terminal is laid out. The caller finds out what the terminal can do.
struct TextOptions {
  static constexpr int kWidthMin = 60;
  static constexpr int kWidthMax = 240;

  int width = 80;                ///< Columns; taken as kWidthMin..kWidthMax. No line is wider.
  Colour colour = Colour::kOff;  ///< kOn: ANSI colours; meaning is never in colour alone.
  Charset charset = Charset::kUnicode;  ///< kAscii: "ok", "FAIL", ">=" instead of ✓, ✗, ≥.
};

}  // namespace weir::reports
