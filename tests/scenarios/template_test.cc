#include "scenarios/template.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

Expression Only(std::string_view text) {
  const Result<Template> parsed = ParseTemplate(text);
  if (!parsed || parsed->size() != 1) {
    ADD_FAILURE() << text;
    return {};
  }
  return parsed->front();
}

std::string ErrorOf(std::string_view text) {
  const Result<Template> parsed = ParseTemplate(text);
  return parsed ? std::string() : parsed.error().message;
}

TEST(TemplateTest, KeepsWhatStandsAroundSlots) {
  const Result<Template> parsed = ParseTemplate("/a?x={{ random(1, 20) }}&y={{ id }}");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 4U);
  EXPECT_EQ((*parsed)[0].text, "/a?x=");
  EXPECT_EQ((*parsed)[1].filler, Filler::kRandom);
  EXPECT_EQ((*parsed)[1].low, 1);
  EXPECT_EQ((*parsed)[1].high, 20);
  EXPECT_EQ((*parsed)[2].text, "&y=");
  EXPECT_EQ((*parsed)[3].filler, Filler::kVariable);
  EXPECT_EQ((*parsed)[3].text, "id");
}

TEST(TemplateTest, BracesWithoutAnEndAreText) {
  EXPECT_FALSE(HasSlots("{{ not closed }"));
  EXPECT_EQ(Only("{{ not closed }").filler, Filler::kText);
  EXPECT_FALSE(HasSlots("{ \"a\": { } }"));
}

TEST(TemplateTest, BracesInQuotesDoNotEndASlot) {
  const Expression text = Only("{{ 'a }} b' }}");
  EXPECT_EQ(text.filler, Filler::kText);
  EXPECT_EQ(text.text, "a }} b");
}

TEST(TemplateTest, FunctionsNest) {
  const Expression hmac = Only("{{ hmac('key', base64(users.first-name)) }}");
  ASSERT_EQ(hmac.filler, Filler::kHmac);
  ASSERT_EQ(hmac.arguments.size(), 2U);
  EXPECT_EQ(hmac.arguments[0].text, "key");
  ASSERT_EQ(hmac.arguments[1].filler, Filler::kBase64);
  const Expression& column = hmac.arguments[1].arguments[0];
  EXPECT_EQ(column.filler, Filler::kColumn);
  EXPECT_EQ(column.text, "users");
  EXPECT_EQ(column.column, "first-name");
}

TEST(TemplateTest, NamesAreFoundHoweverDeep) {
  const Result<Template> parsed = ParseTemplate("{{ a }}-{{ json(choice(b, 'x', c.d)) }}");
  ASSERT_TRUE(parsed);
  std::vector<std::string> names;
  ForEachName(*parsed, [&names](const Expression& name) { names.push_back(name.text); });
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(TemplateTest, ErrorsNameTheSlotAndTheFix) {
  EXPECT_NE(ErrorOf("{{ randon(1, 2) }}").find("did you mean 'random'?"), std::string::npos);
  EXPECT_NE(ErrorOf("{{ random(1) }}").find("random(1, 20)"), std::string::npos);
  EXPECT_NE(ErrorOf("{{ random(9, 1) }}").find("write the lower one first"), std::string::npos);
  EXPECT_NE(ErrorOf("{{ random(a, 1) }}").find("whole numbers"), std::string::npos);
  EXPECT_NE(ErrorOf("{{ }}").find("nothing to fill in"), std::string::npos);
  EXPECT_NE(ErrorOf("{{ 'open }}").find("closing quote"), std::string::npos);
  EXPECT_NE(ErrorOf("{{ a b }}").find("'b ' is too much"), std::string::npos);
  EXPECT_NE(ErrorOf("{{ uuid( }}").find("uuid"), std::string::npos);
  EXPECT_NE(ErrorOf("{{ users. }}").find("names no column"), std::string::npos);
}

TEST(TemplateTest, DeepNestingIsRefused) {
  std::string text = "{{ ";
  for (int i = 0; i < 700; ++i) {
    text += "json(";
  }
  EXPECT_FALSE(ParseTemplate(text + "x }}"));
  EXPECT_NE(ErrorOf("{{ json(json(json(json(json(json(json(json(json(json(x)))))))))) }}")
                .find("nested too deeply"),
            std::string::npos);
}

TEST(TemplateTest, SlotsCanBeStoodInFor) {
  EXPECT_EQ(WithoutSlots("/a/{{ id }}/b{{ uuid() }}", "x"), "/a/x/bx");
  EXPECT_EQ(WithoutSlots("/a", "x"), "/a");
}

}  // namespace
}  // namespace weir::scenarios
