#include <cmath>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reports/history.h"
#include "reports/run_json.h"
#include "reports/verdict_json.h"
#include "tests/reports/synthetic_runs.h"

namespace weir::reports {
namespace {

using Json = nlohmann::json;

std::set<std::string> KeysOf(const Json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) {
    keys.insert(key);
  }
  return keys;
}

// Every null has a reason beside it; and nothing else pretends to be one.
void ExpectReasons(const Json& json, const std::string& place) {
  if (json.is_array()) {
    for (const Json& item : json) {
      ExpectReasons(item, place + "[]");
    }
  }
  if (!json.is_object()) {
    return;
  }
  for (const auto& [key, value] : json.items()) {
    if (value.is_null()) {
      ASSERT_TRUE(json.contains(key + "_reason")) << place << "." << key;
      EXPECT_FALSE(json[key + "_reason"].get<std::string>().empty()) << place << "." << key;
    }
    ExpectReasons(value, place + "." + key);
  }
}

TEST(RunJsonTest, HasEveryKeyOfItsSchema) {
  const Json json = Json::parse(RunJson(SyntheticRun({.id = 17}).run));
  const std::set<std::string> expected = {"schema",
                                          "run",
                                          "scenario",
                                          "target",
                                          "build",
                                          "branch",
                                          "tag",
                                          "state",
                                          "state_reason",
                                          "started_at",
                                          "duration_s",
                                          "measured_s",
                                          "warm_up_s",
                                          "seed",
                                          "load",
                                          "environment",
                                          "weir_version",
                                          "requests",
                                          "warm_up",
                                          "rate_per_s",
                                          "latency_ns",
                                          "send_lag_ns",
                                          "errors",
                                          "steps",
                                          "thresholds",
                                          "resources",
                                          "parts_ns",
                                          "parts_ns_reason",
                                          "validity",
                                          "validity_reason",
                                          "target_resources",
                                          "target_resources_reason",
                                          "usage",
                                          "usage_reason",
                                          "measurements",
                                          "apdex",
                                          "apdex_reason"};
  EXPECT_EQ(KeysOf(json), expected);
  EXPECT_EQ(json["schema"], "weir.run/1");
  EXPECT_EQ(KeysOf(json["requests"]),
            (std::set<std::string>{"planned", "completed", "failed", "timed_out", "dropped",
                                   "unfinished"}));
  for (const char* key : {"min", "mean", "p50", "p90", "p95", "p99", "p999", "p9999", "max"}) {
    EXPECT_TRUE(json["latency_ns"]["response"].contains(key)) << key;
    EXPECT_TRUE(json["latency_ns"]["service"].contains(key)) << key;
    EXPECT_TRUE(json["send_lag_ns"].contains(key)) << key;
  }
}

TEST(RunJsonTest, RatesUsersByTheirTargets) {
  const weir::Run run = SyntheticRun({.id = 17}).run;
  const std::vector<StepApdex> steps = {{"list", std::chrono::milliseconds(500),
                                         analysis::ApdexOf(run, 0, std::chrono::milliseconds(500))},
                                        {"never", std::chrono::milliseconds(500), std::nullopt}};
  const Json apdex = Json::parse(RunJson(run, steps))["apdex"];
  EXPECT_EQ(apdex["steps"][0]["t_ns"], 500'000'000);
  EXPECT_EQ(apdex["steps"][0]["rating"], "excellent");
  EXPECT_TRUE(apdex["steps"][1]["score"].is_null());
  EXPECT_EQ(apdex["all"]["score"], apdex["steps"][0]["score"]);
  ExpectReasons(apdex, "apdex");
}

TEST(RunJsonTest, NumbersAreThoseOfTheMeasuredPhase) {
  const weir::Run run = SyntheticRun({.id = 17, .errors = 0.01}).run;
  const Json json = Json::parse(RunJson(run));
  const StepRecord total = run.Total(Phase::kMeasure);
  const LatencyView view = MergedLatency(total, LatencyKind::kResponse);
  EXPECT_EQ(json["requests"]["planned"], 24 * 400);
  EXPECT_EQ(json["warm_up"]["requests"]["planned"], 6 * 400);
  EXPECT_DOUBLE_EQ(json["rate_per_s"]["planned"], 400);
  EXPECT_DOUBLE_EQ(json["rate_per_s"]["achieved"],
                   static_cast<double>(total.completed_in_window) / 24);
  EXPECT_EQ(json["latency_ns"]["response"]["p99"], view.histogram.QuantileNs(0.99));
  EXPECT_EQ(json["latency_ns"]["response"]["max"], view.histogram.max_ns());
  EXPECT_EQ(json["errors"]["status"], total.counts.of(Outcome::kFailed));
  EXPECT_EQ(KeysOf(json["errors"]), std::set<std::string>{"status"});
  EXPECT_EQ(json["steps"].size(), 2U);
  EXPECT_EQ(json["steps"][1]["name"], "cart");
}

TEST(RunJsonTest, StepsSayTheirTags) {
  weir::Run run = SyntheticRun({.id = 17}).run;
  run.plan.steps[0].tags = {{"kind", "api"}, {"team", "shop"}};
  const Json json = Json::parse(RunJson(run));
  EXPECT_EQ(json["steps"][0]["tags"], "kind:api,team:shop");
  EXPECT_FALSE(json["steps"][1].contains("tags"));
}

TEST(RunJsonTest, UnknownIsNullWithAReasonAndNeverZero) {
  const Json json = Json::parse(RunJson(SyntheticRun({.id = 17}).run));
  EXPECT_TRUE(json["latency_ns"]["response"]["p9999"].is_null());
  EXPECT_NE(json["latency_ns"]["response"]["p9999_reason"].get<std::string>().find("needs"),
            std::string::npos);
  ExpectReasons(json, "run");
}

TEST(RunJsonTest, ARunWithoutRequestsKnowsNothing) {
  const Json json = Json::parse(RunJson(weir::Run()));
  EXPECT_TRUE(json["run"].is_null());
  EXPECT_TRUE(json["rate_per_s"]["achieved"].is_null());
  EXPECT_TRUE(json["latency_ns"]["response"]["min"].is_null());
  EXPECT_TRUE(json["resources"]["cpu_s"].is_null());
  ExpectReasons(json, "run");
}

TEST(RunJsonTest, AClosedLoopHasNoPlannedRate) {
  weir::Run run = SyntheticRun({.id = 17}).run;
  run.plan.open_loop = false;
  const Json json = Json::parse(RunJson(run));
  EXPECT_TRUE(json["rate_per_s"]["planned"].is_null());
  EXPECT_EQ(json["rate_per_s"]["planned_reason"], "a closed loop has no planned rate");
}

// Two in a hundred were cut off at 250 ms: what lies below is exact, what lies at it is not.
TEST(RunJsonTest, MarksOnlyWhatCutOffRequestsCanMove) {
  const Json json = Json::parse(RunJson(SyntheticRun({.id = 17, .timeouts = 0.02}).run));
  const auto bounds = json["latency_ns"]["response"]["lower_bounds"];
  EXPECT_EQ(bounds, Json({"mean", "p99", "p999", "max"}));
  EXPECT_TRUE(json["send_lag_ns"]["lower_bounds"].empty());
}

TEST(RunJsonTest, HostileTextStaysData) {
  for (const RunPage& page : HostileReport().pages) {
    const std::string text = RunJson(page.run);
    const Json json = Json::parse(text);
    EXPECT_EQ(text.find("</"), std::string::npos);
    EXPECT_EQ(text.find("<!"), std::string::npos);
    EXPECT_EQ(text.find('\0'), std::string::npos);
    EXPECT_EQ(json["load"], "<script>alert(1)</script>");
  }
  const std::string broken = RunJson(HostileReport().pages[4].run);
  EXPECT_EQ(Json::parse(broken)["scenario"], "broken \xef\xbf\xbd\xef\xbf\xbd utf-8");
}

TEST(VerdictJsonTest, HasEveryKeyOfItsSchema) {
  const Json json = Json::parse(VerdictJson(SyntheticReport().verdicts[0]));
  EXPECT_EQ(KeysOf(json),
            (std::set<std::string>{"schema", "verdict", "reason", "candidate", "baseline",
                                   "candidate_runs", "baseline_runs", "design", "warnings",
                                   "checks", "action", "action_reason", "score", "score_reason"}));
  EXPECT_EQ(json["schema"], "weir.verdict/1");
  EXPECT_EQ(json["verdict"], "fail");
  EXPECT_EQ(json["candidate_runs"], Json({2, 4, 6, 8, 10}));
  const Json& check = json["checks"][1];
  EXPECT_EQ(check["metric"], "response_time.p99");
  EXPECT_EQ(check["interval"], Json({0.179, 0.252}));
  EXPECT_TRUE(check["runs_needed"].is_null());
  EXPECT_EQ(json["checks"][3]["runs_needed"], 9);
  ExpectReasons(json, "verdict");
}

TEST(VerdictJsonTest, NotANumberIsNull) {
  GateResult result;
  result.checks.emplace_back();
  result.checks[0].candidate = std::nan("");
  result.checks[0].reason = "The candidate has no runs.";
  const Json json = Json::parse(VerdictJson(result));
  EXPECT_TRUE(json["checks"][0]["candidate"].is_null());
  EXPECT_EQ(json["checks"][0]["candidate_reason"], "The candidate has no runs.");
  ExpectReasons(json, "verdict");
}

TEST(HistoryJsonTest, TellsChangePointsWithTheirSuspects) {
  analysis::HistoryChanges changes;
  analysis::HistoryChange& change = changes.changes.emplace_back();
  change.metric = *analysis::ParseRunMetric("error_rate");
  change.run = 7;
  change.suspects = {"b1", "b2"};
  change.point.change = 0.01;
  const Json json = Json::parse(HistoryJson({}, changes));
  const Json& point = json["changes"]["changepoints"][0];
  EXPECT_EQ(point["run"], 7);
  EXPECT_EQ(point["suspects"], Json({"b1", "b2"}));
  EXPECT_EQ(point["worse"], true);
  EXPECT_TRUE(point["change_ratio"].is_null());
  ExpectReasons(json, "history");
}

TEST(HistoryJsonTest, KeepsOrderAndSaysWhatIsUnknown) {
  HistoryRow killed;
  killed.run = 2;
  const HistoryRow whole = HistoryRowOf(SyntheticRun({.id = 1}).run);
  const std::vector<HistoryRow> rows = {killed, whole};
  const Json json = Json::parse(HistoryJson(rows, std::nullopt));
  EXPECT_EQ(json["schema"], "weir.history/1");
  EXPECT_EQ(json["runs"][0]["run"], 2);
  EXPECT_EQ(json["runs"][0]["state"], "incomplete");
  EXPECT_EQ(json["runs"][1]["latency_ns"]["p99"], *whole.p99_ns);
  ExpectReasons(json, "history");
}

}  // namespace
}  // namespace weir::reports
