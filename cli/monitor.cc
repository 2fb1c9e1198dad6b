#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/monitor_client.h"
#include "cli/monitor_commands.h"
#include "cli/terminal.h"
#include "monitor/config/monitor_config.h"
#include "monitor/live_monitor.h"
#include "monitor/monitor_service.h"
#include "monitor/page_figures.h"
#include "monitor/rules/rule_words.h"
#include "monitor/service_manager.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "monitor";
  spec.usage = "weir monitor [status|alerts|ack|silence|mark|marks] [OPTIONS] FILE";
  spec.about =
      "Watches live systems and tells people, until Ctrl-C: asks the sources of FILE\n"
      "(Prometheus, pages of metrics, this machine), turns values into alerts by its rules, "
      "groups\n"
      "and routes them, and delivers the messages over its channels (webhook, Slack, PagerDuty,\n"
      "Alertmanager, e-mail, programs, files). Alerts and messages that wait are kept in the\n"
      "history and survive a restart. SIGHUP makes it read FILE again, without a gap.\n"
      "docs/monitoring.md has every key with an example.";
  spec.examples =
      "  weir monitor monitor.yaml\n"
      "  weir monitor --check monitor.yaml          say what it would do, or what is wrong\n"
      "  weir monitor status monitor.yaml           how the one is that runs\n"
      "  weir monitor alerts                        what fires; then 'ack', 'silence' or 'mark' "
      "it\n"
      "  weir monitor --replay samples.jsonl monitor.yaml    what it would have said of these";
  spec.positionals = {"FILE"};
  auto add = spec.options.add_options();
  add("check", "read FILE, say what it does, and end");
  add("replay", po::value<std::string>()->value_name("DATA"),
      "take samples from this file (JSON lines or CSV, or a history: its runs and verdicts)\n"
      "instead of the sources, with the clock of the data; print alerts and messages, send and "
      "keep nothing");
  add("lines", "with --replay: JSON lines instead of words");
  AddStoreFlag(spec.options);
  add("quiet,q", "no line for each failure to deliver");
  return spec;
}

void Say(std::string_view line) {
  fmt::print(stderr, "weir monitor: {}\n", line);
}

std::string InWords(std::size_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string Details(const monitor::SourceSpec& source) {
  if (source.kind == monitor::SourceKind::kHistory) {
    return ": the runs that finish in " +
           (source.path.empty() ? "the history that it runs on" : Printable(source.path));
  }
  if (source.kind == monitor::SourceKind::kOtlp) {
    return ": what OpenTelemetry pushes to /v1/metrics, as protobuf or JSON over HTTP";
  }
  if (source.kind == monitor::SourceKind::kPrometheus) {
    return source.learn == Nanos(0) ? ": rules learn nothing from its past"
                                    : fmt::format(": rules learn from its past, of at most {}",
                                                  FormatDuration(source.learn));
  }
  if (source.kind == monitor::SourceKind::kProbe) {
    return fmt::format(": {} for {}, of the page {}", FormatRate(source.rate.per_second()),
                       FormatDuration(monitor::ProbeSpan(source)),
                       Printable(monitor::ProbedPage(source.url)));
  }
  if (source.kind != monitor::SourceKind::kRum) {
    return source.cgroup.empty() ? "" : ", with control group " + Printable(source.cgroup);
  }
  std::string origins;
  for (const std::string& origin : source.origins) {
    origins += (origins.empty() ? "" : ", ") + Printable(origin);
  }
  return fmt::format(": what browsers send from pages of {}, over {}; Apdex of an LCP within {}",
                     origins, FormatDuration(source.rum.window),
                     FormatDuration(source.rum.apdex_target));
}

std::string NamesOf(const monitor::MonitorConfig& config, std::string_view before,
                    const std::vector<std::size_t>& intervals) {
  std::string text;
  for (const std::size_t number : intervals) {
    text += fmt::format("{}{}", text.empty() ? before : ", ",
                        Printable(config.policy.intervals[number].name));
  }
  return text;
}

std::string TimesWords(const monitor::MonitorConfig& config, const monitor::TimesOfDay& times) {
  return NamesOf(config, ", only in ", times.active_times) +
         NamesOf(config, ", not in ", times.mute_times);
}

// Which channels may not always be told.
std::string ReceiverWords(const monitor::MonitorConfig& config) {
  std::string text;
  for (const monitor::ReceiverSpec& receiver : config.receivers) {
    for (const auto& [channel, times] : receiver.channel_times) {
      text += fmt::format("  receiver {:<20} {}{}\n", Printable(receiver.name),
                          Printable(config.channels[channel].name), TimesWords(config, times));
    }
  }
  return text;
}

std::string FlapWords(const monitor::RouteOptions& options) {
  if (!options.flapping) {
    return "";
  }
  return options.flapping->times == 0
             ? ", nothing flaps"
             : fmt::format(", flaps when it begins more than {} times in {}",
                           options.flapping->times, FormatDuration(options.flapping->window));
}

// Who is told when nobody looks after it.
std::string EscalationWords(const monitor::MonitorConfig& config) {
  std::string text;
  for (const monitor::ReceiverSpec& receiver : config.receivers) {
    for (std::size_t step = 0; step < receiver.escalate_to.size(); ++step) {
      std::string names;
      for (const std::size_t channel : receiver.escalate_to[step]) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ",
                             Printable(config.channels[channel].name));
      }
      text += fmt::format("  escalate {:<20} after {} to {}{}\n", Printable(receiver.name),
                          FormatDuration(receiver.escalation.waits[step]), names,
                          TimesWords(config, receiver.escalation.times[step]));
    }
  }
  return text;
}

