#include "analysis/lagged_correlation.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analysis/autocorrelation.h"
#include "analysis/distributions.h"
#include "analysis/spectral_lines.h"
#include "analysis/whitening.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kRowsMin = 40;
constexpr double kFieller = 1.06;  // Variance of the transformed rank correlation: 1.06 / (n - 3).

struct LagCorrelation {
  double correlation = 0;
  double pairs = 0;
};

// Pearson's correlation of driver[t] with outcome[t + lag] over the pairs that are present.
LagCorrelation CorrelationAt(std::span<const double> driver, std::span<const double> outcome,
                             int lag) {
  const std::size_t skip_outcome = lag > 0 ? static_cast<std::size_t>(lag) : 0;
  const std::size_t skip_driver = lag < 0 ? static_cast<std::size_t>(-lag) : 0;
  const std::size_t size = driver.size() - std::max(skip_outcome, skip_driver);
  double count = 0;
  double sum_x = 0;
  double sum_y = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double x = driver[i + skip_driver];
    const double y = outcome[i + skip_outcome];
    if (std::isfinite(x) && std::isfinite(y)) {
      count += 1;
      sum_x += x;
      sum_y += y;
    }
  }
  if (count < 3) {
    return {};
  }
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double x = driver[i + skip_driver] - sum_x / count;
    const double y = outcome[i + skip_outcome] - sum_y / count;
    if (std::isfinite(x) && std::isfinite(y)) {
      xx += x * x;
      yy += y * y;
      xy += x * y;
    }
  }
  const double scale = std::sqrt(xx) * std::sqrt(yy);
  return {scale > 0 ? std::clamp(xy / scale, -1.0, 1.0) : 0, count};
}

bool Varies(std::span<const double> values) {
  double first = 0;
  bool seen = false;
  for (const double value : values) {
    if (std::isfinite(value)) {
      if (seen && value != first) {
        return true;
      }
      first = value;
      seen = true;
    }
  }
  return false;
}

// 1 + 2 sum of the products of autocorrelations: how much more the correlation of unrelated series
// varies than that of independent values.
double BartlettFactor(std::span<const double> x, std::span<const double> y) {
  const std::size_t lags = std::min<std::size_t>(x.size() / 4, 100);
  const std::vector<double> of_x = Autocorrelations(x, lags);
  const std::vector<double> of_y = Autocorrelations(y, lags);
  double factor = 1;
  for (std::size_t k = 1; k < std::min(of_x.size(), of_y.size()); ++k) {
    factor += 2 * of_x[k] * of_y[k] * (1 - static_cast<double>(k) / static_cast<double>(x.size()));
  }
  return factor;
}

// The same from the correlations at lags too far for any effect: their mean square times the pairs.
double FarLagFactor(std::span<const double> x, std::span<const double> y, int lag_max) {
  const int reach = static_cast<int>(x.size() / 3);
  const int step = std::max(1, (reach - lag_max) / 200);
  double sum = 0;
  double count = 0;
  for (int lag = 2 * lag_max + 1; lag <= reach; lag += step) {
    for (const int sign : {-1, 1}) {
      const LagCorrelation at = CorrelationAt(x, y, sign * lag);
      sum += at.correlation * at.correlation * at.pairs;
      count += 1;
    }
  }
  constexpr double kLagsMin = 20;
  return count < kLagsMin ? 1 : sum / count;
}

// Ranks of what is left of both after season, trend and memory.
struct Whitened2 {
  std::vector<double> driver;
  std::vector<double> outcome;
  std::size_t lines = 0;
};

// The frequencies to take out of both: the lines of either with their next harmonics (a season is
// rarely a sine), and everything slower than the lags can tell apart. Strongest first; no more than
// the rows can bear.
class Frequencies {
 public:
  explicit Frequencies(std::size_t rows)
      : width_(1 / static_cast<double>(rows)), count_max_(rows / kRowsPerLine) {}

  void Add(double frequency) {
    const bool known = std::any_of(all_.begin(), all_.end(), [&](double other) {
      return std::fabs(other - frequency) < width_ / 2;
    });
    if (!known && frequency < 0.5 && all_.size() < count_max_) {
      all_.push_back(frequency);
    }
  }

  const std::vector<double>& all() const { return all_; }

 private:
  static constexpr std::size_t kRowsPerLine = 16;

  double width_;
  std::size_t count_max_;
  std::vector<double> all_;
};

std::vector<double> FrequenciesToRemove(std::span<const double> x, std::span<const double> y,
                                        std::size_t lag_max) {
  constexpr int kHarmonics = 4;
  constexpr double kSlowness = 8;  // Periods above this many times the largest lag are slow.
  Frequencies frequencies(x.size());
  std::vector<double> lines = FindSpectralLines(x);
  const std::vector<double> of_y = FindSpectralLines(y);
  lines.insert(lines.end(), of_y.begin(), of_y.end());
  for (int harmonic = 1; harmonic <= kHarmonics; ++harmonic) {
    for (const double line : lines) {
      frequencies.Add(harmonic * line);
    }
  }
  const auto rows = static_cast<double>(x.size());
  const double slow = rows / (kSlowness * std::max(static_cast<double>(lag_max), 1.0));
  for (int cycles = 1; cycles <= static_cast<int>(slow); ++cycles) {
    frequencies.Add(cycles / rows);
  }
  return frequencies.all();
}

