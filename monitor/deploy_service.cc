#include "monitor/deploy_service.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/deploy_answers.h"
#include "monitor/manual_gates.h"
#include "store/deployments.h"
#include "store/history.h"

namespace weir::monitor {
namespace {

constexpr std::size_t kListedDefault = 20;
constexpr std::size_t kListedMax = 200;
constexpr std::size_t kReasonMax = 1000;  // Flagger shows the body in an event.

// Between two looks at the gate while a hook is held.
constexpr Nanos kHoldLook = std::chrono::milliseconds(500);

HttpResponse Text(int status, std::string_view text) {
  return {.status = status, .body = Printable(text, kReasonMax) + "\n"};
}

HttpResponse Json(std::string body) {
  return {.status = 200, .body = std::move(body), .content_type = "application/json"};
}

// `name` behind `prefix`, if it is there and has no further part.
std::optional<std::string> NameAfter(std::string_view prefix, const std::string& path) {
  if (path.substr(0, prefix.size()) != prefix || path.find('/', prefix.size()) != path.npos) {
    return std::nullopt;
  }
  return path.substr(prefix.size());
}

std::string ValueOf(const HttpRequest& request, const char* key) {
  const auto found = request.query.find(key);
  return found == request.query.end() ? std::string() : found->second;
}

// Browsers send other types without asking first, so this also keeps pages of others out.
bool IsJson(const HttpRequest& request) {
  constexpr std::string_view kType = "application/json";
  const std::string& type = request.content_type;
  return type.substr(0, kType.size()) == kType &&
         (type.size() == kType.size() || type[kType.size()] == ';' || type[kType.size()] == ' ');
}

int StatusOf(const Error& error) {
  return error.kind == ErrorKind::kUsage ? 400 : 503;
}

tl::unexpected<Error> NotOpenHere(const ListenAddress& address) {
  return UsageError(
      fmt::format("{} can be reached from other machines, so a token is needed\n"
                  "  hint: give --token-file, or listen on 127.0.0.1",
                  Printable(address.host)));
}

}  // namespace

class DeployService::Impl {
 public:
  Impl(const DeployServiceOptions& options, Access access, const Parts& parts)
      : options_(options), parts_(parts), access_(std::move(access)), limiter_(options.rate) {}

  Status Listen() {
    Result<ListenSocket> socket = ListenSocket::AdoptOrOpen(parts_.listen_fd, options_.listen);
    if (!socket) {
      return tl::unexpected(socket.error());
    }
    auto server = HttpServer::Start(
        std::move(*socket), options_.limits,
        {.admit = [this](const HttpRequest& head) { return Admit(head); },
         .answer = [this](const HttpRequest& request) { return Answer(request); }},
        parts_.clock);
    if (!server) {
      return tl::unexpected(server.error());
    }
    server_ = std::move(*server);
    return {};
  }

  std::uint16_t port() const { return server_->port(); }

  Status Reload(Access access) {
    if (access.open() && !options_.listen.IsLoopback()) {
      return NotOpenHere(options_.listen);
    }
    const std::unique_lock lock(access_mutex_);
    access_ = std::move(access);
    return {};
  }

  void Stop() {
    {
      const std::lock_guard lock(hold_mutex_);
      stopping_ = true;
    }
    hold_changed_.notify_all();
    server_->Stop();
  }

 private:
  void Log(const HttpRequest& request, const HttpResponse& response) const {
    const std::string_view said = response.content_type == "application/json"
                                      ? std::string_view()
                                      : std::string_view(response.body);
    parts_.log(fmt::format(
        "{} {} {} {} {}{}", FormatWallTime(parts_.clock.WallNow()), Printable(request.peer),
        Printable(request.method), Printable(request.path), response.status,
        said.empty() ? "" : " " + Printable(said.substr(0, said.find('\n')), 300)));
  }

  std::optional<HttpResponse> Admit(const HttpRequest& head) {
    if (head.path == "/healthz") {
      return std::nullopt;
    }
    std::optional<HttpResponse> refused;
    const Nanos wait = limiter_.Take(head.peer, parts_.clock.Now());
    if (wait > Nanos(0)) {
      refused = Text(429, "asked too often");
      refused->headers["Retry-After"] =
          fmt::format("{}", static_cast<std::int64_t>(std::ceil(Seconds(wait))));
    } else if (!IsAllowed(head)) {
      refused = Text(401, "a token is needed: Authorization: Bearer TOKEN");
      refused->headers["WWW-Authenticate"] = "Bearer";
    }
    if (refused) {
      Log(head, *refused);
    }
    return refused;
  }

  bool IsAllowed(const HttpRequest& head) {
    const std::shared_lock lock(access_mutex_);
    return access_.Allows(head.authorization);
  }

