#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/forecast_task.h"

namespace weir::analysis {

/// A weighted mean of the values whole seasons ago: weights 1, fade, fade^2 ... for the last
/// `seasons` of them. One season: the seasonal naive forecast. No value when the first origin has
/// not that many.
struct SeasonalMeanSpec {
  std::string name;
  std::size_t season = 1;
  std::size_t seasons = 1;
  double fade = 1;
};

std::optional<ModelPaths> SeasonalMean(const ForecastTask& task, const SeasonalMeanSpec& spec);

/// Deviations from the centred moving mean over one season, averaged at each phase over the seasons
/// (a season counts kSeasonFade times the next one), added to a smoothed level. The season need
/// not be whole (52.18 weeks). No value when the first origin has fewer than two and a half
/// seasons.
std::optional<ModelPaths> SeasonalProfile(const ForecastTask& task, double season);

}  // namespace weir::analysis
