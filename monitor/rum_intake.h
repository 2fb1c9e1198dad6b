#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "monitor/http_server.h"
#include "monitor/rate_limiter.h"
#include "monitor/sources/rum_views.h"
#include "monitor/sources/source.h"

namespace weir::monitor {

/// Where the browsers of users send how pages were for them:
///
/// - POST `/rum`: a beacon (sources/beacon.h), of any content type, so that no browser asks first;
/// - GET `/rum.js`: the script that sends them.
///
/// Both are for everybody, as browsers of users have no token, and set and read no cookies. What
/// bounds them: pages of the origins that are allowed (a header that browsers set, others may
/// invent), kBeaconBytesMax, kPerPeer for each address but those of this machine, where a proxy
/// is, and kOverall. Every beacon is in the ledger: rejected as "origin" or for its content, or
/// dropped as "rate".
///
/// Thread-safe. `clock` must outlive it.
class RumIntake {
 public:
  static constexpr RateLimit kPerPeer = {.per_s = 10, .burst = 100};
  static constexpr RateLimit kOverall = {.per_s = 500, .burst = 1000};
  static constexpr Nanos kLeaveEvery = std::chrono::seconds(10);
  static constexpr Nanos kLinksEvery = 5 * PageCourses::kRow;

  RumIntake(std::vector<std::string> origins, const RumOptions& options, const Clock& clock);

  static bool IsFor(const HttpRequest& request);

  /// Before the body is read: what is refused, and why. `head` is one that IsFor holds of.
  std::optional<HttpResponse> Admit(const HttpRequest& head);

  /// To what was let through.
  HttpResponse Answer(const HttpRequest& request);

  /// What a probe of a page measured, in a look that ended at `at`; beside what users have.
  void HearProbe(std::string_view page, Instant at, double p50_s);

  /// Also asks, each kLeaveEvery, from which latency on users leave (sources/leave_point.h), and,
  /// each kLinksEvery, what moves with probes (sources/probe_links.h), while beacons are taken in.
  /// One thread at a time.
  Reading Look();

  /// That looks at it; it must not outlive this.
  std::unique_ptr<Source> MakeSource();

 private:
  std::optional<std::string> AllowedOrigin(std::string_view origin) const;
  HttpResponse Refuse(int status, const std::string& reason);
  void LearnWhenUsersLeave(Instant now);
  void LearnLinks(Instant now);

  const std::vector<std::string> origins_;
  const Clock& clock_;
  RateLimiter peers_;
  RateLimiter overall_;
  std::optional<Instant> asked_at_;  // Of who looks, as the next.
  std::optional<Instant> asked_links_at_;
  std::mutex mutex_;  // Guards what follows.
  RumViews views_;
};

}  // namespace weir::monitor
