#pragma once

#include <cstddef>
#include <string>
#include <vector>

/// What the models of a forecast are given and what they return. A model forecasts from several
/// origins at once: the last origin is now, the earlier ones are pasts whose future is known, so
/// that its errors can be measured (rolling-origin evaluation).
namespace weir::analysis {

/// Values of the steps after an origin, the next step first.
using Path = std::vector<double>;

/// Values inside which forecasts are kept, so that no extrapolation runs away.
struct ValueRange {
  double low = 0;
  double high = 0;
};

struct ForecastTask {
  std::vector<double> values;        ///< Finite, equally spaced, without gaps.
  std::vector<std::size_t> origins;  ///< How many values are known; ascending; the last is all.
  std::size_t horizon = 1;           ///< Steps of every path, > 0.
};

/// The forecasts of one model, one path per origin. A path uses no value after its origin.
struct ModelPaths {
  std::string name;
  std::vector<Path> paths;
};

/// The range of the first `known` > 0 values, widened by its own width on both sides.
ValueRange WidenedRange(const std::vector<double>& values, std::size_t known);

}  // namespace weir::analysis
