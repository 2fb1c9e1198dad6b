#include "monitor/access.h"

#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

constexpr std::string_view kTokens =
    "# of the deploy tool\r\n0123456789abcdef\r\n\nsecond-token-for-rotation\n";

TEST(AccessTest, WithoutTokensEverybodyMayAsk) {
  EXPECT_TRUE(Access().open());
  EXPECT_TRUE(Access().Allows(""));
}

TEST(AccessTest, TakesAnyOfTheTokensAsBearerOrAsPassword) {
  const auto access = Access::Parse(kTokens);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_FALSE(access->open());
  EXPECT_TRUE(access->Allows("Bearer 0123456789abcdef"));
  EXPECT_TRUE(access->Allows("bearer second-token-for-rotation"));
  // printf 'flagger:0123456789abcdef' | base64
  EXPECT_TRUE(access->Allows("Basic ZmxhZ2dlcjowMTIzNDU2Nzg5YWJjZGVm"));
}

TEST(AccessTest, RefusesEverythingElse) {
  const auto access = Access::Parse(kTokens);
  ASSERT_TRUE(access);
  for (const std::string_view wrong :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0",
        "Bearer 0123456789abcdeg", "0123456789abcdef", "Token 0123456789abcdef",
        "Bearer # of the deploy tool", "Basic !!!!", "Basic MDEyMzQ1Njc4OWFiY2RlZg==", "Basic "}) {
    EXPECT_FALSE(access->Allows(wrong)) << wrong;
  }
  EXPECT_FALSE(access->Allows("Bearer " + std::string(100'000, 'x')));
}

TEST(AccessTest, RefusesFilesWithoutAGoodTokenAndShowsNone) {
  for (const std::string_view text :
       {"", "# none\n", "short\n", "0123456789 abcdef\n", "0123456789abcdef\x01\n"}) {
    const auto access = Access::Parse(text);
    ASSERT_FALSE(access) << text;
    EXPECT_EQ(access.error().message.find("01234"), std::string::npos);
  }
}

TEST(RolesTest, ATokenMayDoWhatItsFileSays) {
  const auto read = Access::Parse("the-token-that-reads");
  const auto act = Access::Parse("the-token-that-acts");
  ASSERT_TRUE(read && act);
  const Roles both{*read, *act};
  EXPECT_EQ(both.Of("Bearer the-token-that-acts"), Role::kAct);
  EXPECT_EQ(both.Of("Bearer the-token-that-reads"), Role::kRead);
  EXPECT_EQ(both.Of("Bearer the-token-that-is-not"), Role::kNone);
  EXPECT_EQ(both.Of(""), Role::kNone);
}

TEST(RolesTest, WithoutAnyTokenEverybodyMayActAndWithOneKindNobodyElse) {
  const auto token = Access::Parse("the-only-token-there-is");
  ASSERT_TRUE(token);
  EXPECT_EQ(Roles().Of(""), Role::kAct);
  const Roles only_read{*token, {}};
  EXPECT_EQ(only_read.Of(""), Role::kNone);
  EXPECT_EQ(only_read.Of("Bearer the-only-token-there-is"), Role::kRead);
  const Roles only_act{{}, *token};
  EXPECT_EQ(only_act.Of(""), Role::kNone);
  EXPECT_EQ(only_act.Of("Bearer the-only-token-there-is"), Role::kAct);
}

TEST(RolesTest, ATokenThatMayPushHasNoRole) {
  const auto read = Access::Parse("the-token-that-reads");
  const auto act = Access::Parse("the-token-that-acts");
  const auto push = Access::Parse("the-token-that-pushes");
  ASSERT_TRUE(read && act && push);
  const Roles roles{*read, *act, *push};
  EXPECT_EQ(roles.Of("Bearer the-token-that-pushes"), Role::kNone);
  EXPECT_TRUE(roles.MayPush("Bearer the-token-that-pushes"));
  EXPECT_TRUE(roles.MayPush("Bearer the-token-that-acts"));
  EXPECT_FALSE(roles.MayPush("Bearer the-token-that-reads"));
  EXPECT_FALSE(roles.MayPush(""));
  const Roles without{*read, *act, {}};
  EXPECT_FALSE(without.MayPush("Bearer the-token-that-pushes"));
  EXPECT_FALSE(without.MayPush(""));
  EXPECT_TRUE(Roles().MayPush(""));
  const Roles alone{{}, {}, *push};
  EXPECT_EQ(alone.Of(""), Role::kNone);
  EXPECT_FALSE(alone.MayPush(""));
}

TEST(AccessTest, MakesAHeaderThatItAllows) {
  const auto access = Access::Parse(kTokens);
  ASSERT_TRUE(access);
  EXPECT_TRUE(access->Allows(access->Authorization()));
  EXPECT_EQ(Access().Authorization(), "");
}

}  // namespace
}  // namespace weir::monitor
