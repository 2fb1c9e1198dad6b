#include "cli/duet.h"

#include <array>
#include <functional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/gbench.h"
#include "cli/load_flags.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "loadgen/program_duet.h"
#include "loadgen/program_path.h"
#include "scenarios/command_line.h"

namespace weir::cli {
namespace {

using loadgen::DuetSide;

// Below it a block has no p90 worth a criterion.
constexpr std::size_t kPairsForTail = 300;
// The same of the median.
constexpr std::size_t kPairsForMedian = 60;
constexpr PairDefaults kDefaults = {.pairs = 300,
                                    .warm_up = 3,
                                    .duration = std::chrono::minutes(1),
                                    .timeout = std::chrono::minutes(1)};

/// What the command line says, checked. Arrays by DuetSide.
struct DuetOrder {
  std::array<loadgen::PreparedProgram, 2> programs;
  std::array<std::string, 2> lines;
  std::array<std::string, 2> builds;
  loadgen::DuetOptions pairs;
  Nanos timeout{0};
};

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "duet";
  spec.usage =
      "weir duet [SCENARIO.yaml] --baseline URL --candidate URL [OPTIONS]\n"
      "       weir duet --command 'OLD ARG...' --command 'NEW ARG...' [OPTIONS]\n"
      "       weir duet --gbench OLD NEW [OPTIONS]";
  spec.about =
      "Compares two deployments, two programs or two builds of benchmarks in pairs, so that what\n"
      "the machine and the network do meets both and cancels. Deployments: each request of the\n"
      "load is sent to both, one right after the other, in random order; -n such pairs of runs\n"
      "(default 5). Programs: run in turn, in random order inside each of -n pairs (default 300);\n"
      "the first warm up. Google Benchmark programs: the same, 10 pairs, one verdict over all\n"
      "benchmarks that both have.\n"
      "Says by how much the candidate differs, with interval, and judges it as 'weir gate' does:\n"
      "exit code 0 pass, 10 fail, 11 inconclusive. Runs and verdict are added to the history.";
  spec.examples =
      "  weir duet checkout.yaml --baseline http://old:8080 --candidate http://new:8080\n"
      "  weir duet -R 500 -d 20s -n 10 --until-decided --baseline URL --candidate URL\n"
      "  weir duet --command 'gzip -5c big.log' --command 'gzip -6c big.log'\n"
      "  weir duet -n 1000 -d 5m --command './old --flag' --command './new --flag'\n"
      "  weir duet --gbench build-old/parser_bench build-new/parser_bench --gbench-filter Parse";
  spec.positionals = {"SCENARIO"};
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("baseline", text("URL"), "the deployment to compare with");
  add("candidate", text("URL"), "the deployment that is judged");
  add("between", text("COMMAND"),
      "deployments: run by /bin/sh between two pairs, for example to restart both");
  add("until-decided",
      "deployments: ask after each pair from the third, stop at the first pass or fail; "
      "the chance of a false alarm stays what the policy says");
  add("command", po::value<std::vector<std::string>>()->value_name("LINE"),
      "given twice: the baseline, then the candidate");
  add("shell", "let /bin/sh run the lines");
  add("gbench", po::value<std::vector<std::string>>()->multitoken()->value_name("OLD NEW"),
      "two Google Benchmark programs: the baseline, then the candidate");
  AddGbenchFlags(spec.options, kGbenchDuetRepetitions);
  add("pairs,n", text("N"),
      "pairs that count, at most; default 5, of programs 300, of benchmarks 10");
  add("duration,d", text("TIME"),
      "URL only: length of the load; default 10s. Programs: no pair begins later (but three at "
      "least); default 1m, of benchmarks 1h");
  add("warm-up", text("TIME|N"),
      "URL only: first part of the load, left out. Programs: pairs left out; default 3, of "
      "benchmarks 1");
  add("timeout", text("TIME"),
      "URL only: of a request; default 5s. Programs: default 1m, of benchmarks 1h");
  add("baseline-build", text("NAME"), "what the first is called in the history; default its line");
  add("candidate-build", text("NAME"), "the same of the second");
  add("policy", text("FILE"),
      "criteria and tolerances (YAML); default: that of 'weir gate'; of programs body and median "
      "2 %, p90 5 %, errors 0.1 %; of benchmarks the real time of each, 5 %");
  AddEngineFlags(spec.options);
  AddStoreFlag(spec.options);
  add("no-store", "do not record runs and verdict");
  AddJsonFlag(spec.options);
  add("warn-exit", "exit code 12 for a warning instead of 0");
  add("quiet,q", "no text, only the exit code");
  AddUrlFlags(spec.options);
  return spec;
}

Status ReadPrograms(const ParsedFlags& flags, DuetOrder& order) {
  const std::vector<std::string> lines = flags.Texts("command");
  if (lines.size() != 2) {
    return UsageError(
        fmt::format("two programs are compared, {} given\n"
                    "  hint: weir duet --command './old --flag' --command './new --flag'",
                    lines.size()));
  }
  for (std::size_t side = 0; side < lines.size(); ++side) {
    Result<std::vector<std::string>> argv =
        flags.Has("shell") ? std::vector<std::string>{"/bin/sh", "-c", lines[side]}
                           : scenarios::ParseCommandLine(lines[side]);
    if (!argv) {
      return UsageError("--command: " + argv.error().message);
    }
    Result<std::string> path = loadgen::FindProgram(argv->front());
    if (!path) {
      return tl::unexpected(path.error());
    }
    order.programs[side] = {*std::move(path), *std::move(argv)};
    order.lines[side] = lines[side];
    const char* name = side == 0 ? "baseline-build" : "candidate-build";
    order.builds[side] = flags.Has(name) ? flags.Text(name) : lines[side];
  }
  return {};
}

Result<DuetOrder> ReadOrder(const ParsedFlags& flags) {
  DuetOrder order;
  if (Status read = ReadPrograms(flags, order); !read) {
    return tl::unexpected(read.error());
  }
  const Result<Nanos> timeout = ReadPairFlags(flags, kDefaults, order.pairs);
  if (!timeout) {
    return tl::unexpected(timeout.error());
  }
  order.timeout = *timeout;
  return order;
}

// What differs between the sides is in target and build; the rest must be alike to be compared.
RunPlan PlanOf(const DuetOrder& order, DuetSide side) {
  const auto index = static_cast<std::size_t>(side);
  RunPlan plan;
  plan.scenario = "duet of programs";
  plan.scenario_text = "programs in pairs, one after the other";
  plan.scenario_sha256 = Sha256(plan.scenario_text);
  plan.target = order.lines[index];
  plan.build = order.builds[index];
  plan.tag = fmt::format("duet-{}", order.pairs.seed);
  plan.environment = EnvironmentFingerprint();
  plan.seed = order.pairs.seed;
  plan.weir_version = kVersion;
  plan.load = "in pairs with another program, random order";
  plan.open_loop = false;
  plan.steps = {{"duet", "program"}};
  return plan;
}

// Without a file: as a text, so that it is sealed with the verdict.
GivenFile DefaultPolicy(std::size_t pairs) {
  std::string text = "criteria:\n  - { response_time: body, tolerance: 2% }\n";
  if (pairs >= kPairsForMedian) {
    text += "  - { response_time: p50, tolerance: 2% }\n";
  }
  if (pairs >= kPairsForTail) {
    text += "  - { response_time: p90, tolerance: 5% }\n";
  }
  return {.name = "default policy of a duet of programs",
          .text = text + "  - { error_rate: { tolerance: 0.1% } }\n"};
}

// A program that cannot even do it once is no regression; nothing has been recorded yet.
Status TryOnce(const DuetOrder& order, const std::function<loadgen::ProgramSample(DuetSide)>& run) {
  for (const DuetSide side : {DuetSide::kBaseline, DuetSide::kCandidate}) {
    const loadgen::ProgramSample sample = run(side);
    if (sample.error != RequestError::kNone && sample.error != RequestError::kRunEnded) {
      return Unavailable(fmt::format("'{}' does not work: {}",
                                     Printable(order.lines[static_cast<std::size_t>(side)]),
                                     sample.end));
    }
  }
  return {};
}

Result<int> Execute(const ParsedFlags& flags, const DuetOrder& order, DuetCase& duet_case) {
  const SystemClock clock;
  Result<loadgen::ProgramRunner> made = loadgen::ProgramRunner::Create(clock);
  if (!made) {
    return tl::unexpected(made.error());
  }
  loadgen::ProgramRunner& programs = *made;
  const auto run = [&](DuetSide side) {
    return programs.Run(order.programs[static_cast<std::size_t>(side)], {.timeout = order.timeout});
  };
  loadgen::DuetPairs duet;
  const Instant start = clock.Now();
  const WallTime wall_start = clock.WallNow();
  {
    const StopOnSignal stop([&programs] { programs.Stop(); });
    if (Status works = TryOnce(order, run); !works) {
      return tl::unexpected(works.error());
    }
    duet = loadgen::RunPairs(order.pairs, clock, run);
  }
  std::array<std::vector<Run>, 2> runs = loadgen::RunsOf(
      duet.pairs, {PlanOf(order, DuetSide::kBaseline), PlanOf(order, DuetSide::kCandidate)}, start,
      wall_start);
  for (std::vector<Run>& side : runs) {
    for (Run& one : side) {
      one.unknown_usage = programs.unknown();
    }
  }
  if (Status filed = duet_case.store_path.empty() ? Status() : FileRuns(duet_case.store_path, runs);
      !filed) {
    return tl::unexpected(filed.error());
  }
  if (duet_case.gate.policy.name.empty()) {
    duet_case.gate.policy = DefaultPolicy(duet.counted());
  }
  const Result<int> code = ConcludeDuet(flags, duet_case, std::move(runs), duet.counted());
  return code && duet.stopped ? kExitInterrupted : code;
}

Result<int> RunProgramDuet(const ParsedFlags& flags) {
  const Result<DuetOrder> order = ReadOrder(flags);
  if (!order) {
    return tl::unexpected(order.error());
  }
  Result<DuetCase> duet = ReadDuetCase(flags, order->builds);
  if (!duet) {
    return tl::unexpected(duet.error());
  }
  return Execute(flags, *order, *duet);
}

}  // namespace

int DuetMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("duet", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Result<int> code = flags->Has("gbench")       ? RunGbenchDuet(*flags)
                           : IsDeploymentDuet(*flags) ? RunDeploymentDuet(*flags)
                                                      : RunProgramDuet(*flags);
  return code ? *code : Complain("duet", code.error());
}

}  // namespace weir::cli
