#include <array>
#include <exception>
#include <vector>

#include <fmt/core.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/deploy_commands.h"
#include "cli/exit_codes.h"
#include "cli/export_commands.h"
#include "cli/monitor_commands.h"
#include "cli/triage.h"
#include "cli/version.h"

namespace weir::cli {

std::span<const Command> Commands() {
  static constexpr std::array<Command, 19> kCommands = {{
      {"run", "send a scenario's load to a target and record what was measured", &RunMain},
      {"check", "say what a scenario file will do, or what is wrong with it", &CheckMain},
      {"capacity", "find the highest rate at which a target keeps its demands", &CapacityMain},
      {"record", "write a scenario from a log, a HAR, OpenAPI, curl, vegeta, ...", &RecordMain},
      {"gate", "judge a build against a baseline: pass, fail or inconclusive", &GateMain},
      {"duet", "compare two deployments, programs or benchmarks in pairs, and judge", &DuetMain},
      {"compare", "show what differs between two runs or builds", &CompareMain},
      {"import", "file runs that were measured elsewhere", &ImportMain},
      {"export", "write recorded runs as OpenMetrics, for a Prometheus", &ExportMain},
      {"history", "list the recorded runs", &HistoryMain},
      {"triage", "list regressions, and say what is to become of them", &TriageMain},
      {"show", "show one recorded run", &ShowMain},
      {"report", "write the history as one HTML page", &ReportMain},
      {"analyze", "look at series of numbers with the engines of weir", &AnalyzeMain},
      {"serve", "answer deploy tools over HTTP: Flagger, Argo Rollouts, curl", &ServeMain},
      {"deploy", "watch a canary beside the stable build, roll back the bad one", &DeployMain},
      {"monitor", "watch live systems, alert people, and keep at it", &MonitorMain},
      {"target", "serve HTTP with dialled-in latency, errors and stalls", &TargetMain},
      {"doctor", "say whether this machine is fit to measure, and calibrate weir", &DoctorMain},
  }};
  return kCommands;
}

namespace {

void PrintHelp(std::FILE* to) {
  fmt::print(to, "weir {}: performance testing that can be believed\n\n", kVersion);
  fmt::print(to, "Usage: weir COMMAND [OPTIONS]\n\nCommands:\n");
  for (const Command& command : Commands()) {
    fmt::print(to, "  {:<9} {}\n", command.name, command.summary);
  }
  fmt::print(to,
             "\nFirst steps:\n"
             "  weir target --port 8080 --latency lognormal:5ms:0.5   something to measure\n"
             "  weir run -R 1k -d 10s http://localhost:8080/          measure it\n"
             "  weir history                                          see what is recorded\n"
             "  weir report -o report/                                look at it\n"
             "\n'weir COMMAND --help' tells more. Exit codes: 0 pass, 10 fail, 11 inconclusive,\n"
             "12 warn (with --warn-exit), 2 usage, 69 target or store unavailable, 70 internal\n"
             "error, 130 interrupted.\n");
}

int UnknownCommand(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Command& command : Commands()) {
    names.push_back(command.name);
  }
  const std::optional<std::string> nearest = NearestWord(name, names);
  fmt::print(
      stderr, "weir: unknown command '{}'\n  hint: {}\n", Printable(name),
      nearest ? fmt::format("did you mean '{}'?", *nearest) : "'weir --help' lists the commands");
  return kExitUsage;
}

int Main(const Arguments& arguments) {
  if (arguments.empty()) {
    PrintHelp(stderr);
    return kExitUsage;
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || (name == "help" && arguments.size() == 1)) {
    PrintHelp(stdout);
    return kExitPass;
  }
  if (name == "--version" || name == "version") {
    fmt::print("weir {}\n", kVersion);
    return kExitPass;
  }
  const bool help = name == "help";
  const std::string& wanted = help ? arguments[1] : name;
  for (const Command& command : Commands()) {
    if (command.name == wanted) {
      return command.run(help ? Arguments{"--help"}
                              : Arguments(arguments.begin() + 1, arguments.end()));
    }
  }
  return UnknownCommand(wanted);
}

}  // namespace
}  // namespace weir::cli

int main(int argc, char** argv) {
  // Libraries throw when memory runs out; that must not look like a verdict.
  try {
    return weir::cli::Main(weir::cli::Arguments(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    fmt::print(stderr, "weir: internal error: {}\n", error.what());
    return weir::cli::kExitInternal;
  }
}
