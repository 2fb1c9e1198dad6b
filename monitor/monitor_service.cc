#include "monitor/monitor_service.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/own_metrics.h"
#include "monitor/service_actions.h"
#include "reports/live_page.h"

namespace weir::monitor {
namespace {

// Enough for people and a few machines that look; each holds a thread while it is answered.
constexpr std::size_t kThreads = 8;

constexpr std::string_view kAlertPath = "/api/v1/alerts/";

// Answers that wait for an evaluation; more come at once.
constexpr int kWaitingMax = 5;
constexpr Nanos kWaitLongest = std::chrono::seconds(2);

constexpr std::size_t kActBytesMax = std::size_t{64} * 1024;

// Only metrics come in other forms and at length.
bool IsPlain(const HttpRequest& head) {
  return head.content_encoding.empty() && !head.is_chunked;
}

bool IsForAll(const HttpRequest& request) {
  return request.path == "/healthz" || request.path == "/readyz";
}

// Whether a Host header names this machine without asking a name server.
bool IsLocalName(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    host = host.substr(0, colon);
  }
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

// `http://host:port` without its scheme.
std::string_view OriginHost(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

// What an event tells, as its id: evaluations, version of the gates, and the life of the service,
// as both begin anew with it.
struct EventMark {
  std::uint64_t evaluations = 0;
  std::uint64_t gates = 0;
  std::uint64_t life = 0;
};

std::optional<EventMark> ReadEventMark(std::string_view id) {
  const std::size_t first = id.find('.');
  const std::size_t second = first == id.npos ? id.npos : id.find('.', first + 1);
  if (second == id.npos) {
    return std::nullopt;
  }
  const Result<std::uint64_t> evaluations = ParseCount(id.substr(0, first));
  const Result<std::uint64_t> gates = ParseCount(id.substr(first + 1, second - first - 1));
  const Result<std::uint64_t> life = ParseCount(id.substr(second + 1));
  if (!evaluations || !gates || !life) {
    return std::nullopt;
  }
  return EventMark{.evaluations = *evaluations, .gates = *gates, .life = *life};
}

bool IsPush(const HttpRequest& head) {
  return OtlpIntake::IsFor(head) && head.method == "POST";
}

// Who may not even look; nothing: he may, or what he asks is for everybody.
std::optional<HttpResponse> RefuseStranger(const Roles& roles, const HttpRequest& head) {
  if (IsForAll(head) || roles.Of(head.authorization) != Role::kNone) {
    return std::nullopt;
  }
  if (!roles.MayPush(head.authorization)) {
    return HttpResponse{.status = 401,
                        .body = "a token is needed: Authorization: Bearer TOKEN\n",
                        .headers = {{"WWW-Authenticate", "Basic realm=\"weir\""}}};
  }
  if (!IsPush(head)) {
    return HttpResponse{.status = 403, .body = "this token may only push: POST /v1/metrics\n"};
  }
  return std::nullopt;
}

Status CheckClosed(const ServiceSpec& spec) {
  if (!spec.roles.open() || spec.listen.IsLoopback()) {
    return {};
  }
  return UsageError(
      fmt::format("{} can be reached from other machines, so a token is needed\n"
                  "  hint: write 'act_token_file: PATH', or listen on 127.0.0.1",
                  Printable(spec.listen.host)));
}

}  // namespace

Result<std::unique_ptr<MonitorService>> MonitorService::Start(const ServiceSpec& spec,
                                                              const Parts& parts) {
  if (Status closed = CheckClosed(spec); !closed) {
    return tl::unexpected(closed.error());
  }
  Result<ListenSocket> socket = ListenSocket::AdoptOrOpen(parts.listen_fd, spec.listen);
  if (!socket) {
    return tl::unexpected(socket.error());
  }
  std::unique_ptr<MonitorService> service(new MonitorService(spec, parts));
  MonitorService* self = service.get();
  auto server = HttpServer::Start(
      std::move(*socket),
      {.threads = kThreads,
       .body_bytes_max = OtlpIntake::kBodyBytesMax,
       .plain_bodies_only = false},
      {.admit = [self](const HttpRequest& head) { return self->Admit(head); },
       .answer = [self](const HttpRequest& request) { return self->Answer(request); },
       .tls = [self] { return self->spec()->tls; }},
      parts.clock);
  if (!server) {
    return tl::unexpected(server.error());
  }
  service->server_ = std::move(*server);
  return service;
}

Status MonitorService::Check(const ServiceSpec& spec) const {
  const ListenAddress& listen = this->spec()->listen;
  if (spec.listen.host != listen.host || spec.listen.port != listen.port) {
    return UsageError(
        "listen: the address cannot change while it runs\n"
        "  hint: restart it; alerts, timers and messages are in the history");
  }
  return CheckClosed(spec);
}

Status MonitorService::Reload(const ServiceSpec& spec) {
  if (Status checked = Check(spec); !checked) {
    return checked;
  }
  const std::lock_guard lock(mutex_);
  spec_ = std::make_shared<const ServiceSpec>(spec);
  return {};
}

std::shared_ptr<const ServiceSpec> MonitorService::spec() const {
  const std::lock_guard lock(mutex_);
  return spec_;
}

std::optional<HttpResponse> MonitorService::Admit(const HttpRequest& head) const {
  if (!OtlpIntake::IsFor(head) && !IsPlain(head)) {
    return HttpResponse{.status = head.is_chunked ? 411 : 415,
                        .body = "a body needs a Content-Length, and must not be compressed\n"};
  }
  if (RumIntake::IsFor(head)) {
    if (const std::shared_ptr<RumIntake> rum = parts_.rum()) {
      return rum->Admit(head);
    }
  }
  if (!OtlpIntake::IsFor(head) && head.body_bytes > kActBytesMax) {
    return HttpResponse{.status = 413, .body = "the body is too long\n"};
  }
  const std::shared_ptr<const ServiceSpec> spec = this->spec();
  if (AcknowledgePage::IsFor(head)) {
    return head.method == "GET" || head.method == "POST"
               ? std::nullopt
               : std::optional(HttpResponse{.status = 405,
                                            .body = "there is only GET and POST\n",
                                            .headers = {{"Allow", "GET, POST"}}});
  }
  const Roles& roles = spec->roles;
  if (roles.open() && !IsLocalName(head.host)) {
    return HttpResponse{.status = 421, .body = "ask for 127.0.0.1 or localhost\n"};
  }
  const bool is_push = IsPush(head);
  if (auto stranger = RefuseStranger(roles, head)) {
    return stranger;
  }
  if (head.method == "GET" || head.method == "HEAD") {
    return std::nullopt;
  }
  if (head.method != "POST") {
    return HttpResponse{
        .status = 405, .body = "there is only GET and POST\n", .headers = {{"Allow", "GET, POST"}}};
  }
  if (!(is_push ? roles.MayPush(head.authorization) : roles.Of(head.authorization) == Role::kAct)) {
    return HttpResponse{.status = 403, .body = "this token may only read\n"};
  }
  if (!head.origin.empty() && OriginHost(head.origin) != head.host) {
    return HttpResponse{.status = 403, .body = "a page of another origin may not do that\n"};
  }
  return OtlpIntake::IsFor(head) ? AdmitPush(head) : std::nullopt;
}

std::optional<HttpResponse> MonitorService::AdmitPush(const HttpRequest& head) const {
  const std::shared_ptr<OtlpIntake> otlp = parts_.otlp();
  return otlp ? otlp->Admit(head)
              : HttpResponse{.status = 404,
                             .body = "there is no source otlp; write one: 'otlp: true'\n"};
}

HttpResponse MonitorService::Ready(const HttpRequest& request) const {
  const Diagnosis diagnosis = Diagnose(parts_.report());
  const bool ready = diagnosis.health == MonitorHealth::kIntegrated ||
                     diagnosis.health == MonitorHealth::kDegraded;
  HttpResponse response{.status = ready ? 200 : 503,
                        .body = std::string(MonitorHealthName(diagnosis.health)) + "\n"};
  // They name hosts.
  if (spec()->roles.Of(request.authorization) != Role::kNone) {
    for (const std::string& reason : diagnosis.reasons) {
      response.body += Printable(reason) + "\n";
    }
  }
  return response;
}

HttpResponse MonitorService::Events(const HttpRequest& request) const {
  const bool may_wait = ++waiting_ <= kWaitingMax;
  // What is no mark, or of another life: nothing was seen.
  std::optional<EventMark> seen = ReadEventMark(request.last_event_id);
  if (seen && seen->life != life_) {
    seen.reset();
  }
  if (seen && may_wait) {
    parts_.await(seen->evaluations, kWaitLongest);
  }
  --waiting_;
  const MonitorReport report = parts_.report();
  const bool knows_gates = seen && seen->gates == report.gates_version;
  // One event to an answer: no connection is held by who is gone.
  return {.status = 200,
          .body = fmt::format("retry: {}\nid: {}.{}.{}\nevent: status\ndata: {}\n",
                              may_wait ? 50 : 1000, report.evaluations, report.gates_version, life_,
                              ReportJson(report, JsonLayout::kOneLine,
                                         knows_gates ? GatesInJson::kLeftOut : GatesInJson::kTold)),
          .content_type = "text/event-stream",
          .headers = {{"Cache-Control", "no-store"}}};
}

HttpResponse MonitorService::Answer(const HttpRequest& request) {
  if (RumIntake::IsFor(request)) {
    if (const std::shared_ptr<RumIntake> rum = parts_.rum()) {
      return rum->Answer(request);
    }
  }
  if (AcknowledgePage::IsFor(request)) {
    return acknowledge_page_.Answer(request, spec()->link_key);
  }
  if (OtlpIntake::IsFor(request) && request.method == "POST") {
    if (const std::shared_ptr<OtlpIntake> otlp = parts_.otlp()) {
      return otlp->Answer(request);
    }
  }
  return request.method == "POST" ? Act(request, parts_.store_path, parts_.clock.WallNow())
                                  : Get(request);
}

HttpResponse MonitorService::Get(const HttpRequest& request) const {
  if (request.path == "/healthz") {
    return {.status = 200, .body = "ok\n"};
  }
  if (request.path == "/readyz") {
    return Ready(request);
  }
  if (request.path == "/metrics") {
    return {.status = 200,
            .body = ReportMetrics(parts_.report(), ReadProcessUse()),
            .content_type = "text/plain; version=0.0.4; charset=utf-8"};
  }
  if (request.path == "/api/v1/status") {
    return {.status = 200, .body = ReportJson(parts_.report()), .content_type = "application/json"};
  }
  if (request.path == "/api/v1/trends") {
    return {.status = 200, .body = TrendsJson(parts_.trends()), .content_type = "application/json"};
  }
  if (request.path.starts_with(kAlertPath)) {
    const std::optional<AlertStory> story =
        parts_.tell(std::string_view(request.path).substr(kAlertPath.size()));
    return story ? HttpResponse{.status = 200,
                                .body = AlertStoryJson(*story),
                                .content_type = "application/json"}
                 : HttpResponse{.status = 404,
                                .body =
                                    "this alert is not known, or no more: it has ended and its "
                                    "series is gone, or it is of another monitor\n"};
  }
  if (request.path == "/api/v1/events") {
    return Events(request);
  }
  if (request.path == "/") {
    return {.status = 200,
            .body = reports::LivePage(),
            .content_type = "text/html; charset=utf-8",
            .headers = {{"X-Frame-Options", "DENY"},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"}}};
  }
  return {.status = 404, .body = "there is nothing here; docs/monitoring.md lists what is\n"};
}

}  // namespace weir::monitor
