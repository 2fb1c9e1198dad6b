#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/deploy_commands.h"
#include "cli/deploy_desk.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/gate_collect.h"
#include "cli/secret_file.h"
#include "cli/terminal.h"
#include "monitor/deploy_service.h"
#include "monitor/events.h"
#include "monitor/http_post.h"
#include "monitor/service_manager.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "serve";
  spec.usage = "weir serve [OPTIONS]";
  spec.about =
      "Answers deploy tools over HTTP, until Ctrl-C: Flagger's hooks (POST /flagger/HOOK), Argo\n"
      "Rollouts' web metric (GET /api/v1/verdict?rev=BUILD), recorded verdicts and deployment\n"
      "marks. The verdicts are those of 'weir gate' on the runs in the history. Listens on this\n"
      "machine only unless a token is given. SIGHUP reads the tokens again. docs/serving.md has\n"
      "every address with an example.";
  spec.examples =
      "  weir serve --policy gate.yaml --baseline 'branch:main last:10'\n"
      "  curl 'http://127.0.0.1:8470/api/v1/verdict?service=shop&rev=b7'\n"
      "  weir serve --listen 0.0.0.0:8470 --token-file token --events http://broker/events";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("listen", text("IP:PORT"), "where to listen; default 127.0.0.1:8470; port 0: a free one");
  add("token-file", text("FILE"),
      "who asks must know one of its lines, as Bearer token or as password");
  add("policy", text("FILE"), "as of weir gate");
  add("waiver", text("FILE"), "as of weir gate");
  add("baseline", text("SELECTOR"),
      "where a question names none; default: the policy's, else last-pass");
  add("scenario", text("NAME"), "only runs of this scenario, where a question names none");
  add("rollout-undecided", text("go|fail"),
      "what a rollout hook says while nobody can tell; default go");
  add("hold", text("TIME"), "how long a pre-rollout hook may wait for its answer; default 9s");
  add("rate", text("RATE"), "what one address may ask; default 50/s");
  add("client-timeout", text("TIME"), "in which a request must be whole; default 5s");
  add("events", text("URL"), "post a CDEvent here for each verdict");
  add("event-source", text("TEXT"), "what events call this weir; default /weir");
  add("environment", text("NAME"), "what events call this environment; default 'default'");
  AddStoreFlag(spec.options);
  add("quiet,q", "no line for each request");
  return spec;
}

struct Order {
  monitor::DeployServiceOptions service;
  DeployDesk::Options desk;
  std::string token_file;
  std::string events_url;
  std::string event_source = "/weir";
  std::string environment = "default";
  bool quiet = false;
};

Result<monitor::Undecided> ParseUndecided(std::string_view text) {
  if (text != "go" && text != "fail") {
    return UsageError(fmt::format("'{}' is neither go nor fail", Printable(text)));
  }
  return text == "go" ? monitor::Undecided::kKeepGoing : monitor::Undecided::kFailedCheck;
}

Result<double> ParsePerSecond(std::string_view text) {
  const Result<Rate> rate = ParseRate(text);
  return rate ? Result<double>(rate->per_second()) : tl::unexpected(rate.error());
}

Result<Nanos> ParseWait(std::string_view text) {
  Result<Nanos> span = ParseDuration(text);
  if (span && (*span <= Nanos(0) || *span > std::chrono::minutes(2))) {
    return UsageError("it must be above 0 and at most 2m");
  }
  return span;
}

Status ReadService(const ParsedFlags& flags, monitor::DeployServiceOptions& service) {
  const auto listen = ReadFlag<monitor::ListenAddress>(flags, "listen", monitor::ParseListenAddress,
                                                       service.listen);
  const auto undecided =
      ReadFlag<monitor::Undecided>(flags, "rollout-undecided", ParseUndecided, service.rollout);
  const auto hold = ReadFlag<Nanos>(flags, "hold", ParseWait, service.hold);
  const auto within =
      ReadFlag<Nanos>(flags, "client-timeout", ParseWait, service.limits.request_within);
  const auto rate = ReadFlag<double>(flags, "rate", ParsePerSecond, service.rate.per_s);
  for (const Error* error :
       {listen ? nullptr : &listen.error(), undecided ? nullptr : &undecided.error(),
        hold ? nullptr : &hold.error(), within ? nullptr : &within.error(),
        rate ? nullptr : &rate.error()}) {
    if (error != nullptr) {
      return tl::unexpected(*error);
    }
  }
  service.listen = *listen;
  service.rollout = *undecided;
  service.hold = *hold;
  service.limits.request_within = *within;
  service.rate = {.per_s = *rate, .burst = std::max(1.0, 2 * *rate)};
  return {};
}