// When digests come, and who gets none.
std::string DigestWords(const monitor::MonitorConfig& config) {
  std::string without;
  for (const std::string& receiver : config.policy.without_digest) {
    without += fmt::format("{}{}", without.empty() ? "; none for " : ", ", Printable(receiver));
  }
  return fmt::format("  digest   {:<20} {}{}{}\n", "of rules marked noise", InWords(config.digest),
                     without, without.empty() ? "" : ", told of each alert by itself");
}

void PrintPlan(const monitor::MonitorConfig& config) {
  std::string text = fmt::format(
      "{}, {}, {}, {}; evaluated every {}\n", InWords(config.sources.size(), "source"),
      InWords(config.rules.size(), "rule"), InWords(config.route_ids.size(), "route"),
      InWords(config.channels.size(), "channel"), FormatDuration(config.evaluate_every));
  for (const monitor::SourceSpec& source : config.sources) {
    text += fmt::format("  source   {:<20} {:<12} every {}{}\n", Printable(source.name),
                        SourceKindName(source.kind), FormatDuration(source.timing.interval),
                        Details(source));
  }
  const std::vector<std::string_view> names = SourceNames(config);
  for (const monitor::AlertRule& rule : config.rules) {
    text += fmt::format("  rule     {:<20} {}\n", Printable(rule.name),
                        Printable(monitor::DescribeRule(rule, names)));
  }
  for (std::size_t i = 0; i < config.route_ids.size(); ++i) {
    const monitor::RouteOptions& options = config.policy.routes.options(i);
    text += fmt::format("  route    {:<20} to {}{}{}{}\n", Printable(config.route_ids[i]),
                        Printable(options.receiver),
                        (options.digest ? ", in digests" : "") + FlapWords(options),
                        NamesOf(config, ", only in ", options.active_times),
                        NamesOf(config, ", not in ", options.mute_times));
  }
  text += ReceiverWords(config) + EscalationWords(config);
  for (const monitor::TimeInterval& interval : config.policy.intervals) {
    text += fmt::format("  times    {:<20} {}\n", Printable(interval.name), InWords(interval));
  }
  for (const monitor::ChannelSpec& channel : config.channels) {
    text += fmt::format("  channel  {:<20} {}\n", Printable(channel.name),
                        ChannelKindName(channel.kind));
  }
  if (config.service && config.service->tls != nullptr) {
    text +=
        fmt::format("  answers  {:<20} over TLS; its certificate is good until {}\n",
                    fmt::format("{}:{}", config.service->listen.host, config.service->listen.port),
                    FormatWallTime(config.service->tls->expires_at()));
  }
  if (config.service && !config.service->roles.push.open()) {
    text += fmt::format("  pushes   {:<20} with tokens that may do nothing else\n", "/v1/metrics");
  }
  text += DigestWords(config);
  if (const monitor::FlapLimits& limits = config.policy.flapping; limits.times > 0) {
    text += fmt::format("  flapping {:<20} more than {} times in {}\n", "an alert that begins",
                        limits.times, FormatDuration(limits.window));
  }
  Print(text);
}

