#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/run.h"

namespace weir::store {

/// One number that was read off a run and is kept beside it, so that a history of thousands of runs
/// needs none of their histograms. What the names mean is the caller's business.
struct Figure {
  std::string step;  ///< Empty = all steps.
  std::string name;  ///< "response_time.p99".
  std::optional<double> value = {};
  std::optional<double> error = {};  ///< Standard error of `value`.
  bool lower_bound = false;          ///< The truth may be more.
  friend bool operator==(const Figure&, const Figure&) = default;
};

/// All that is kept of one run.
struct RunFigures {
  RunId run = 0;

  /// The way in which they were computed. Figures of another edition are as good as none: they are
  /// computed anew from the histograms.
  int edition = 0;

  std::vector<Figure> figures;  ///< At most one for each (step, name).
};

using FiguresVisitor = std::function<void(const RunFigures&)>;

}  // namespace weir::store
