#include "loadgen/answer_check.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::loadgen {
namespace {

using scenarios::Extraction;
using Source = Extraction::Source;

struct Taken {
  RequestError error = RequestError::kNone;
  std::string value;
};

Taken Take(Source source, const std::string& pattern, std::string_view head,
           std::string_view body) {
  const Extraction extraction{.variable = "value", .source = source, .pattern = pattern};
  const std::array<PlacedExtraction, 1> placed = {{{extraction, 1}}};
  const Result<AnswerCheck> check = AnswerCheck::Create(scenarios::Check(), placed);
  if (!check) {
    ADD_FAILURE() << check.error().message;
    return {};
  }
  EXPECT_TRUE(check->takes());
  Answer answer;
  answer.status = 200;
  answer.head = head;
  answer.body = body;
  std::vector<std::string> variables = {"other", "before"};
  const RequestError error = check->Take(answer, variables);
  EXPECT_EQ(variables[0], "other");
  return {error, variables[1]};
}

scenarios::Check HtmlCheck() {
  scenarios::Check check;
  check.headers.push_back({"content-type", {scenarios::Matcher::Kind::kRegex, "html"}});
  check.body.push_back({scenarios::Matcher::Kind::kContains, "weir"});
  return check;
}

TEST(KnownLinesTest, FindsWhatACheckFindsWhicheverLinesCameBefore) {
  Result<AnswerCheck> check = AnswerCheck::Create(HtmlCheck());
  ASSERT_TRUE(check) << check.error().message;
  const std::string longer(2 * KnownLines::kBytesMax, 'x');
  const std::vector<std::string> heads = {"Content-Type: text/html\n",
                                          "Content-Type: text/html\nContent-Encoding: br\n",
                                          "Content-Type: text/plain\n",
                                          "",
                                          "X: " + longer + "\nContent-Type: text/html\n",
                                          "X: " + longer + "\nContent-Type: text/plain\n"};
  KnownLines known;
  for (const std::string& before : heads) {
    for (const std::string& head : heads) {
      for (const std::string& lines : {before, head, head}) {
        const LineFindings& found = known.Of(lines, *check);
        const LineFindings direct = check->LooksAt(lines);
        EXPECT_EQ(found.fit, direct.fit) << lines.substr(0, 80);
        EXPECT_EQ(found.is_encoded, direct.is_encoded) << lines.substr(0, 80);
      }
    }
  }
}

TEST(AnswerCheckTest, TheStatusComesFirstThenHeadersThenTheBody) {
  Result<AnswerCheck> check = AnswerCheck::Create(HtmlCheck());
  ASSERT_TRUE(check) << check.error().message;
  Answer answer;
  answer.status = 500;
  answer.head = "Content-Type: text/plain\n";
  EXPECT_EQ(check->Judge(answer), RequestError::kStatus);
  answer.status = 200;
  EXPECT_EQ(check->Judge(answer), RequestError::kCheckHeader);
  answer.head = "Content-Type: text/html\n";
  EXPECT_EQ(check->Judge(answer), RequestError::kCheckBody);
  answer.body = "a weir";
  EXPECT_EQ(check->Judge(answer), RequestError::kNone);
}

TEST(AnswerCheckTest, TakesFromJson) {
  EXPECT_EQ(
      Take(Source::kJson, "$.items[-1].id", "", R"({"items": [{"id": 1}, {"id": "b"}]})").value,
      "b");
  EXPECT_EQ(Take(Source::kJson, "$.id", "", "no json").error, RequestError::kCheckBody);
}

TEST(AnswerCheckTest, TakesTheGroupOfARegexOrAllOfIt) {
  EXPECT_EQ(Take(Source::kRegex, "id=(\\d+)", "", "x id=42;").value, "42");
  EXPECT_EQ(Take(Source::kRegex, "id=\\d+", "", "x id=42;").value, "id=42");
  EXPECT_EQ(Take(Source::kRegex, "id=(\\d+)", "", "x").error, RequestError::kCheckBody);
}

TEST(AnswerCheckTest, TakesHeadersWhateverTheirCase) {
  const char* head = "Content-Type: a\nX-Token:  t 1\n";
  EXPECT_EQ(Take(Source::kHeader, "x-token", head, "").value, "t 1");
  EXPECT_EQ(Take(Source::kHeader, "x-tok", head, "").error, RequestError::kCheckHeader);
}

TEST(AnswerCheckTest, TakesTheCookieOfThatName) {
  const char* head = "Set-Cookie: a=1; Path=/\nset-cookie: sid=s=2; HttpOnly\n";
  EXPECT_EQ(Take(Source::kCookie, "sid", head, "").value, "s=2");
  EXPECT_EQ(Take(Source::kCookie, "Path", head, "").error, RequestError::kCheckHeader);
}

TEST(AnswerCheckTest, AValueIsCutBeforeItGrowsTooLarge) {
  const std::string body(2 * kExtractedBytesMax, 'x');
  EXPECT_EQ(Take(Source::kRegex, "x+", "", body).value.size(), kExtractedBytesMax);
}

}  // namespace
}  // namespace weir::loadgen
