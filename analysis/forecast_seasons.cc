#include "analysis/forecast_seasons.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "analysis/forecast_autoregression.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

// Steps of one unit of a clock or calendar in the next: quarters, weekdays, days of a week, months,
// hours, days of a month, half hours, weeks of a year, minutes, and so on up to minutes of a day.
constexpr std::array<double, 16> kCalendar = {4,  5,  7,   12,  24,  30.4369, 48,     52.1786,
                                              60, 96, 144, 168, 288, 336,     365.25, 1440};
constexpr std::array<double, 6> kMultiples = {4, 7, 12, 24, 30.4369, 52.1786};
constexpr std::size_t kRecentLags = 4;
constexpr double kShareMax = 0.4;
constexpr std::size_t kPeaksMax = 3;
constexpr std::size_t kCorrelationValuesMax = 3000;
constexpr double kNearlyAsGood = 0.9;  // Of the best gain.
constexpr double kSameSeason = 0.04;   // Candidates closer than this share are one.

// Lags of the highest local maxima of the autocorrelation of the changes.
std::vector<double> CorrelationPeaks(const std::vector<double>& values, std::size_t known) {
  const std::size_t n = std::min(known, kCorrelationValuesMax);
  std::vector<double> changes;
  double power = 0;
  for (std::size_t t = known - n + 1; t < known; ++t) {
    changes.push_back(values[t] - values[t - 1]);
    power += changes.back() * changes.back();
  }
  const auto lag_max = static_cast<std::size_t>(kShareMax * static_cast<double>(n));
  std::vector<double> correlation(lag_max + 1, 0.0);
  for (std::size_t lag = 1; lag <= lag_max && power > 0; ++lag) {
    double sum = 0;
    for (std::size_t i = lag; i < changes.size(); ++i) {
      sum += changes[i] * changes[i - lag];
    }
    correlation[lag] = sum / power;
  }
  std::vector<std::size_t> peaks;
  for (std::size_t lag = kRecentLags + 2; lag + 1 < correlation.size(); ++lag) {
    if (correlation[lag] > correlation[lag - 1] && correlation[lag] >= correlation[lag + 1] &&
        correlation[lag] > 3 / std::sqrt(static_cast<double>(n))) {
      peaks.push_back(lag);
    }
  }
  std::sort(peaks.begin(), peaks.end(),
            [&](std::size_t a, std::size_t b) { return correlation[a] > correlation[b]; });
  peaks.resize(std::min(peaks.size(), kPeaksMax));
  return {peaks.begin(), peaks.end()};
}

void AddCandidate(std::vector<double>& candidates, double steps, double longest) {
  if (steps > longest) {
    return;
  }
  for (const double known : candidates) {
    if (std::abs(known - steps) < kSameSeason * known) {
      return;
    }
  }
  candidates.push_back(steps);
}

// The recent lags and those around each season.
std::vector<std::size_t> LagsFor(const std::vector<double>& seasons) {
  std::set<std::size_t> lags;
  for (std::size_t lag = 1; lag <= kRecentLags; ++lag) {
    lags.insert(lag);
  }
  for (const double season : seasons) {
    const auto whole = static_cast<std::size_t>(std::lround(season));
    for (std::size_t lag = std::max<std::size_t>(whole, 2) - 1; lag <= whole + 2; ++lag) {
      lags.insert(lag);
    }
  }
  return {lags.begin(), lags.end()};
}

// log of the residual sum of squares of the values from `first` on, regressed on `lags`.
double LogResidual(const std::vector<double>& values, const std::vector<std::size_t>& lags,
                   std::size_t first) {
  using Eigen::Index;
  const Index count = static_cast<Index>(lags.size()) + 1;
  const Index rows = static_cast<Index>(values.size() - first);
  Eigen::MatrixXd block(count + 1, rows);
  for (Index row = 0; row < rows; ++row) {
    const std::size_t t = first + static_cast<std::size_t>(row);
    block(0, row) = values[t];
    for (Index i = 1; i < count; ++i) {
      block(i, row) = values[t - lags[static_cast<std::size_t>(i) - 1]];
    }
    block(count, row) = 1;
  }
  block.colwise() -= block.rowwise().mean().eval();
  Eigen::MatrixXd products = Eigen::MatrixXd::Zero(count, count);
  products.selfadjointView<Eigen::Lower>().rankUpdate(block.topRows(count));
  const double total = products(0, 0);
  Eigen::MatrixXd inner = products.bottomRightCorner(count - 1, count - 1);
  inner.diagonal().array() += 1e-9 * inner.trace() + 1e-300;
  const Eigen::VectorXd right = products.col(0).tail(count - 1);
  const Eigen::VectorXd solved = inner.selfadjointView<Eigen::Lower>().ldlt().solve(right);
  return std::log(std::max(total - solved.dot(right), 1e-12 * total + 1e-300));
}

// What a straight line leaves of the values: a lag of many steps tells a slope better than recent
// lags do, which must not count as a season.
std::vector<double> WithoutLine(const std::vector<double>& values) {
  const double middle = (static_cast<double>(values.size()) - 1) / 2;
  double products = 0;
  double squares = 0;
  for (std::size_t t = 0; t < values.size(); ++t) {
    const double from_middle = static_cast<double>(t) - middle;
    products += from_middle * values[t];
    squares += from_middle * from_middle;
  }
  std::vector<double> rest = values;
  for (std::size_t t = 0; t < values.size() && squares > 0; ++t) {
    rest[t] -= products / squares * (static_cast<double>(t) - middle);
  }
  return rest;
}

