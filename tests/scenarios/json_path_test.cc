#include "scenarios/json_path.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

constexpr std::string_view kDocument = R"({
  "skip": {"id": "no", "text": "}]\"", "list": [1, [2, {"a": 3}], "]"]},
  "items": [{"id": 7, "tags": ["x", "y"]}, {"id": "a\"b\u00e9\ud83d\ude00\n"}, null, true, 1.5e3],
  "first name": "ann", "": "empty"
})";

std::optional<std::string> Find(std::string_view path, std::string_view json = kDocument) {
  const Result<JsonPath> parsed = ParseJsonPath(path);
  if (!parsed) {
    ADD_FAILURE() << parsed.error().message;
    return std::nullopt;
  }
  return FindJson(json, *parsed);
}

TEST(JsonPathTest, FindsMembersAndElements) {
  EXPECT_EQ(Find("$.items[0].id"), "7");
  EXPECT_EQ(Find("$.items[0].tags[-1]"), "y");
  EXPECT_EQ(Find("$['first name']"), "ann");
  EXPECT_EQ(Find("$.items[-1]"), "1.5e3");
  EXPECT_EQ(Find("$.items[2]"), "null");
  EXPECT_EQ(Find("$.skip.list[1][1].a"), "3");
}

TEST(JsonPathTest, BracketsMayBeWrittenRound) {
  EXPECT_EQ(Find("$.items(0).id"), "7");
}

TEST(JsonPathTest, UndoesTheEscapesOfAString) {
  EXPECT_EQ(Find("$.items[1].id"), "a\"b\xC3\xA9\xF0\x9F\x98\x80\n");
}

TEST(JsonPathTest, GivesWhatIsNoStringAsItIsWritten) {
  EXPECT_EQ(Find("$.items[0]"), R"({"id": 7, "tags": ["x", "y"]})");
  EXPECT_EQ(Find("$", "[1, 2]"), "[1, 2]");
}

TEST(JsonPathTest, FindsAMemberWhoseNameIsEscaped) {
  EXPECT_EQ(Find("$.id", R"({"\u0069d": 1})"), "1");
}

TEST(JsonPathTest, FindsNothingWhereNothingIs) {
  EXPECT_EQ(Find("$.none"), std::nullopt);
  EXPECT_EQ(Find("$.items[5]"), std::nullopt);
  EXPECT_EQ(Find("$.items[-6]"), std::nullopt);
  EXPECT_EQ(Find("$.items.id"), std::nullopt);
  EXPECT_EQ(Find("$[0]"), std::nullopt);
  EXPECT_EQ(Find("$.a[0]", R"({"a": []})"), std::nullopt);
  EXPECT_EQ(Find("$.a", R"({})"), std::nullopt);
}

TEST(JsonPathTest, BrokenTextsHaveNothing) {
  for (const std::string_view json :
       {"", "{", "{\"a\"", "{\"a\":", "{\"b\": [1, {\"a\": 2}", "<html>", "{\"b\": \"", "\\"}) {
    EXPECT_EQ(Find("$.a", json), std::nullopt) << json;
  }
  EXPECT_EQ(Find("$.a", std::string(100'000, '[')), std::nullopt);
}

TEST(JsonPathTest, WhatIsNoPathIsRefused) {
  for (const std::string_view path : {"", "items", "$.", "$..id", "$[", "$[x]", "$['a", "$.a b",
                                      "$[1.5]", "$[*]", "$[99999999999999999999]"}) {
    EXPECT_FALSE(ParseJsonPath(path)) << path;
  }
}

}  // namespace
}  // namespace weir::scenarios
