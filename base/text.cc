#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <vector>

#include <fmt/format.h>

#include "base/utf8.h"

namespace weir {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::size_t kWordBytesMax = 64;  // Longer words are nobody's typing error.
constexpr std::size_t kPrefixBytesMin = 3;
constexpr double kDurationMaxNs = 100.0 * 24 * 3600 * 1e9;
constexpr double kCountMax = 1e15;  // Every whole number up to here is a double.
constexpr double kRateMin = 0.01 / 3600;
constexpr double kRateMax = 1e7;

// The number at the front of `text`, which it consumes. Signs and exponents are not part of it;
// one too large for a double is infinite, for the range checks to refuse.
std::optional<double> TakeNumber(std::string_view& text) {
  if (text.empty() || (text[0] != '.' && (text[0] < '0' || text[0] > '9'))) {
    return std::nullopt;
  }
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error == std::errc::result_out_of_range) {
    const bool whole = text.find_first_not_of('0') != text.find('.');
    value = whole ? HUGE_VAL : 0;
  } else if (error != std::errc()) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return value;
}

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<double> FactorOf(std::span<const Unit> units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) {
      return unit.factor;
    }
  }
  return std::nullopt;
}

int DecimalsForThreeDigits(double value) {
  const double size = std::fabs(value);
  return size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
}

// Three significant digits without an exponent.
std::string ThreeDigits(double value) {
  return fmt::format("{:.{}f}", value, DecimalsForThreeDigits(value));
}

// 4.35 * 1000 is not 4350 in doubles; a millionth of a millionth is forgiven.
bool IsWhole(double value) {
  return std::fabs(value - std::round(value)) <= value * 1e-12;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower;
}

// Optimal string alignment: insert, delete, change or swap two neighbours, each letter once.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    last[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

// Control characters: C0 and DEL, C1 (U+0080..U+009F, U+009B starts an escape sequence), line and
// paragraph separators and the marks that turn the direction of text (U+2028..U+202E,
// U+2066..U+2069).
bool DrivesTerminal(std::string_view character) {
  const auto byte = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) {
    return byte(0) < 0x20 || byte(0) == 0x7f;
  }
  if (character.size() == 2) {
    return byte(0) == 0xc2 && byte(1) < 0xa0;
  }
  return character.size() == 3 && byte(0) == 0xe2 &&
         ((byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae) ||
          (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9));
}

