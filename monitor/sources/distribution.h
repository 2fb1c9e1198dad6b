#pragma once

#include <optional>
#include <vector>

namespace weir::monitor {

/// Counted values by ranges, as a histogram of fixed or of exponential buckets has them.
struct Distribution {
  struct Cell {
    double low = 0;    ///< Exclusive, unless it is `high`; may be -infinity.
    double high = 0;   ///< Inclusive; may be infinity. Never below `low`.
    double count = 0;  ///< > 0.
  };

  std::vector<Cell> cells;  ///< Ascending, without common values.
  double count = 0;
  double sum = 0;
};

/// What was added since `before`, of which every cell has to lie in one cell of `now` (buckets that
/// were made coarser do). Nothing when it does not, or when anything has become less: it began
/// anew.
std::optional<Distribution> Added(const Distribution& now, const Distribution& before);

/// Linear within a cell; a cell without an end counts as the end that it has, and one that is open
/// below begins at 0 where it ends above. Nothing without values in cells, and where both ends are
/// missing. `q` in [0, 1].
std::optional<double> Quantile(const Distribution& of, double q);

}  // namespace weir::monitor
