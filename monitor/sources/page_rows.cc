#include "monitor/sources/page_rows.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace weir::monitor {
namespace {

constexpr std::int64_t kRowsUntilGone = std::chrono::hours(1) / PageCourses::kRow;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::int64_t RowOf(Instant at) {
  return at.time_since_epoch() / PageCourses::kRow;
}

}  // namespace

double RowSeries::Folded(std::vector<double> values) const {
  if (values.empty()) {
    return kNone;
  }
  if (fold_ == Fold::kMean) {
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    return sum / static_cast<double>(values.size());
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void RowSeries::Add(std::int64_t row, double value) {
  const std::size_t size = over_.size() + open_.size();
  if (size == 0 || row - first_ >= static_cast<std::int64_t>(size + rows_max_)) {
    // Nothing of what was is kept.
    over_.clear();
    open_.assign(kOpenRows, {});
    first_ = row - static_cast<std::int64_t>(kOpenRows) + 1;
  }
  const std::int64_t newest = first_ + static_cast<std::int64_t>(over_.size() + open_.size()) - 1;
  for (std::int64_t next = newest; next < row; ++next) {
    open_.emplace_back();
    if (open_.size() > kOpenRows) {
      over_.push_back(Folded(std::move(open_.front())));
      open_.pop_front();
    }
    if (over_.size() + open_.size() > rows_max_) {
      over_.pop_front();
      ++first_;
    }
  }
  const std::int64_t first_open = first_ + static_cast<std::int64_t>(over_.size());
  if (row >= first_open) {
    open_[static_cast<std::size_t>(row - first_open)].push_back(value);
  }
}

double RowSeries::At(std::int64_t row) const {
  if (row < first_ || row - first_ >= static_cast<std::int64_t>(over_.size() + open_.size())) {
    return kNone;
  }
  const auto index = static_cast<std::size_t>(row - first_);
  return index < over_.size() ? over_[index] : Folded(open_[index - over_.size()]);
}

// A probe that another configuration does not have would keep its place for good.
bool PageCourses::MakeRoom(std::int64_t row) {
  const auto oldest = std::min_element(
      courses_.begin(), courses_.end(),
      [](const auto& a, const auto& b) { return a.second.probed < b.second.probed; });
  if (row - oldest->second.probed < kRowsUntilGone) {
    return false;
  }
  courses_.erase(oldest);
  return true;
}

void PageCourses::Probed(std::string_view page, Instant at, double p50_s) {
  auto course = courses_.find(page);
  if (course == courses_.end()) {
    if (courses_.size() == kPagesMax && !MakeRoom(RowOf(at))) {
      return;
    }
    course = courses_.emplace(page, Course{.since = RowOf(at)}).first;
  }
  course->second.probed = RowOf(at);
  course->second.probe.Add(RowOf(at), p50_s);
}

void PageCourses::Viewed(std::string_view page, Instant at, std::optional<double> lcp_s,
                         std::optional<bool> left) {
  const auto course = courses_.find(page);
  if (course == courses_.end()) {
    return;
  }
  if (lcp_s) {
    course->second.lcp.Add(RowOf(at), *lcp_s);
  }
  if (left) {
    course->second.left.Add(RowOf(at), *left ? 1 : 0);
  }
}

std::vector<PageRows> PageCourses::Rows(Instant until) const {
  std::vector<PageRows> all;
  const std::int64_t end = RowOf(until);
  for (const auto& [page, course] : courses_) {
    PageRows rows{.page = page, .probe_p50_s = {}, .lcp_s = {}, .left_ratio = {}};
    const auto begin = std::max(course.since, end - static_cast<std::int64_t>(kRowsMax));
    for (std::int64_t row = begin; row < end; ++row) {
      rows.probe_p50_s.push_back(course.probe.At(row));
      rows.lcp_s.push_back(course.lcp.At(row));
      rows.left_ratio.push_back(course.left.At(row));
    }
    all.push_back(std::move(rows));
  }
  return all;
}

}  // namespace weir::monitor
