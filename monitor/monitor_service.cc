#include "monitor/monitor_service.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/own_metrics.h"

namespace weir::monitor {
namespace {

// Enough for people and a few machines that look; each holds a thread while it is answered.
constexpr std::size_t kThreads = 8;

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

}  // namespace

Result<std::unique_ptr<MonitorService>> MonitorService::Start(const ServiceSpec& spec,
                                                              const Parts& parts) {
  if (spec.roles.open() && !spec.listen.IsLoopback()) {
    return UsageError(
        fmt::format("{} can be reached from other machines, so a token is needed\n"
                    "  hint: write 'act_token_file: PATH', or listen on 127.0.0.1",
                    Printable(spec.listen.host)));
  }
  std::unique_ptr<MonitorService> service(new MonitorService(spec, parts));
  MonitorService* self = service.get();
  auto server = HttpServer::Start(
      spec.listen, {.threads = kThreads},
      {.admit = [self](const HttpRequest& head) { return self->Admit(head); },
       .answer = [self](const HttpRequest& request) { return self->Answer(request); }},
      parts.clock);
  if (!server) {
    return tl::unexpected(server.error());
  }
  service->server_ = std::move(*server);
  return service;
}

std::optional<HttpResponse> MonitorService::Admit(const HttpRequest& head) const {
  if (roles_.open() && !IsLocalName(head.host)) {
    return HttpResponse{.status = 421, .body = "ask for 127.0.0.1 or localhost\n"};
  }
  if (!IsForAll(head) && roles_.Of(head.authorization) == Role::kNone) {
    return HttpResponse{.status = 401,
                        .body = "a token is needed: Authorization: Bearer TOKEN\n",
                        .headers = {{"WWW-Authenticate", "Bearer"}}};
  }
  if (head.method != "GET" && head.method != "HEAD") {
    return HttpResponse{
        .status = 405, .body = "there is only GET\n", .headers = {{"Allow", "GET"}}};
  }
  return std::nullopt;
}

HttpResponse MonitorService::Ready(const HttpRequest& request) const {
  const Diagnosis diagnosis = Diagnose(parts_.report());
  const bool ready = diagnosis.health == MonitorHealth::kIntegrated ||
                     diagnosis.health == MonitorHealth::kDegraded;
  HttpResponse response{.status = ready ? 200 : 503,
                        .body = std::string(MonitorHealthName(diagnosis.health)) + "\n"};
  // They name hosts.
  if (roles_.Of(request.authorization) != Role::kNone) {
    for (const std::string& reason : diagnosis.reasons) {
      response.body += Printable(reason) + "\n";
    }
  }
  return response;
}

HttpResponse MonitorService::Answer(const HttpRequest& request) const {
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
  return {.status = 404, .body = "there is nothing here; docs/monitoring.md lists what is\n"};
}

}  // namespace weir::monitor
