#include "cli/load_flags.h"

#include <utility>

#include <fmt/core.h>

#include "base/text.h"
#include "cli/connection_flags.h"
#include "cli/environment.h"
#include "cli/pacing_flag.h"
#include "scenarios/from_flags.h"
#include "scenarios/pool.h"
#include "scenarios/reader.h"
#include "scenarios/threshold.h"

namespace weir::cli {
namespace {

// How long a load may last that is bounded by its rounds.
constexpr Nanos kRoundsDurationMax = std::chrono::hours(1);

constexpr const char* kUrlOnly[] = {"connections",
                                    "requests",
                                    "shell",
                                    "duration",
                                    "rate",
                                    "arrivals",
                                    "header",
                                    "request",
                                    "data",
                                    "timeout",
                                    "warm-up",
                                    "in-flight-max",
                                    "requests-per-connection",
                                    "connection-lifetime",
                                    "no-keep-alive",
                                    "connect-rate",
                                    "source",
                                    "dns",
                                    "connect-to",
                                    "http2",
                                    "pipeline",
                                    "streams"};

Result<std::uint32_t> ParseSmallCount(std::string_view text) {
  const Result<std::uint64_t> count = ParseCount(text);
  if (!count) {
    return tl::unexpected(count.error());
  }
  if (*count == 0 || *count > 1'000'000) {
    return UsageError(fmt::format("{} is out of range; it must be 1 to 1,000,000", *count));
  }
  return static_cast<std::uint32_t>(*count);
}

Result<std::uint32_t> ParseRounds(std::string_view text) {
  const Result<std::uint64_t> count = ParseCount(text);
  if (!count) {
    return tl::unexpected(count.error());
  }
  if (*count == 0 || *count > 1'000'000'000) {
    return UsageError(fmt::format("{} is out of range; it must be 1 to 1,000,000,000", *count));
  }
  return static_cast<std::uint32_t>(*count);
}

Result<std::uint64_t> ParseSeed(std::string_view text) {
  const Result<std::uint64_t> seed = ParseCount(text);
  return seed ? seed : UsageError(fmt::format("'{}' is not a whole number", Printable(text)));
}

Result<Nanos> ParseLagBudget(std::string_view text) {
  Result<Nanos> budget = ParseDuration(text);
  if (budget && (*budget < Nanos(0) || *budget > std::chrono::milliseconds(100))) {
    return UsageError(
        fmt::format("{} is out of range; it must be 0 to 100ms", FormatDuration(*budget)));
  }
  return budget;
}

Result<scenarios::Arrivals> ParseArrivals(std::string_view text) {
  if (text == "uniform") {
    return scenarios::Arrivals::kUniform;
  }
  if (text == "poisson") {
    return scenarios::Arrivals::kPoisson;
  }
  return UsageError(fmt::format("'{}' is neither uniform nor poisson", Printable(text)));
}

/// Reads flag `name` into `out` if it is given.
template <typename T, typename Parser>
Status ReadInto(const ParsedFlags& flags, const std::string& name, Parser parse, T& out) {
  if (!flags.Has(name)) {
    return {};
  }
  auto value = parse(flags.Text(name));
  if (!value) {
    return UsageError("--" + name + ": " + value.error().message);
  }
  out = *value;
  return {};
}

/// How connections are kept, as the flags say. Errors: kUsage, with the flag in front.
Status ReadPool(const ParsedFlags& flags, scenarios::Pool& pool) {
  pool.keep_alive = !flags.Has("no-keep-alive");
  for (const std::string& text : flags.Texts("source")) {
    Result<std::string> address = scenarios::ParseSourceAddress(text);
    if (!address) {
      return UsageError("--source: " + address.error().message);
    }
    pool.sources.push_back(*std::move(address));
  }
  for (const Status& status :
       {ReadInto(flags, "requests-per-connection", ParseSmallCount, pool.requests_max),
        ReadInto(flags, "connection-lifetime", ParseDuration, pool.lifetime),
        ReadInto(flags, "connect-rate", ParseRate, pool.open_rate),
        ReadInto(flags, "dns", scenarios::ParseDnsPolicy, pool.dns),
        ReadInto(flags, "connect-to", scenarios::ParseConnectTo, pool.connect_to),
        scenarios::CheckPool(pool)}) {
    if (!status) {
      return status;
    }
  }
  return {};
}

Result<scenarios::Scenario> FromFlags(const ParsedFlags& flags, const std::string& url) {
  scenarios::FlagLoad load;
  load.url = url;
  load.command = flags.Text("command");
  load.by_shell = flags.Has("shell");
  // Programs at the same time disturb each other; a rate needs room.
  load.connections = flags.Has("command") && !flags.Has("rate") ? 1 : load.connections;
  load.duration = flags.Has("requests") ? kRoundsDurationMax : load.duration;
  load.headers = flags.Texts("header");
  load.method = flags.Text("request");
  load.body = flags.Text("data");
  load.thresholds = flags.Texts("threshold");
  load.warm_up_auto = flags.Text("warm-up") == "auto";
  for (const Status& status :
       {ReadInto(flags, "connections", ParseSmallCount, load.connections),
        ReadInto(flags, "requests", ParseRounds, load.rounds),
        ReadInto(flags, "duration", ParseDuration, load.duration),
        ReadInto(flags, "rate", ParseRate, load.rate),
        ReadInto(flags, "arrivals", ParseArrivals, load.arrivals),
        ReadInto(flags, "timeout", ParseDuration, load.timeout),
        flags.Text("warm-up") == "auto" ? Status()
                                        : ReadInto(flags, "warm-up", ParseDuration, load.warm_up),
        ReadInto(flags, "in-flight-max", ParseSmallCount, load.in_flight_max),
        ReadPool(flags, load.pool), ReadInto(flags, "streams", ParseSmallCount, load.streams),
        ReadConnectionFlags(flags, load.connection)}) {
    if (!status) {
      return tl::unexpected(status.error());
    }
  }
  return scenarios::ScenarioFromFlags(load);
}

Result<scenarios::Scenario> FromFile(const ParsedFlags& flags, const std::string& path) {
  for (const char* name : kUrlOnly) {
    if (flags.Has(name)) {
      return UsageError(fmt::format(
          "--{} goes with a URL, not with a scenario file\n  hint: set it in {}", name, path));
    }
  }
  Result<scenarios::Scenario> scenario = scenarios::ReadScenarioFile(path);
  if (!scenario) {
    return scenario;
  }
  for (const std::string& text : flags.Texts("threshold")) {
    Result<Threshold> threshold = scenarios::ParseThreshold(text);
    if (!threshold) {
      return UsageError("--threshold: " + threshold.error().message);
    }
    if (scenario->load.warm_up_auto && scenarios::NeedsSeconds(*threshold)) {
      return UsageError(
          "--threshold: 'over' and 'abort after' do not go with 'warm_up: auto'\n  hint: write the "
          "warm-up as a duration");
    }
    scenario->thresholds.push_back(std::move(*threshold));
  }
  if (Status read = ReadConnectionFlags(flags, scenario->connection); !read) {
    return tl::unexpected(read.error());
  }
  return scenario;
}

}  // namespace

void AddEngineFlags(po::options_description& options) {
  auto add = options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("threads,t", text("N"), "load-generating threads; default one per processor");
  add("pin", "keep each of these threads on a processor of its own");
  add("pacing", text("MODE"), "sleep, hybrid (default) or spin: precision against processor time");
  add("lag-budget", text("TIME"),
      "requests may be sent this late, so that one wake-up serves several; default 0");
  add("seed", text("N"), "of arrivals and choices; default random, and recorded");
}

void AddUrlFlags(po::options_description& options) {
  auto add = options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  const auto texts = [](const char* name) {
    return po::value<std::vector<std::string>>()->value_name(name);
  };
  add("connections,c", text("N"),
      "URL only: connections, default 10; of a command: at a time, default 1");
  add("rate,R", text("RATE"), "URL only: requests per second, e.g. 5000, 10k, 90/m");
  add("arrivals", text("KIND"), "URL only: uniform (default) or poisson");
  add("header,H", texts("'K: V'"), "URL only: a header; may be repeated");
  add("request,X", text("METHOD"), "URL only: method; default GET, with --data POST");
  add("data", text("BODY"), "URL only: request body");
  add("in-flight-max", text("N"), "URL only: requests in flight or waiting; default 10k");
  add("requests-per-connection", text("N"),
      "URL only: then it is closed; 1: each request opens one");
  add("connection-lifetime", text("TIME"), "URL only: older connections are replaced");
  add("no-keep-alive", "URL only: 'Connection: close', and a connection for each request");
  add("connect-rate", text("RATE"), "URL only: connections opened per second, at most");
  add("source", texts("ADDRESS"), "URL only: connect from it; may be repeated, then in turn");
  add("dns", text("WHEN"), "URL only: once (default), each connection, or round_robin");
  add("connect-to", text("HOST:PORT"), "URL only: connect there instead, as curl does");
  AddConnectionFlags(options);
}

bool IsUrl(const std::string& source) {
  return source.find("://") != std::string::npos ||
         (source.find('/') != 0 && source.find(':') != std::string::npos &&
          !source.ends_with(".yaml") && !source.ends_with(".yml"));
}

Result<loadgen::EngineOptions> ReadEngineFlags(const ParsedFlags& flags) {
  loadgen::EngineOptions engine;
  engine.seed = RandomSeed();
  for (const Status& status : {ReadInto(flags, "threads", ParseSmallCount, engine.threads),
                               ReadInto(flags, "pacing", ParsePacing, engine.pacing),
                               ReadInto(flags, "lag-budget", ParseLagBudget, engine.lag_budget),
                               ReadInto(flags, "seed", ParseSeed, engine.seed)}) {
    if (!status) {
      return tl::unexpected(status.error());
    }
  }
  engine.pin = flags.Has("pin");
  if (engine.threads > 256) {
    return UsageError("--threads: at most 256");
  }
  return engine;
}

Result<scenarios::Scenario> ReadLoad(const ParsedFlags& flags, const std::string& source) {
  return source.empty() || IsUrl(source) ? FromFlags(flags, source) : FromFile(flags, source);
}

}  // namespace weir::cli