// What is running, and what it was made of.
struct Running {
  const std::string& path;
  std::function<void(std::string_view line)> log;
  monitor::LiveMonitor& live;
  monitor::MonitorService* service = nullptr;  // Null: it answers nobody.
};

Status TakeFile(const Running& running) {
  Result<monitor::MonitorConfig> config = monitor::ReadMonitorConfigFile(running.path);
  if (!config) {
    return tl::unexpected(config.error());
  }
  if (config->service.has_value() != (running.service != nullptr)) {
    return UsageError(
        "listen: whether it answers cannot change while it runs\n"
        "  hint: restart it; alerts, timers and messages are in the history");
  }
  const std::optional<monitor::ServiceSpec> answers = config->service;
  // First what may fail and cannot be taken back, then what may fail and changes nothing.
  if (Status checked = running.service == nullptr ? Status() : running.service->Check(*answers);
      !checked) {
    return checked;
  }
  if (Status taken = running.live.Reload(std::move(*config)); !taken) {
    return taken;
  }
  return running.service == nullptr ? Status() : running.service->Reload(*answers);
}

// SIGHUP. A file that is wrong changes nothing.
void ReadAgain(const Running& running, const SystemClock& clock,
               const monitor::ServiceManager& manager) {
  manager.Tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                           clock.Now().time_since_epoch() / std::chrono::microseconds(1)));
  const Status taken = TakeFile(running);
  running.live.NoteReload(taken ? "" : taken.error().message);
  running.log(taken ? fmt::format("{} was read again, and is in force", Printable(running.path))
                    : "the file was read again and not taken; it goes on as before\n" +
                          taken.error().message);
  manager.Tell("READY=1");
}

// Nothing when the pause has passed; for ever without one.
std::optional<int> NextSignal(const sigset_t& signals, const std::optional<Nanos>& longest) {
  int signal = 0;
  if (!longest) {
    sigwait(&signals, &signal);
    return signal;
  }
  const auto whole = std::chrono::floor<std::chrono::seconds>(*longest);
  const timespec pause = {.tv_sec = whole.count(), .tv_nsec = (*longest - whole).count()};
  signal = sigtimedwait(&signals, nullptr, &pause);
  return signal < 0 ? std::nullopt : std::optional(signal);
}

// Until SIGINT or SIGTERM. The sign of life is that rules are evaluated, not that this thread runs.
void WaitForEnd(const sigset_t& signals, const Running& running, const SystemClock& clock,
                const monitor::ServiceManager& manager) {
  std::uint64_t seen = 0;
  while (true) {
    const std::optional<int> signal = NextSignal(signals, manager.sign_every());
    if (signal == SIGHUP) {
      ReadAgain(running, clock, manager);
    } else if (signal) {
      return;
    }
    const std::uint64_t now = running.live.Evaluations();
    if (now != seen) {
      manager.Tell("WATCHDOG=1");
    }
    seen = now;
  }
}

