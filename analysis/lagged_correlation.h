#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/verdict.h"

/// Does one series follow another, and how long after? Correlation, never cause: both may follow a
/// third thing that nobody measured.
namespace weir::analysis {

struct LaggedCorrelationOptions {
  std::size_t lag_max = 24;    ///< Rows, to both sides; at most a quarter of the series is used.
  bool lag_known = false;      ///< It is 0, so only that is asked; lag_max then says what is slow.
  std::size_t order_max = 12;  ///< Of the autoregression that takes memory out.
  double confidence = 0.95;    ///< Of the intervals.
};

/// One pair of series.
struct LaggedCorrelation {
  /// Rows by which the outcome comes after the driver; negative = it comes before.
  int lag = 0;
  int lag_low = 0;  ///< Lags that cannot be told from `lag` at the confidence: a range.
  int lag_high = 0;
  double correlation = 0;      ///< Spearman's, of what is left after season, trend and memory.
  Interval interval;           ///< Of the correlation at `lag`, as if the lag had been known.
  double raw = 0;              ///< Spearman's of the values as they are, at `lag`.
  double effective_size = 0;   ///< Independent pairs that this is worth.
  double p_value = 1;          ///< That the strongest of all lags is so strong by chance.
  std::vector<double> by_lag;  ///< Correlations at -L .. L.
};

struct LaggedCorrelationResult {
  std::optional<LaggedCorrelation> found;  ///< Absent with the reason.
  std::string reason;
  std::vector<std::string> warnings;
};

/// The strongest rank correlation of `outcome[t + lag]` with `driver[t]`.
///
/// Two series that have memory or a daily season correlate without having to do with each other.
/// So: both become normal scores; the spectral lines of either are taken out of both; both pass
/// through the autoregressive filter that whitens the outcome (the same filter, so the delay
/// stays); then Spearman's correlation at each lag, with n replaced by Bartlett's effective size
/// from both autocorrelations, and by that which the spread of the correlations at far lags shows,
/// whichever is smaller. p: Student's t at the best lag, times the number of lags asked
/// (Bonferroni). Measured: pairs of unrelated series with memory, a shared season, heavy tails: a
/// false pair in at most 5 % (tests/analysis/ux_rates_test.cc). Needs 40 rows; finds a share of
/// about 20 / rows of the outcome's variance. Not for: series that grow without bound; a season
/// seen less than twice; an effect that changes its sign (a parabola has no rank correlation).
/// Cost: O(n (lags + log n)). Deterministic. Thread-safe (pure). NaN = missing; both of equal
/// length. Source: Box, Jenkins, Reinsel, "Time Series Analysis", 4th ed. (2008), section 12.2.1
/// (prewhitening); Bartlett, JRSS 98 (1935); Haugh, JASA 71 (1976). Checked against: planted lags
/// and unrelated series, as above; scipy.stats.spearmanr for the correlations,
/// tests/golden/analysis/spearman.csv.
LaggedCorrelationResult CorrelateLagged(std::span<const double> driver,
                                        std::span<const double> outcome,
                                        const LaggedCorrelationOptions& options);

/// Spearman's correlation over the pairs that are present; no value with fewer than 3 pairs or when
/// a side does not vary. Cost: O(n log n). Source: Spearman, American Journal of Psychology 15
/// (1904).
std::optional<double> SpearmanCorrelation(std::span<const double> x, std::span<const double> y);

}  // namespace weir::analysis
