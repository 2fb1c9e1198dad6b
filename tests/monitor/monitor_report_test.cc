#include "monitor/monitor_report.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "monitor/own_metrics.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::json;

SourceReport Source(std::string name, SourceHealth health, bool stale = false) {
  SourceReport source{.name = std::move(name), .kind = SourceKind::kScrape};
  source.status.health = health;
  source.stale = stale;
  if (health != SourceHealth::kIntegrated && health != SourceHealth::kStarting) {
    source.status.trouble = "it answers 503";
  }
  return source;
}

MonitorReport With(std::vector<SourceReport> sources) {
  MonitorReport report;
  report.sources = std::move(sources);
  return report;
}

TEST(DiagnoseTest, TheWholeIsWhatItsSourcesAre) {
  const SourceReport good = Source("a", SourceHealth::kIntegrated);
  const SourceReport failed = Source("b", SourceHealth::kFailed);
  const SourceReport stale = Source("c", SourceHealth::kIntegrated, true);
  EXPECT_EQ(Diagnose(With({good})).health, MonitorHealth::kIntegrated);
  EXPECT_EQ(Diagnose(With({good, failed})).health, MonitorHealth::kDegraded);
  EXPECT_EQ(Diagnose(With({good, stale})).health, MonitorHealth::kDegraded);
  EXPECT_EQ(Diagnose(With({failed, stale})).health, MonitorHealth::kFailed);
  EXPECT_EQ(Diagnose(With({failed, Source("d", SourceHealth::kStarting)})).health,
            MonitorHealth::kStarting);
}

// What the last good look brought is still fresh: rules go on by it.
TEST(DiagnoseTest, OneFailedLookIsNotAFailure) {
  EXPECT_EQ(Diagnose(With({Source("a", SourceHealth::kDegraded)})).health,
            MonitorHealth::kDegraded);
  EXPECT_EQ(Diagnose(With({Source("a", SourceHealth::kDegraded, true)})).health,
            MonitorHealth::kFailed);
}

TEST(DiagnoseTest, EveryPartThatDoesNotWorkIsAReason) {
  MonitorReport report =
      With({Source("a", SourceHealth::kIntegrated, true), Source("b", SourceHealth::kDegraded),
            Source("c", SourceHealth::kIntegrated)});
  report.channels = {{.name = "pager", .counts = {.trouble = "no answer"}}};
  report.series_left_out = 7;
  const Diagnosis diagnosis = Diagnose(report);
  EXPECT_EQ(diagnosis.health, MonitorHealth::kDegraded);
  EXPECT_EQ(diagnosis.reasons,
            (std::vector<std::string>{
                "source a is stale: no samples yet", "source b is degraded: it answers 503",
                "channel pager: no answer",
                "rules have left out 7 samples, as a rule takes 10000 series at most"}));
}

// Alerts that cannot be written down are not told: whatever else works, the monitor does not.
TEST(DiagnoseTest, AStoreThatTakesNothingIsAFailure) {
  MonitorReport report = With({Source("a", SourceHealth::kIntegrated)});
  report.store_trouble = "the disk is full";
  EXPECT_EQ(Diagnose(report).health, MonitorHealth::kFailed);
  EXPECT_EQ(Diagnose(report).reasons, std::vector<std::string>{"the disk is full"});
}

TEST(ReportEngineTest, AnEngineIsWhatTheSourcesOfItsRulesAre) {
  const SourceReport good = Source("a", SourceHealth::kIntegrated);
  const SourceReport bad = Source("b", SourceHealth::kFailed);
  EXPECT_EQ(ReportEngine("e", {}).health, EngineHealth::kNotUsed);
  EXPECT_EQ(ReportEngine("e", {}).reason, "no rule asks it");
  EXPECT_EQ(ReportEngine("e", {&good, &good}).health, EngineHealth::kIntegrated);
  EXPECT_EQ(ReportEngine("e", {&good, &bad}).health, EngineHealth::kDegraded);
  EXPECT_EQ(ReportEngine("e", {&good, &bad}).reason, "source b: it answers 503");
  EXPECT_EQ(ReportEngine("e", {&bad}).health, EngineHealth::kFailed);
}

TEST(ReportJsonTest, WhatIsNotKnownIsNull) {
  SourceReport source = Source("a", SourceHealth::kStarting);
  source.status.ledger.Reject("no number", 2);
  source.status.ledger.Drop("too many", 3);
  source.status.ledger.offered += 5;
  source.status.ledger.ingested = 5;
  MonitorReport report = With({source});
  report.alerts = {{.alert = {.labels = {{"alertname", "A"}}, .value = 0.0 / 0.0}}};
  const Json json = Json::parse(ReportJson(report));
  EXPECT_EQ(json["schema"], "weir.monitor_status/1");
  EXPECT_EQ(json["health"], "starting");
  const Json& shown = json["sources"][0];
  EXPECT_TRUE(shown["last_good_at"].is_null());
  EXPECT_TRUE(shown["age_s"].is_null());
  EXPECT_TRUE(shown["series"].is_null());
  EXPECT_TRUE(json["alerts"][0]["value"].is_null());
  EXPECT_TRUE(json["outbox"]["oldest_waiting_at"].is_null());
  const Json& ledger = shown["ledger"];
  EXPECT_EQ(ledger["offered"], 10);
  EXPECT_EQ(
      ledger["offered"].get<int>(),
      ledger["ingested"].get<int>() + ledger["rejected"].get<int>() + ledger["dropped"].get<int>());
  EXPECT_EQ(ledger["rejected_by_reason"]["no number"], 2);
}

TEST(ReportJsonTest, WhatASourceWarnsOfIsShownAndIsNoTrouble) {
  SourceReport source = Source("a", SourceHealth::kIntegrated);
  Reading reading;
  reading.Warn("metric might not be a counter");
  source.status.last_good = std::make_shared<const Reading>(std::move(reading));
  const MonitorReport report = With({source, Source("b", SourceHealth::kStarting)});
  const Json json = Json::parse(ReportJson(report));
  EXPECT_EQ(json["sources"][0]["warnings"], Json::array({"metric might not be a counter"}));
  EXPECT_EQ(json["sources"][1]["warnings"], Json::array());
  EXPECT_EQ(json["reasons"].size(), 1U) << json["reasons"];
  EXPECT_EQ(Diagnose(With({source})).health, MonitorHealth::kIntegrated);
}

TEST(ReportMetricsTest, LabelsAreEscapedAndWhatIsNotKnownIsLeftOut) {
  SourceReport source = Source("a\"b\\c\nd", SourceHealth::kIntegrated);
  source.status.ledger.ingested = source.status.ledger.offered = 3;
  const std::string page = ReportMetrics(With({source}), {});
  EXPECT_NE(page.find("weir_source_up{source=\"a\\\"b\\\\c\\nd\"} 1\n"), std::string::npos) << page;
  EXPECT_NE(page.find("outcome=\"ingested\""), std::string::npos);
  EXPECT_EQ(page.find("process_cpu_seconds_total"), std::string::npos);
  EXPECT_NE(ReportMetrics({}, {.cpu_s = 1.5}).find("process_cpu_seconds_total 1.5\n"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::monitor
