#include "scenarios/access_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>

namespace weir::scenarios {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes what stands before `end` off the front, and `end` too; nothing when it does not occur.
std::optional<std::string_view> TakeUntil(std::string_view& rest, std::string_view end) {
  const std::size_t at = rest.find(end);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at + end.size());
  return taken;
}

// Takes a text in double quotes off the front; a backslash takes the next character with it.
std::optional<std::string_view> TakeQuoted(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    return std::nullopt;
  }
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '\\') {
      ++at;
    } else if (rest[at] == '"') {
      const std::string_view taken = rest.substr(1, at - 1);
      rest.remove_prefix(at + 1);
      return taken;
    }
  }
  return std::nullopt;
}

template <typename Number>
bool TakeNumber(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end;
}

// "10/Oct/2000:13:55:36 -0700"
std::optional<WallTime> ParseStamp(std::string_view text) {
  constexpr std::size_t kLength = 26;
  if (text.size() != kLength || text[2] != '/' || text[6] != '/' || text[11] != ':' ||
      text[14] != ':' || text[17] != ':' || text[20] != ' ' ||
      (text[21] != '+' && text[21] != '-')) {
    return std::nullopt;
  }
  const auto* const month = std::find(kMonths.begin(), kMonths.end(), text.substr(3, 3));
  unsigned day = 0;
  int year = 0;
  std::array<unsigned, 5> parts{};  // Hours, minutes, seconds; hours and minutes of the zone.
  const std::array<std::size_t, 5> places = {12, 15, 18, 22, 24};
  bool is_valid = month != kMonths.end() && TakeNumber(text.substr(0, 2), day) &&
                  TakeNumber(text.substr(7, 4), year);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    is_valid = is_valid && TakeNumber(text.substr(places[i], 2), parts[i]);
  }
  const std::chrono::year_month_day date(
      std::chrono::year(year),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(day));
  if (!is_valid || !date.ok() || year < 1970 || year > 2200 || parts[0] > 23 || parts[1] > 59 ||
      parts[2] > 60 || parts[3] > 14 || parts[4] > 59) {
    return std::nullopt;
  }
  const auto zone = std::chrono::hours(parts[3]) + std::chrono::minutes(parts[4]);
  return WallTime(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(parts[0]) +
                  std::chrono::minutes(parts[1]) + std::chrono::seconds(parts[2]) -
                  (text[21] == '-' ? -zone : zone));
}

// Milliseconds that "12.345" means; nothing for another form.
std::optional<std::int64_t> Thousandths(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.size() != dot + 4 || dot == 0 || dot > 12) {
    return std::nullopt;
  }
  std::int64_t whole = 0;
  std::int64_t part = 0;
  if (!TakeNumber(text.substr(0, dot), whole) || !TakeNumber(text.substr(dot + 1), part) ||
      whole < 0 || part < 0) {
    return std::nullopt;
  }
  return whole * 1000 + part;
}

// One of the fields behind the agreed ones.
void TakeExtra(std::string_view word, LogLine& line) {
  constexpr std::int64_t kYear1973Ms = 100'000'000'000;
  constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
  const std::size_t equals = word.find('=');
  word.remove_prefix(equals == std::string_view::npos ? 0 : equals + 1);
  if (const std::optional<std::int64_t> ms = Thousandths(word)) {
    if (*ms >= kYear1973Ms) {
      line.ended = WallTime(std::chrono::milliseconds(*ms));
      line.has_fraction = true;
    } else if (*ms < kDayMs && !line.taken) {
      line.taken = std::chrono::milliseconds(*ms);
    }
    return;
  }
  std::int64_t us = 0;
  if (equals == std::string_view::npos && !line.taken && TakeNumber(word, us) && us >= 0 &&
      us < kDayMs * 1000) {
    line.taken = std::chrono::microseconds(us);
  }
}

// "GET /x HTTP/1.1"
bool TakeRequest(std::string_view request, LogLine& line) {
  const std::optional<std::string_view> method = TakeUntil(request, " ");
  const std::size_t space = request.rfind(' ');
  if (!method || method->empty() || method->size() > 20 ||
      !std::all_of(method->begin(), method->end(), [](char c) { return c >= 'A' && c <= 'Z'; }) ||
      !request.starts_with('/') || space == std::string_view::npos ||
      !request.substr(space + 1).starts_with("HTTP/")) {
    return false;
  }
  line.method = *method;
  line.path = request.substr(0, space);
  return true;
}

}  // namespace

std::optional<LogLine> ParseLogLine(std::string_view line_text) {
  std::string_view rest = line_text;
  if (rest.ends_with('\r')) {
    rest.remove_suffix(1);
  }
  LogLine line;
  const std::optional<std::string_view> client = TakeUntil(rest, " ");
  const std::optional<std::string_view> user = TakeUntil(rest, " [");
  const std::optional<std::string_view> stamp = TakeUntil(rest, "] ");
  if (!client || client->empty() || !user || !stamp) {
    return std::nullopt;
  }
  const std::optional<WallTime> ended = ParseStamp(*stamp);
  const std::optional<std::string_view> request = TakeQuoted(rest);
  if (!ended || !request || !rest.starts_with(' ') || !TakeRequest(*request, line)) {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  line.client = *client;
  line.ended = *ended;
  if (!TakeNumber(rest.substr(0, 3), line.status) || line.status < 100 || line.status > 599) {
    return std::nullopt;
  }
  rest.remove_prefix(3);
  if (!rest.starts_with(' ')) {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  const std::size_t bytes = std::min(rest.find(' '), rest.size());
  rest.remove_prefix(std::min(bytes + 1, rest.size()));
  const std::optional<std::string_view> referer = TakeQuoted(rest);
  line.referer = referer.value_or("");
  if (referer && rest.starts_with(' ')) {
    rest.remove_prefix(1);
    line.agent = TakeQuoted(rest).value_or("");
  }
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (word.size() > 2 && word.starts_with('"') && word.ends_with('"')) {
      word = word.substr(1, word.size() - 2);
    }
    if (!word.empty()) {
      TakeExtra(word, line);
    }
  }
  return line;
}

}  // namespace weir::scenarios
