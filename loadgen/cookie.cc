#include "loadgen/cookie.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <utility>

#include "loadgen/header_name.h"

namespace weir::loadgen {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const std::size_t last = text.find_last_not_of(" \t");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string Lowered(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

// Section 5.1.3: the same, or below it and no address.
bool DomainMatches(std::string_view host, std::string_view domain) {
  if (host == domain) {
    return true;
  }
  const bool is_address =
      host.find(':') != std::string_view::npos ||
      std::all_of(host.begin(), host.end(), [](char c) { return IsDigit(c) || c == '.'; });
  return !is_address && host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

std::string_view WithoutQuery(std::string_view path) {
  return path.substr(0, path.find('?'));
}

// Section 5.1.4.
std::string_view DefaultPath(std::string_view path) {
  path = WithoutQuery(path);
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : path.substr(0, slash);
}

bool PathMatches(std::string_view request, std::string_view cookie) {
  request = WithoutQuery(request);
  return request.starts_with(cookie) && (request.size() == cookie.size() || cookie.ends_with('/') ||
                                         request[cookie.size()] == '/');
}

// `digits` digits at most, the first at `at`, and then none: their value.
std::optional<int> NumberAt(std::string_view token, std::size_t& at, std::size_t digits) {
  const std::size_t begin = at;
  while (at < token.size() && IsDigit(token[at])) {
    ++at;
  }
  if (at == begin || at - begin > digits) {
    return std::nullopt;
  }
  int value = 0;
  std::from_chars(token.data() + begin, token.data() + at, value);
  return value;
}

struct DateParts {
  std::optional<std::chrono::seconds> time;
  std::optional<int> day;
  std::optional<unsigned> month;
  std::optional<int> year;
};

std::optional<std::chrono::seconds> TimeOf(std::string_view token) {
  std::size_t at = 0;
  std::array<int, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::optional<int> part = NumberAt(token, at, 2);
    if (!part || (i < 2 && (at >= token.size() || token[at++] != ':'))) {
      return std::nullopt;
    }
    parts[i] = *part;
  }
  if (parts[0] > 23 || parts[1] > 59 || parts[2] > 59) {
    return std::nullopt;
  }
  return std::chrono::hours(parts[0]) + std::chrono::minutes(parts[1]) +
         std::chrono::seconds(parts[2]);
}

// A token is the first of these that is still wanted, in this order.
void TakeToken(std::string_view token, DateParts& parts) {
  if (!parts.time) {
    parts.time = TimeOf(token);
    if (parts.time) {
      return;
    }
  }
  std::size_t at = 0;
  const std::optional<int> number = NumberAt(token, at, 4);
  if (!parts.day && number && at <= 2) {
    parts.day = number;
    return;
  }
  if (!parts.month && token.size() >= 3) {
    const std::string word = Lowered(token.substr(0, 3));
    const auto* const found = std::find(kMonths.begin(), kMonths.end(), word);
    if (found != kMonths.end()) {
      parts.month = static_cast<unsigned>(found - kMonths.begin()) + 1;
      return;
    }
  }
  if (!parts.year && number && at >= 2) {
    parts.year = at > 2 ? *number : *number + (*number >= 70 ? 1900 : 2000);
  }
}

// Takes the name and value of one attribute off the front of `rest`.
std::pair<std::string_view, std::string_view> NextAttribute(std::string_view& rest) {
  const std::string_view whole = rest.substr(0, rest.find(';'));
  rest.remove_prefix(std::min(whole.size() + 1, rest.size()));
  const std::size_t equals = std::min(whole.find('='), whole.size());
  return {Trimmed(whole.substr(0, equals)),
          Trimmed(whole.substr(std::min(equals + 1, whole.size())))};
}

// Nothing: the attribute is to be ignored.
std::optional<WallTime> AfterMaxAge(std::string_view text, WallTime now) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), IsDigit)) {
    return std::nullopt;
  }
  std::int64_t seconds = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  constexpr std::int64_t kLongest = 400LL * 24 * 3600;  // A year and more: longer than any run.
  seconds = error == std::errc() ? std::min(seconds, kLongest) : kLongest;
  return negative || seconds == 0 ? WallTime::min() : now + std::chrono::seconds(seconds);
}

