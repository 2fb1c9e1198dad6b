// Burn rates: what counts, and the same instants as Prometheus on random counters.

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "tests/monitor/one_rule.h"
#include "tests/monitor/program.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{1'700'000'000s};

AlertRule Burning(BurnRateSpec spec) {
  spec.bad.metric = "bad";
  spec.total.metric = "total";
  spec.by = {"host"};
  AlertRule rule;
  rule.name = "Burn";
  rule.engine = std::move(spec);
  rule.annotations.emplace("summary", *AlertText::Parse("{{ why }}"));
  return rule;
}

// A minute at a time: 100 requests, of which `bad` fail.
class Counters {
 public:
  explicit Counters(tests::OneRule& rule) : rule_(rule) {}

  void Minute(double bad) {
    at_ += 60s;
    bad_ += bad;
    total_ += 100;
    rule_.Put("bad", {{"host", "a"}}, bad_);
    rule_.Put("total", {{"host", "a"}}, total_);
    rule_.Step(at_);
  }

 private:
  tests::OneRule& rule_;
  WallTime at_ = kStart;
  double bad_ = 0;
  double total_ = 0;
};

TEST(BurnRateTest, FiresWhenBothWindowsBurnTooFastAndEndsWithTheShortOne) {
  BurnRateSpec spec;
  spec.windows = {{1h, 5min, 14.4}};
  tests::OneRule rule(Burning(spec));
  Counters counters(rule);
  for (int i = 0; i < 60; ++i) {
    counters.Minute(0);
  }
  // 14.4 times 0.1 % of an hour's 6,000 requests are 86.4.
  counters.Minute(40);
  counters.Minute(40);
  EXPECT_FALSE(rule.Fires());
  counters.Minute(40);
  ASSERT_TRUE(rule.Fires());
  EXPECT_EQ(rule.Annotation("summary"),
            "2 % of requests failed in 1h and 24 % in 5m: the budget of 0.1 % burns 20 times as "
            "fast as it may (limit 14.4)");
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(rule.Fires()) << i;
    counters.Minute(0);
  }
  EXPECT_FALSE(rule.Fires());
}

// A counter of errors appears with the first error: its first value counts from 0.
TEST(BurnRateTest, ACounterThatAppearsBeganAtZero) {
  tests::OneRule rule(Burning({}));
  rule.Put("total", {{"host", "a"}}, 1000);
  rule.Step(kStart);
  rule.Put("total", {{"host", "a"}}, 1100);
  rule.Put("bad", {{"host", "a"}}, 50);
  rule.Step(kStart + 60s);
  EXPECT_TRUE(rule.Fires());
}

TEST(BurnRateTest, ACounterThatIsThereFromTheFirstLookSaysNothingByItself) {
  tests::OneRule rule(Burning({}));
  rule.Put("total", {{"host", "a"}}, 1000);
  rule.Put("bad", {{"host", "a"}}, 900);
  rule.Step(kStart);
  rule.Put("total", {{"host", "a"}}, 1100);
  rule.Put("bad", {{"host", "a"}}, 900);
  rule.Step(kStart + 60s);
  EXPECT_FALSE(rule.Fires());
}

TEST(BurnRateTest, TooFewRequestsBurnNothing) {
  BurnRateSpec spec;
  spec.requests_min = 500;
  tests::OneRule rule(Burning(spec));
  Counters counters(rule);
  counters.Minute(0);
  for (int i = 0; i < 4; ++i) {
    counters.Minute(100);
    EXPECT_FALSE(rule.Fires());
  }
  counters.Minute(100);
  EXPECT_TRUE(rule.Fires());
}

TEST(BurnRateTest, SharesThatAreAnsweredAreTakenAsTheyAre) {
  BurnRateSpec spec;
  spec.windows = {{1h, 5min, 10}};
  spec.queries = {3, 4};
  tests::OneRule rule(Burning(spec));
  const auto step = [&](Nanos at, double of_long, double of_short) {
    rule.Put("", {{"host", "a"}}, of_long, 3);
    rule.Put("", {{"host", "a"}}, of_short, 4);
    rule.Put("", {{"host", "a"}}, 1, 0);  // Of another rule.
    rule.Step(kStart + at);
    return rule.Fires();
  };
  EXPECT_FALSE(step(0s, 0.02, 0.009));
  EXPECT_TRUE(step(1s, 0.02, 0.03));
  EXPECT_FALSE(step(2s, 0.009, 0.03));
}

