#include "reports/internal/text_layout.h"

#include <string>

#include <gtest/gtest.h>

namespace weir::reports {
namespace {

TEST(TextLayoutTest, WidthCountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("≥1.2µs"), 6);
  EXPECT_EQ(DisplayWidth("負荷"), 4);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);
}

TEST(TextLayoutTest, CutsAtCodePointsWithAnEllipsis) {
  EXPECT_EQ(CutToWidth("負荷試験", 5, Charset::kUnicode), "負荷…");
  EXPECT_EQ(CutToWidth("checkout", 5, Charset::kAscii), "che..");
  EXPECT_EQ(CutToWidth("checkout", 8, Charset::kAscii), "checkout");
}

// Addresses differ at their ends as well.
TEST(TextLayoutTest, CutsTheMiddleWhereBothEndsTell) {
  EXPECT_EQ(CutToWidth("localhost:8080/checkout", 12, Charset::kUnicode, Cut::kMiddle),
            "local…eckout");
  EXPECT_EQ(CutToWidth("負荷試験", 5, Charset::kUnicode, Cut::kMiddle), "負…験");
  EXPECT_EQ(CutToWidth("abc", 1, Charset::kUnicode, Cut::kMiddle), "a");
}

TEST(TextLayoutTest, CleanRepairsAndUnmasks) {
  EXPECT_EQ(Clean("a\xff"
                  "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(Clean("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");                  // Overlong '/'.
  EXPECT_EQ(Clean("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // Surrogate.
  EXPECT_EQ(Clean("\xc2\x9b"
                  "31m"),
            "\\u{9b}31m");
  EXPECT_EQ(Clean("\u202Eabc"), "\\u{202e}abc");
  EXPECT_EQ(Clean(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_LE(Clean(std::string(10'000, 'W'), 50).size(), 53U);
}

TEST(TextLayoutTest, WrapsAtSpacesAndBreaksWhatDoesNotFit) {
  const TextOptions options{.width = 12};
  EXPECT_EQ(Wrapped("one two three", 2, options), "  one two\n  three\n");
  EXPECT_EQ(Wrapped("abcdefghijklmnop", 2, options), "  abcdefghij\n  klmnop\n");
  EXPECT_EQ(Wrapped("", 2, options), "");
}

TEST(TextLayoutTest, PaintsEachLineOnItsOwn) {
  const TextOptions options{.colour = Colour::kOn};
  EXPECT_EQ(Painted("a\nb\n", Style::kGood, options), "\x1b[32ma\x1b[0m\n\x1b[32mb\x1b[0m\n");
  EXPECT_EQ(Painted("a", Style::kGood, {}), "a");
}

TEST(TextTableTest, CutsNamesBeforeItLeavesColumnsOut) {
  TextTable table({{"name", Align::kLeft, 4}, {"value"}, {"more"}});
  table.AddRow({{"a long name"}, {"1"}, {"22"}});
  EXPECT_EQ(table.Render(0, {.width = 80}), "name         value  more\na long name      1    22\n");
  EXPECT_EQ(table.Render(0, {.width = 17}), "name   value more\na lon…     1   22\n");
  EXPECT_EQ(table.Render(0, {.width = 12}), "name value\na l…     1\n");
}

}  // namespace
}  // namespace weir::reports
