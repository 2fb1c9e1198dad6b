#include "monitor/rum_intake.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "reports/rum_script.h"

namespace weir::monitor {
namespace {

constexpr std::string_view kBeaconPath = "/rum";
constexpr std::string_view kScriptPath = "/rum.js";

bool IsThisMachine(std::string_view peer) {
  return peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.");
}

class RumSource final : public Source {
 public:
  explicit RumSource(RumIntake& intake) : intake_(intake) {}

  tl::expected<Reading, SourceTrouble> Read() override { return intake_.Look(); }

 private:
  RumIntake& intake_;
};

}  // namespace

RumIntake::RumIntake(std::vector<std::string> origins, const RumOptions& options,
                     const Clock& clock)
    : origins_(std::move(origins)),
      clock_(clock),
      peers_(kPerPeer),
      overall_(kOverall),
      views_(options) {}

bool RumIntake::IsFor(const HttpRequest& request) {
  return request.path == kBeaconPath || request.path == kScriptPath;
}

std::optional<std::string> RumIntake::AllowedOrigin(std::string_view origin) const {
  const auto found = std::find(origins_.begin(), origins_.end(), origin);
  return found == origins_.end() ? std::nullopt : std::optional(*found);
}

HttpResponse RumIntake::Refuse(int status, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (status == 429) {
    views_.Drop(reason);
  } else {
    views_.Reject(reason);
  }
  return {.status = status, .body = reason + "\n"};
}

std::optional<HttpResponse> RumIntake::Admit(const HttpRequest& head) {
  const bool is_script = head.path == kScriptPath;
  const bool is_get = head.method == "GET" || head.method == "HEAD";
  if (is_script != is_get || (!is_get && head.method != "POST")) {
    return HttpResponse{
        .status = 405,
        .body = fmt::format("{} is for {}\n", head.path, is_script ? "GET" : "POST"),
        .headers = {{"Allow", is_script ? "GET" : "POST"}}};
  }
  if (is_script) {
    return std::nullopt;
  }
  const Instant now = clock_.Now();
  if (!AllowedOrigin(head.origin)) {
    return Refuse(403, "origin");
  }
  if ((!IsThisMachine(head.peer) && peers_.Take(head.peer, now) > Nanos(0)) ||
      overall_.Take("", now) > Nanos(0)) {
    return Refuse(429, "rate");
  }
  if (head.body_bytes > kBeaconBytesMax) {
    return Refuse(413, "too_long");
  }
  return std::nullopt;
}

HttpResponse RumIntake::Answer(const HttpRequest& request) {
  if (request.path == kScriptPath) {
    return {.status = 200,
            .body = std::string(reports::RumScript()),
            .content_type = "text/javascript; charset=utf-8",
            .headers = {{"Cache-Control", "public, max-age=3600"},
                        {"Cross-Origin-Resource-Policy", "cross-origin"},
                        {"X-Content-Type-Options", "nosniff"}}};
  }
  const auto beacon = ReadBeacon(request.body);
  if (!beacon) {
    return Refuse(400, std::string(beacon.error()));
  }
  {
    const std::lock_guard lock(mutex_);
    views_.Take(*beacon, clock_.Now());
  }
  return {.status = 204,
          .headers = {{"Access-Control-Allow-Origin", AllowedOrigin(request.origin).value_or("")},
                      {"Access-Control-Allow-Credentials", "true"},
                      {"Vary", "Origin"}}};
}

Reading RumIntake::Look() {
  const Instant now = clock_.Now();
  if (!asked_at_ || now - *asked_at_ >= kLeaveEvery) {
    asked_at_ = now;
    LearnWhenUsersLeave(now);
  }
  if (!asked_links_at_ || now - *asked_links_at_ >= kLinksEvery) {
    asked_links_at_ = now;
    LearnLinks(now);
  }
  const std::lock_guard lock(mutex_);
  return views_.Look(now);
}

// It takes some hundredths of a second, in which beacons go on coming.
void RumIntake::LearnWhenUsersLeave(Instant now) {
  std::map<std::string, std::vector<UserView>> rows;
  {
    const std::lock_guard lock(mutex_);
    rows = views_.UserViews(now);
  }
  std::map<std::string, LeavePoint> points;
  for (const auto& [page, views] : rows) {
    if (const auto point = FindLeavePoint(views)) {
      points.emplace(page, *point);
    }
  }
  const std::lock_guard lock(mutex_);
  views_.Learn(std::move(points));
}

// As the one before.
void RumIntake::LearnLinks(Instant now) {
  std::vector<PageRows> rows;
  {
    const std::lock_guard lock(mutex_);
    rows = views_.Rows(now);
  }
  std::vector<ProbeLink> links = FindProbeLinks(rows);
  const std::lock_guard lock(mutex_);
  views_.LearnLinks(std::move(links));
}

void RumIntake::HearProbe(std::string_view page, Instant at, double p50_s) {
  const std::lock_guard lock(mutex_);
  views_.HearProbe(page, at, p50_s);
}

std::unique_ptr<Source> RumIntake::MakeSource() {
  return std::make_unique<RumSource>(*this);
}

}  // namespace weir::monitor
