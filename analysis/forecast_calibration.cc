#include "analysis/forecast_calibration.h"

#include <algorithm>

#include "analysis/exact_intervals.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr double kConfidence = 0.95;
constexpr double kTests = ForecastTally::kBinEnds.size() + 1;
constexpr double kTestConfidence = 1 - (1 - kConfidence) / kTests;

std::size_t BinOf(double stated) {
  const auto& ends = ForecastTally::kBinEnds;
  const auto bin = std::upper_bound(ends.begin(), ends.end() - 1, stated) - ends.begin();
  return static_cast<std::size_t>(bin);
}

ForecastTally::Counts Sum(const ForecastTally::Counts& a, const ForecastTally::Counts& b) {
  ForecastTally::Counts sum = a;
  for (std::size_t i = 0; i < sum.bins.size(); ++i) {
    sum.bins[i].count += b.bins[i].count;
    sum.bins[i].happened += b.bins[i].happened;
    sum.bins[i].stated += b.bins[i].stated;
  }
  sum.count += b.count;
  sum.right += b.right;
  sum.confidence += b.confidence;
  sum.bands += b.bands;
  sum.in_bands += b.in_bands;
  return sum;
}

// What came true less, and more, often than stated.
struct Contradictions {
  bool less = false;
  bool more = false;
};

Contradictions Contradict(std::uint64_t happened, std::uint64_t count, double stated) {
  const Interval chance = ClopperPearson(happened, count, kTestConfidence);
  return {.less = chance.high<stated, .more = chance.low> stated};
}

CalibrationVerdict VerdictOf(const ForecastTally::Counts& counts) {
  const auto count = static_cast<double>(counts.count);
  Contradictions found = Contradict(counts.right, counts.count, counts.confidence / count);
  for (std::size_t i = 0; i < counts.bins.size(); ++i) {
    const ForecastTally::Bin& bin = counts.bins[i];
    if (bin.count == 0) {
      continue;
    }
    Contradictions of_bin =
        Contradict(bin.happened, bin.count, bin.stated / static_cast<double>(bin.count));
    // A bin below a half calls that it does not happen.
    if (ForecastTally::kBinEnds[i] <= 0.5) {
      std::swap(of_bin.less, of_bin.more);
    }
    found.less = found.less || of_bin.less;
    found.more = found.more || of_bin.more;
  }
  return found.less   ? CalibrationVerdict::kOverconfident
         : found.more ? CalibrationVerdict::kTooCautious
                      : CalibrationVerdict::kAsStated;
}

}  // namespace

void ForecastTally::Add(const ForecastOutcome& outcome) {
  WEIR_CHECK(outcome.stated >= 0 && outcome.stated <= 1);
  if (newest.count >= kGeneration) {
    before = newest;
    newest = {};
  }
  Bin& bin = newest.bins[BinOf(outcome.stated)];
  ++bin.count;
  bin.happened += outcome.happened ? 1U : 0U;
  bin.stated += outcome.stated;
  ++newest.count;
  newest.right += (outcome.stated >= 0.5) == outcome.happened ? 1U : 0U;
  newest.confidence += std::max(outcome.stated, 1 - outcome.stated);
  newest.bands += outcome.in_band80 ? 1U : 0U;
  newest.in_bands += outcome.in_band80.value_or(false) ? 1U : 0U;
  ++ever;
}

std::string_view CalibrationVerdictName(CalibrationVerdict verdict) {
  switch (verdict) {
    case CalibrationVerdict::kTooFew:
      return "too_few";
    case CalibrationVerdict::kAsStated:
      return "as_stated";
    case CalibrationVerdict::kOverconfident:
      return "overconfident";
    case CalibrationVerdict::kTooCautious:
      return "too_cautious";
  }
  WEIR_CHECK(false);
}

ForecastCalibration JudgeForecasts(const ForecastTally& tally) {
  const ForecastTally::Counts counts = Sum(tally.newest, tally.before);
  ForecastCalibration found;
  found.due = counts.count;
  found.right = counts.right;
  found.bands = counts.bands;
  found.in_bands = counts.in_bands;
  if (counts.count == 0) {
    return found;
  }
  found.confidence = counts.confidence / static_cast<double>(counts.count);
  found.right_ratio = ClopperPearson(counts.right, counts.count, kConfidence);
  double low = 0;
  for (std::size_t i = 0; i < counts.bins.size(); ++i) {
    const ForecastTally::Bin& bin = counts.bins[i];
    const double high = ForecastTally::kBinEnds[i];
    if (bin.count > 0) {
      found.bins.push_back({.low = low,
                            .high = high,
                            .count = bin.count,
                            .happened = bin.happened,
                            .stated = bin.stated / static_cast<double>(bin.count),
                            .chance = ClopperPearson(bin.happened, bin.count, kConfidence)});
    }
    low = high;
  }
  if (counts.count >= kForecastsDueMin) {
    found.verdict = VerdictOf(counts);
  }
  return found;
}

}  // namespace weir::analysis
