#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace weir::monitor {

/// What a probe measures of a page beside what users had of it, in rows of equal stretches of time.
struct PageRows {
  std::string page;
  // Of equal length, oldest first; NaN: nothing came in that row.
  std::vector<double> probe_p50_s;  ///< Median of the looks.
  std::vector<double> lcp_s;        ///< Median of the views that began in it.
  std::vector<double> left_ratio;   ///< Of the views that began in it and tell.
};

/// One number a row, of which several come. At most `rows_max` rows; then the oldest leaves.
class RowSeries {
 public:
  enum class Fold : std::uint8_t { kMedian, kMean };

  /// How many of the newest rows still take values.
  static constexpr std::size_t kOpenRows = 61;

  /// `rows_max` > kOpenRows.
  RowSeries(Fold fold, std::size_t rows_max) : fold_(fold), rows_max_(rows_max) {}

  /// A value for a row that is over has no effect.
  void Add(std::int64_t row, double value);

  /// Of what came so far; NaN: nothing did, or the row is older than those kept.
  double At(std::int64_t row) const;

 private:
  double Folded(std::vector<double> values) const;

  Fold fold_;
  std::size_t rows_max_;
  std::int64_t first_ = 0;
  std::deque<double> over_;               // From the first on.
  std::deque<std::vector<double>> open_;  // After them, up to the newest.
};

/// Collects PageRows of pages that a probe asks. Views are told of when they are over, as whether
/// a user left is known only then. One thread at a time. Memory:
/// 3 * kRowsMax numbers a page, and
/// those of the open rows.
class PageCourses {
 public:
  static constexpr Nanos kRow = std::chrono::minutes(1);
  static constexpr std::size_t kRowsMax = 2 * 24 * 60;  ///< So that a day is seen twice.
  static constexpr std::size_t kPagesMax = 10;          ///< Pages beyond are not looked at, but in
                                                        ///< place of one not probed for an hour.
  /// A view that was open longer when its browser told is in no row.
  static constexpr Nanos kAgeMax = (RowSeries::kOpenRows - 1) * kRow;

  /// A look that ended at `at`. From the first one on the page is known.
  void Probed(std::string_view page, Instant at, double p50_s);

  /// A view that began at `at`; not what is not known.
  void Viewed(std::string_view page, Instant at, std::optional<double> lcp_s,
              std::optional<bool> left);

  /// The rows of each page that were over at `until`, without those before the first look. By name.
  std::vector<PageRows> Rows(Instant until) const;

 private:
  struct Course {
    std::int64_t since = 0;   // The first row.
    std::int64_t probed = 0;  // The newest one.
    RowSeries probe{RowSeries::Fold::kMedian, kRowsMax};
    RowSeries lcp{RowSeries::Fold::kMedian, kRowsMax};
    RowSeries left{RowSeries::Fold::kMean, kRowsMax};
  };

  bool MakeRoom(std::int64_t row);

  std::map<std::string, Course, std::less<>> courses_;
};

}  // namespace weir::monitor