  HttpResponse Answer(const HttpRequest& request) {
    if (request.path == "/healthz") {
      return Text(200, "ok");
    }
    HttpResponse response = Route(request);
    Log(request, response);
    return response;
  }

  HttpResponse Route(const HttpRequest& request) {
    if (request.path == "/api/v1/verdict") {
      return Verdict(request);
    }
    if (request.method == "POST") {
      return RoutePost(request);
    }
    if (request.method == "GET" || request.method == "HEAD") {
      return RouteGet(request);
    }
    return Text(405, "there is only GET and POST");
  }

  // To whatever asks for a rollback in the wrong place, the answer must not be yes: 403.
  HttpResponse RoutePost(const HttpRequest& request) {
    const std::optional<std::string> hook = NameAfter("/flagger/", request.path);
    if (hook && HookOf(*hook)) {
      return AnswerHook(*HookOf(*hook), request);
    }
    if (const auto gate = NameAfter("/gate/", request.path)) {
      return Manual(gates_, *gate, request);
    }
    if (const auto gate = NameAfter("/rollback/", request.path)) {
      return Manual(rollbacks_, *gate, request);
    }
    if (request.path == "/api/v1/deployments") {
      return Mark(request);
    }
    return Text(403, "there is nothing to ask here");
  }

  HttpResponse RouteGet(const HttpRequest& request) {
    if (request.path == "/api/v1/verdicts") {
      return List<store::Store>(request,
                                [](store::Store& store, std::size_t count) -> Result<std::string> {
                                  const auto verdicts = store.ListVerdicts(count);
                                  return verdicts ? Result<std::string>(VerdictListJson(*verdicts))
                                                  : tl::unexpected(verdicts.error());
                                });
    }
    if (request.path == "/api/v1/deployments") {
      const std::string service = ValueOf(request, "service");
      return List<store::Deployments>(
          request, [&](store::Deployments& store, std::size_t count) -> Result<std::string> {
            store::DeploymentFilter filter;
            filter.count = count;
            if (!service.empty()) {
              filter.service = service;
            }
            const auto found = store.List(filter);
            return found ? Result<std::string>(DeploymentListJson(*found))
                         : tl::unexpected(found.error());
          });
    }
    if (const auto number = NameAfter("/api/v1/verdicts/", request.path)) {
      return StoredVerdict(*number);
    }
    return Text(404, "there is nothing here; docs/serving.md lists what is");
  }

  // Argo Rollouts: 200 whatever the verdict, and whatever went wrong.
  HttpResponse Verdict(const HttpRequest& request) {
    const GateQuestion question = {.service = ValueOf(request, "service"),
                                   .rev = ValueOf(request, "rev"),
                                   .candidate = ValueOf(request, "candidate"),
                                   .baseline = ValueOf(request, "baseline"),
                                   .scenario = ValueOf(request, "scenario")};
    return Json(DeployVerdictJson(question, parts_.gate.Ask(question)));
  }

  HttpResponse AnswerHook(Hook hook, const HttpRequest& request) {
    if (!IsJson(request)) {
      return Text(hook == Hook::kRollback ? 403 : 415, "the body must be application/json");
    }
    const Result<HookCall> call = ReadHookCall(request.body);
    if (!call) {
      return Text(hook == Hook::kRollback ? 403 : 400, call.error().message);
    }
    if (hook == Hook::kEvent || hook == Hook::kPostRollout) {
      const Status kept = KeepMark({.service = call->question.service,
                                    .build = call->question.rev,
                                    .phase = call->phase,
                                    .message = call->event_message},
                                   "flagger", call->event_at.value_or(parts_.clock.WallNow()));
      return kept ? Text(200, "noted") : Text(HookTroubleStatus(hook), kept.error().message);
    }
    const Result<GateAnswer> answer =
        hook == Hook::kPreRollout ? AskHeld(call->question) : parts_.gate.Ask(call->question);
    if (!answer) {
      return Text(HookTroubleStatus(hook), answer.error().message);
    }
    return Text(HookStatus(hook, answer->state, options_.rollout),
                fmt::format("{}: {}", GateStateName(answer->state), answer->reason));
  }

  // Asks until the answer is known or the time is over.
  Result<GateAnswer> AskHeld(const GateQuestion& question) {
    const Instant until = parts_.clock.Now() + options_.hold;
    std::unique_lock lock(hold_mutex_);
    const bool may_hold = holds_ < kHoldsMax;
    holds_ += may_hold ? 1 : 0;
    while (true) {
      lock.unlock();
      Result<GateAnswer> answer = parts_.gate.Ask(question);
      lock.lock();
      const bool known = !answer || (answer->state != GateState::kRunning &&
                                     answer->state != GateState::kInconclusive);
      const Nanos left = until - parts_.clock.Now();
      if (known || !may_hold || left <= Nanos(0) ||
          hold_changed_.wait_for(lock, std::min(left, kHoldLook), [this] { return stopping_; })) {
        holds_ -= may_hold ? 1 : 0;
        return answer;
      }
    }
  }

