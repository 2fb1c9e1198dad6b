#include "scenarios/command_line.h"

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

using Words = std::vector<std::string>;

Words Split(std::string_view text) {
  const Result<Words> words = ParseCommandLine(text);
  EXPECT_TRUE(words) << words.error().message;
  return words.value_or(Words());
}

std::string Refusal(std::string_view text) {
  const Result<Words> words = ParseCommandLine(text);
  return words ? "" : words.error().message;
}

TEST(ParseCommandLineTest, SplitsAtBlanks) {
  EXPECT_EQ(Split("  prog\t--flag  a=b\n"), (Words{"prog", "--flag", "a=b"}));
}

TEST(ParseCommandLineTest, QuotesKeepBlanksAndWhatOnlyAShellWouldRead) {
  EXPECT_EQ(Split("grep 'a b|c $HOME' \"x\\\"y\\\\z \\n\" ''"),
            (Words{"grep", "a b|c $HOME", "x\"y\\z \\n", ""}));
  EXPECT_EQ(Split("a\\ b --name='it'\\''s'"), (Words{"a b", "--name=it's"}));
}

TEST(ParseCommandLineTest, AWordMayHoldAHashOrTildeButNotBeginWithOne) {
  EXPECT_EQ(Split("a#b c~d"), (Words{"a#b", "c~d"}));
  EXPECT_NE(Refusal("ls ~"), "");
}

TEST(ParseCommandLineTest, RefusesWhatOnlyAShellCouldDo) {
  for (const char* text : {"a | b", "a > file", "a && b", "echo $HOME", "ls *.txt", "a `b`",
                           "echo \"$HOME\"", "a; b", "(a)"}) {
    EXPECT_NE(Refusal(text), "") << text;
  }
  EXPECT_EQ(
      Refusal("sort x | uniq"),
      "'|' means something to a shell only, and no shell runs this\n"
      "  hint: quote it to hand it to the program, or ask for a shell with 'shell:' (--shell)");
}

TEST(ParseCommandLineTest, RefusesWhatIsNotWhole) {
  EXPECT_EQ(Refusal("prog 'a"), "the command lacks a closing '\n  hint: add it");
  EXPECT_EQ(Refusal("prog \\"),
            "the command ends with a lone backslash\n  hint: remove it, or double it");
  EXPECT_EQ(Refusal(" \t"),
            "the command names no program\n  hint: write, for example, 'prog --flag'");
  EXPECT_NE(Refusal("'' a"), "");
  EXPECT_NE(Refusal(std::string_view("a\0b", 3)), "");
}

TEST(CommandLineTextTest, IsSplitIntoTheSameWords) {
  for (const Words& words : {Words{"prog"}, Words{"a b", "it's", "", "$x", "\\", "\"", "-n=1"},
                             Words{"/usr/bin/env", "a\nb", "~", "#"}}) {
    EXPECT_EQ(Split(CommandLineText(words)), words);
  }
  EXPECT_EQ(CommandLineText(Words{"prog", "--flag", "a b"}), "prog --flag 'a b'");
}

}  // namespace
}  // namespace weir::scenarios