std::string Escaped(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

Result<Nanos> ParseDuration(std::string_view text) {
  // Both micro signs: U+00B5 from keyboards, U+03BC from editors that normalise.
  constexpr std::array<Unit, 10> kUnits = {{{"ns", 1},
                                            {"us", 1e3},
                                            {"\u00b5s", 1e3},
                                            {"\u03bcs", 1e3},
                                            {"ms", 1e6},
                                            {"s", 1e9},
                                            {"m", 60e9},
                                            {"min", 60e9},
                                            {"h", 3600e9},
                                            {"d", 86400e9}}};
  std::string_view rest = Trim(text);
  if (rest == "0") {
    return Nanos(0);
  }
  double total = 0;
  do {
    const std::optional<double> number = TakeNumber(rest);
    rest = Trim(rest);
    const std::size_t length = std::min(rest.find_first_of("0123456789. \t"), rest.size());
    const std::optional<double> factor = FactorOf(kUnits, rest.substr(0, length));
    if (!number || !factor) {
      return UsageError(
          fmt::format("'{}' is not a duration; write a number with ns, us, ms, s, "
                      "m, h or d, for example '250ms'",
                      Printable(text, 40)));
    }
    total += *number * *factor;
    rest = Trim(rest.substr(length));
  } while (!rest.empty());
  if (total > kDurationMaxNs) {
    return UsageError(fmt::format("'{}' is longer than 100 days, the most that weir accepts",
                                  Printable(text, 40)));
  }
  return Nanos(std::llround(total));
}

Result<Rate> ParseRate(std::string_view text) {
  constexpr std::array<Unit, 10> kUnits = {{{"", 1},
                                            {"k", 1e3},
                                            {"K", 1e3},
                                            {"M", 1e6},
                                            {"rps", 1},
                                            {"rpm", 1.0 / 60},
                                            {"rph", 1.0 / 3600},
                                            {"krps", 1e3},
                                            {"qps", 1},
                                            {"Hz", 1}}};
  constexpr std::array<Unit, 7> kPer = {
      {{"s", 1}, {"1s", 1}, {"sec", 1}, {"m", 60}, {"1m", 60}, {"min", 60}, {"h", 3600}}};
  std::string_view rest = Trim(text);
  const std::optional<double> number = TakeNumber(rest);
  const std::size_t slash = rest.find('/');
  const std::optional<double> factor = FactorOf(kUnits, Trim(rest.substr(0, slash)));
  const std::optional<double> per =
      slash == std::string_view::npos ? 1 : FactorOf(kPer, Trim(rest.substr(slash + 1)));
  if (!number || !factor || !per) {
    return UsageError(fmt::format(
        "'{}' is not a rate; write a number per second, for example '500/s', '10k' or '90/m'",
        Printable(text, 40)));
  }
  const double value = *number * *factor / *per;
  if (value < kRateMin * (1 - 1e-12) || value > kRateMax) {
    return UsageError(fmt::format("rate '{}' is out of range; weir accepts 0.01/h to 10M/s",
                                  Printable(text, 40)));
  }
  return Rate::PerSecond(value);
}

Result<std::uint64_t> ParseCount(std::string_view text) {
  constexpr std::array<Unit, 5> kUnits = {
      {{"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}}};
  std::string_view rest = Trim(text);
  const std::optional<double> number = TakeNumber(rest);
  const std::optional<double> factor = FactorOf(kUnits, rest);
  const double value = number.value_or(-1) * factor.value_or(1);
  if (!number || !factor || (value <= kCountMax && !IsWhole(value))) {
    return UsageError(fmt::format("'{}' is not a count; write a whole number such as '64' or '10k'",
                                  Printable(text, 40)));
  }
  if (value > kCountMax) {
    return UsageError(
        fmt::format("'{}' is more than 10^15, the most that weir counts", Printable(text, 40)));
  }
  return static_cast<std::uint64_t>(std::llround(value));
}

Result<std::uint64_t> ParseBytes(std::string_view text) {
  constexpr std::array<Unit, 16> kUnits = {{{"", 1},
                                            {"B", 1},
                                            {"k", 1e3},
                                            {"kB", 1e3},
                                            {"K", 1e3},
                                            {"KB", 1e3},
                                            {"Ki", 0x1p10},
                                            {"KiB", 0x1p10},
                                            {"M", 1e6},
                                            {"MB", 1e6},
                                            {"Mi", 0x1p20},
                                            {"MiB", 0x1p20},
                                            {"G", 1e9},
                                            {"GB", 1e9},
                                            {"Gi", 0x1p30},
                                            {"GiB", 0x1p30}}};
  std::string_view rest = Trim(text);
  const std::optional<double> number = TakeNumber(rest);
  const std::optional<double> factor = FactorOf(kUnits, Trim(rest));
  if (!number || !factor) {
    return UsageError(fmt::format("'{}' is not a size; write bytes such as '512', '1k' or '64KiB'",
                                  Printable(text, 40)));
  }
  const double value = *number * *factor;
  if (value > kCountMax) {
    return UsageError(fmt::format("'{}' is more than 10^15 bytes, the most that weir accepts",
                                  Printable(text, 40)));
  }
  return static_cast<std::uint64_t>(std::llround(value));
}

Result<double> ParseRatio(std::string_view text) {
  std::string_view rest = Trim(text);
  const std::optional<double> number = TakeNumber(rest);
  rest = Trim(rest);
  const double value = number.value_or(2) / (rest == "%" ? 100 : 1);
  if (!number || (!rest.empty() && rest != "%") || value > 1) {
    return UsageError(
        fmt::format("'{}' is not a share; write a percentage such as '1%' or a ratio "
                    "between 0 and 1 such as '0.01'",
                    Printable(text, 40)));
  }
  return value;
}

std::string FormatDuration(Nanos span) {
  const auto ns = static_cast<double>(span.count());
  const double size = std::fabs(ns);
  if (size < 1000) {
    return fmt::format("{} ns", span.count());
  }
  if (size < 999.5e3) {
    return ThreeDigits(ns / 1e3) + " us";
  }
  if (size < 999.5e6) {
    return ThreeDigits(ns / 1e6) + " ms";
  }
  if (size < 120e9) {
    return ThreeDigits(ns / 1e9) + " s";
  }
  if (size < 7200e9) {
    return ThreeDigits(ns / 60e9) + " min";
  }
  return ThreeDigits(ns / 3600e9) + " h";
}

std::string FormatRate(double per_second) {
  const double size = std::fabs(per_second);
  if (size >= 999.5e3) {
    return ThreeDigits(per_second / 1e6) + "M/s";
  }
  if (size >= 9995) {
    return ThreeDigits(per_second / 1e3) + "k/s";
  }
  if (size >= 999.5) {
    return FormatCount(static_cast<std::uint64_t>(std::llround(per_second))) + "/s";
  }
  // What is rarer than one in ten seconds reads better by the minute or the hour.
  if (size > 0 && size < 0.995 / 60) {
    return ThreeDigits(per_second * 3600) + "/h";
  }
  if (size > 0 && size < 0.0995) {
    return ThreeDigits(per_second * 60) + "/m";
  }
  return ThreeDigits(per_second) + "/s";
}

std::string FormatCount(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) {
    digits.insert(at - 3, ",");
  }
  return digits;
}

std::string FormatBytes(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (size < 1000) {
    return fmt::format("{} B", bytes);
  }
  if (size < 999.5e3) {
    return ThreeDigits(size / 1e3) + " kB";
  }
  if (size < 999.5e6) {
    return ThreeDigits(size / 1e6) + " MB";
  }
  if (size < 999.5e9) {
    return ThreeDigits(size / 1e9) + " GB";
  }
  return ThreeDigits(size / 1e12) + " TB";
}

std::string FormatChange(double ratio) {
  const double percent = ratio * 100;
  return fmt::format("{:+.{}f} %", percent, DecimalsForThreeDigits(percent));
}

std::string FormatWallTime(WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
  const auto unix_seconds = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&unix_seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::optional<std::string> NearestWord(std::string_view word,
                                       std::span<const std::string_view> candidates) {
  const std::string lower = Lower(word.substr(0, kWordBytesMax));
  // Less than the whole word, or 'x' would be near to 'y'.
  const std::size_t distance_max =
      std::min<std::size_t>(lower.size() <= 4 ? 1 : 2, lower.empty() ? 0 : lower.size() - 1);
  std::size_t best = distance_max + 1;
  std::optional<std::string> nearest;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = EditDistance(lower, Lower(candidate));
    if (distance < best) {
      best = distance;
      nearest = std::string(candidate);
    }
  }
  if (nearest || lower.size() < kPrefixBytesMin) {
    return nearest;
  }
  for (const std::string_view candidate : candidates) {
    const std::string name = Lower(candidate);
    if (name.starts_with(lower) || (name.size() >= kPrefixBytesMin && lower.starts_with(name))) {
      return std::string(candidate);
    }
  }
  return std::nullopt;
}

std::string Printable(std::string_view text, std::size_t length_max) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    std::string piece(text.substr(0, std::max<std::size_t>(length, 1)));
    if (length == 0 || DrivesTerminal(piece)) {
      piece = Escaped(piece);
    }
    if (out.size() + piece.size() > length_max) {
      return out + "...";
    }
    out += piece;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace weir