  // As Flagger's own load tester answers.
  static HttpResponse Manual(ManualGates& gates, const std::string& verb,
                             const HttpRequest& request) {
    if (verb == "approve" && request.path == "/gate/approve") {
      return Text(200, "OK");
    }
    if (verb != "check" && verb != "open" && verb != "close") {
      return Text(403, "Forbidden");
    }
    const Result<HookCall> call = ReadHookCall(request.body);
    if (!call) {
      return Text(400, call.error().message);
    }
    const std::string canary = call->name + "." + call->name_space;
    if (verb == "check") {
      return gates.IsOpen(canary) ? Text(200, "Approved") : Text(403, "Forbidden");
    }
    if (verb == "close") {
      gates.Close(canary);
      return Text(202, "Accepted");
    }
    return gates.Open(canary) ? Text(202, "Accepted") : Text(429, "too many gates are open");
  }

  HttpResponse Mark(const HttpRequest& request) {
    if (!IsJson(request)) {
      return Text(415, "the body must be application/json");
    }
    const Result<MarkCall> mark = ReadMarkCall(request.body);
    if (!mark) {
      return Text(400, mark.error().message);
    }
    const Status kept = KeepMark(*mark, "api", parts_.clock.WallNow());
    return kept ? Text(201, "noted") : Text(StatusOf(kept.error()), kept.error().message);
  }

  Status KeepMark(const MarkCall& mark, std::string_view source, WallTime at) const {
    const auto store = store::Deployments::OpenForWriting(options_.store_path);
    if (!store) {
      return tl::unexpected(store.error());
    }
    const store::Deployment deployment = {
        0, at, mark.service, mark.build, mark.phase, std::string(source), mark.message};
    const auto id = (*store)->Append(deployment);
    return id ? Status() : Status(tl::unexpected(id.error()));
  }

  template <typename Source, typename Read>
  HttpResponse List(const HttpRequest& request, Read read) const {
    const std::string limit = ValueOf(request, "limit");
    const Result<std::uint64_t> count = limit.empty() ? kListedDefault : ParseCount(limit);
    if (!count || *count == 0 || *count > kListedMax) {
      return Text(400, fmt::format("limit must be 1 to {}", kListedMax));
    }
    return FromStore<Source>(
        [&](Source& store) { return read(store, static_cast<std::size_t>(*count)); });
  }

  HttpResponse StoredVerdict(const std::string& number) const {
    const Result<std::uint64_t> id = ParseCount(number);
    if (!id) {
      return Text(404, "a verdict has a number");
    }
    HttpResponse response =
        FromStore<store::Store>([&](store::Store& store) -> Result<std::string> {
          const auto verdict = store.LoadVerdict(static_cast<std::int64_t>(*id));
          return verdict ? Result<std::string>(StoredVerdictJson(*verdict))
                         : tl::unexpected(verdict.error());
        });
    response.status = response.status == 400 ? 404 : response.status;
    return response;
  }

  template <typename Source, typename Read>
  HttpResponse FromStore(Read read) const {
    const auto store = Source::OpenForReading(options_.store_path);
    const Result<std::string> body =
        store ? read(**store) : Result<std::string>(tl::unexpected(store.error()));
    return body ? Json(*body) : Text(StatusOf(body.error()), body.error().message);
  }

  const DeployServiceOptions options_;
  const Parts parts_;

  std::shared_mutex access_mutex_;
  Access access_;  // Guarded by access_mutex_.

  RateLimiter limiter_;
  ManualGates gates_;
  ManualGates rollbacks_;

  std::mutex hold_mutex_;
  std::condition_variable hold_changed_;
  int holds_ = 0;  // Guarded by hold_mutex_, as is the next.
  bool stopping_ = false;

  std::unique_ptr<HttpServer> server_;  // Last: its threads use all of the above.
};

Result<std::unique_ptr<DeployService>> DeployService::Start(const DeployServiceOptions& options,
                                                            Access access, const Parts& parts) {
  if (access.open() && !options.listen.IsLoopback()) {
    return NotOpenHere(options.listen);
  }
  auto impl = std::make_unique<Impl>(options, std::move(access), parts);
  if (Status listening = impl->Listen(); !listening) {
    return tl::unexpected(listening.error());
  }
  return std::unique_ptr<DeployService>(new DeployService(std::move(impl)));
}

DeployService::DeployService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

DeployService::~DeployService() {
  impl_->Stop();
}

std::uint16_t DeployService::port() const {
  return impl_->port();
}

Status DeployService::Reload(Access access) {
  return impl_->Reload(std::move(access));
}

void DeployService::Stop() {
  impl_->Stop();
}

}  // namespace weir::monitor
