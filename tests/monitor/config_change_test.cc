#include "monitor/config/config_change.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

using Same = std::vector<std::optional<std::size_t>>;

constexpr const char* kSources = R"(
sources:
  - { name: prom, prometheus: 'http://127.0.0.1:9090' }
  - { name: shop, scrape: 'http://127.0.0.1:8080/metrics' }
)";

constexpr const char* kRest = R"(
channels: [ { name: log, file: log } ]
route: { receiver: log }
)";

MonitorConfig Config(const std::string& rules, const std::string& sources = kSources) {
  Result<MonitorConfig> config =
      ReadMonitorConfig(sources + "rules:\n" + rules + kRest, "monitor.yaml", {});
  EXPECT_TRUE(config) << config.error().message;
  return std::move(*config);
}

constexpr const char* kUp = "  - { alert: Up, source: prom, query: 'up == 0', at_least: 0 }\n";
constexpr const char* kErrors =
    "  - { alert: Errors, source: shop, metric: errors, above: 1, for: 1m,\n"
    "      annotations: { summary: '{{ value }} of {{ labels.host }}' }, match: [ 'host=~\"a.*\"' "
    "] }\n";
constexpr const char* kBurns =
    "  - { alert: Burns, source: prom, burn_rate: { objective: 99%, error_ratio: 'e[$window]' } "
    "}\n";

TEST(SameRulesTest, TheOrderOfRulesAndSourcesDoesNotMatter) {
  const MonitorConfig before = Config(std::string(kUp) + kErrors);
  const MonitorConfig now = Config(std::string(kErrors) + kUp, R"(
sources:
  - { name: shop, scrape: 'http://127.0.0.1:8080/metrics' }
  - { name: more, host: / }
  - { name: prom, prometheus: 'http://127.0.0.1:9090' }
)");
  // Rules about the sources themselves come last.
  Same same = SameRules(before, now);
  ASSERT_GE(same.size(), 2U);
  EXPECT_EQ(same[0], std::optional<std::size_t>(1));
  EXPECT_EQ(same[1], std::optional<std::size_t>(0));
}

TEST(SameRulesTest, AnotherQueryBesideItDoesNotMatterButToBurnRates) {
  const std::string more = "  - { alert: More, source: prom, query: 'more', above: 0 }\n";
  const MonitorConfig before = Config(std::string(kUp) + kBurns);
  const Same same = SameRules(before, Config(more + kUp + kBurns));
  EXPECT_EQ(same[0], std::nullopt);
  EXPECT_EQ(same[1], std::optional<std::size_t>(0));
  EXPECT_EQ(same[2], std::nullopt);
  EXPECT_EQ(SameRules(before, Config(kUp + std::string(kBurns) + more))[1],
            std::optional<std::size_t>(1));
}

TEST(SameRulesTest, WhatIsWrittenOtherwiseIsAnotherRule) {
  const MonitorConfig before = Config(kErrors);
  EXPECT_EQ(SameRules(before, Config(kErrors))[0], std::optional<std::size_t>(0));
  const std::string written = kErrors;
  for (const auto& [was, is] : std::vector<std::pair<std::string, std::string>>{
           {"above: 1", "above: 2"},
           {"for: 1m", "for: 2m"},
           {"metric: errors", "metric: error"},
           {"labels.host", "labels.name"},
           {"a.*", "b.*"},
           {"alert: Errors", "alert: Other"},
           {"above: 1", "above: 1, clear: 0.5"},
           {"above: 1", "above: 1, window: { mean: 1m }"},
           {"above: 1", "above: 1, labels: { severity: page }"}}) {
    std::string changed = written;
    changed.replace(changed.find(was), was.size(), is);
    EXPECT_EQ(SameRules(before, Config(changed))[0], std::nullopt) << is;
  }
  EXPECT_EQ(SameRules(before, Config(kErrors, R"(
sources: [ { name: shop, scrape: 'http://127.0.0.1:8081/metrics' } ]
)"))[0],
            std::nullopt);
}

}  // namespace
}  // namespace weir::monitor
