#include "base/wall_time.h"

#include <string>

#include <gtest/gtest.h>

#include "base/text.h"

namespace weir {
namespace {

std::string Read(std::string_view text) {
  const Result<WallTime> time = ParseWallTime(text);
  return time ? FormatWallTime(*time) : "none";
}

TEST(WallTimeTest, ReadsTheFormsOfIso8601ThatToolsWrite) {
  EXPECT_EQ(Read("2026-11-23T12:34:56Z"), "2026-11-23T12:34:56Z");
  EXPECT_EQ(Read("2026-11-23 12:34:56"), "2026-11-23T12:34:56Z");
  EXPECT_EQ(Read("2026-11-23t12:34z"), "2026-11-23T12:34:00Z");
  EXPECT_EQ(Read("2026-11-23"), "2026-11-23T00:00:00Z");
  EXPECT_EQ(Read("2026-11-23T12:34:56+02:00"), "2026-11-23T10:34:56Z");
  EXPECT_EQ(Read("2026-11-23T23:30:00-0130"), "2026-11-24T01:00:00Z");
  EXPECT_EQ(Read("1969-12-31T23:59:59Z"), "1969-12-31T23:59:59Z");
  EXPECT_EQ(Read("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00Z");
}

TEST(WallTimeTest, KeepsNanosecondsAndCutsWhatIsFiner) {
  EXPECT_EQ(CountNs(*ParseWallTime("1970-01-01T00:00:00.5Z")), 500'000'000);
  EXPECT_EQ(CountNs(*ParseWallTime("1970-01-01T00:00:01.123456789987Z")), 1'123'456'789);
}

TEST(WallTimeTest, RefusesWhatIsNoTime) {
  for (const std::string_view text :
       {"", "2026", "2026-13-01", "2026-02-30", "2026-11-23T", "2026-11-23T24:00:00Z",
        "2026-11-23T12:60:00Z", "2026-11-23T12:34:56.Z", "2026-11-23T12:34:56X",
        "2026-11-23T12:34:56Z ", "1500-01-01", "2400-01-01", "23.11.2026"}) {
    EXPECT_FALSE(ParseWallTime(text)) << text;
  }
  EXPECT_EQ(ParseWallTime("soon").error().message,
            "'soon' is not a time; write it as 2026-11-23T12:34:56Z or as seconds since 1970");
}

TEST(WallTimeTest, AnEpochInNanosecondsKeepsEveryDigit) {
  EXPECT_EQ(CountNs(*ParseEpoch("1767225600123456789", EpochUnit::kNanoseconds)),
            1'767'225'600'123'456'789);
  EXPECT_EQ(CountNs(*ParseEpoch("1767225600.25", EpochUnit::kSeconds)), 1'767'225'600'250'000'000);
  EXPECT_FALSE(ParseEpoch("1767225600123456789", EpochUnit::kSeconds));
  EXPECT_FALSE(ParseEpoch("12:00", EpochUnit::kSeconds));
}

TEST(WallTimeTest, TheSizeOfAnEpochTellsItsUnit) {
  EXPECT_EQ(GuessEpochUnit(1767225600), EpochUnit::kSeconds);
  EXPECT_EQ(GuessEpochUnit(1767225600e3), EpochUnit::kMilliseconds);
  EXPECT_EQ(GuessEpochUnit(1767225600e6), EpochUnit::kMicroseconds);
  EXPECT_EQ(GuessEpochUnit(1767225600e9), EpochUnit::kNanoseconds);
}

}  // namespace
}  // namespace weir
