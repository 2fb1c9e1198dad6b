#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/verdict.h"

/// Whether forecasts of an event (a limit will be crossed) come true as often as they say.
namespace weir::analysis {

/// A forecast that has come due.
struct ForecastOutcome {
  double stated = 0;  ///< The probability of the event that it stated, in [0, 1].
  bool happened = false;
  std::optional<bool> in_band80;  ///< Whether the last value lay in its 80 % interval, if known.
};

/// Forecasts that have come due, counted; the newest 500 to 1,000. Outcomes must be (nearly)
/// independent: of one series, forecasts whose spans do not overlap. Copyable, of constant size.
struct ForecastTally {
  /// Upper ends of the bins of stated probabilities; the last includes 1.
  static constexpr std::array<double, 6> kBinEnds = {0.05, 0.2, 0.5, 0.8, 0.95, 1};

  /// So many are counted before older counts are let go of.
  static constexpr std::uint64_t kGeneration = 500;

  struct Bin {
    std::uint64_t count;
    std::uint64_t happened;
    double stated;  ///< Sum.
    friend bool operator==(const Bin&, const Bin&) = default;
  };

  struct Counts {
    std::array<Bin, kBinEnds.size()> bins;
    std::uint64_t count;
    std::uint64_t right;     ///< Calls (probability of 0.5 and more: it happens) that came true.
    double confidence;       ///< Sum of max(p, 1 - p).
    std::uint64_t bands;     ///< With a last value.
    std::uint64_t in_bands;  ///< Of those.
    friend bool operator==(const Counts&, const Counts&) = default;
  };

  Counts newest{};
  Counts before{};
  std::uint64_t ever = 0;  ///< All that were added.

  void Add(const ForecastOutcome& outcome);

  friend bool operator==(const ForecastTally&, const ForecastTally&) = default;
};

enum class CalibrationVerdict : std::uint8_t {
  kTooFew,         ///< Fewer than kForecastsDueMin have come due.
  kAsStated,       ///< What came does not contradict what was stated.
  kOverconfident,  ///< Less came true than stated.
  kTooCautious,    ///< More came true than stated.
};

/// "too_few", "as_stated", "overconfident", "too_cautious".
std::string_view CalibrationVerdictName(CalibrationVerdict verdict);

inline constexpr std::uint64_t kForecastsDueMin = 30;

/// Of the forecasts that stated a probability in [low, high), how many came true.
struct CalibrationBin {
  double low = 0;
  double high = 0;
  std::uint64_t count = 0;  ///< > 0.
  std::uint64_t happened = 0;
  double stated = 0;  ///< Mean.
  Interval chance;    ///< Of the event when they say so, 95 %.
};

struct ForecastCalibration {
  CalibrationVerdict verdict = CalibrationVerdict::kTooFew;
  std::uint64_t due = 0;
  std::uint64_t right = 0;              ///< Of those, calls that came true.
  double confidence = 0;                ///< Mean of what they stated of their calls; 0 without any.
  std::optional<Interval> right_ratio;  ///< 95 % interval of the chance that a call comes true.
  std::uint64_t bands = 0;
  std::uint64_t in_bands = 0;  ///< Of those, last values within their 80 % interval.
  std::vector<CalibrationBin> bins;
};

/// Contradicted is what lies outside an exact interval (Clopper and Pearson): of each bin its mean
/// stated probability, and of all their mean confidence. These seven tests together are wrong with
/// a chance of at most 5 % (Bonferroni). Chances that differ within a bin make that less, not more:
/// Hoeffding, Annals of Mathematical Statistics 27 (1956). Pure.
/// Source of the idea, reliability by bins: DeGroot and Fienberg, The Statistician 32 (1983).
/// Checked by simulation: tests/analysis/forecast_calibration_test.cc.
ForecastCalibration JudgeForecasts(const ForecastTally& tally);

}  // namespace weir::analysis