// False: the cookie is to be ignored.
bool SetDomain(std::string_view text, const CookieOrigin& origin, Cookie& cookie) {
  text.remove_prefix(text.starts_with('.') ? 1 : 0);
  const std::string domain = Lowered(text);
  if (domain.empty()) {
    return true;
  }
  if (domain == origin.host) {
    // An address, or a name without dots, has nothing below it.
    cookie.host_only = domain.find('.') == std::string::npos;
    return true;
  }
  if (domain.find('.') == std::string::npos || !DomainMatches(origin.host, domain)) {
    return false;
  }
  cookie.domain = domain;
  cookie.host_only = false;
  return true;
}

}  // namespace

bool Cookie::Fits(const CookieOrigin& origin) const {
  return (host_only ? origin.host == domain : DomainMatches(origin.host, domain)) &&
         PathMatches(origin.path, path) && (!secure || origin.secure);
}

std::optional<WallTime> ParseCookieDate(std::string_view text) {
  DateParts parts;
  const auto is_delimiter = [](char c) {
    return !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
           c != ':' && static_cast<unsigned char>(c) < 0x7F;
  };
  for (auto at = text.begin(); at != text.end();) {
    at = std::find_if_not(at, text.end(), is_delimiter);
    const auto end = std::find_if(at, text.end(), is_delimiter);
    if (at != end) {
      TakeToken({&*at, static_cast<std::size_t>(end - at)}, parts);
    }
    at = end;
  }
  if (!parts.time || !parts.day || !parts.month || !parts.year || *parts.year < 1601) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(*parts.year),
                                         std::chrono::month(*parts.month),
                                         std::chrono::day(static_cast<unsigned>(*parts.day)));
  if (!date.ok()) {
    return std::nullopt;
  }
  // Nanoseconds since 1970 end in 2262; what lies outside has no end, or is over.
  if (*parts.year > 2200 || *parts.year < 1970) {
    return *parts.year > 2200 ? WallTime::max() : WallTime::min();
  }
  return WallTime(std::chrono::sys_days(date).time_since_epoch() + *parts.time);
}

std::optional<Cookie> ParseSetCookie(std::string_view text, const CookieOrigin& origin,
                                     WallTime now) {
  std::string_view rest = text;
  const std::string_view pair = text.substr(0, text.find(';'));
  const auto [name, value] = NextAttribute(rest);
  const bool clean = std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
  if (name.empty() || pair.find('=') == std::string_view::npos || !clean ||
      name.size() + value.size() > kCookieBytesMax) {
    return std::nullopt;
  }
  Cookie cookie;
  cookie.name = std::string(name);
  cookie.value = std::string(value);
  cookie.domain = origin.host;
  cookie.path = std::string(DefaultPath(origin.path));
  std::optional<WallTime> by_age;
  std::optional<WallTime> by_date;
  while (!rest.empty()) {
    const auto [key, argument] = NextAttribute(rest);
    if (SameHeaderName(key, "domain")) {
      cookie.host_only = true;
      cookie.domain = origin.host;
      if (!SetDomain(argument, origin, cookie)) {
        return std::nullopt;
      }
    } else if (SameHeaderName(key, "path")) {
      cookie.path = std::string(argument.starts_with('/') ? argument : DefaultPath(origin.path));
    } else if (SameHeaderName(key, "secure")) {
      cookie.secure = true;
    } else if (SameHeaderName(key, "max-age")) {
      const std::optional<WallTime> end = AfterMaxAge(argument, now);
      by_age = end ? end : by_age;
    } else if (SameHeaderName(key, "expires")) {
      const std::optional<WallTime> date = ParseCookieDate(argument);
      by_date = date ? date : by_date;
    }
  }
  cookie.expires = by_age.value_or(by_date.value_or(WallTime::max()));
  return cookie;
}

}  // namespace weir::loadgen
