#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "monitor/alerts/label_matcher.h"
#include "monitor/rules/series_judge.h"
#include "monitor/sources/sample.h"

/// Alerts on how fast an error budget is spent, over several windows. Pure.
/// Source: Beyer et al., "The Site Reliability Workbook" (2018), chapter 5, "Multiwindow,
/// Multi-Burn-Rate Alerts". Checked against: `promtool test rules`,
/// tests/monitor/burn_rate_promtool_test.cc.
namespace weir::monitor {

/// Bad when more than `factor` times the budget's share of requests fail in both windows: the long
/// one says that it matters, the short one that it goes on.
struct BurnWindow {
  Nanos span_long{0};
  Nanos span_short{0};  ///< In (0, span_long].
  double factor = 1;    ///< > 0. At 1 the budget lasts exactly as long as its period.

  friend bool operator==(const BurnWindow&, const BurnWindow&) = default;
};

/// Series by name and labels.
struct SeriesSelector {
  std::string metric;
  std::vector<LabelMatcher> matchers;

  bool Selects(const SeriesName& name) const {
    return metric == name.metric && MatchesAll(matchers, name.labels);
  }

  friend bool operator==(const SeriesSelector&, const SeriesSelector&) = default;
};

struct BurnRateSpec {
  static constexpr std::size_t kWindowsMax = 8;

  /// The share of requests that is promised to be good, in (0, 1).
  double objective = 0.999;

  /// Any of them makes an alert. Those of the workbook for a page.
  std::vector<BurnWindow> windows = {
      {std::chrono::hours(1), std::chrono::minutes(5), 14.4},
      {std::chrono::hours(6), std::chrono::minutes(30), 6},
  };

  /// Requests that a long window must have seen.
  double requests_min = 0;

  /// Counters of bad requests and of all; unused when `queries` is not empty.
  SeriesSelector bad = {};
  SeriesSelector total = {};
  std::vector<std::string> by = {};  ///< An alert for each value of these labels.

  /// Instead of counters: the numbers of the queries that answer the share of bad requests, of the
  /// long and the short span of each window in turn.
  std::vector<std::size_t> queries = {};

  friend bool operator==(const BurnRateSpec&, const BurnRateSpec&) = default;
};

/// Errors: kUsage: an objective, a span or a factor out of range; no window or too many.
Status CheckBurnRate(const BurnRateSpec& spec);

/// What happened in the last span, in kBuckets parts: the oldest goes as a whole, so between
/// (kBuckets - 1) / kBuckets and all of the span is seen.
class SpanCounts {
 public:
  static constexpr std::int64_t kBuckets = 60;

  explicit SpanCounts(Nanos span) : width_(span / kBuckets) {}

  void Add(WallTime at, double bad, double total);

  double bad() const { return bad_; }

  double total() const { return total_; }

 private:
  struct Bucket {
    double bad = 0;
    double total = 0;
  };

  void MoveTo(std::int64_t number);

  Nanos width_;
  std::int64_t newest_ = 0;
  std::array<Bucket, kBuckets> buckets_{};
  double bad_ = 0;
  double total_ = 0;
};

/// The judge of one group. Right after a start a window is what has been seen of it. `value` is the
/// burn rate that both windows of the pair nearest to its factor have reached.
class BurnJudge final : public SeriesJudge {
 public:
  /// Inputs for counters: what came since the last look, the bad ones first.
  static constexpr std::size_t kBad = 0;
  static constexpr std::size_t kTotal = 1;

  /// `spec` must outlive it.
  explicit BurnJudge(const BurnRateSpec& spec);

  /// Counters: as above; queries: the position in `spec.queries`, and a share.
  void Add(WallTime at, std::size_t input, double value) override;
  std::optional<bool> Holds(AlertPhase phase) const override;
  std::optional<double> value() const override;
  std::string Why() const override;

 private:
  struct Pair {
    std::optional<double> share_long;
    std::optional<double> share_short;
  };

  Pair PairOf(std::size_t window) const;

  // The window that is nearest to its factor, with its burn rate.
  struct Lead {
    std::size_t window = 0;
    double burn = 0;
  };

  std::optional<Lead> Worst() const;

  const BurnRateSpec& spec_;
  std::vector<SpanCounts> counts_;             // Long and short of each window in turn.
  std::vector<std::optional<double>> shares_;  // The same, as answered.
  double bad_ = 0;                             // Of this look.
};

/// From what a source brings to the inputs of the judges.
class BurnMeter {
 public:
  /// Counters and groups of one rule; more are left out and counted.
  static constexpr std::size_t kCountersMax = 10'000;

  struct Input {
    Labels labels;  ///< Of the group.
    std::size_t input = 0;
    double value = 0;
  };

  /// `spec` must outlive it.
  explicit BurnMeter(const BurnRateSpec& spec) : spec_(spec) {}

  /// What a look at `at` brought. A counter that fell was started anew from 0. One that the look
  /// before did not have began at 0, as counters of errors appear with the first error; at the
  /// first look it counts from what it is.
  std::vector<Input> Read(WallTime at, const Reading& reading);

  std::uint64_t left_out() const { return left_out_; }

 private:
  struct Counter {
    bool selected_bad = false;
    bool selected_total = false;
    Labels group;
    std::optional<double> last;
    WallTime seen_at{};
  };

  struct Increase {
    double bad = 0;
    double total = 0;
    bool has_total = false;
  };

  std::vector<Input> ReadShares(const Reading& reading) const;
  Counter* CounterOf(const std::shared_ptr<const SeriesName>& name);
  void ForgetUnseen(WallTime at);

  const BurnRateSpec& spec_;
  std::map<std::pair<std::string, Labels>, Counter> counters_;
  // By name; null: not for this rule. The names are kept, so that none becomes another's.
  std::unordered_map<std::shared_ptr<const SeriesName>, Counter*> known_;
  bool read_before_ = false;
  std::uint64_t left_out_ = 0;
};

/// "burns its budget of 0.1 % ...": what a rule says of itself.
std::string DescribeBurnRate(const BurnRateSpec& spec);

}  // namespace weir::monitor
