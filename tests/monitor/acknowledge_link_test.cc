#include "monitor/acknowledge_link.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr const char* kKey = "0123456789abcdef";
const WallTime kNow(1'700'000'000s);
const LinkClaim kClaim = {.group = "3f9a21c0aa",
                          .told_at = WallTime(1'700'000'000s),
                          .expires_at = WallTime(1'700'600'000s)};

// What a server makes of it.
std::map<std::string, std::string> QueryOf(const std::string& link) {
  std::map<std::string, std::string> query;
  std::string rest = link.substr(link.find('?') + 1);
  while (!rest.empty()) {
    const std::string item = rest.substr(0, rest.find('&'));
    rest.erase(0, item.size() + 1);
    query[item.substr(0, item.find('='))] = item.substr(item.find('=') + 1);
  }
  return query;
}

TEST(AcknowledgeLinkTest, SaysWhatItWasMadeOf) {
  const std::string link = AcknowledgeLink("https://weir.example/", kKey, kClaim);
  EXPECT_TRUE(
      link.starts_with("https://weir.example/acknowledge?group=3f9a21c0aa&told=1700000000"
                       "&until=1700600000&signature="))
      << link;
  const auto claim = ReadLink(QueryOf(link), kKey, kNow);
  ASSERT_TRUE(claim);
  EXPECT_EQ(*claim, kClaim);
}

// What fired within the second of the message was told by it.
TEST(AcknowledgeLinkTest, RoundsUpWhenItWasTold) {
  LinkClaim claim = kClaim;
  claim.told_at += 250ms;
  const auto read = ReadLink(QueryOf(AcknowledgeLink("", kKey, claim)), kKey, kNow);
  ASSERT_TRUE(read);
  EXPECT_GE(read->told_at, claim.told_at);
}

TEST(AcknowledgeLinkTest, NothingOfItCanBeChanged) {
  const auto query = QueryOf(AcknowledgeLink("", kKey, kClaim));
  for (const auto& [name, value] : query) {
    for (std::size_t i = 0; i <= value.size(); ++i) {
      auto forged = query;
      if (i < value.size()) {
        forged[name][i] = value[i] == '1' ? '2' : '1';
      } else {
        forged[name] += '1';
      }
      const auto claim = ReadLink(forged, kKey, kNow);
      ASSERT_FALSE(claim) << name << "=" << forged[name];
      EXPECT_EQ(claim.error(), LinkFault::kForged);
    }
    auto without = query;
    without.erase(name);
    EXPECT_FALSE(ReadLink(without, kKey, kNow)) << name;
  }
  EXPECT_FALSE(ReadLink({}, kKey, kNow));
  EXPECT_FALSE(ReadLink(query, "0123456789abcdeF", kNow));
}

TEST(AcknowledgeLinkTest, Expires) {
  const auto query = QueryOf(AcknowledgeLink("", kKey, kClaim));
  EXPECT_TRUE(ReadLink(query, kKey, kClaim.expires_at - 1s));
  const auto late = ReadLink(query, kKey, kClaim.expires_at);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), LinkFault::kExpired);
}

TEST(AcknowledgeLinkTest, AKeyIsNotShortAndNotShown) {
  EXPECT_EQ(*LinkKey("0123456789abcdef \n"), kKey);
  const auto wrong = LinkKey("shortsecret\n");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message.find("shortsecret"), std::string::npos);
}

}  // namespace
}  // namespace weir::monitor
