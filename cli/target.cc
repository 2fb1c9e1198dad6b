#include <memory>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "target/options.h"
#include "target/server.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "target";
  spec.usage = "weir target [OPTIONS]";
  spec.about =
      "Serves HTTP with known behaviour, until Ctrl-C: something to try weir on, and to check\n"
      "any load generator against. Prints the address it listens on.";
  spec.examples =
      "  weir target --port 8080 --latency lognormal:5ms:0.5 --errors 1%\n"
      "  weir target --port 8080 --latency fixed:1ms --stall 500ms --every 5s --truth truth.csv";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("host", text("ADDRESS"), "address to listen on; default localhost, IPv4 and IPv6");
  add("port,p", text("PORT"), "port to listen on; default 0: a free one");
  add("latency", text("MODEL"),
      "fixed:1ms, exponential:2ms (mean), lognormal:5ms:0.5 (median, sigma) or "
      "bimodal:1ms:20ms:1% (fast, slow, share of slow); default none");
  add("slow-tail", text("FACTOR:QUANTILE"),
      "latencies above the quantile are multiplied, e.g. 1.2:0.95");
  add("workers", text("N"),
      "serve N requests at a time, the latency being the time of service; others wait");
  add("stall", text("TIME"), "answers nothing for this long ...");
  add("every", text("TIME"), "... at the end of each such period");
  add("errors", text("SHARE"), "share of requests answered 500, e.g. 1%");
  add("body", text("SIZE"), "size of the answer's body; default 1k");
  add("seed", text("N"), "of the draws; default 1");
  add("truth", text("FILE"), "CSV with the arrival and service time of every request");
  add("spin", "never sleep: exact to the microsecond, at the price of a whole core");
  return spec;
}

Result<std::uint32_t> ParseWorkers(std::string_view text) {
  const Result<std::uint64_t> count = ParseCount(text);
  if (!count || *count == 0 || *count > target::kWorkersMax) {
    return UsageError(fmt::format("'{}' is not a number of workers; write 1 to {}",
                                  Printable(text, 40), target::kWorkersMax));
  }
  return static_cast<std::uint32_t>(*count);
}

Result<target::TargetOptions> ReadOptions(const ParsedFlags& flags) {
  target::TargetOptions options;
  if (flags.Has("host")) {
    options.host = flags.Text("host");
  }
  options.truth_path = flags.Text("truth");
  options.spin = flags.Has("spin");
  const auto read = [&flags](const char* name, auto parse, auto& out) -> Status {
    if (!flags.Has(name)) {
      return {};
    }
    auto value = parse(flags.Text(name));
    if (!value) {
      return UsageError(fmt::format("--{}: {}", name, value.error().message));
    }
    out = *value;
    return {};
  };
  for (const Status& status :
       {read("port", target::ParsePort, options.port),
        read("latency", target::ParseLatency, options.latency),
        read("slow-tail", target::ParseSlowTail, options.slow_tail),
        read("workers", ParseWorkers, options.workers), read("stall", ParseDuration, options.stall),
        read("every", ParseDuration, options.every),
        read("errors", ParseRatio, options.error_ratio),
        read("body", ParseBytes, options.body_bytes), read("seed", ParseCount, options.seed),
        Status{}}) {
    if (!status) {
      return tl::unexpected(status.error());
    }
  }
  if (Status valid = target::Validate(options); !valid) {
    return tl::unexpected(valid.error());
  }
  return options;
}

Status Serve(const ParsedFlags& flags) {
  const Result<target::TargetOptions> options = ReadOptions(flags);
  if (!options) {
    return tl::unexpected(options.error());
  }
  const SystemClock clock;
  target::RaiseOpenFileLimit();
  auto server = target::Server::Create(*options, clock);
  if (!server) {
    return tl::unexpected(server.error());
  }
  Print(fmt::format("listening on http://{}:{}/ (latency {}, {} B body, seed {})\n", options->host,
                    (*server)->port(), target::FormatLatency(options->latency), options->body_bytes,
                    options->seed));
  const StopOnSignal stop([&server] { (*server)->Stop(); });
  const Status served = (*server)->Run();
  const target::ServerCounters counters = (*server)->counters();
  Print(fmt::format("answered {} of {} requests on {} connections\n",
                    FormatCount(counters.answered), FormatCount(counters.requests),
                    FormatCount(counters.connections)));
  return served;
}

}  // namespace

int TargetMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("target", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status served = Serve(*flags);
  return served ? static_cast<int>(kExitPass) : Complain("target", served.error());
}

}  // namespace weir::cli
