// A monitor on samples of the past.

#include "monitor/replay.h"

#include <chrono>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "monitor/sources/sample_lines.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kStart = 1'700'000'000;

TEST(SampleLinesTest, ReadsJsonAndCsvAlike) {
  SampleLines json;
  const auto one = json.Read(
      R"({"timestamp": 1700000000.5, "source": "shop", "metric": "m", "labels": {"host": "a"}, "value": 11})");
  SampleLines csv;
  ASSERT_FALSE(csv.Read("timestamp,source,metric,host,value")->has_value());
  const auto other = csv.Read("2023-11-14T22:13:20.5Z,shop,m,\"a\",11");
  for (const auto* read : {&one, &other}) {
    ASSERT_TRUE(*read && **read);
    const LineSample& line = ***read;
    EXPECT_EQ(line.at, WallTime(1'700'000'000'500ms));
    EXPECT_EQ(line.source, "shop");
    EXPECT_EQ(line.sample.series->metric, "m");
    EXPECT_EQ(line.sample.series->labels, (Labels{{"host", "a"}}));
    EXPECT_EQ(line.sample.value, 11);
  }
}

TEST(SampleLinesTest, ASeriesHasOneName) {
  SampleLines lines;
  const auto first = lines.Read(R"({"metric": "m", "value": 1})");
  const auto second = lines.Read(R"({"metric": "m", "labels": {}, "value": "2.5"})");
  EXPECT_EQ((*first)->sample.series, (*second)->sample.series);
}

TEST(SampleLinesTest, SaysWhyALineIsRefused) {
  SampleLines json;
  EXPECT_FALSE(json.Read("  ")->has_value());
  EXPECT_EQ(json.Read(R"({"metric": "m"})").error(), "no_value");
  EXPECT_EQ(json.Read(R"({"metric": "m", "value": null})").error(), "no_value");
  EXPECT_EQ(json.Read(R"({"metric": "m", "value": "fast"})").error(), "malformed");
  EXPECT_EQ(json.Read(R"({"timestamp": "noon", "value": 1})").error(), "malformed");
  EXPECT_EQ(json.Read(R"({"labels": [1], "value": 1})").error(), "malformed");
  EXPECT_EQ(json.Read("{").error(), "malformed");
  EXPECT_EQ(json.Read(std::string(SampleLines::kLineBytesMax + 1, 'x')).error(), "too_long");
  SampleLines csv;
  ASSERT_TRUE(csv.Read("metric,value"));
  EXPECT_EQ(csv.Read("m,1,2").error(), "malformed");
  EXPECT_EQ(csv.Read("m,").error(), "no_value");
  EXPECT_EQ(csv.Read("\"m,1").error(), "malformed");
}

constexpr const char* kConfig = R"(
sources:
  - { name: shop, scrape: 'http://127.0.0.1:1/', interval: 10s, down_after: 2m }
  - { name: prom, prometheus: 'http://127.0.0.1:1/', interval: 10s, down_after: never }
rules:
  - { alert: High, source: shop, metric: errors, above: 10, for: 20s,
      annotations: { summary: '{{ labels.host }} has {{ value }}' } }
  - { alert: Asked, source: prom, query: 'up == 0', at_least: 0 }
channels: [ { name: hook, webhook: 'http://127.0.0.1:1/' } ]
)";

class ReplayTest : public testing::Test {
 protected:
  /// All that a replay of `lines` says, and its totals.
  std::string Play(const std::string& lines) {
    const auto config = ReadMonitorConfig(kConfig, "m.yaml", {});
    EXPECT_TRUE(config) << config.error().message;
    std::string said;
    const auto totals = Replay(*config, dir_.Write("data", lines), [&said](const ReplayStep& step) {
      const auto second = CountNs(step.at) / 1'000'000'000 - kStart;
      for (const AlertInstance& alert : step.alerts) {
        said += fmt::format("{} {} {}\n", second, LabelValue(alert.labels, "alertname"),
                            AlertPhaseName(alert.state.phase));
      }
      for (const store::OutboxMessage& message : step.messages) {
        said += fmt::format("{} {} {}\n", second, message.channel, message.payload);
      }
    });
    if (!totals) {
      return totals.error().message;
    }
    totals_ = *totals;
    return said;
  }

  static std::string Line(int second, const std::string& host, double value) {
    return fmt::format(
        "{{\"timestamp\": {}, \"source\": \"shop\", \"metric\": \"errors\", \"labels\": "
        "{{\"host\": \"{}\"}}, \"value\": {}}}\n",
        kStart + second, host, value);
  }

  tests::TempDir dir_;
  ReplayTotals totals_;
};

TEST_F(ReplayTest, AlertsAsIfTheSamplesCameNow) {
  std::string lines;
  for (int second = 0; second <= 100; second += 10) {
    lines += Line(second, "a", second >= 30 && second < 70 ? 11 : 1);
  }
  const std::string said = Play(lines);
  EXPECT_TRUE(said.starts_with("30 High pending\n50 High firing\n50 hook {")) << said;
  EXPECT_NE(said.find("a has 11"), std::string::npos);
  EXPECT_NE(said.find("\n70 High inactive\n"), std::string::npos) << said;
  EXPECT_EQ(totals_.fired, 1U);
  EXPECT_EQ(totals_.resolved, 1U);
  EXPECT_EQ(totals_.evaluations, 102U);
}

TEST_F(ReplayTest, TheSameDataSayTheSameTwiceByteForByte) {
  Rng rng(9);
  std::string lines;
  for (int second = 0; second < 3000; second += 10) {
    for (const char* host : {"a", "b", "c"}) {
      lines += Line(second, host, 4 + 8 * rng.Uniform());
    }
  }
  const std::string once = Play(lines);
  EXPECT_GT(totals_.fired, 3U);
  EXPECT_EQ(Play(lines), once);
}

TEST_F(ReplayTest, AGapInTheDataIsASourceThatIsDown) {
  const std::string said = Play(Line(0, "a", 1) + Line(300, "a", 1));
  EXPECT_NE(said.find("120 WeirSourceDown firing\n"), std::string::npos) << said;
  EXPECT_NE(said.find("300 WeirSourceDown inactive\n"), std::string::npos) << said;
}

TEST_F(ReplayTest, EveryLineIsAccountedFor) {
  Play(Line(0, "a", 1) + Line(10, "a", 1) + Line(5, "a", 1) + "{\"value\": 1}\n{\n" +
       R"({"source": "shop", "metric": "errors", "value": 1})" + "\n" +
       R"({"timestamp": 1700000001, "source": "prom", "query": "up == 0", "value": 0})" + "\n" +
       R"({"timestamp": 1700000001, "source": "prom", "query": "else", "value": 0})" + "\n");
  EXPECT_TRUE(totals_.ledger.Balanced());
  EXPECT_EQ(totals_.ledger.ingested, 3U);
  EXPECT_EQ(totals_.ledger.rejected, (std::map<std::string, std::uint64_t>{{"malformed", 1},
                                                                           {"no_time", 1},
                                                                           {"out_of_order", 1},
                                                                           {"unknown_query", 1},
                                                                           {"unknown_source", 1}}));
  EXPECT_EQ(totals_.fired, 1U);  // Asked.
}

TEST_F(ReplayTest, DataThatFitsNothingSaysWhatWould) {
  const std::string said = Play("{\"value\": 1}\n");
  EXPECT_NE(said.find("lines refused: 1 unknown_source"), std::string::npos) << said;
  EXPECT_NE(said.find("\"source\": \"shop\""), std::string::npos) << said;
}

}  // namespace
}  // namespace weir::monitor
