#include "scenarios/diagnostic.h"

#include <string>

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

std::string Render(std::string_view text, SourceSpan span) {
  return RenderDiagnostic("a.yaml", text, {span, "wrong", "mend it"});
}

TEST(RenderDiagnosticTest, ShowsPlaceLineCaretAndHint) {
  EXPECT_EQ(Render("one\n  check: { stats: 200 }\nthree\n", {2, 12, 5}),
            "a.yaml:2:12: error: wrong\n"
            "  2 |   check: { stats: 200 }\n"
            "    |            ^~~~~\n"
            "  hint: mend it");
}

TEST(RenderDiagnosticTest, WidensTheGutterForLongLineNumbers) {
  EXPECT_EQ(Render(std::string(99, '\n') + "x", {100, 1, 1}),
            "a.yaml:100:1: error: wrong\n"
            "  100 | x\n"
            "      | ^\n"
            "  hint: mend it");
}

TEST(RenderDiagnosticTest, ShowsNoLineForTheFileAsAWhole) {
  EXPECT_EQ(Render("x", {}), "a.yaml: error: wrong\n  hint: mend it");
}

TEST(RenderDiagnosticTest, CountsCharactersAndPointsBelowWideOnes) {
  // é takes one column, 日 two, the combining acute none.
  EXPECT_EQ(Render("\xc3\xa9\xe6\x97\xa5"
                   "e\xcc\x81: x",
                   {1, 11, 1}),
            "a.yaml:1:7: error: wrong\n"
            "  1 | \xc3\xa9\xe6\x97\xa5"
            "e\xcc\x81: x\n"
            "    |       ^\n"
            "  hint: mend it");
}

TEST(RenderDiagnosticTest, PointsBehindTabs) {
  EXPECT_EQ(Render("a:\tb", {1, 4, 1}),
            "a.yaml:1:4: error: wrong\n"
            "  1 | a:    b\n"
            "    |       ^\n"
            "  hint: mend it");
}

TEST(RenderDiagnosticTest, MakesControlAndReorderingCharactersVisible) {
  EXPECT_EQ(Render("a\x1b[31m\xe2\x80\xae\xff: b\r\n", {1, 13, 1}),
            "a.yaml:1:11: error: wrong\n"
            "  1 | a\\x1b[31m\\u{202e}\\xff: b\n"
            "    |                        ^\n"
            "  hint: mend it");
}

TEST(RenderDiagnosticTest, CutsLongLinesAroundThePlace) {
  const std::string text = std::string(500, 'a') + "BAD" + std::string(500, 'b');
  EXPECT_EQ(Render(text, {1, 501, 3}), "a.yaml:1:501: error: wrong\n  1 | ..." +
                                           std::string(40, 'a') + "BAD" + std::string(57, 'b') +
                                           "...\n    | " + std::string(43, ' ') +
                                           "^~~\n  hint: mend it");
}

TEST(RenderDiagnosticTest, EndsTheMarkWithTheLine) {
  EXPECT_EQ(Render("ab", {1, 2, 100}),
            "a.yaml:1:2: error: wrong\n  1 | ab\n    |  ^\n  hint: mend it");
}

TEST(RenderDiagnosticTest, SurvivesPlacesThatDoNotExist) {
  EXPECT_EQ(Render("ab", {7, 9, 1}), "a.yaml:7:1: error: wrong\n  7 | \n    | ^\n  hint: mend it");
}

TEST(DiagnosticsTest, AreOrderedByPlaceAndSaidOnce) {
  Diagnostics diagnostics;
  diagnostics.Add({2, 1, 1}, "second");
  diagnostics.Add({1, 2, 1}, "first");
  diagnostics.Add({2, 1, 1}, "second");
  EXPECT_EQ(diagnostics.ToError("a", "xy\nz").message,
            "a:1:2: error: first\n  1 | xy\n    |  ^\na:2:1: error: second\n  2 | z\n    | ^");
}

TEST(DiagnosticsTest, ShowTwentyAndCountTheRest) {
  Diagnostics diagnostics;
  for (std::size_t line = 1; line <= 3000; ++line) {
    diagnostics.Add({line, 1, 1}, "wrong");
  }
  const Error error = diagnostics.ToError("a", "");
  EXPECT_EQ(error.kind, ErrorKind::kUsage);
  EXPECT_NE(error.message.find("a:20:1:"), std::string::npos);
  EXPECT_EQ(error.message.find("a:21:1:"), std::string::npos);
  EXPECT_TRUE(error.message.ends_with("\na: 2980 more errors not shown")) << error.message;
}

TEST(DiagnosticsTest, TakeTheHintOfAnError) {
  Diagnostics diagnostics;
  diagnostics.Add({}, HintedError("wrong", "mend it"));
  EXPECT_EQ(diagnostics.ToError("a", "").message, "a: error: wrong\n  hint: mend it");
}

}  // namespace
}  // namespace weir::scenarios
