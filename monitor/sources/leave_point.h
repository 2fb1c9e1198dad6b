#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace weir::monitor {

/// A view of which is known how long its largest paint took and whether the user left the site.
struct UserView {
  double lcp_s = 0;
  bool left = false;
};

/// The largest paint from which on more users leave, with its 95 % interval.
struct LeavePoint {
  double from_s = 0;
  double low_s = 0;
  double high_s = 0;
};

/// By the engine of `weir analyze ux` (analysis/dose_response.h): where the share of users who
/// leave begins to grow with the latency. None with fewer than 40 views, when latencies do not
/// vary, or when no latency can be told up to which nothing changes. Association, never cause.
/// Pure. Measured: tests/monitor/rum_test.cc.
std::optional<LeavePoint> FindLeavePoint(const std::vector<UserView>& views);

}  // namespace weir::monitor
