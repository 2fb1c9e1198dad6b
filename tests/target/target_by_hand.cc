// The smallest program around the server: takes the flags of `weir target` as pairs, prints where
// it listens, and serves until it is interrupted.
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "target/server.h"

namespace weir::target {
namespace {

Server* g_running = nullptr;

template <typename T, typename Field>
Status Assign(Result<T> parsed, Field& field) {
  if (!parsed) {
    return tl::unexpected(parsed.error());
  }
  field = std::move(*parsed);
  return {};
}

Status SetFlag(TargetOptions& options, std::string_view name, const std::string& value) {
  if (name == "--host") {
    options.host = value;
    return {};
  }
  if (name == "--truth") {
    options.truth_path = value;
    return {};
  }
  if (name == "--port") {
    return Assign(ParsePort(value), options.port);
  }
  if (name == "--latency") {
    return Assign(ParseLatency(value), options.latency);
  }
  if (name == "--slow-tail") {
    return Assign(ParseSlowTail(value), options.slow_tail);
  }
  if (name == "--stall") {
    return Assign(ParseDuration(value), options.stall);
  }
  if (name == "--every") {
    return Assign(ParseDuration(value), options.every);
  }
  if (name == "--errors") {
    return Assign(ParseRatio(value), options.error_ratio);
  }
  if (name == "--body") {
    return Assign(ParseBytes(value), options.body_bytes);
  }
  if (name == "--seed") {
    return Assign(ParseCount(value), options.seed);
  }
  return UsageError(fmt::format(
      "unknown flag '{}'; known: --host --port --latency --slow-tail --stall --every --errors "
      "--body --seed --truth, each with a value",
      name));
}

Status Serve(int argc, char** argv) {
  TargetOptions options;
  for (int i = 1; i < argc; i += 2) {
    if (Status set = SetFlag(options, argv[i], i + 1 < argc ? argv[i + 1] : ""); !set) {
      return set;
    }
  }
  RaiseOpenFileLimit();
  const SystemClock clock;
  Result<std::unique_ptr<Server>> server = Server::Create(options, clock);
  if (!server) {
    return tl::unexpected(server.error());
  }
  g_running = server->get();
  for (const int signal : {SIGINT, SIGTERM}) {
    std::signal(signal, [](int) { g_running->Stop(); });
  }
  fmt::print("listening on {}, epoch_ns={}\n", fmt::join((*server)->addresses(), " and "),
             (*server)->epoch().time_since_epoch().count());
  std::fflush(stdout);
  const Status ran = (*server)->Run();
  const ServerCounters counters = (*server)->counters();
  fmt::print("connections={} refused={} requests={} malformed={} answered={} abandoned={}\n",
             counters.connections, counters.connections_refused, counters.requests,
             counters.malformed, counters.answered, counters.abandoned);
  return ran;
}

}  // namespace
}  // namespace weir::target

int main(int argc, char** argv) {
  const weir::Status served = weir::target::Serve(argc, argv);
  if (!served) {
    fmt::print(stderr, "{}\n", served.error().message);
    return served.error().kind == weir::ErrorKind::kUsage ? 2 : 69;
  }
  return 0;
}
