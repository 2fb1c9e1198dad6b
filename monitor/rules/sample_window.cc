#include "monitor/rules/sample_window.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace weir::monitor {

void SampleWindow::Add(const WindowSpec& spec, WallTime at, double value) {
  if (std::isnan(value) || (!points_.empty() && at <= points_.back().at)) {
    return;
  }
  if (spec.take == WindowTake::kLast) {
    points_.clear();
  }
  points_.push_back({at, value});
  while (at - points_.front().at > spec.span) {
    points_.pop_front();
  }
  if (points_.size() > kPointsMax) {
    Thin();
  }
}

void SampleWindow::Thin() {
  std::deque<Point> kept;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    // The first stays, as a rate counts from it.
    if (i % 2 == 0 || i > points_.size() / 2) {
      kept.push_back(points_[i]);
    }
  }
  points_ = std::move(kept);
}

std::optional<double> SampleWindow::Rate() const {
  if (points_.size() < 2) {
    return std::nullopt;
  }
  double increase = 0;
  for (std::size_t i = 1; i < points_.size(); ++i) {
    const double before = points_[i - 1].value;
    const double after = points_[i].value;
    increase += after >= before ? after - before : after;
  }
  return increase / Seconds(points_.back().at - points_.front().at);
}

std::optional<double> SampleWindow::Take(const WindowSpec& spec) const {
  if (points_.empty()) {
    return std::nullopt;
  }
  const auto less = [](const Point& a, const Point& b) { return a.value < b.value; };
  switch (spec.take) {
    case WindowTake::kLast:
      return points_.back().value;
    case WindowTake::kRate:
      return Rate();
    case WindowTake::kMean: {
      double sum = 0;
      for (const Point& point : points_) {
        sum += point.value;
      }
      return sum / static_cast<double>(points_.size());
    }
    case WindowTake::kMin:
      return std::min_element(points_.begin(), points_.end(), less)->value;
    case WindowTake::kMax:
      return std::max_element(points_.begin(), points_.end(), less)->value;
    case WindowTake::kDelta:
      return points_.size() < 2 ? std::nullopt
                                : std::optional(points_.back().value - points_.front().value);
  }
  WEIR_CHECK(false);
}

std::string_view WindowTakeName(WindowTake take) {
  switch (take) {
    case WindowTake::kLast:
      return "last";
    case WindowTake::kRate:
      return "rate";
    case WindowTake::kMean:
      return "mean";
    case WindowTake::kMin:
      return "min";
    case WindowTake::kMax:
      return "max";
    case WindowTake::kDelta:
      return "delta";
  }
  WEIR_CHECK(false);
}

}  // namespace weir::monitor
