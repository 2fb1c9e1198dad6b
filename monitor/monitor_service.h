#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "monitor/access.h"
#include "monitor/acknowledge_page.h"
#include "monitor/alert_story.h"
#include "monitor/config/service_spec.h"
#include "monitor/http_server.h"
#include "monitor/monitor_report.h"
#include "monitor/otlp_intake.h"
#include "monitor/rum_intake.h"
#include "monitor/trends.h"

namespace weir::monitor {

/// What a monitor answers over HTTP:
///
/// - GET `/healthz`: 200 while the process answers.
/// - GET `/readyz`: 200 once every source was looked at and while something works, else 503.
/// - GET `/metrics` (own_metrics.h) and `/api/v1/status` (monitor_report.h).
/// - GET `/api/v1/trends` (trends.h) and `/api/v1/alerts/ID` (alert_story.h).
/// - GET `/`: the dashboard (reports/live_page.h), and `/api/v1/events` for it: server-sent events,
///   one to an answer, which comes with the next evaluation; the client asks again, with the id of
///   the one it saw last. Its data is as of `/api/v1/status`, without `gates` while they are those
///   of that event.
/// - POST `/api/v1/acknowledge` and `/api/v1/silences` (service_actions.h): of who may act; as JSON
///   and from no page of another origin, so that a browser cannot be made to do it.
///
/// - `/acknowledge` (acknowledge_page.h), for who has a link of a message.
/// - POST `/v1/metrics` (otlp_intake.h), of who may act or push.
/// - POST `/rum` and GET `/rum.js` (rum_intake.h), for everybody.
///
/// With tokens (also as password of any user, for browsers) all but the first two and the last two
/// want one, and the reasons of the second. Without, who asks has to name this machine by its
/// address or as localhost, so that no page of others reads along whose name was made to point
/// here.
///
/// Thread rule: one owner.
class MonitorService {
 public:
  struct Parts {
    std::function<MonitorReport()> report;  ///< Called from several threads at a time.
    const Clock& clock;
    std::function<Trends()> trends = [] { return Trends(); };  ///< As `report`.

    /// As `report`.
    std::function<std::optional<AlertStory>(std::string_view key)> tell = [](std::string_view) {
      return std::nullopt;
    };

    /// Returns when an evaluation beyond the first `seen` has ended, or after `longest`. As above.
    std::function<void(std::uint64_t seen, Nanos longest)> await = [](std::uint64_t, Nanos) {};
    std::string store_path = {};  ///< Of the monitor: what people say is written there.

    /// Listens at the address of the file, and is taken; nothing: a new one is made.
    std::optional<int> listen_fd = {};

    /// Who takes beacons of browsers; null: nobody. As `report`.
    std::function<std::shared_ptr<RumIntake>()> rum = [] { return nullptr; };

    /// Who takes metrics of OpenTelemetry; null: nobody. As `report`.
    std::function<std::shared_ptr<OtlpIntake>()> otlp = [] { return nullptr; };
  };

  /// What `parts` refers to must outlive it. Errors: kUsage: an address that is not loopback, for
  /// everybody; as ListenSocket::AdoptOrOpen.
  static Result<std::unique_ptr<MonitorService>> Start(const ServiceSpec& spec, const Parts& parts);

  std::uint16_t port() const { return server_->port(); }

  /// Goes by other tokens, links and certificates from here on, at the same address. Errors: as
  /// Check; then nothing has changed.
  Status Reload(const ServiceSpec& spec);

  /// Whether Reload would. Errors: kUsage: another address, which needs another process, or no
  /// tokens where Start wants some.
  Status Check(const ServiceSpec& spec) const;

  /// Answers what is being asked, and ends.
  void Stop() { server_->Stop(); }

 private:
  MonitorService(const ServiceSpec& spec, const Parts& parts)
      : parts_(parts),
        life_(static_cast<std::uint64_t>(CountNs(parts.clock.WallNow()) / 1'000'000)),
        spec_(std::make_shared<const ServiceSpec>(spec)),
        acknowledge_page_(parts.store_path, parts.clock) {}

  std::shared_ptr<const ServiceSpec> spec() const;

  std::optional<HttpResponse> Admit(const HttpRequest& head) const;
  std::optional<HttpResponse> AdmitPush(const HttpRequest& head) const;
  HttpResponse Answer(const HttpRequest& request);
  HttpResponse Get(const HttpRequest& request) const;
  HttpResponse Events(const HttpRequest& request) const;
  HttpResponse Ready(const HttpRequest& request) const;

  const Parts parts_;
  const std::uint64_t life_;                 // Tells its events from those of another process.
  mutable std::mutex mutex_;                 // Guards the next.
  std::shared_ptr<const ServiceSpec> spec_;  // Who asks goes by the one that was when he came.
  AcknowledgePage acknowledge_page_;
  mutable std::atomic<int> waiting_ = 0;  // Answers that wait for an evaluation.
  std::unique_ptr<HttpServer> server_;    // Last: its threads use the rest.
};

}  // namespace weir::monitor
