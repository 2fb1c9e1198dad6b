#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"

/// Values in order of time: what the engines of `analysis` read, wherever they come from (a file, a
/// history of runs, a live source).
namespace weir {

/// One metric. Plain data.
struct Series {
  std::string name;            ///< "value", "response_time.p99".
  std::string unit;            ///< "ns", "per_s", "ratio"; empty = not known.
  std::vector<double> values;  ///< In order of time; NaN = missing, never infinite.
  std::vector<double> errors;  ///< Standard error of each value, same unit, NaN = not known; empty
                               ///< when nothing is known of any.
};

/// A text that goes with every row: the build, the step, the segment of users.
struct SeriesLabels {
  std::string name;
  std::vector<std::string> values;  ///< One per row; empty = not said.
};

/// Several metrics of the same moments. All columns have rows() entries.
struct SeriesTable {
  std::string source;           ///< Where it is from, for messages: the path of a file.
  std::vector<WallTime> times;  ///< One per row in the order of the source, or empty = not known.
  std::vector<SeriesLabels> labels;
  std::vector<Series> series;
  std::vector<std::string> warnings;  ///< What was doubtful in reading; to be shown.

  std::size_t rows() const { return series.empty() ? times.size() : series.front().values.size(); }

  /// The series or labels called `name`; null when there are none. Owned by this.
  const Series* Find(const std::string& name) const {
    for (const Series& one : series) {
      if (one.name == name) {
        return &one;
      }
    }
    return nullptr;
  }

  const SeriesLabels* FindLabels(const std::string& name) const {
    for (const SeriesLabels& one : labels) {
      if (one.name == name) {
        return &one;
      }
    }
    return nullptr;
  }
};

}  // namespace weir
