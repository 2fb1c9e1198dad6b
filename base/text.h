#pragma once

#include <cstddef>
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

/// Reads `500us`, `250ms`, `1.5s`, `5m` (or `5min`), `2h`, `1d`, `10ns`, with or without a space
/// before the unit, and sums such as `1m30s`. A plain number is refused unless it is 0. Range:
/// 0 .. 100 days. Errors: kUsage, message without place, such as "'5 parsecs' is not a duration;
/// write a number with ns, us, ms, s, m, h or d, for example '250ms'".
Result<Nanos> ParseDuration(std::string_view text);

/// Reads `500/s`, `1k/s`, `90/m`, `10/h`, the spellings `500rps` and `90rpm`, and a plain `5000` or
/// `10k` as per second. Range: 0.01 per hour .. 10 million per second. Errors: kUsage.
Result<Rate> ParseRate(std::string_view text);

/// Reads a count with an optional SI suffix: `64`, `10k`, `1.5M`. Whole; range 0 .. 10^15.
/// Errors: kUsage.
Result<std::uint64_t> ParseCount(std::string_view text);

/// Reads a size in bytes: `512`, `1k`, `64KiB`, `10MB`; k = 1000 as in SI, Ki = 1024. Rounded to
/// whole bytes; range 0 .. 10^15. Errors: kUsage.
Result<std::uint64_t> ParseBytes(std::string_view text);

/// Reads `1%`, `0.5%` or a plain ratio `0.01` as a ratio. Range: 0 .. 1. Errors: kUsage.
Result<double> ParseRatio(std::string_view text);

/// Three significant digits in the unit that fits, which ParseDuration reads back: `850 ns`,
/// `1.23 ms`, `12.3 us`, `4.56 s`, `2.50 min`, `3.00 h`.
std::string FormatDuration(Nanos span);

/// Three significant digits: `500/s`, `1,234/s`, `12.3k/s`; below one in ten seconds `3.00/m` and
/// `2.00/h`.
std::string FormatRate(double per_second);

/// `12,345`.
std::string FormatCount(std::uint64_t value);

/// Decimal SI, three significant digits: `512 B`, `1.23 kB`, `45.6 MB`.
std::string FormatBytes(std::uint64_t bytes);

/// A ratio as a percentage, always with a sign: `+12.3 %`, `-0.40 %`.
std::string FormatChange(double ratio);

/// UTC, whole seconds: `2026-11-23T12:34:56Z`.
std::string FormatWallTime(WallTime at);

/// The candidate nearest to `word`, for "did you mean"; the first of equals. Near is: without
/// regard to letter case, at most one insertion, deletion, change or swap of neighbours for words
/// of up to 4 letters and two for longer ones; else one is a prefix of at least 3 letters of the
/// other.
std::optional<std::string> NearestWord(std::string_view word,
                                       std::span<const std::string_view> candidates);

/// `text` fit for a terminal: control characters, marks that turn the direction of text and bytes
/// that are not UTF-8 become visible (`\x1b`), so that what came from a peer cannot drive it. Cut
/// to at most `length_max` bytes, never inside a character, with "..." after them if cut.
std::string Printable(std::string_view text, std::size_t length_max = 200);

}  // namespace weir
