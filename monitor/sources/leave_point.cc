#include "monitor/sources/leave_point.h"

#include "analysis/dose_response.h"

namespace weir::monitor {
namespace {

// The band around the curve is not shown; the engine wants it of so many at least.
constexpr std::size_t kResamples = 100;

}  // namespace

std::optional<LeavePoint> FindLeavePoint(const std::vector<UserView>& views) {
  std::vector<double> lcp_s;
  std::vector<double> left;
  for (const UserView& view : views) {
    lcp_s.push_back(view.lcp_s);
    left.push_back(view.left ? 1 : 0);
  }
  const auto curve = analysis::EstimateDoseResponse(
      lcp_s, left, {.direction = analysis::Direction::kRising, .resamples = kResamples});
  if (!curve || !curve->threshold || !curve->threshold_interval) {
    return std::nullopt;
  }
  return LeavePoint{*curve->threshold, curve->threshold_interval->low,
                    curve->threshold_interval->high};
}

}  // namespace weir::monitor
