#include "analysis/ux.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "analysis/multiplicity.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

// dose[t] beside outcome[t]: the driver `lag` rows earlier.
std::vector<double> Shifted(std::span<const double> driver, int lag) {
  std::vector<double> dose(driver.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t t = static_cast<std::size_t>(lag); t < driver.size(); ++t) {
    dose[t] = driver[t - static_cast<std::size_t>(lag)];
  }
  return dose;
}

std::span<const double> Newest(const Series& series) {
  const std::span<const double> values = series.values;
  return values.last(std::min(values.size(), kUxRowsMax));
}

}  // namespace

std::vector<UxPair> CorrelateUx(std::span<const Series> drivers, std::span<const Series> outcomes,
                                const UxOptions& options) {
  WEIR_CHECK(options.false_discovery_rate > 0 && options.false_discovery_rate < 1);

  struct Members {
    const Series* driver;
    const Series* outcome;
  };

  std::vector<UxPair> pairs;
  std::vector<Members> members;
  std::vector<double> p_values;
  for (const Series& driver : drivers) {
    for (const Series& outcome : outcomes) {
      UxPair pair;
      pair.driver = driver.name;
      pair.outcome = outcome.name;
      pair.correlation = CorrelateLagged(Newest(driver), Newest(outcome), options.correlation);
      if (driver.values.size() > kUxRowsMax) {
        pair.correlation.warnings.push_back(
            fmt::format("of {} rows the newest {} were looked at: join to longer rows to see all",
                        driver.values.size(), kUxRowsMax));
      }
      p_values.push_back(pair.correlation.found ? pair.correlation.found->p_value
                                                : std::numeric_limits<double>::quiet_NaN());
      pairs.push_back(std::move(pair));
      members.push_back({&driver, &outcome});
    }
  }
  const std::vector<double> adjusted = BenjaminiYekutieliAdjusted(p_values);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    UxPair& pair = pairs[i];
    if (!pair.correlation.found) {
      continue;
    }
    const LaggedCorrelation& found = *pair.correlation.found;
    pair.p_adjusted = adjusted[i];
    pair.associated = pair.p_adjusted <= options.false_discovery_rate;
    if (pair.associated && found.lag >= 0) {
      pair.dose_response = EstimateDoseResponse(
          Shifted(Newest(*members[i].driver), found.lag), Newest(*members[i].outcome),
          {.direction = found.correlation < 0 ? Direction::kFalling : Direction::kRising,
           .confidence = options.correlation.confidence,
           .seed = options.seed});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const UxPair& a, const UxPair& b) { return a.p_adjusted < b.p_adjusted; });
  return pairs;
}

}  // namespace weir::analysis
