#include "reports/triage_list.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace weir::reports {
namespace {

analysis::HistoryChange Slower() {
  analysis::HistoryChange change;
  change.scenario = "shop";
  change.load = "400/s";
  change.step = "pay";
  change.metric = *analysis::ParseRunMetric("response_time.p99");
  change.run = 43;
  change.build = "b9";
  change.point.before = 8e6;
  change.point.after = 10e6;
  change.point.change = 2e6;
  change.point.change_ratio = 0.25;
  return change;
}

TriageMark Said() {
  return {WallTime(std::chrono::seconds(1'795'478'400)), "acknowledged", "ops", "index missing"};
}

TEST(TriageListTest, SaysWhatMovedAndWhatWasSaidOfIt) {
  const std::string text = RenderTriageText({{Slower(), Said()}, {Slower(), {}}}, {.width = 120});
  EXPECT_EQ(text,
            "run 43, build b9, shop, acknowledged: response p99 of pay +25.0 %, 8.00ms to "
            "10.0ms\n"
            "  2026-11-24T00:00:00Z by ops: index missing\n"
            "run 43, build b9, shop, new: response p99 of pay +25.0 %, 8.00ms to 10.0ms\n");
}

TEST(TriageListTest, AnEmptyListSaysSo) {
  EXPECT_EQ(RenderTriageText({}), "no regression\n");
}

TEST(TriageListTest, JsonHasTheStateOfEachAndAReasonWhereNothingWasSaid) {
  const auto json = nlohmann::json::parse(TriageJson({{Slower(), Said()}, {Slower(), {}}}));
  EXPECT_EQ(json["schema"], "weir.triage/1");
  const auto& first = json["regressions"][0];
  EXPECT_EQ(first["run"], 43);
  EXPECT_EQ(first["metric"], "response_time.p99");
  EXPECT_EQ(first["change_ratio"], 0.25);
  EXPECT_EQ(first["state"], "acknowledged");
  EXPECT_EQ(first["at"], "2026-11-24T00:00:00Z");
  EXPECT_EQ(first["by"], "ops");
  EXPECT_EQ(first["why"], "index missing");
  const auto& second = json["regressions"][1];
  EXPECT_EQ(second["state"], "new");
  EXPECT_TRUE(second["at"].is_null());
  EXPECT_EQ(second["at_reason"], "nobody has said anything of it");
}

}  // namespace
}  // namespace weir::reports