TEST(BurnRateTest, RefusesWhatCanNeverHappen) {
  BurnRateSpec spec;
  spec.objective = 0.9;
  EXPECT_EQ(CheckBurnRate(spec).error().message,
            "a factor of 14.4 can never be reached: when all requests fail, a budget of 10 % burns "
            "10 times as fast as it may; write a lower one");
  spec.objective = 1;
  EXPECT_FALSE(CheckBurnRate(spec));
  spec = {};
  spec.windows = {{5min, 1h, 2}};
  EXPECT_FALSE(CheckBurnRate(spec));
}

constexpr int kHosts = 60;
constexpr int kInstants = 180;  // Of 10 s.

class BurnPromtoolTest : public testing::Test {
 protected:
  BurnPromtoolTest() {
    BurnRateSpec spec;
    spec.objective = 0.9871;  // No share of whole requests lies on a limit.
    spec.windows = {{10min, 1min, 3}, {5min, 30s, 6}};
    const auto window = [](const char* of_long, const char* of_short, int factor) {
      const auto share = [&](const char* span) {
        return fmt::format(
            "sum by (host)(rate(bad[{0}])) / sum by (host)(rate(total[{0}])) > {1} "
            "* (1 - 0.9871)",
            span, factor);
      };
      return "(" + share(of_long) + " and " + share(of_short) + ")";
    };
    dir_.Write("rules.yml",
               "groups:\n- name: g\n  interval: 10s\n  rules:\n  - alert: Burn\n"
               "    expr: " +
                   window("10m", "1m", 3) + " or " + window("5m", "30s", 6) + "\n");
    Generate(Burning(spec));
  }

  void Generate(const AlertRule& rule) {
    constexpr std::array kShares = {0.0, 0.003, 0.02, 0.05, 0.3};
    tests::OneRule ours(rule);
    Rng rng(7);
    std::vector<std::array<std::string, 2>> values(kHosts);
    std::vector<std::array<double, 3>> state(kHosts);  // Bad, total, share.
    std::string expected;
    for (int i = 0; i < kInstants; ++i) {
      for (int host = 0; host < kHosts; ++host) {
        auto& [bad, total, share] = state[static_cast<std::size_t>(host)];
        if (rng.Uniform() < 0.05) {
          share = kShares[rng.Below(kShares.size())];
        }
        const double requests = 50 + static_cast<double>(rng.Below(150));
        if (rng.Uniform() < 0.01) {
          bad = total = 0;  // Restarted.
        }
        total += requests;
        bad += static_cast<double>(static_cast<int>(requests * share * 2 * rng.Uniform()));
        const Labels labels = {{"host", std::to_string(host)}};
        ours.Put("bad", labels, bad);
        ours.Put("total", labels, total);
        values[static_cast<std::size_t>(host)][0] += fmt::format("{} ", bad);
        values[static_cast<std::size_t>(host)][1] += fmt::format("{} ", total);
      }
      const WallTime at(10s * i);
      ours.Step(kStart + at.time_since_epoch());
      // Before, Prometheus reckons what it has not seen.
      if (i >= 61) {
        expected += fmt::format("  - expr: ALERTS\n    eval_time: {}s\n    exp_samples:\n", 10 * i);
        for (const Labels& labels : ours.engine.Firing()) {
          ++firing_;
          expected += fmt::format(
              "    - {{labels: 'ALERTS{{alertname=\"Burn\",alertstate=\"firing"
              "\",host=\"{}\"}}', value: 1}}\n",
              LabelValue(labels, "host"));
        }
      }
    }
    tests_ =
        "rule_files: [rules.yml]\nevaluation_interval: 10s\ntests:\n- interval: 10s\n"
        "  input_series:\n";
    for (int host = 0; host < kHosts; ++host) {
      const auto& [bad, total] = values[static_cast<std::size_t>(host)];
      tests_ += fmt::format("  - series: bad{{host=\"{}\"}}\n    values: '{}'\n", host, bad);
      tests_ += fmt::format("  - series: total{{host=\"{}\"}}\n    values: '{}'\n", host, total);
    }
    tests_ += "  promql_expr_test:\n" + expected;
  }

  tests::TempDir dir_;
  std::string tests_;
  int firing_ = 0;
};

TEST_F(BurnPromtoolTest, RandomCountersFireAtTheSameInstants) {
  const auto result = tests::RunProgram("promtool test rules " + dir_.Write("tests.yml", tests_));
  EXPECT_EQ(result.status, 0) << result.output.substr(0, 3000);
  EXPECT_GT(firing_, 500);
  EXPECT_LT(firing_, kHosts * 119 - 500);
}

}  // namespace
}  // namespace weir::monitor
