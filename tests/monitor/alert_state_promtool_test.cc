// Our alerts against those of Prometheus on random series: pending and firing at the same instants,
// active since the same ones. Hysteresis is, in Prometheus, a rule that asks for its own ALERTS.

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "monitor/alerts/alert_state.h"
#include "tests/monitor/program.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr int kRules = 50;
constexpr int kSeriesOfRule = 20;
constexpr int kInstants = 40;
constexpr Nanos kInterval = 60s;

struct Rule {
  AlertThreshold threshold;
  AlertTiming timing;
};

std::string_view Operator(BadSide side) {
  switch (side) {
    case BadSide::kAbove:
      return ">";
    case BadSide::kAtLeast:
      return ">=";
    case BadSide::kBelow:
      return "<";
    case BadSide::kAtMost:
      return "<=";
  }
  return "";
}

Rule RandomRule(Rng& rng) {
  // Multiples of the interval, and spans that end between two evaluations.
  constexpr Nanos kSpans[] = {0s, 60s, 90s, 120s, 150s, 300s};
  Rule rule;
  rule.threshold.side = static_cast<BadSide>(rng.Below(4));
  rule.threshold.level = static_cast<double>(rng.Below(100)) - 50;
  if (rng.Below(2) == 0) {
    const double gap = static_cast<double>(rng.Below(4));
    const bool is_high =
        rule.threshold.side == BadSide::kAbove || rule.threshold.side == BadSide::kAtLeast;
    rule.threshold.clear_level = rule.threshold.level + (is_high ? -gap : gap);
  }
  rule.timing.hold = kSpans[rng.Below(std::size(kSpans))];
  rule.timing.keep_firing = kSpans[rng.Below(std::size(kSpans))];
  return rule;
}

std::string RuleYaml(const Rule& rule, int index) {
  const AlertThreshold& threshold = rule.threshold;
  std::string condition =
      fmt::format("m{} {} {}", index, Operator(threshold.side), threshold.level);
  if (threshold.clear_level) {
    condition += fmt::format(
        " or (m{0} {1} {2} and on(s) ALERTS{{alertname=\"r{0}\",alertstate=\"firing\"}})", index,
        Operator(threshold.side), *threshold.clear_level);
  }
  std::string yaml = fmt::format("  - alert: r{}\n    expr: {}\n    for: {}s\n", index, condition,
                                 rule.timing.hold / 1s);
  if (rule.timing.keep_firing > 0s) {
    yaml += fmt::format("    keep_firing_for: {}s\n", rule.timing.keep_firing / 1s);
  }
  return yaml;
}

/// Values near the level that often stay on their side; at times none, or no number.
std::vector<std::optional<double>> RandomSeries(const Rule& rule, Rng& rng) {
  std::vector<std::optional<double>> values;
  double centre = 0;
  for (int i = 0; i < kInstants; ++i) {
    if (i == 0 || rng.Uniform() < 0.3) {
      centre = static_cast<double>(rng.Below(13)) - 6;
    }
    const double value = rule.threshold.level + centre + static_cast<double>(rng.Below(3)) - 1;
    switch (rng.Below(25)) {
      case 0:
        values.emplace_back();
        break;
      case 1:
        values.emplace_back(std::numeric_limits<double>::quiet_NaN());
        break;
      case 2:
        values.emplace_back(std::numeric_limits<double>::infinity());
        break;
      default:
        values.emplace_back(value);
    }
  }
  return values;
}

std::string SeriesYaml(const std::vector<std::optional<double>>& values, int rule, int series) {
  std::string yaml = fmt::format("  - series: m{}{{s=\"{}\"}}\n    values: '", rule, series);
  for (const std::optional<double>& value : values) {
    if (!value) {
      yaml += "stale ";
    } else if (std::isnan(*value)) {
      yaml += "NaN ";
    } else {
      yaml += std::isinf(*value) ? "Inf " : fmt::format("{} ", *value);
    }
  }
  return yaml + "'\n";
}

