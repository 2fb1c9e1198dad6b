#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "monitor/deploy_gate.h"
#include "monitor/http_post.h"

/// What weir tells other systems, in their words: CDEvents 0.5.0 over CloudEvents 1.0 (binary mode)
/// and alerts of Alertmanager's API v2.
namespace weir::monitor {

/// Where an event comes from. `source` and `id` together name it: sent twice, it has the same ones.
struct EventOrigin {
  std::string source = "/weir";
  std::string id;
  WallTime at{};
};

/// What an event is about.
struct EventSubject {
  std::string service;
  std::string build;
  std::string environment = "default";
};

struct CdEvent {
  EventOrigin origin;
  std::string type;  ///< "dev.cdevents.service.rolledback.0.3.0".
  std::string json;
};

/// testsuiterun.finished: the gate judged. There is no "inconclusive" in CDEvents: it is `error`
/// with the reason, and customData.verdict says what it was.
CdEvent GateFinishedEvent(const EventOrigin& origin, const EventSubject& subject,
                          const GateAnswer& answer);

/// incident.detected: a deployed build is worse than the one before.
CdEvent IncidentEvent(const EventOrigin& origin, const EventSubject& subject,
                      std::string_view description);

/// service.rolledback.
CdEvent RolledBackEvent(const EventOrigin& origin, const EventSubject& subject);

/// As it is posted to `url`.
HttpMessage ToMessage(const std::string& url, const CdEvent& event);

/// A POST of one alert to the Alertmanager at `base_url` (its root). Labels name service, build and
/// alert, values are in the annotation: labels are what an alert is told apart by. It ends by
/// itself at `ends_at`.
struct Alert {
  EventSubject subject;
  std::string name = "WeirDeploymentWorse";
  std::string description;
  WallTime starts_at{};
  WallTime ends_at{};
};

HttpMessage AlertMessage(const std::string& base_url, const Alert& alert);

}  // namespace weir::monitor
