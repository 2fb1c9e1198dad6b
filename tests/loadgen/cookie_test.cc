#include "loadgen/cookie.h"

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "loadgen/cookie_jar.h"

namespace weir::loadgen {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr WallTime kNow{seconds(1'700'000'000)};

CookieOrigin From(std::string host, std::string path = "/shop/cart?x=1", bool secure = false) {
  return {std::move(host), std::move(path), secure};
}

std::optional<Cookie> Set(std::string_view text, const CookieOrigin& origin = From("www.a.com")) {
  return ParseSetCookie(text, origin, kNow);
}

/// What a jar sends to `to` after `from` has set these.
std::string Sent(std::string_view head, const CookieOrigin& from, const CookieOrigin& to,
                 WallTime at = kNow) {
  CookieJar jar;
  jar.Take(head, from, kNow);
  std::string out;
  jar.AppendHeader(to, at, out);
  return out;
}

TEST(CookieTest, NameAndValueStandBeforeTheFirstSemicolon) {
  const std::optional<Cookie> cookie = Set("sid = a=b ; HttpOnly; Path=/x");
  ASSERT_TRUE(cookie);
  EXPECT_EQ(cookie->name, "sid");
  EXPECT_EQ(cookie->value, "a=b");
  EXPECT_EQ(cookie->path, "/x");
  EXPECT_TRUE(cookie->host_only);
  EXPECT_FALSE(cookie->secure);
}

TEST(CookieTest, WithoutNameOrWithControlCharactersItIsIgnored) {
  for (const char* text : {"", "=v", "no equals sign", "a=b\x01", "; a=b"}) {
    EXPECT_FALSE(Set(text)) << text;
  }
  EXPECT_FALSE(Set("a=" + std::string(kCookieBytesMax, 'x')));
}

// RFC 6265, 5.1.4: up to, and not with, the last slash.
TEST(CookieTest, ThePathIsTheFolderOfTheRequestUnlessOneIsGiven) {
  EXPECT_EQ(Set("a=b", From("h", "/shop/cart?x=/y"))->path, "/shop");
  EXPECT_EQ(Set("a=b", From("h", "/cart"))->path, "/");
  EXPECT_EQ(Set("a=b; path=cart", From("h", "/shop/cart"))->path, "/shop");
  EXPECT_EQ(Set("a=b; path=/q; path=/r")->path, "/r");
}

TEST(CookieTest, ADomainMustHoldItsSender) {
  EXPECT_FALSE(Set("a=b; Domain=b.com"));
  EXPECT_FALSE(Set("a=b; Domain=x.www.a.com"));
  EXPECT_FALSE(Set("a=b; Domain=ww.a.com"));
  EXPECT_FALSE(Set("a=b; Domain=.com")) << "a public suffix";
  EXPECT_FALSE(Set("a=b; Domain=0.0.1", From("127.0.0.1"))) << "an address has no parents";
  EXPECT_EQ(Set("a=b; Domain=.A.com")->domain, "a.com");
  EXPECT_FALSE(Set("a=b; Domain=.A.com")->host_only);
  EXPECT_TRUE(Set("a=b; Domain=localhost", From("localhost"))->host_only);
  EXPECT_TRUE(Set("a=b; Domain=")->host_only);
}

TEST(CookieTest, MaxAgeGoesBeforeExpires) {
  EXPECT_EQ(Set("a=b; Max-Age=60; Expires=Wed, 09 Jun 2021 10:18:14 GMT")->expires,
            kNow + seconds(60));
  EXPECT_EQ(Set("a=b; Expires=Wed, 09 Jun 2021 10:18:14 GMT; Max-Age=soon")->expires,
            WallTime(seconds(1'623'233'894)));
  EXPECT_EQ(Set("a=b; Max-Age=-1")->expires, WallTime::min());
  EXPECT_EQ(Set("a=b; Max-Age=99999999999999999999")->expires, kNow + hours(400 * 24));
  EXPECT_EQ(Set("a=b; Expires=never")->expires, WallTime::max());
}

TEST(CookieTest, DatesAreReadInEveryUsualForm) {
  const WallTime expected{seconds(784'111'777)};  // RFC 9110, 5.6.7 shows three forms of it.
  EXPECT_EQ(ParseCookieDate("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
  EXPECT_EQ(ParseCookieDate("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
  EXPECT_EQ(ParseCookieDate("Sun Nov  6 08:49:37 1994"), expected);
  EXPECT_EQ(ParseCookieDate("06 Nov 9999 08:49:37"), WallTime::max());
  for (const char* text : {"", "30 Feb 2024 10:00:00", "06 Nov 1994", "06 Nov 1994 24:00:00",
                           "06 Nov 1500 08:49:37", "32 Nov 2020 08:49:37"}) {
    EXPECT_FALSE(ParseCookieDate(text)) << text;
  }
}

TEST(CookieJarTest, SendsOnlyWhereACookieBelongs) {
  const char* head =
      "Set-Cookie: host=1; Path=/\nset-cookie: all=2; Domain=a.com; Path=/\n"
      "Set-Cookie: deep=3; Path=/shop\nSet-Cookie: safe=4; Path=/; Secure\n";
  const CookieOrigin from = From("www.a.com");
  EXPECT_EQ(Sent(head, from, From("www.a.com", "/")), "host=1; all=2");
  EXPECT_EQ(Sent(head, from, From("a.com", "/")), "all=2");
  EXPECT_EQ(Sent(head, from, From("b.a.com", "/", true)), "all=2");
  EXPECT_EQ(Sent(head, from, From("ba.com", "/")), "");
  EXPECT_EQ(Sent(head, from, From("www.a.com", "/shopping")), "host=1; all=2");
  EXPECT_EQ(Sent(head, from, From("www.a.com", "/shop/x", true)), "deep=3; host=1; all=2; safe=4");
}

TEST(CookieJarTest, ForgetsWhatIsOver) {
  const CookieOrigin at = From("h", "/");
  EXPECT_EQ(Sent("Set-Cookie: a=1; Max-Age=10\nSet-Cookie: b=2\n", at, at, kNow + seconds(9)),
            "a=1; b=2");
  EXPECT_EQ(Sent("Set-Cookie: a=1; Max-Age=10\nSet-Cookie: b=2\n", at, at, kNow + seconds(10)),
            "b=2");
  EXPECT_EQ(Sent("Set-Cookie: a=1\nSet-Cookie: a=; Max-Age=0\n", at, at), "");
}

TEST(CookieJarTest, ANewValueKeepsItsPlace) {
  const CookieOrigin at = From("h", "/");
  EXPECT_EQ(Sent("Set-Cookie: a=1\nSet-Cookie: b=2\nSet-Cookie: a=3\n", at, at), "a=3; b=2");
}

TEST(CookieJarTest, LetsTheLeastUsedGoWhenItIsFull) {
  CookieJar jar;
  const CookieOrigin at = From("h", "/");
  for (std::size_t i = 0; i <= CookieJar::kCookiesMax; ++i) {
    jar.Take("Set-Cookie: c" + std::to_string(i) + "=1\n", at, kNow);
  }
  EXPECT_EQ(jar.size(), CookieJar::kCookiesMax);
  std::string out;
  jar.AppendHeader(at, kNow, out);
  EXPECT_TRUE(out.starts_with("c1=1; c2=1; ")) << out;
}

}  // namespace
}  // namespace weir::loadgen
