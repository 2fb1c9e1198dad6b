#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/rate.h"
#include "base/result.h"
#include "base/time.h"

/// How quantities are written and read where people meet them (flags, YAML, terminal).
namespace weir {

/// Reads `500us`, `250ms`, `2s`, `1.5s`, `5m`, `2h`, `10ns`, also sums such as `1m30s`. A plain
/// number is refused (the message names the units). Range: 0 .. 100 days. Errors: kUsage, message
/// without place, e.g. "'5 parsecs' is not a duration; write a number with ns, us, ms, s, m or h,
/// for example '250ms'".
Result<Nanos> ParseDuration(std::string_view text);

/// Reads `500/s`, `1k/s`, `90/m`, `10/h`, and plain `5000` or `10k` as per second. Range:
/// > 0 .. 10 million per second.
Result<Rate> ParseRate(std::string_view text);

/// Reads a count with an optional SI suffix: `64`, `10k`, `1.5M`. Whole and >= 0.
Result<std::uint64_t> ParseCount(std::string_view text);

/// Reads a size: `1k`, `64KiB`, `10MB`, `512`. k = 1000 as in SI, Ki = 1024. Bytes.
Result<std::uint64_t> ParseBytes(std::string_view text);

/// Reads `1%`, `0.5%` or a plain ratio `0.01` as a ratio. Range: 0 .. 1.
Result<double> ParseRatio(std::string_view text);

/// Three significant digits in the unit that fits: `1.23 ms`, `12.3 us`, `4.56 s`, `0 ns`.
std::string FormatDuration(Nanos span);

/// `500/s`, `12.3k/s`.
std::string FormatRate(double per_second);

/// `12,345`.
std::string FormatCount(std::uint64_t value);

/// Decimal SI: `1.23 kB`, `45.6 MB`.
std::string FormatBytes(std::uint64_t bytes);

/// `+12.3 %`, `-0.40 %`; always with a sign.
std::string FormatChange(double ratio);

/// UTC, `2026-11-23T12:34:56Z`.
std::string FormatWallTime(WallTime at);

/// The candidate nearest to `word` (Damerau-Levenshtein distance at most 1 for words of up to
/// 4 letters, else at most 2, or a prefix of 3 or more letters), for "did you mean".
std::optional<std::string> NearestWord(std::string_view word,
                                       std::span<const std::string_view> candidates);

/// `text` with control characters, NUL and escape sequences made visible (`\x1b`), cut to
/// `length_max` bytes at a UTF-8 boundary: what came from a peer may not drive the terminal.
std::string Printable(std::string_view text, std::size_t length_max = 200);

}  // namespace weir
