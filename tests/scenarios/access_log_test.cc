#include "scenarios/access_log.h"

#include <string>

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

using namespace std::chrono_literals;

const std::string kCommon =
    R"(127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif?x=1 HTTP/1.0" 200 2326)";

// The example of Apache's documentation.
TEST(AccessLogTest, ReadsTheCommonFormat) {
  const auto line = ParseLogLine(kCommon);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->client, "127.0.0.1");
  EXPECT_EQ(line->method, "GET");
  EXPECT_EQ(line->path, "/apache_pb.gif?x=1");
  EXPECT_EQ(line->status, 200);
  EXPECT_EQ(line->ended, WallTime(971'211'336s));
  EXPECT_EQ(line->taken, std::nullopt);
  EXPECT_EQ(line->agent, "");
}

TEST(AccessLogTest, ReadsTheCombinedFormatWithQuotesInIt) {
  const std::string text = kCommon + R"x( "http://a/\"b\"" "Mozilla/4.08 [en] (Win98; I)")x";
  const auto line = ParseLogLine(text);  // Leads into the text.
  ASSERT_TRUE(line);
  EXPECT_EQ(line->agent, "Mozilla/4.08 [en] (Win98; I)");
  EXPECT_FALSE(line->taken);
}

TEST(AccessLogTest, SubtractsWhatTheRequestTook) {
  const auto taken = [](const std::string& extra) {
    const auto line = ParseLogLine(kCommon + R"( "-" "-" )" + extra);
    return line && line->taken ? *line->taken : Nanos(-1);
  };
  EXPECT_EQ(taken("0.250"), 250ms);
  EXPECT_EQ(taken("rt=1.002 uct=\"0.001\""), 1002ms);
  EXPECT_EQ(taken("\"0.007\""), 7ms);
  EXPECT_EQ(taken("1234"), 1234us);
  EXPECT_EQ(taken("\"forwarded\""), Nanos(-1));
  EXPECT_EQ(taken("port=8080"), Nanos(-1));
  EXPECT_EQ(ParseLogLine(kCommon + R"( "-" "-" 0.250)")->Arrived(), WallTime(971'211'335s + 750ms));
}

TEST(AccessLogTest, TakesTheEndFromMillisecondsWhereThereAreAny) {
  const auto line = ParseLogLine(kCommon + R"( "-" "-" 0.250 971211336.417)");
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->has_fraction);
  EXPECT_EQ(line->Arrived(), WallTime(971'211'336s + 167ms));
}

TEST(AccessLogTest, LinesOfAnotherFormAreNone) {
  for (const char* text :
       {"", "-", "{\"json\": 1}", R"(h - - [10/Oct/2000] "GET / HTTP/1.0" 200 1)",
        R"(h - - [32/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 1)",
        R"(h - - [10/Oct/2000:13:55:36 -0700] "\x16\x03" 400 1)",
        R"(h - - [10/Oct/2000:13:55:36 -0700] "GET http://x/ HTTP/1.0" 200 1)",
        R"(h - - [10/Oct/2000:13:55:36 -0700] "GET /)",
        R"(h - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 2x0 1)",
        R"(h - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200)"}) {
    EXPECT_FALSE(ParseLogLine(text)) << text;
  }
}

}  // namespace
}  // namespace weir::scenarios
