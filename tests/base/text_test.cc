#include "base/text.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

template <typename Value>
using Table = std::vector<std::pair<std::string_view, Value>>;

template <typename T>
std::string ErrorOf(const Result<T>& result) {
  if (result) {
    return "no error";
  }
  EXPECT_EQ(result.error().kind, ErrorKind::kUsage);
  return result.error().message;
}

TEST(ParseDurationTest, ReadsNumbersWithUnits) {
  for (const auto& [text, span] : Table<Nanos>{{"10ns", 10ns},
                                               {"500us", 500us},
                                               {"500\u00b5s", 500us},
                                               {"500\u03bcs", 500us},
                                               {"250ms", 250ms},
                                               {"2s", 2s},
                                               {"1.5s", 1500ms},
                                               {".5s", 500ms},
                                               {"5.s", 5s},
                                               {"5m", 5min},
                                               {"5min", 5min},
                                               {"2h", 2h},
                                               {"100d", 2400h},
                                               {"0", 0ns},
                                               {"0s", 0ns},
                                               {"0.4ns", 0ns},
                                               {"0.6ns", 1ns},
                                               {"0.1s", 100ms},
                                               {"007s", 7s}}) {
    EXPECT_EQ(ParseDuration(text), span) << text;
  }
}

TEST(ParseDurationTest, ReadsSumsAndSpaces) {
  for (const auto& [text, span] : Table<Nanos>{{"1m30s", 90s},
                                               {"1h1m1s1ms1us1ns", 3'661'001'001'001ns},
                                               {" 250 ms ", 250ms},
                                               {"1m 30s", 90s},
                                               {"1 min 30 s", 90s},
                                               {"\t2s", 2s}}) {
    EXPECT_EQ(ParseDuration(text), span) << text;
  }
}

TEST(ParseDurationTest, RefusesEverythingElseWithTheUnits) {
  for (const std::string_view text :
       {"",      " ",    "5",  "5 parsecs", "s",   "-5s", "+5s",  "1.5.5s", "1e3s", "5S", "5s!",
        "5s,3s", "1:30", ".s", ".",         "inf", "nan", "0x5s", "5s5",    "0 0",  "ms5"}) {
    EXPECT_EQ(ErrorOf(ParseDuration(text)),
              "'" + std::string(text) +
                  "' is not a duration; write a number with ns, us, ms, s, m, h or d, for example "
                  "'250ms'");
  }
}

TEST(ParseDurationTest, RefusesMoreThanAHundredDays) {
  EXPECT_EQ(ErrorOf(ParseDuration("101d")),
            "'101d' is longer than 100 days, the most that weir accepts");
  EXPECT_EQ(ErrorOf(ParseDuration("99d 25h")),
            "'99d 25h' is longer than 100 days, the most that weir accepts");
  const std::string absurd = std::string(5000, '9') + "h";
  EXPECT_EQ(ErrorOf(ParseDuration(absurd)), "'" + std::string(40, '9') +
                                                "...' is longer than 100 days, the most that weir "
                                                "accepts");
}

TEST(ParseDurationTest, NumberTooSmallForADoubleIsZero) {
  EXPECT_EQ(ParseDuration("0." + std::string(5000, '0') + "1s"), 0ns);
}