class PromtoolTest : public testing::Test {
 protected:
  /// One file of rules with `rules_count` of them, one of tests with their series and what we
  /// expect.
  void Generate(int rules_count) {
    Rng rng(20261125);
    std::string rules = "groups:\n- name: g\n  interval: 1m\n  rules:\n";
    std::string inputs;
    std::vector<std::string> alerts(kInstants);
    std::vector<std::string> since(kInstants);
    for (int rule_index = 0; rule_index < rules_count; ++rule_index) {
      const Rule rule = RandomRule(rng);
      ASSERT_TRUE(CheckThreshold(rule.threshold));
      rules += RuleYaml(rule, rule_index);
      for (int series = 0; series < kSeriesOfRule; ++series) {
        const auto values = RandomSeries(rule, rng);
        inputs += SeriesYaml(values, rule_index, series);
        Expect(rule, values, fmt::format("alertname=\"r{}\",s=\"{}\"", rule_index, series), alerts,
               since);
      }
    }
    dir_.Write("rules.yml", rules);
    tests_ =
        "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n"
        "  input_series:\n" +
        inputs + "  promql_expr_test:\n";
    for (std::size_t i = 0; i < alerts.size(); ++i) {
      tests_ +=
          fmt::format("  - expr: ALERTS\n    eval_time: {0}m\n    exp_samples:\n{1}", i, alerts[i]);
      tests_ += fmt::format(
          "  - expr: ALERTS_FOR_STATE\n    eval_time: {0}m\n    exp_samples:\n{1}", i, since[i]);
    }
  }

  /// Runs our alert over `values`, writing what Prometheus should have at each instant.
  void Expect(const Rule& rule, const std::vector<std::optional<double>>& values,
              const std::string& labels, std::vector<std::string>& alerts,
              std::vector<std::string>& since) {
    AlertState state;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const WallTime at(kInterval * i);
      const bool holds = IsBad(rule.threshold, values[i], state.phase);
      const AlertStep step = StepAlert(state, rule.timing, at, holds);
      state = step.state;
      fired_ += step.reason == AlertReason::kFired ? 1 : 0;
      kept_ += step.reason == AlertReason::kKeptFiring ? 1 : 0;
      gave_up_ += step.reason == AlertReason::kGaveUp ? 1 : 0;
      if (state.phase == AlertPhase::kInactive) {
        continue;
      }
      alerts[i] += fmt::format("    - {{labels: 'ALERTS{{{},alertstate=\"{}\"}}', value: 1}}\n",
                               labels, AlertPhaseName(state.phase));
      since[i] += fmt::format("    - {{labels: 'ALERTS_FOR_STATE{{{}}}', value: {}}}\n", labels,
                              state.active_since.time_since_epoch() / 1s);
    }
  }

  tests::ProgramResult Promtool(const std::string& yaml) {
    return tests::RunProgram("promtool test rules " + dir_.Write("tests.yml", yaml));
  }

  tests::TempDir dir_;
  std::string tests_;
  int fired_ = 0;
  int kept_ = 0;
  int gave_up_ = 0;
};

TEST_F(PromtoolTest, AThousandRandomSeriesFireAtTheSameInstants) {
  Generate(kRules);
  const tests::ProgramResult result = Promtool(tests_);
  EXPECT_EQ(result.status, 0) << result.output.substr(0, 4000);
  // Each way through the states was taken often.
  EXPECT_GT(fired_, 1000);
  EXPECT_GT(kept_, 1000);
  EXPECT_GT(gave_up_, 500);
}

// Without this, the test above could be one that cannot fail.
TEST_F(PromtoolTest, OneWrongInstantIsSeen) {
  Generate(1);
  const std::string firing = "alertstate=\"firing\"";
  const std::size_t at = tests_.find(firing, tests_.size() / 2);
  ASSERT_NE(at, std::string::npos);
  tests_.replace(at, firing.size(), "alertstate=\"pending\"");
  const tests::ProgramResult result = Promtool(tests_);
  EXPECT_EQ(result.status, 1) << result.output.substr(0, 4000);
}

}  // namespace
}  // namespace weir::monitor
