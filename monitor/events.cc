#include "monitor/events.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kCdEventsVersion = "0.5.0";
constexpr std::size_t kReasonMax = 1000;

// Foreign bytes in a text must not make the whole unreadable.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

CdEvent Make(const EventOrigin& origin, std::string type, Json subject, const Json& custom) {
  Json json = {{"context",
                {{"specversion", kCdEventsVersion},
                 {"id", origin.id},
                 {"source", origin.source},
                 {"type", type},
                 {"timestamp", FormatWallTime(origin.at)}}},
               {"subject", std::move(subject)}};
  if (!custom.is_null()) {
    json["customData"] = custom;
    json["customDataContentType"] = "application/json";
  }
  return {.origin = origin, .type = std::move(type), .json = Dump(json)};
}

// An artifact is a package URL (purl); of a build we only have its name.
std::string ArtifactOf(const EventSubject& subject) {
  std::string name;
  for (const char c : subject.service + "@" + subject.build) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '.' || c == '-' || c == '_' || c == '@';
    name += plain ? std::string(1, c)
                  : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return "pkg:generic/" + name;
}

std::string_view OutcomeOf(GateState state) {
  switch (state) {
    case GateState::kPass:
    case GateState::kWarn:
      return "success";
    case GateState::kFail:
      return "failure";
    case GateState::kRunning:
    case GateState::kInconclusive:
      break;
  }
  return "error";
}

}  // namespace

CdEvent GateFinishedEvent(const EventOrigin& origin, const EventSubject& subject,
                          const GateAnswer& answer) {
  Json content = {{"outcome", OutcomeOf(answer.state)},
                  {"severity", answer.state == GateState::kFail ? "high" : "low"},
                  {"reason", Printable(answer.reason, kReasonMax)},
                  {"environment", {{"id", subject.environment}}},
                  {"testSuite", {{"id", "weir-gate"}, {"name", subject.service}}}};
  Json about = {{"id", fmt::format("verdict-{}", answer.verdict.value_or(0))},
                {"source", origin.source},
                {"content", std::move(content)}};
  const Json custom = {{"verdict", GateStateName(answer.state)},
                       {"service", subject.service},
                       {"build", subject.build}};
  return Make(origin, "dev.cdevents.testsuiterun.finished.0.3.0", std::move(about), custom);
}

CdEvent IncidentEvent(const EventOrigin& origin, const EventSubject& subject,
                      std::string_view description) {
  Json content = {{"description", Printable(description, kReasonMax)},
                  {"environment", {{"id", subject.environment}}},
                  {"service", {{"id", subject.service}}},
                  {"artifactId", ArtifactOf(subject)}};
  Json about = {{"id", origin.id}, {"source", origin.source}, {"content", std::move(content)}};
  return Make(origin, "dev.cdevents.incident.detected.0.3.0", std::move(about), nullptr);
}

CdEvent RolledBackEvent(const EventOrigin& origin, const EventSubject& subject) {
  Json content = {{"environment", {{"id", subject.environment}}},
                  {"artifactId", ArtifactOf(subject)}};
  Json about = {
      {"id", subject.service}, {"source", origin.source}, {"content", std::move(content)}};
  return Make(origin, "dev.cdevents.service.rolledback.0.3.0", std::move(about), nullptr);
}

HttpMessage ToMessage(const std::string& url, const CdEvent& event) {
  // Ids and sources are ours or checked; Printable keeps a slip from becoming a header.
  return {.url = url,
          .headers = {"content-type: application/json", "ce-specversion: 1.0",
                      "ce-id: " + Printable(event.origin.id),
                      "ce-source: " + Printable(event.origin.source), "ce-type: " + event.type,
                      "ce-time: " + FormatWallTime(event.origin.at)},
          .body = event.json};
}

HttpMessage AlertMessage(const std::string& base_url, const Alert& alert) {
  Json labels = {{"alertname", alert.name},
                 {"severity", "critical"},
                 {"service", alert.subject.service},
                 {"environment", alert.subject.environment}};
  if (!alert.subject.build.empty()) {
    labels["build"] = alert.subject.build;
  }
  Json one = {
      {"labels", std::move(labels)},
      {"annotations",
       {{"summary", fmt::format("{} is worse than the build before", alert.subject.service)},
        {"description", Printable(alert.description, kReasonMax)}}},
      {"startsAt", FormatWallTime(alert.starts_at)},
      {"endsAt", FormatWallTime(alert.ends_at)}};
  std::string url = base_url;
  while (!url.empty() && url.back() == '/') {
    url.pop_back();
  }
  return {.url = url + "/api/v2/alerts",
          .headers = {"content-type: application/json"},
          .body = Dump(Json::array({std::move(one)}))};
}

}  // namespace weir::monitor
