#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <vector>

#include <fmt/format.h>

namespace weir {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double kDurationMaxNs = 100.0 * 24 * 3600 * 1e9;
constexpr double kRateMax = 1e7;

// The number at the front of `text`, which it consumes. Signs are not part of it.
std::optional<double> TakeNumber(std::string_view& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || (text[0] != '.' && (text[0] < '0' || text[0] > '9'))) {
    return std::nullopt;
  }
  const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(value)) {
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

// Three significant digits without an exponent.
std::string ThreeDigits(double value) {
  const double size = std::fabs(value);
  const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}", value, decimals);
}

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

}  // namespace

Result<Nanos> ParseDuration(std::string_view text) {
  constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                           {"us", 1e3},
                                           {"µs", 1e3},
                                           {"ms", 1e6},
                                           {"s", 1e9},
                                           {"m", 60e9},
                                           {"h", 3600e9},
                                           {"d", 86400e9}}};
  const auto refuse = [text] {
    return UsageError(fmt::format(
        "'{}' is not a duration; write a number with ns, us, ms, s, m, h or d, for example '250ms'",
        Printable(text, 40)));
  };
  std::string_view rest = Trim(text);
  if (rest == "0") {
    return Nanos(0);
  }
  if (rest.empty()) {
    return refuse();
  }
  double total = 0;
  while (!rest.empty()) {
    const std::optional<double> number = TakeNumber(rest);
    const std::size_t length = std::min(rest.find_first_of("0123456789. "), rest.size());
    const std::optional<double> factor = FactorOf(kUnits, rest.substr(0, length));
    if (!number || !factor) {
      return refuse();
    }
    total += *number * *factor;
    rest.remove_prefix(length);
  }
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
  if (value <= 0 || value > kRateMax) {
    return UsageError(fmt::format("rate '{}' is out of range; it must be above 0 and at most 10M/s",
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
  if (!number || !factor || value > 1e15 || value != std::floor(value)) {
    return UsageError(fmt::format("'{}' is not a count; write a whole number such as '64' or '10k'",
                                  Printable(text, 40)));
  }
  return static_cast<std::uint64_t>(value);
}

Result<std::uint64_t> ParseBytes(std::string_view text) {
  constexpr std::array<Unit, 14> kUnits = {{{"", 1},
                                            {"B", 1},
                                            {"k", 1e3},
                                            {"kB", 1e3},
                                            {"K", 1e3},
                                            {"KB", 1e3},
                                            {"Ki", 1024},
                                            {"KiB", 1024},
                                            {"M", 1e6},
                                            {"MB", 1e6},
                                            {"MiB", 1048576},
                                            {"Mi", 1048576},
                                            {"GB", 1e9},
                                            {"GiB", 1073741824}}};
  std::string_view rest = Trim(text);
  const std::optional<double> number = TakeNumber(rest);
  const std::optional<double> factor = FactorOf(kUnits, Trim(rest));
  const double value = number.value_or(0) * factor.value_or(1);
  if (!number || !factor || value > 1e15) {
    return UsageError(fmt::format("'{}' is not a size; write bytes such as '512', '1k' or '64KiB'",
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
  return ThreeDigits(size / 1e9) + " GB";
}

std::string FormatChange(double ratio) {
  const double percent = ratio * 100;
  const double size = std::fabs(percent);
  const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return fmt::format("{:+.{}f} %", percent, decimals);
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
  const std::size_t distance_max = word.size() <= 4 ? 1 : 2;
  std::size_t best = distance_max + 1;
  std::optional<std::string> nearest;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = std::string(candidate);
    }
  }
  if (!nearest && word.size() >= 3) {
    for (const std::string_view candidate : candidates) {
      if (candidate.starts_with(word) || word.starts_with(candidate)) {
        return std::string(candidate);
      }
    }
  }
  return nearest;
}

std::string Printable(std::string_view text, std::size_t length_max) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (out.size() >= length_max && (byte & 0xc0) != 0x80) {
      out += "...";
      break;
    }
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace weir
