#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "analysis/anomaly.h"
#include "base/result.h"
#include "base/time.h"
#include "monitor/rules/series_judge.h"

/// Alerts on values that a series has not had before. Pure.
namespace weir::monitor {

enum class AnomalySide : std::uint8_t { kBoth, kHigh, kLow };

struct AnomalySpec {
  /// The engine is given the mean of each such span. Its constants count these values: it warms up
  /// for 200 of them, and takes a level for the usual one after 120.
  Nanos every = std::chrono::seconds(15);

  /// As AnomalyOptions::margin.
  float margin = analysis::AnomalyOptions().margin;

  /// Values that must be strange in a row.
  std::uint32_t confirm = 3;

  /// Values in a row within the band that was expected that end an alert.
  std::uint32_t calm = 3;

  /// Of the season that is looked for; 0: none.
  Nanos period = std::chrono::hours(24);

  /// Only what lies above, or below, the expected band; then nothing that has no band.
  AnomalySide side = AnomalySide::kBoth;

  friend bool operator==(const AnomalySpec&, const AnomalySpec&) = default;
};

/// Errors: kUsage: a span, a margin or a count out of range.
Status CheckAnomaly(const AnomalySpec& spec);

/// The judge of one series. An incident begins where the engine says so, and its band stays that of
/// its first value: otherwise the engine, which learns, would call the fault usual while it lasts.
/// It holds once `confirm` values in a row were strange, until `calm` in a row were not, or until
/// kAcceptAfter values have passed: then the new level is the usual one.
class AnomalyJudge final : public SeriesJudge {
 public:
  static constexpr std::uint32_t kAcceptAfter = 120;

  /// `spec` must outlive it.
  explicit AnomalyJudge(const AnomalySpec& spec);

  void Add(WallTime at, std::size_t input, double value) override;
  std::optional<bool> Holds(AlertPhase phase) const override;
  std::optional<double> value() const override;
  std::optional<Interval> expected() const override;

  std::optional<TrackPoint> judged() const override { return judged_; }

  std::optional<double> score() const override;
  std::string Why() const override;

 private:
  struct Incident {
    std::optional<Interval> band;
    analysis::AnomalyCause cause = analysis::AnomalyCause::kNone;
    std::uint32_t values = 0;
    std::uint32_t strange = 0;  // In a row.
    std::uint32_t calm = 0;     // In a row.
    bool confirmed = false;
  };

  void Take(WallTime at, double value);
  bool Counts(const analysis::AnomalyPoint& point, double value) const;
  bool IsStrange(const analysis::AnomalyPoint& point, double value) const;

  const AnomalySpec& spec_;
  analysis::AnomalyDetector detector_;
  std::optional<Incident> incident_;
  std::optional<WallTime> taken_at_;
  double sum_ = 0;  // Since then.
  std::uint32_t count_ = 0;
  double value_ = 0;
  double score_ = 0;
  std::optional<TrackPoint> judged_;
  bool warming_up_ = true;
};

/// What a rule says of itself.
std::string DescribeAnomaly(const AnomalySpec& spec);

}  // namespace weir::monitor