Result<Order> ReadOrder(const ParsedFlags& flags) {
  Order order;
  if (Status read = ReadService(flags, order.service); !read) {
    return tl::unexpected(read.error());
  }
  const Result<std::string> path = StorePath(flags);
  Result<GivenFile> policy = ReadGivenFile(flags.Text("policy"));
  Result<GivenFile> waivers = ReadGivenFile(flags.Text("waiver"));
  if (!path || !policy || !waivers) {
    return tl::unexpected(!path ? path.error() : !policy ? policy.error() : waivers.error());
  }
  order.service.store_path = *path;
  order.desk.store_path = *path;
  order.desk.policy = std::move(*policy);
  order.desk.waivers = std::move(*waivers);
  order.desk.baseline = flags.Text("baseline");
  order.desk.scenario = flags.Text("scenario");
  order.token_file = flags.Text("token-file");
  order.events_url = flags.Text("events");
  if (!order.events_url.empty()) {
    if (Status fits = monitor::CheckUrl(order.events_url); !fits) {
      return UsageError("--events: " + fits.error().message);
    }
  }
  order.event_source = flags.Has("event-source") ? flags.Text("event-source") : order.event_source;
  order.environment = flags.Has("environment") ? flags.Text("environment") : order.environment;
  order.quiet = flags.Has("quiet");
  return order;
}

Result<monitor::Access> ReadAccess(const std::string& path) {
  if (path.empty()) {
    return monitor::Access();
  }
  const Result<std::string> text = ReadSecretFile(path);
  if (!text) {
    return tl::unexpected(text.error());
  }
  Result<monitor::Access> access = monitor::Access::Parse(*text);
  if (!access) {
    return UsageError(fmt::format("token file '{}': {}", Printable(path), access.error().message));
  }
  return access;
}

void Say(std::string_view line) {
  fmt::print(stderr, "{}\n", line);
}

// Tells of each verdict, if somebody wants to be told.
class Teller {
 public:
  explicit Teller(const Order& order) : order_(order) {
    if (!order.events_url.empty()) {
      queue_.emplace(monitor::PostOptions{},
                     [](const Error& error) { Say("weir serve: " + error.message); });
    }
  }

  void Tell(const monitor::GateQuestion& question, const monitor::GateAnswer& answer,
            WallTime decided_at) {
    if (!queue_) {
      return;
    }
    const monitor::EventOrigin origin = {
        .source = order_.event_source,
        .id = fmt::format("verdict-{}-{}", answer.verdict.value_or(0), CountNs(decided_at)),
        .at = decided_at};
    const monitor::EventSubject subject = {
        .service = question.service.empty() ? question.candidate : question.service,
        .build = question.rev,
        .environment = order_.environment};
    if (!queue_->Push(monitor::ToMessage(order_.events_url,
                                         monitor::GateFinishedEvent(origin, subject, answer)))) {
      Say("weir serve: too many events wait to be posted, one was dropped");
    }
  }

 private:
  const Order& order_;
  std::optional<monitor::PostQueue> queue_;
};

// Waits for SIGINT or SIGTERM; reads the tokens again at SIGHUP.
void WaitForEnd(const sigset_t& signals, const Order& order, monitor::DeployService& service) {
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0 || signal != SIGHUP) {
      return;
    }
    Result<monitor::Access> access = ReadAccess(order.token_file);
    const Status taken =
        access ? service.Reload(std::move(*access)) : Status(tl::unexpected(access.error()));
    Say(taken ? "weir serve: tokens read again"
              : "weir serve: the old tokens hold on: " + taken.error().message);
  }
}

Status Serve(const ParsedFlags& flags) {
  Result<Order> order = ReadOrder(flags);
  if (!order) {
    return tl::unexpected(order.error());
  }
  Result<monitor::Access> access = ReadAccess(order->token_file);
  if (!access) {
    return tl::unexpected(access.error());
  }
  // Before any thread is started, so that all of them leave these signals to WaitForEnd.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const monitor::ServiceManager manager(monitor::ServiceManager::Environment::Read(), getpid());
  const Result<std::optional<int>> passed = manager.PassedSocket();
  if (!passed) {
    return tl::unexpected(passed.error());
  }
  const SystemClock clock;
  Teller teller(*order);
  order->desk.judged = [&teller](const auto& question, const auto& answer, WallTime at) {
    teller.Tell(question, answer, at);
  };
  auto desk = DeployDesk::Create(std::move(order->desk), clock);
  if (!desk) {
    return tl::unexpected(desk.error());
  }
  const bool quiet = order->quiet;
  auto service = monitor::DeployService::Start(order->service, std::move(*access),
                                               {.gate = **desk,
                                                .clock = clock,
                                                .log =
                                                    [quiet](std::string_view line) {
                                                      if (!quiet) {
                                                        Say(line);
                                                      }
                                                    },
                                                .listen_fd = *passed});
  if (!service) {
    return tl::unexpected(service.error());
  }
  const std::string& host = order->service.listen.host;
  const bool v6 = host.find(':') != std::string::npos;
  Print(fmt::format("listening on http://{}{}{}:{}/\n", v6 ? "[" : "", host, v6 ? "]" : "",
                    (*service)->port()));
  manager.Tell("READY=1");
  WaitForEnd(signals, *order, **service);
  manager.Tell("STOPPING=1");
  (*service)->Stop();
  return {};
}

}  // namespace

int ServeMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("serve", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status served = Serve(*flags);
  return served ? static_cast<int>(kExitPass) : Complain("serve", served.error());
}

}  // namespace weir::cli