Whitened2 WhitenTogether(std::span<const double> driver, std::span<const double> outcome,
                         const LaggedCorrelationOptions& options) {
  const std::vector<double> x = NormalScores(driver);
  const std::vector<double> y = NormalScores(outcome);
  const std::vector<double> lines = FrequenciesToRemove(x, y, options.lag_max);
  const std::vector<double> rest_x = WithoutLines(x, lines);
  const std::vector<double> rest_y = WithoutLines(y, lines);
  const std::vector<double> filter = FitAutoregression(rest_y, options.order_max);
  return {MidRanks(Whitened(rest_x, filter)), MidRanks(Whitened(rest_y, filter)), lines.size()};
}

Interval FisherInterval(double correlation, double size, double confidence) {
  const double deviate = NormalUpperQuantile((1 - confidence) / 2);
  const double reach = deviate * std::sqrt(kFieller / std::max(size - 3, 1.0));
  const double centre = std::atanh(std::clamp(correlation, -1 + 1e-12, 1 - 1e-12));
  return {.low = std::tanh(centre - reach), .high = std::tanh(centre + reach)};
}

double TwoSidedP(double correlation, double size) {
  const double df = size - 2;
  if (df < 1) {
    return 1;
  }
  const double rest = std::max(1 - correlation * correlation, 1e-15);
  return std::min(1.0, 2 * StudentUpperTail(std::fabs(correlation) * std::sqrt(df / rest), df));
}

// The neighbours of the best lag whose likelihood is within reach of its own.
void FindLagRange(LaggedCorrelation& found, int lag_max, double confidence) {
  const double deviate = NormalUpperQuantile((1 - confidence) / 2);
  const auto loss = [&](int lag) {
    const double r =
        found.by_lag[static_cast<std::size_t>(lag) + static_cast<std::size_t>(lag_max)];
    return found.effective_size *
           std::log((1 - r * r) / (1 - found.correlation * found.correlation));
  };
  found.lag_low = found.lag_high = found.lag;
  for (int lag = -lag_max; lag <= lag_max; ++lag) {
    if (loss(lag) <= deviate * deviate) {
      found.lag_low = std::min(found.lag_low, lag);
      found.lag_high = std::max(found.lag_high, lag);
    }
  }
}

}  // namespace

std::optional<double> SpearmanCorrelation(std::span<const double> x, std::span<const double> y) {
  WEIR_CHECK(x.size() == y.size());
  std::vector<double> both_x;
  std::vector<double> both_y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isfinite(x[i]) && std::isfinite(y[i])) {
      both_x.push_back(x[i]);
      both_y.push_back(y[i]);
    }
  }
  if (both_x.size() < 3 || !Varies(both_x) || !Varies(both_y)) {
    return std::nullopt;
  }
  return CorrelationAt(MidRanks(both_x), MidRanks(both_y), 0).correlation;
}

LaggedCorrelationResult CorrelateLagged(std::span<const double> driver,
                                        std::span<const double> outcome,
                                        const LaggedCorrelationOptions& options) {
  WEIR_CHECK(driver.size() == outcome.size());
  WEIR_CHECK(options.confidence > 0 && options.confidence < 1);
  LaggedCorrelationResult result;
  const int lag_max = static_cast<int>(std::min(options.lag_max, driver.size() / 4));
  if (driver.size() < kRowsMin || CorrelationAt(driver, outcome, 0).pairs < kRowsMin) {
    result.reason = fmt::format("{} rows with both values; {} are needed",
                                CorrelationAt(driver, outcome, 0).pairs, kRowsMin);
    return result;
  }
  if (!Varies(driver) || !Varies(outcome)) {
    result.reason = "one of the two does not vary";
    return result;
  }
  const Whitened2 ranks = WhitenTogether(driver, outcome, options);
  LaggedCorrelation found;
  double pairs = 0;
  for (int lag = -lag_max; lag <= lag_max; ++lag) {
    const LagCorrelation at = CorrelationAt(ranks.driver, ranks.outcome, lag);
    found.by_lag.push_back(at.correlation);
    const bool asked = !options.lag_known || lag == 0;
    if (asked && (pairs == 0 || std::fabs(at.correlation) > std::fabs(found.correlation))) {
      found.correlation = at.correlation;
      found.lag = lag;
      pairs = at.pairs;
    }
  }
  if (pairs < kRowsMin / 2.0) {
    result.reason = "too many gaps to take season and memory out";
    return result;
  }
  // Terms of the season are lost as degrees of freedom.
  const double left = pairs - 2 * static_cast<double>(ranks.lines);
  const double factor = std::max({1.0, BartlettFactor(ranks.driver, ranks.outcome),
                                  FarLagFactor(ranks.driver, ranks.outcome, lag_max)});
  found.effective_size = std::max(left / factor, 3.0);
  const int lags_asked = options.lag_known ? 1 : 2 * lag_max + 1;
  found.p_value = std::min(1.0, lags_asked * TwoSidedP(found.correlation, found.effective_size));
  found.interval = FisherInterval(found.correlation, found.effective_size, options.confidence);
  if (!options.lag_known) {
    FindLagRange(found, lag_max, options.confidence);
  }
  const std::vector<double> raw_x = MidRanks(driver);
  const std::vector<double> raw_y = MidRanks(outcome);
  found.raw = CorrelationAt(raw_x, raw_y, found.lag).correlation;
  if (std::abs(found.lag) == lag_max && lag_max > 0 && !options.lag_known) {
    result.warnings.push_back("the strongest lag is the largest one tried: look further");
  }
  result.found = std::move(found);
  return result;
}

}  // namespace weir::analysis
