#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "loadgen/cookie_jar.h"
#include "scenarios/condition.h"

// The first line is a condition, the rest heads of answers whose cookies a jar keeps: what it sends
// has no line breaks, and goes nowhere where it does not belong.
namespace {

using weir::loadgen::CookieJar;
using weir::loadgen::CookieOrigin;

void CheckCondition(std::string_view text) {
  using weir::scenarios::Condition;
  const auto condition = weir::scenarios::ParseCondition(text);
  if (!condition) {
    WEIR_CHECK(!condition.error().message.empty());
    return;
  }
  const auto holds = [](Condition::Comparison comparison, std::string_view a, std::string_view b) {
    return weir::scenarios::Holds(comparison, a, b);
  };
  WEIR_CHECK(holds(Condition::Comparison::kEqual, text, text));
  WEIR_CHECK(!holds(Condition::Comparison::kLess, text, text));
  WEIR_CHECK(holds(Condition::Comparison::kLess, text, "7") ==
             holds(Condition::Comparison::kMore, "7", text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  CheckCondition(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  const weir::WallTime now{std::chrono::seconds(1'800'000'000)};
  const CookieOrigin origin{.host = "shop.example.com", .path = "/a/b?c", .secure = true};
  CookieJar jar;
  while (!rest.empty()) {
    const std::size_t blank = std::min(rest.find("\n\n"), rest.size());
    jar.Take(rest.substr(0, blank), origin, now);
    rest.remove_prefix(std::min(blank + 2, rest.size()));
  }
  WEIR_CHECK(jar.size() <= CookieJar::kCookiesMax);
  std::string sent;
  jar.AppendHeader(origin, now, sent);
  WEIR_CHECK(sent.find_first_of("\r\n") == std::string::npos);
  std::string elsewhere;
  jar.AppendHeader({.host = "example.org", .path = "/", .secure = true}, now, elsewhere);
  WEIR_CHECK(elsewhere.empty());
  return 0;
}
