#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/support/golden.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

TEST(ManualClockTest, StandsStillUntilMoved) {
  const ManualClock clock;
  EXPECT_EQ(clock.Now(), clock.Now());
  EXPECT_EQ(FormatWallTime(clock.WallNow()), "2026-01-01T00:00:00Z");
}

TEST(ManualClockTest, AdvanceMovesBothTimes) {
  ManualClock clock;
  const Instant start = clock.Now();
  const WallTime wall_start = clock.WallNow();
  clock.Advance(250ms);
  EXPECT_EQ(clock.Now() - start, 250ms);
  EXPECT_EQ(clock.WallNow() - wall_start, 250ms);
  clock.AdvanceTo(start + 1s);
  EXPECT_EQ(clock.Now() - start, 1s);
}

TEST(ManualClockTest, CivilTimeMayJumpBackAlone) {
  ManualClock clock;
  const Instant start = clock.Now();
  clock.SetWall(WallTime(0s));
  EXPECT_EQ(clock.WallNow(), WallTime(0s));
  EXPECT_EQ(clock.Now(), start);
}

TEST(ManualClockDeathTest, MonotonicTimeNeverGoesBack) {
  ManualClock clock;
  EXPECT_DEATH(clock.AdvanceTo(clock.Now() - 1ns), "span.count\\(\\) >= 0");
}

TEST(TempDirTest, IsEmptyAndUniqueAndRemovedAtTheEnd) {
  std::filesystem::path path;
  {
    const TempDir dir;
    const TempDir other;
    path = dir.path();
    EXPECT_NE(dir.path(), other.path());
    EXPECT_TRUE(std::filesystem::is_empty(path));
    EXPECT_EQ(ReadFile(dir.Write("a/b.txt", "text")), "text");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(GoldenTest, EqualTextMatches) {
  EXPECT_TRUE(SameText("one\ntwo\n", "one\ntwo\n"));
}

TEST(GoldenTest, DifferenceNamesTheFirstLineThatDiffers) {
  const testing::AssertionResult same = SameText("one\ntwo\n", "one\ntoo\n");
  EXPECT_FALSE(same);
  EXPECT_STREQ(same.message(),
               "texts of 8 and 8 bytes differ at line 2 (byte 5):\n"
               "  expected: too\n    actual: two\n--- whole actual text ---\none\ntwo\n");
}

TEST(GoldenTest, MissingFinalLineIsADifference) {
  EXPECT_FALSE(SameText("one\n", "one\ntwo\n"));
  EXPECT_FALSE(SameText("", "one"));
  EXPECT_FALSE(SameText("one", ""));
}

TEST(GoldenTest, MissingFileSaysHowToMakeIt) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe): read only
    GTEST_SKIP() << "this run writes golden files";
  }
  const testing::AssertionResult same = MatchesGolden("text", "no/such/file.txt");
  EXPECT_FALSE(same);
  EXPECT_STREQ(same.message(),
               "there is no tests/golden/no/such/file.txt; run the test with UPDATE_GOLDEN=1");
}

}  // namespace
}  // namespace weir::tests