TEST(ParseRateTest, ReadsPerSecondMinuteAndHour) {
  for (const auto& [text, per_second] : Table<double>{{"500/s", 500},
                                                      {"500 / s", 500},
                                                      {"1k/s", 1000},
                                                      {"1.5k/s", 1500},
                                                      {"90/m", 1.5},
                                                      {"90/min", 1.5},
                                                      {"90rpm", 1.5},
                                                      {"36/h", 0.01},
                                                      {"0.01/h", 0.01 / 3600},
                                                      {"5000", 5000},
                                                      {"10k", 10'000},
                                                      {"10K", 10'000},
                                                      {"10M/s", 10e6},
                                                      {"200rps", 200},
                                                      {"200qps", 200},
                                                      {"50/sec", 50},
                                                      {" 7 ", 7}}) {
    const Result<Rate> rate = ParseRate(text);
    ASSERT_TRUE(rate.has_value()) << rate.error().message;
    EXPECT_DOUBLE_EQ(rate->per_second(), per_second) << text;
  }
}

TEST(ParseRateTest, RefusesWhatIsNotARate) {
  for (const std::string_view text :
       {"", "fast", "/s", "k/s", "-5/s", "5/", "5/x", "5//s", "5s", "5/s/s", "1e3", "inf"}) {
    EXPECT_EQ(ErrorOf(ParseRate(text)),
              "'" + std::string(text) +
                  "' is not a rate; write a number per second, for example '500/s', '10k' or "
                  "'90/m'");
  }
}

TEST(ParseRateTest, RefusesWhatNoMachineCouldSendOrNobodyWaitFor) {
  const std::string absurd(400, '9');
  for (const std::string_view text : {"0", "0/s", "0.001/h", "10.1M/s", "11M"}) {
    EXPECT_EQ(ErrorOf(ParseRate(text)),
              "rate '" + std::string(text) + "' is out of range; weir accepts 0.01/h to 10M/s");
  }
  EXPECT_EQ(ErrorOf(ParseRate(absurd)),
            "rate '" + absurd.substr(0, 40) + "...' is out of range; weir accepts 0.01/h to 10M/s");
}

TEST(ParseCountTest, ReadsWholeNumbersWithSuffix) {
  for (const auto& [text, value] : Table<std::uint64_t>{{"0", 0},
                                                        {"64", 64},
                                                        {"10k", 10'000},
                                                        {"10K", 10'000},
                                                        {"1.5M", 1'500'000},
                                                        {"4.35k", 4350},
                                                        {"1.1k", 1100},
                                                        {"2G", 2'000'000'000},
                                                        {" 7 ", 7},
                                                        {"1000000000000000", 1'000'000'000'000'000},
                                                        {"999999999999999", 999'999'999'999'999}}) {
    EXPECT_EQ(ParseCount(text), value) << text;
  }
}

TEST(ParseCountTest, RefusesFractionsSignsAndWords) {
  for (const std::string_view text :
       {"", "many", "-1", "1.5", "0.5", "1.0001k", "1e3", "5x", "k", "1,000", "0x10"}) {
    EXPECT_EQ(
        ErrorOf(ParseCount(text)),
        "'" + std::string(text) + "' is not a count; write a whole number such as '64' or '10k'");
  }
}

TEST(ParseCountTest, RefusesAbsurdlyMany) {
  EXPECT_EQ(ErrorOf(ParseCount("1000000000000001")),
            "'1000000000000001' is more than 10^15, the most that weir counts");
  EXPECT_EQ(ErrorOf(ParseCount(std::string(999, '9'))),
            "'" + std::string(40, '9') + "...' is more than 10^15, the most that weir counts");
}

TEST(ParseBytesTest, KIsDecimalAndKiIsBinary) {
  for (const auto& [text, value] : Table<std::uint64_t>{{"512", 512},
                                                        {"512B", 512},
                                                        {"1k", 1000},
                                                        {"1kB", 1000},
                                                        {"64KiB", 65'536},
                                                        {"64 KiB", 65'536},
                                                        {"10MB", 10'000'000},
                                                        {"1Mi", 1'048'576},
                                                        {"1.5GiB", 1'610'612'736},
                                                        {"1G", 1'000'000'000},
                                                        {"1.3KiB", 1331},
                                                        {"0", 0}}) {
    EXPECT_EQ(ParseBytes(text), value) << text;
  }
}

TEST(ParseBytesTest, RefusesWhatIsNotASize) {
  for (const std::string_view text : {"", "big", "-1k", "1 kilobyte", "1e3", "kB"}) {
    EXPECT_EQ(
        ErrorOf(ParseBytes(text)),
        "'" + std::string(text) + "' is not a size; write bytes such as '512', '1k' or '64KiB'");
  }
  EXPECT_EQ(ErrorOf(ParseBytes("1000001GB")),
            "'1000001GB' is more than 10^15 bytes, the most that weir accepts");
}

TEST(ParseRatioTest, ReadsPercentagesAndRatios) {
  for (const auto& [text, value] : Table<double>{{"1%", 0.01},
                                                 {"0.5%", 0.005},
                                                 {"0.5 %", 0.005},
                                                 {"100%", 1},
                                                 {"0%", 0},
                                                 {"0.01", 0.01},
                                                 {"1", 1},
                                                 {"0", 0}}) {
    EXPECT_EQ(ParseRatio(text), value) << text;
  }
}

TEST(ParseRatioTest, RefusesWhatIsNotAShare) {
  for (const std::string_view text : {"", "%", "101%", "1.1", "-1%", "1%%", "5 percent", "5"}) {
    EXPECT_EQ(ErrorOf(ParseRatio(text)),
              "'" + std::string(text) +
                  "' is not a share; write a percentage such as '1%' or a ratio between 0 and 1 "
                  "such as '0.01'");
  }
}

TEST(ParseTest, ErrorsShowHostileTextHarmlessAndShort) {
  EXPECT_EQ(ErrorOf(ParseCount("\x1b[2J" + std::string(100, 'x'))),
            "'\\x1b[2J" + std::string(33, 'x') +
                "...' is not a count; write a whole number such as '64' or '10k'");
}

TEST(FormatDurationTest, ThreeDigitsInTheUnitThatFits) {
  const std::vector<std::pair<Nanos, std::string_view>> table = {
      {0ns, "0 ns"},          {1ns, "1 ns"},
      {999ns, "999 ns"},      {1000ns, "1.00 us"},
      {1234ns, "1.23 us"},    {12'345ns, "12.3 us"},
      {99'950ns, "100 us"},   {999'499ns, "999 us"},
      {999'500ns, "1.00 ms"}, {1'234'567ns, "1.23 ms"},
      {9'995us, "10.0 ms"},   {999'500us, "1.00 s"},
      {4'560ms, "4.56 s"},    {119s, "119 s"},
      {120s, "2.00 min"},     {90min, "90.0 min"},
      {120min, "2.00 h"},     {2400h, "2400 h"},
      {-1234us, "-1.23 ms"},  {-5ns, "-5 ns"},
  };
  for (const auto& [span, text] : table) {
    EXPECT_EQ(FormatDuration(span), text);
  }
}

TEST(FormatDurationTest, ParseReadsItBackToThreeDigits) {
  for (int i = 0; i < 1150; ++i) {
    const double ns = std::pow(10, 1.38e-2 * i);  // Up to 7.3e15 ns, 84 days.
    const Nanos span(std::llround(ns));
    const Result<Nanos> again = ParseDuration(FormatDuration(span));
    ASSERT_TRUE(again.has_value()) << again.error().message;
    ASSERT_NEAR(static_cast<double>(again->count()), ns, ns * 5.1e-3 + 1);
  }
}

TEST(FormatRateTest, ThreeDigitsByTheTimeThatFits) {
  const std::vector<std::pair<double, std::string_view>> table = {
      {0, "0.00/s"},           {0.5, "0.50/s"},     {1, "1.00/s"},        {12.34, "12.3/s"},
      {500, "500/s"},          {999.4, "999/s"},    {1234, "1,234/s"},    {9994, "9,994/s"},
      {9995, "10.0k/s"},       {12'345, "12.3k/s"}, {999'499, "999k/s"},  {999'500, "1.00M/s"},
      {10e6, "10.0M/s"},       {0.05, "3.00/m"},    {1.0 / 60, "1.00/m"}, {2.0 / 3600, "2.00/h"},
      {0.01 / 3600, "0.01/h"},
  };
  for (const auto& [rate, text] : table) {
    EXPECT_EQ(FormatRate(rate), text);
  }
}

TEST(FormatCountTest, GroupsDigitsByThree) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1'234'567), "1,234,567");
  EXPECT_EQ(FormatCount(~std::uint64_t{0}), "18,446,744,073,709,551,615");
}

TEST(FormatBytesTest, IsDecimal) {
  const std::vector<std::pair<std::uint64_t, std::string_view>> table = {
      {0, "0 B"},
      {999, "999 B"},
      {1000, "1.00 kB"},
      {1234, "1.23 kB"},
      {999'500, "1.00 MB"},
      {45'600'000, "45.6 MB"},
      {1'500'000'000, "1.50 GB"},
      {2'000'000'000'000, "2.00 TB"},
  };
  for (const auto& [bytes, text] : table) {
    EXPECT_EQ(FormatBytes(bytes), text);
  }
}

TEST(FormatChangeTest, AlwaysHasASign) {
  EXPECT_EQ(FormatChange(0), "+0.00 %");
  EXPECT_EQ(FormatChange(0.123), "+12.3 %");
  EXPECT_EQ(FormatChange(-0.004), "-0.40 %");
  EXPECT_EQ(FormatChange(2.5), "+250 %");
}

TEST(FormatWallTimeTest, IsUtcToTheSecond) {
  EXPECT_EQ(FormatWallTime(WallTime(0s)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatWallTime(WallTime(1'795'437'296s + 999ms)), "2026-11-23T12:34:56Z");
  EXPECT_EQ(FormatWallTime(WallTime(-1ns)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(FormatWallTime(WallTime(951'782'400s)), "2000-02-29T00:00:00Z");
}

constexpr std::array<std::string_view, 8> kKeys = {"headers", "timeout", "get",  "post",
                                                   "body",    "status",  "name", "in_flight_max"};

TEST(NearestWordTest, FindsTypingErrors) {
  for (const auto& [word, key] : Table<std::string_view>{{"header", "headers"},
                                                         {"haeders", "headers"},
                                                         {"timout", "timeout"},
                                                         {"Timeout", "timeout"},
                                                         {"TIMEOUT", "timeout"},
                                                         {"gte", "get"},
                                                         {"gett", "get"},
                                                         {"pots", "post"},
                                                         {"statsu", "status"},
                                                         {"status", "status"},
                                                         {"in_flight", "in_flight_max"},
                                                         {"timeout_ms", "timeout"}}) {
    EXPECT_EQ(NearestWord(word, kKeys), std::string(key)) << word;
  }
}

TEST(NearestWordTest, SuggestsNothingFarFetched) {
  for (const std::string_view word : {"", "x", "go", "zzz", "latency", "po", "tiny"}) {
    EXPECT_EQ(NearestWord(word, kKeys), std::nullopt) << word;
  }
  constexpr std::array<std::string_view, 2> kShort = {"p", "q"};
  EXPECT_EQ(NearestWord("x", kShort), std::nullopt);
  EXPECT_EQ(NearestWord("parrot", kShort), std::nullopt);
  EXPECT_EQ(NearestWord("word", {}), std::nullopt);
}

TEST(NearestWordTest, PrefersTheNearestThenTheFirst) {
  constexpr std::array<std::string_view, 3> kWords = {"bold", "cold", "code"};
  EXPECT_EQ(NearestWord("gold", kWords), "bold");
  EXPECT_EQ(NearestWord("code", kWords), "code");
}

TEST(NearestWordTest, HugeWordsCostNothing) {
  std::string word;
  word.resize(10'000'000, 'a');
  EXPECT_EQ(NearestWord(word, kKeys), std::nullopt);
}

TEST(PrintableTest, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(Printable("plain text, \u00e4\u20ac\U0001f600 too"),
            "plain text, \u00e4\u20ac\U0001f600 too");
  EXPECT_EQ(Printable(""), "");
}

TEST(PrintableTest, MakesControlCharactersVisible) {
  using namespace std::string_view_literals;
  EXPECT_EQ(Printable("\x1b[31mred\r\n\t\0\x7f"sv), "\\x1b[31mred\\x0d\\x0a\\x09\\x00\\x7f");
  EXPECT_EQ(Printable("\u009b2J"), "\\xc2\\x9b2J");       // CSI in one character.
  EXPECT_EQ(Printable("a\u202eb"), "a\\xe2\\x80\\xaeb");  // Right-to-left override.
  EXPECT_EQ(Printable("a\u2067b\u2028"), "a\\xe2\\x81\\xa7b\\xe2\\x80\\xa8");
  EXPECT_EQ(Printable("\u00a0\u2027\u2030"), "\u00a0\u2027\u2030");
}

TEST(PrintableTest, MakesBytesThatAreNotUtf8Visible) {
  for (const auto& [bytes, text] :
       Table<std::string_view>{{"\x80", "\\x80"},                    // A continuation on its own.
                               {"\x9b[", "\\x9b["},                  // CSI of an 8-bit terminal.
                               {"\xc0\xaf", "\\xc0\\xaf"},           // Overlong '/'.
                               {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},  //
                               {"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},  //
                               {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // A surrogate.
                               {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // Beyond U+10FFFF.
                               {"\xff", "\\xff"},
                               {"\xe2\x82", "\\xe2\\x82"},  // Cut off.
                               {"\xc3(", "\\xc3("}}) {
    EXPECT_EQ(Printable(bytes), text);
  }
}

TEST(PrintableTest, CutsAtACharacterAndSaysSo) {
  EXPECT_EQ(Printable("12345", 5), "12345");
  EXPECT_EQ(Printable("123456", 5), "12345...");
  EXPECT_EQ(Printable("1234\u20ac", 5), "1234...");
  EXPECT_EQ(Printable("123\x1b", 5), "123...");  // Nor inside an escape.
  EXPECT_EQ(Printable("abc", 0), "...");
  EXPECT_EQ(Printable(std::string(1'000'000, 'a')).size(), 203U);
}

}  // namespace
}  // namespace weir
