#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "scenarios/reader.h"

// Each of these once took a YAML reader hundreds of megabytes, minutes or the stack.
namespace weir::scenarios {
namespace {

constexpr std::size_t kLarge = kScenarioBytesMax - 100;

std::string Repeated(std::string_view part, std::size_t bytes) {
  std::string text;
  while (text.size() + part.size() <= bytes) {
    text += part;
  }
  return text;
}

// The first line of the error.
std::string Refusal(const std::string& text) {
  const Result<Scenario> scenario = ReadScenario(text, "a.yaml");
  return scenario ? "no error"
                  : scenario.error().message.substr(0, scenario.error().message.find('\n'));
}

TEST(HostileInputTest, NestedBracketsAreRefusedBeforeTheyAreParsed) {
  const std::string refusal = "a.yaml:1:65: error: brackets nest more than 64 deep";
  EXPECT_EQ(Refusal(Repeated("[", 200'000)), refusal);
  EXPECT_EQ(Refusal(Repeated("[", 1000) + "\n" + Repeated("[", 200'000)), refusal);
  EXPECT_EQ(Refusal(Repeated("{a: ", 200'000)),
            "a.yaml:1:257: error: brackets nest more than 64 deep");
}

TEST(HostileInputTest, NestedBlocksAreRefused) {
  EXPECT_EQ(Refusal(Repeated("- ", 200'000)), "a.yaml:1:129: error: values nest more than 64 deep");
  EXPECT_EQ(Refusal(Repeated("? ", 200'000)), "a.yaml:1:129: error: values nest more than 64 deep");
}

TEST(HostileInputTest, LongListsInBracketsAreRefusedBeforeTheyAreParsed) {
  EXPECT_EQ(Refusal("[" + Repeated("a,\n", kLarge)),
            "a.yaml:100000:2: error: more than 100000 elements between brackets");
}

TEST(HostileInputTest, LongLinesAreRefused) {
  EXPECT_EQ(Refusal(std::string(kLarge, 'x')),
            "a.yaml:1:1: error: line is 4194204 bytes long; at most 262144 are read");
}

TEST(HostileInputTest, ManyValuesAreRefused) {
  EXPECT_EQ(Refusal(Repeated("- a\n", 500'000)),
            "a.yaml:100000:3: error: the file has more than 100000 values, aliases resolved");
}

TEST(HostileInputTest, AliasBombsAreRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 10; ++level) {
    const std::string before = "*a" + std::to_string(level - 1);
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + before;
    for (int copy = 1; copy < 10; ++copy) {
      text += ", " + before;
    }
    text += "]\n";
  }
  EXPECT_EQ(Refusal(text),
            "a.yaml:5:40: error: the file has more than 100000 values, aliases resolved");
}

TEST(HostileInputTest, AliasesOfThemselvesAreRefused) {
  EXPECT_EQ(Refusal("steps: &a [ *a ]\n"),
            "a.yaml:1:13: error: this alias stands inside of what it refers to");
}

TEST(HostileInputTest, BracketsInTextsDoNotCount) {
  const std::string brackets(200, '[');
  const std::string text = "steps:\n  - post: /\n    name: it's\n    # " + brackets +
                           "\n    body: |\n      " + brackets + "\n  - post: /2\n    body: '" +
                           brackets + "'\n  - post: /3\n    body: \"" + brackets +
                           "\\\"\"\nload: { stages: [ { rate: 5/s, for: 10s } ] }\n";
  EXPECT_EQ(Refusal(text), "no error");
}

TEST(HostileInputTest, TabsAreShownWhereTheyAre) {
  EXPECT_EQ(ReadScenario("steps:\n\t- get: /\n", "a.yaml").error().message,
            "a.yaml:2:1: error: tab in the indentation\n"
            "  2 |     - get: /\n"
            "    | ^~~~\n"
            "  hint: indent with spaces: YAML takes no tabs");
}

TEST(HostileInputTest, TabsInBodiesAndBracketsAreFine) {
  EXPECT_EQ(Refusal("steps:\n  - post: /\n    body: |\n      a\n      \tb\n"
                    "load: {\n\tstages: [\n\t{ rate: 5/s, for: 10s } ] }\n"),
            "no error");
}

TEST(HostileInputTest, OtherEncodingsAreNamed) {
  using namespace std::string_literals;
  EXPECT_EQ(Refusal("\x7f"
                    "ELF\0\0"s),
            "a.yaml: error: the file is binary, not YAML text");
  EXPECT_EQ(Refusal("\xff\xfes\0"s), "a.yaml: error: the file is UTF-16");
  EXPECT_EQ(Refusal("name: caf\xe9\n"), "a.yaml:1:10: error: this is not UTF-8 text");
  EXPECT_EQ(Refusal("name: \x1b[31m\n"), "a.yaml:1:7: error: control character \\x1b");
}

TEST(HostileInputTest, FilesAboveTheLimitAreRefused) {
  EXPECT_EQ(Refusal(std::string(kScenarioBytesMax + 1, '#')),
            "a.yaml: the scenario is larger than 4.19 MB; split it into several files");
}

}  // namespace
}  // namespace weir::scenarios