Result<std::unique_ptr<monitor::MonitorService>> Answer(const monitor::ServiceSpec& spec,
                                                        monitor::LiveMonitor& live,
                                                        const Clock& clock,
                                                        const std::string& store_path,
                                                        const std::optional<int>& listen_fd) {
  return monitor::MonitorService::Start(
      spec,
      {.report = [&live] { return live.Report(); },
       .clock = clock,
       .trends = [&live] { return live.GetTrends(); },
       .tell = [&live](std::string_view key) { return live.Tell(key); },
       .await = [&live](std::uint64_t seen, Nanos longest) { live.AwaitEvaluation(seen, longest); },
       .store_path = store_path,
       .listen_fd = listen_fd,
       .rum = [&live] { return live.rum(); },
       .otlp = [&live] { return live.otlp(); }});
}

// Before any thread is started, so that all of them leave these signals to this one.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

Status Run(const std::string& file, monitor::MonitorConfig config, const std::string& store_path,
           const std::function<void(std::string_view line)>& log) {
  const sigset_t signals = BlockSignals();
  const monitor::ServiceManager manager(monitor::ServiceManager::Environment::Read(), getpid());
  const Result<std::optional<int>> passed = manager.PassedSocket();
  if (!passed) {
    return tl::unexpected(passed.error());
  }
  const SystemClock clock;
  const std::optional<monitor::ServiceSpec> answers = config.service;
  if (*passed && !answers) {
    return UsageError(
        fmt::format("the service manager passes a socket, and {} has no 'listen'\n"
                    "  hint: write there what ListenStream= of the socket unit says",
                    Printable(file)));
  }
  auto live = monitor::LiveMonitor::Start(
      std::move(config), store_path,
      {.clock = clock, .log = log, .seed = static_cast<std::uint64_t>(CountNs(clock.WallNow()))});
  if (!live) {
    return tl::unexpected(live.error());
  }
  std::unique_ptr<monitor::MonitorService> service;
  if (answers) {
    auto started = Answer(*answers, **live, clock, store_path, *passed);
    if (!started) {
      return tl::unexpected(started.error());
    }
    service = std::move(*started);
    Print(fmt::format("watching; answers on port {}: {}/\n", service->port(),
                      UrlOf(*answers, service->port())));
  } else {
    Print("watching\n");
  }
  manager.Tell("READY=1");
  WaitForEnd(signals, {.path = file, .log = log, .live = **live, .service = service.get()}, clock,
             manager);
  manager.Tell("STOPPING=1");
  if (service != nullptr) {
    service->Stop();
  }
  (*live)->Stop();
  return {};
}

Status Watch(const ParsedFlags& flags) {
  const std::vector<std::string> files = flags.Texts("FILE");
  if (files.size() != 1) {
    return UsageError("name one file that says what to watch, for example monitor.yaml");
  }
  Result<monitor::MonitorConfig> config = monitor::ReadMonitorConfigFile(files.front());
  const Result<std::string> path = StorePath(flags);
  if (!config || !path) {
    return tl::unexpected(!config ? config.error() : path.error());
  }
  if (flags.Has("check")) {
    PrintPlan(*config);
    return {};
  }
  if (flags.Has("replay")) {
    return ReplayMonitor(*config, {.path = flags.Text("replay"), .json = flags.Has("lines")});
  }
  const bool quiet = flags.Has("quiet");
  return Run(files.front(), std::move(*config), *path, [quiet](std::string_view line) {
    if (!quiet) {
      Say(line);
    }
  });
}

}  // namespace

int MonitorMain(const Arguments& arguments) {
  struct Part {
    std::string_view name;
    int (*run)(const Arguments&);
  };

  static constexpr std::array<Part, 6> kParts = {{{"status", &MonitorStatusMain},
                                                  {"alerts", &MonitorAlertsMain},
                                                  {"ack", &MonitorAckMain},
                                                  {"mark", &MonitorMarkMain},
                                                  {"marks", &MonitorMarksMain},
                                                  {"silence", &MonitorSilenceMain}}};
  for (const Part& part : kParts) {
    if (!arguments.empty() && arguments.front() == part.name) {
      return part.run(Arguments(arguments.begin() + 1, arguments.end()));
    }
  }
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("monitor", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status watched = Watch(*flags);
  return watched ? static_cast<int>(kExitPass) : Complain("monitor", watched.error());
}

}  // namespace weir::cli
