#include "cli/duet.h"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "analysis/gate.h"
#include "analysis/gate_outcome.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/load_flags.h"
#include "cli/output_file.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "loadgen/program_duet.h"
#include "loadgen/program_path.h"
#include "reports/verdict_json.h"
#include "reports/verdict_text.h"
#include "scenarios/command_line.h"
#include "store/history.h"
#include "store/run_writer.h"

namespace weir::cli {
namespace {

using loadgen::DuetSide;

// Below it a block has no p90 worth a criterion.
constexpr std::size_t kPairsForTail = 300;
// The same of the median.
constexpr std::size_t kPairsForMedian = 60;
constexpr std::uint64_t kPairsLimit = 1'000'000;

/// What the command line says, checked. Arrays by DuetSide.
struct DuetOrder {
  std::array<loadgen::PreparedProgram, 2> programs;
  std::array<std::string, 2> lines;
  std::array<std::string, 2> builds;
  loadgen::DuetOptions pairs;
  Nanos timeout{0};
  std::optional<GatePolicy> policy;
  std::string store_path;  ///< Empty = do not record.
};

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "duet";
  spec.usage =
      "weir duet [SCENARIO.yaml] --baseline URL --candidate URL [OPTIONS]\n"
      "       weir duet --command 'OLD ARG...' --command 'NEW ARG...' [OPTIONS]";
  spec.about =
      "Compares two deployments, or two programs, in pairs, so that what the machine and the\n"
      "network do meets both and cancels. Deployments: each request of the load is sent to both,\n"
      "one right after the other, in random order; -n such pairs of runs (default 5). Programs:\n"
      "run in turn, in random order inside each of -n pairs (default 300); the first warm up.\n"
      "Says by how much the candidate differs, with interval, and judges it as 'weir gate' does:\n"
      "exit code 0 pass, 10 fail, 11 inconclusive. Runs and verdict are added to the history.";
  spec.examples =
      "  weir duet checkout.yaml --baseline http://old:8080 --candidate http://new:8080\n"
      "  weir duet -R 500 -d 20s -n 10 --until-decided --baseline URL --candidate URL\n"
      "  weir duet --command 'gzip -5c big.log' --command 'gzip -6c big.log'\n"
      "  weir duet -n 1000 -d 5m --command './old --flag' --command './new --flag'";
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
  add("pairs,n", text("N"), "pairs that count, at most; default 5, of programs 300");
  add("duration,d", text("TIME"),
      "URL only: length of the load; default 10s. Programs: no pair begins later (but three at "
      "least); default 1m");
  add("warm-up", text("TIME|N"),
      "URL only: first part of the load, left out. Programs: pairs left out; default 3");
  add("timeout", text("TIME"), "URL only: of a request; default 5s. Programs: default 1m");
  add("baseline-build", text("NAME"), "what the first is called in the history; default its line");
  add("candidate-build", text("NAME"), "the same of the second");
  add("policy", text("FILE"),
      "criteria and tolerances (YAML); default: body and median 2 %, p90 5 %, errors 0.1 %");
  AddEngineFlags(spec.options);
  AddStoreFlag(spec.options);
  add("no-store", "do not record runs and verdict");
  AddJsonFlag(spec.options);
  add("warn-exit", "exit code 12 for a warning instead of 0");
  add("quiet,q", "no text, only the exit code");
  AddUrlFlags(spec.options);
  return spec;
}

Result<std::uint64_t> ParseWhole(std::string_view text) {
  Result<std::uint64_t> count = ParseCount(text);
  if (count && *count > kPairsLimit) {
    return UsageError(
        fmt::format("{} is more than {}", FormatCount(*count), FormatCount(kPairsLimit)));
  }
  return count;
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

Status ReadLimits(const ParsedFlags& flags, DuetOrder& order) {
  const auto pairs = ReadFlag<std::uint32_t>(flags, "pairs", ParseWhole, order.pairs.pairs);
  const auto warm_up = ReadFlag<std::uint32_t>(flags, "warm-up", ParseWhole, order.pairs.warm_up);
  const auto duration = ReadFlag<Nanos>(flags, "duration", ParseDuration, order.pairs.duration_max);
  const auto timeout =
      ReadFlag<Nanos>(flags, "timeout", ParseDuration, Nanos(std::chrono::minutes(1)));
  const auto seed = ReadFlag<std::uint64_t>(flags, "seed", ParseCount, RandomSeed());
  for (const Status& status : {pairs ? Status() : tl::unexpected(pairs.error()),
                               warm_up ? Status() : tl::unexpected(warm_up.error()),
                               duration ? Status() : tl::unexpected(duration.error()),
                               timeout ? Status() : tl::unexpected(timeout.error()),
                               seed ? Status() : tl::unexpected(seed.error())}) {
    if (!status) {
      return status;
    }
  }
  if (*pairs < loadgen::kPairsMin) {
    return UsageError(fmt::format("--pairs: {} pairs can decide nothing\n  hint: {} are the least",
                                  *pairs, loadgen::kPairsMin));
  }
  if (*timeout <= Nanos(0) || *duration <= Nanos(0)) {
    return UsageError("--duration and --timeout must be above 0");
  }
  order.pairs = {*pairs, *warm_up, *duration, *seed};
  order.timeout = *timeout;
  return {};
}

Result<DuetOrder> ReadOrder(const ParsedFlags& flags) {
  DuetOrder order;
  if (Status read = ReadPrograms(flags, order); !read) {
    return tl::unexpected(read.error());
  }
  if (Status read = ReadLimits(flags, order); !read) {
    return tl::unexpected(read.error());
  }
  Result<std::optional<GatePolicy>> policy = ReadDuetPolicy(flags);
  Result<std::string> store_path = ReadDuetStore(flags);
  if (!policy || !store_path) {
    return tl::unexpected(policy ? store_path.error() : policy.error());
  }
  order.policy = *std::move(policy);
  order.store_path = *std::move(store_path);
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

GatePolicy PolicyFor(const DuetOrder& order, std::size_t pairs) {
  using Kind = GateCriterion::Kind;
  if (order.policy) {
    return *order.policy;
  }
  const auto criterion = [](Kind kind, double quantile, double tolerance) {
    GateCriterion made;
    made.kind = kind;
    made.quantile = quantile;
    made.tolerance = tolerance;
    return made;
  };
  GatePolicy policy;
  policy.criteria = {criterion(Kind::kResponseBody, 0, 0.02)};
  if (pairs >= kPairsForMedian) {
    policy.criteria.push_back(criterion(Kind::kResponseQuantile, 0.5, 0.02));
  }
  if (pairs >= kPairsForTail) {
    policy.criteria.push_back(criterion(Kind::kResponseQuantile, 0.9, 0.05));
  }
  policy.criteria.push_back(criterion(Kind::kErrorRate, 0, 0.001));
  return policy;
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

// Gives the runs their numbers.
Status Store(const std::string& path, std::vector<Run>& runs) {
  for (Run& run : runs) {
    auto writer = store::RunWriter::Begin(path, run.plan, run.started_at);
    if (!writer) {
      return tl::unexpected(writer.error());
    }
    if (Status finished = (*writer)->Finish(run); !finished) {
      return finished;
    }
    run.id = (*writer)->id();
  }
  return {};
}

Result<int> Execute(const ParsedFlags& flags, const DuetOrder& order) {
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
    if (Status stored = order.store_path.empty() ? Status() : Store(order.store_path, side);
        !stored) {
      return tl::unexpected(stored.error());
    }
  }
  const GatePolicy policy = PolicyFor(order, duet.counted());
  GateResult result = analysis::JudgeGate(policy, runs[0], runs[1]);
  analysis::Act(policy.actions, {}, result);
  result.baseline = "build:" + order.builds[0];
  result.candidate = "build:" + order.builds[1];
  if (!order.store_path.empty()) {
    if (Status stored = StoreVerdict(order.store_path, result, clock.WallNow()); !stored) {
      return tl::unexpected(stored.error());
    }
  }
  if (Status said = SayDuet(flags, result, duet.counted()); !said) {
    return tl::unexpected(said.error());
  }
  if (duet.stopped) {
    return kExitInterrupted;
  }
  return ExitCodeOf(result, flags.Has("warn-exit") ? WarnExit::kAsWarn : WarnExit::kAsPass);
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
  if (IsDeploymentDuet(*flags)) {
    const Result<int> code = RunDeploymentDuet(*flags);
    return code ? *code : Complain("duet", code.error());
  }
  const Result<DuetOrder> order = ReadOrder(*flags);
  if (!order) {
    return Complain("duet", order.error());
  }
  const Result<int> code = Execute(*flags, *order);
  return code ? *code : Complain("duet", code.error());
}

}  // namespace weir::cli
