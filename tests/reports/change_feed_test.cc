#include "reports/change_feed.h"

#include <functional>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/reports/synthetic_runs.h"

namespace weir::reports {
namespace {

std::string Fingerprint(std::string_view text) {
  return fmt::format("{:0<64x}", std::hash<std::string_view>()(text));
}

// The synthetic report with its first change point only.
ReportData OneChange() {
  ReportData data = SyntheticReport();
  data.changes.changes.resize(1);
  return data;
}

TEST(ChangeFeedTest, AnEntryIsAChangePointAndLeadsToItsRun) {
  const std::string feed = AtomFeed(OneChange(), [](std::string_view) {
    return std::string("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  });
  EXPECT_EQ(feed,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
            "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
            "<title>checkout, b2 against b1: change points</title>\n"
            "<id>urn:weir:change-points</id>\n"
            "<updated>2026-11-24T04:00:00Z</updated>\n<author><name>weir</name></author>\n"
            "<link rel=\"alternate\" href=\"index.html\"/>\n"
            "<entry><id>urn:uuid:00112233-4455-6677-8899-aabbccddeeff</id>"
            "<updated>2026-11-24T04:00:00Z</updated><published>2026-11-24T00:40:00Z</published>"
            "<title>worse: checkout: response p99 +28.4 % (+26.2\u2026+30.6 %), 8.10ms to "
            "10.4ms</title><link href=\"index.html#/run/4\"/><category term=\"acknowledged\"/>"
            "<summary>Run 4, build b2. 98.7 % sure; began with one of runs 3 to 4, builds b1, "
            "b2. Triage: acknowledged at 2026-11-24T04:00:00Z by ops: index missing, ticket 812."
            "</summary></entry>\n</feed>\n");
}

TEST(ChangeFeedTest, BothFormsHaveTheSameEntries) {
  const auto json = nlohmann::json::parse(JsonFeed(OneChange(), Fingerprint));
  ASSERT_EQ(json["items"].size(), 1U);
  const std::string atom = AtomFeed(OneChange(), Fingerprint);
  for (const char* key :
       {"id", "url", "title", "content_text", "date_published", "date_modified"}) {
    EXPECT_NE(atom.find(json["items"][0][key].get<std::string>()), std::string::npos) << key;
  }
}

TEST(ChangeFeedTest, AnEntryKeepsItsIdWhenItsNumbersMove) {
  ReportData data = SyntheticReport();
  const auto id = [&data] {
    return nlohmann::json::parse(JsonFeed(data, Fingerprint))["items"][0]["id"];
  };
  const auto before = id();
  data.changes.changes[0].point.after *= 1.01;
  EXPECT_EQ(id(), before);
  data.changes.changes[0].run = 5;
  EXPECT_NE(id(), before);
}

// A bot that files tickets must see that somebody has taken care of it already.
TEST(ChangeFeedTest, ARegressionHasItsTriageState) {
  ReportData data = SyntheticReport();
  data.changes.changes.resize(2);
  data.changes.changes.push_back(data.changes.changes[0]);
  data.changes.changes[2].point.change *= -1;
  const auto items = nlohmann::json::parse(JsonFeed(data, Fingerprint))["items"];
  const nlohmann::json said = {{"state", "acknowledged"},
                               {"at", "2026-11-24T04:00:00Z"},
                               {"by", "ops"},
                               {"why", "index missing, ticket 812"}};
  EXPECT_EQ(items[0]["_weir"]["triage"], said);
  EXPECT_EQ(items[0]["tags"], nlohmann::json::array({"acknowledged"}));
  EXPECT_EQ(items[1]["_weir"]["triage"], nlohmann::json({{"state", "new"}}));
  EXPECT_EQ(items[1]["date_modified"], items[1]["date_published"]);
  EXPECT_FALSE(items[2].contains("tags")) << "an improvement needs no triage";
  const std::string atom = AtomFeed(data, Fingerprint);
  EXPECT_NE(atom.find("<category term=\"new\"/>"), std::string::npos);
}

TEST(ChangeFeedTest, NamesAreTextAndTheNumberOfEntriesIsBounded) {
  ReportData data = SyntheticReport();
  data.title = "</title><script>";
  analysis::HistoryChange hostile = data.changes.changes[0];
  hostile.scenario = "]]></entry>\"'" + std::string(10'000, 'W');
  hostile.build = std::string("nul\0\x1b[31m", 9);
  data.changes.changes.assign(500, hostile);
  const std::string feed = AtomFeed(data, Fingerprint);
  EXPECT_EQ(feed.find("<script"), std::string::npos);
  EXPECT_EQ(feed.find("]]></entry>"), std::string::npos);
  EXPECT_EQ(feed.find('\0'), std::string::npos);
  EXPECT_EQ(feed.find('\x1b'), std::string::npos);
  EXPECT_LT(feed.size(), kFeedEntriesMax * 2'000);
  EXPECT_EQ(nlohmann::json::parse(JsonFeed(data, Fingerprint))["items"].size(), kFeedEntriesMax);
}

}  // namespace
}  // namespace weir::reports