// Tries seasons on the past origins of a task and on the fit to all of it.
class Trial {
 public:
  explicit Trial(const ForecastTask& task) : task_(task) {}

  // Error at the past origins of an autoregression that sees the seasons; no value when the data do
  // not suffice for it.
  std::optional<double> ErrorWith(const std::vector<double>& seasons) const {
    AutoregressionSpec spec;
    spec.lags = LagsFor(seasons);
    spec.ridge = 1e-3;
    spec.decay = 0.999;
    const auto levels = Autoregress(task_, spec);
    spec.difference = 1;
    const auto changes = Autoregress(task_, spec);
    if (!levels || !changes) {
      return std::nullopt;
    }
    double error = 0;
    for (std::size_t k = 0; k + 1 < task_.origins.size(); ++k) {
      error += std::log(ErrorAt(k, levels->paths[k], changes->paths[k]));
    }
    return std::exp(error / static_cast<double>(task_.origins.size() - 1));
  }

  // Gain in log-likelihood by the last of the seasons.
  double EvidenceFor(const std::vector<double>& seasons) const {
    const std::vector<std::size_t> with = LagsFor(seasons);
    const std::vector<std::size_t> without = LagsFor({seasons.begin(), seasons.end() - 1});
    const auto rows = static_cast<double>(task_.values.size() - with.back());
    const std::vector<double> values = WithoutLine(task_.values);
    return 0.5 * rows *
           (LogResidual(values, without, with.back()) - LogResidual(values, with, with.back()));
  }

 private:
  double ErrorAt(std::size_t k, const Path& a, const Path& b) const {
    double sum = 1e-300;
    for (std::size_t h = 0; h < task_.horizon && task_.origins[k] + h < task_.values.size(); ++h) {
      sum += std::abs((a[h] + b[h]) / 2 - task_.values[task_.origins[k] + h]);
    }
    return sum;
  }

  const ForecastTask& task_;
};

// Of the candidates that, beside `base`, lower the error by kSeasonGainMin or more: the shortest
// one that is nearly as good as the best, because whole multiples of a season do as well as itself.
std::optional<Season> BestSeason(const Trial& trial, const std::vector<double>& base,
                                 const std::vector<double>& candidates) {
  const auto without = trial.ErrorWith(base);
  if (!without) {
    return std::nullopt;
  }
  std::vector<Season> tried;
  double most = kSeasonGainMin;
  for (const double steps : candidates) {
    std::vector<double> seasons = base;
    seasons.push_back(steps);
    const auto with = trial.ErrorWith(seasons);
    tried.push_back({.steps = steps, .gain = with ? 1 - *with / *without : 0});
    most = std::max(most, tried.back().gain);
  }
  std::optional<Season> best;
  for (const Season& season : tried) {
    if (season.gain >= kSeasonGainMin && season.gain >= kNearlyAsGood * most &&
        (!best || season.steps < best->steps)) {
      best = season;
    }
  }
  if (best) {
    std::vector<double> seasons = base;
    seasons.push_back(best->steps);
    best->sure = trial.EvidenceFor(seasons) >= kSeasonEvidenceMin;
  }
  return best;
}

bool IsNaturalMultiple(double longer, double shorter) {
  const double ratio = longer / shorter;
  return std::any_of(kMultiples.begin(), kMultiples.end(), [&](double multiple) {
    return std::abs(ratio - multiple) < kSameSeason * multiple;
  });
}

}  // namespace

std::vector<Season> FindSeasons(const ForecastTask& task, double declared) {
  WEIR_CHECK(declared == 0 || declared >= 2);
  WEIR_CHECK(!task.origins.empty());
  const std::size_t known = task.origins.front();
  const double longest = kShareMax * static_cast<double>(task.values.size());
  const Trial trial(task);
  std::vector<double> candidates;
  std::optional<Season> first;
  if (declared >= 2) {
    first = Season{.steps = declared, .gain = 0, .sure = true, .declared = true};
    for (const double multiple : kMultiples) {
      AddCandidate(candidates, multiple * declared, longest);
    }
  } else if (task.origins.size() > 1 && known > 4 * kRecentLags) {
    for (const double steps : kCalendar) {
      AddCandidate(candidates, steps, longest);
    }
    for (const double steps : CorrelationPeaks(task.values, task.values.size())) {
      AddCandidate(candidates, steps, longest);
    }
    first = BestSeason(trial, {}, candidates);
  }
  if (!first) {
    return {};
  }
  std::vector<Season> seasons = {*first};
  std::erase_if(candidates, [&](double steps) {
    return !IsNaturalMultiple(std::max(steps, first->steps), std::min(steps, first->steps));
  });
  if (task.origins.size() > 1) {
    if (const auto second = BestSeason(trial, {first->steps}, candidates)) {
      seasons.push_back(*second);
    }
  }
  std::sort(seasons.begin(), seasons.end(),
            [](const Season& a, const Season& b) { return a.steps < b.steps; });
  return seasons;
}

}  // namespace weir::analysis
