#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "base/verdict.h"
#include "monitor/rules/series_judge.h"

/// Alerts on what a series will do. Pure.
namespace weir::monitor {

struct PredictSpec {
  static constexpr std::size_t kHorizonMax = 120;

  /// How far ahead.
  Nanos within = std::chrono::hours(4);

  /// The engine is given the mean of each such span; so many fit into `within`: 1 to kHorizonMax.
  Nanos every = std::chrono::minutes(4);

  /// The alert begins when the limit will be crossed within that time with this probability, in
  /// (0, 1), and ends when it falls below half of it.
  double probability = 0.8;

  /// Of a season, in `every`; 0: it is looked for.
  double season = 0;

  /// Values that are kept.
  std::size_t kept() const;

  std::size_t horizon() const {
    return static_cast<std::size_t>((within + every - Nanos(1)) / every);
  }

  friend bool operator==(const PredictSpec&, const PredictSpec&) = default;
};

/// Errors: kUsage: a span or a probability out of range.
Status CheckPredict(const PredictSpec& spec);

/// A forecast that is set against what comes until it is due. The next one is taken when it was: so
/// their spans do not overlap, and what they share is little.
struct OpenForecast {
  double stated;          ///< The probability of crossing.
  Interval band;          ///< 80 %, of the last span.
  std::int64_t due_span;  ///< The last one, by number.
  bool crossed;
  std::int64_t missing;  ///< Spans without values, so far.
};

/// The judge of one series: a forecast (analysis/forecast.h) for each span of `every`, made in
/// Work. Copies of values are kept for four times `within`, at least kValuesMin.
/// Cost: docs/monitoring.md.
class PredictJudge final : public SeriesJudge {
 public:
  /// Spans before it says anything, and how many are kept at least.
  static constexpr std::size_t kWarmUp = 30;
  static constexpr std::size_t kValuesMin = 120;

  /// `spec` must outlive it. `threshold` is the limit, with the side on which values are bad.
  PredictJudge(const PredictSpec& spec, const AlertThreshold& threshold)
      : spec_(spec), threshold_(threshold) {}

  void Add(WallTime at, std::size_t input, double value) override;

  /// A value that is bad already holds as well.
  std::optional<bool> Holds(AlertPhase phase) const override;
  std::optional<double> value() const override;
  std::optional<Interval> expected() const override;
  std::optional<double> probability() const override;

  std::optional<TrackPoint> judged() const override { return judged_; }

  const ForecastFan* fan() const override { return fan_ ? &*fan_ : nullptr; }

  std::string Why() const override;

  std::optional<analysis::ForecastOutcome> TakeOutcome() override {
    return std::exchange(outcome_, std::nullopt);
  }

  std::optional<WallTime> work_since() const override { return work_since_; }

  void Work() override;
  bool Hurry() override;

 private:
  bool IsBadNow() const;
  void CloseSpan(std::int64_t next);
  void Score(double mean, std::int64_t next);
  WallTime EndOf(std::int64_t span) const;
  std::optional<Interval> ExpectedOf(std::int64_t span) const;

  const PredictSpec& spec_;
  const AlertThreshold threshold_;
  std::deque<double> values_;  // NaN: nothing came in that span.
  std::int64_t span_ = 0;      // The one that goes on, by number.
  double sum_ = 0;
  std::uint32_t count_ = 0;
  std::optional<double> last_;
  std::optional<WallTime> work_since_;
  std::optional<double> probability_;
  std::optional<Interval> band_;  // 80 %, at the end of `within`.
  std::optional<ForecastFan> fan_;
  std::optional<TrackPoint> judged_;  // The last span that was closed.
  std::optional<OpenForecast> open_;
  std::optional<analysis::ForecastOutcome> outcome_;
  std::optional<std::size_t> steps_;  // Until it is more likely than not.
};

/// What a rule says of itself, behind its threshold.
std::string DescribePredict(const PredictSpec& spec);

}  // namespace weir::monitor
