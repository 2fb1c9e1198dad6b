#include "scenarios/target.h"

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

TEST(ParseTargetTest, ReadsSchemeHostPortAndBasePath) {
  EXPECT_EQ(*ParseTarget("http://localhost"), (Target{Target::Scheme::kHttp, "localhost", 80, ""}));
  EXPECT_EQ(*ParseTarget("https://Shop.Example:8443/api/"),
            (Target{Target::Scheme::kHttps, "shop.example", 8443, "/api"}));
  EXPECT_EQ(*ParseTarget("HTTPS://10.0.0.1/"),
            (Target{Target::Scheme::kHttps, "10.0.0.1", 443, ""}));
}

TEST(ParseTargetTest, ReadsIpv6InBrackets) {
  EXPECT_EQ(*ParseTarget("http://[::1]:8080/x"),
            (Target{Target::Scheme::kHttp, "::1", 8080, "/x"}));
  EXPECT_EQ(*ParseTarget("http://[fe80::1]"), (Target{Target::Scheme::kHttp, "fe80::1", 80, ""}));
}

TEST(ParseTargetTest, ReadsBackWhatUrlWrites) {
  for (const char* url : {"http://a", "http://a:81", "https://a/b/c", "https://[::1]:80/b"}) {
    EXPECT_EQ(ParseTarget(url)->Url(), url);
  }
}

TEST(ParseTargetTest, NeverRepeatsAPassword) {
  const Result<Target> target = ParseTarget("http://bob:secret@shop.example");
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(target.error().message.find("secret"), std::string::npos);
}

TEST(ParseTargetTest, SuggestsAScheme) {
  EXPECT_EQ(
      ParseTarget("localhost:8080").error().message,
      "address 'localhost:8080' has no scheme\n  hint: did you mean 'http://localhost:8080'?");
  EXPECT_EQ(ParseTarget("").error().message,
            "address '' has no scheme\n  hint: write, for example, 'http://localhost:8080'");
}

TEST(ParseUrlTest, KeepsPathAndQueryApartFromTheTarget) {
  const auto url = ParseUrl("http://shop:81/list?page=1&q=http://x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->first, (Target{Target::Scheme::kHttp, "shop", 81, ""}));
  EXPECT_EQ(url->second, "/list?page=1&q=http://x");
}

TEST(ParseUrlTest, MakesAnEmptyPathASlash) {
  EXPECT_EQ(ParseUrl("http://shop")->second, "/");
  EXPECT_EQ(ParseUrl("http://shop?a=b")->second, "/?a=b");
  EXPECT_EQ(ParseUrl("http://shop/")->second, "/");
}

TEST(ParseUrlTest, RefusesWhatWouldChangeTheRequest) {
  for (const char* url : {"http://shop/a b", "http://shop/a\r\nevil: b", "http://shop/\x7f",
                          "http://shop/#top", "http://shop:8080x/", "http://sh\xc3\xb6p/"}) {
    EXPECT_FALSE(ParseUrl(url)) << url;
  }
}

}  // namespace
}  // namespace weir::scenarios
