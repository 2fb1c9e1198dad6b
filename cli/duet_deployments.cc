#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "analysis/gate_looks.h"
#include "base/clock.h"
#include "cli/certificate.h"
#include "cli/duet.h"
#include "cli/exit_codes.h"
#include "cli/figures.h"
#include "cli/load_flags.h"
#include "cli/progress.h"
#include "cli/run_record.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/threshold_sink.h"
#include "loadgen/engine.h"
#include "loadgen/transport/program_runner.h"
#include "store/run_writer.h"

namespace weir::cli {
namespace {

constexpr std::uint64_t kPairsMax = 1000;
constexpr std::uint32_t kPairsDefault = 5;

constexpr Nanos kHookTimeout = std::chrono::minutes(10);

template <typename T>
using BothSides = std::array<T, 2>;

struct Order {
  scenarios::Scenario scenario;
  BothSides<scenarios::Target> targets;
  BothSides<RunLabels> labels;
  loadgen::EngineOptions engine;
  std::uint32_t pairs = kPairsDefault;
  std::string between;
  bool until_decided = false;
  bool quiet = false;
  DuetCase duet;
};

Result<std::uint32_t> ParsePairs(std::string_view text) {
  const Result<std::uint64_t> count = ParseCount(text);
  if (!count || *count == 0 || *count > kPairsMax) {
    return UsageError(fmt::format("it must be 1 to {}", FormatCount(kPairsMax)));
  }
  return static_cast<std::uint32_t>(*count);
}

Status ReadSides(const ParsedFlags& flags, Order& order) {
  const BothSides<const char*> names = {"baseline", "candidate"};
  for (std::size_t side = 0; side < names.size(); ++side) {
    if (!flags.Has(names[side])) {
      return UsageError(
          fmt::format("two deployments are compared, and --{} is missing\n"
                      "  hint: weir duet checkout.yaml --baseline http://old:8080 "
                      "--candidate http://new:8080",
                      names[side]));
    }
    Result<scenarios::Target> target = scenarios::ParseTarget(flags.Text(names[side]));
    if (!target) {
      return UsageError(fmt::format("--{}: {}", names[side], target.error().message));
    }
    order.targets[side] = *std::move(target);
    const std::string build = std::string(names[side]) + "-build";
    order.labels[side].build = flags.Has(build) ? flags.Text(build) : order.targets[side].Url();
  }
  if (order.labels[0].build == order.labels[1].build) {
    return UsageError(
        fmt::format("both are called '{}'\n  hint: tell them apart with "
                    "--baseline-build and --candidate-build",
                    Printable(order.labels[0].build)));
  }
  return {};
}

Status ReadScenario(const ParsedFlags& flags, Order& order) {
  const std::vector<std::string> sources = flags.Texts("SCENARIO");
  if (sources.size() > 1 || (sources.size() == 1 && IsUrl(sources[0]))) {
    return UsageError(
        "one scenario file is read, or none: the load is then that of the flags\n"
        "  hint: weir duet -R 500 -d 20s --baseline URL --candidate URL");
  }
  Result<scenarios::Scenario> scenario =
      ReadLoad(flags, sources.empty() ? flags.Text("baseline") : sources[0]);
  if (!scenario) {
    return tl::unexpected(scenario.error());
  }
  order.scenario = *std::move(scenario);
  if (order.scenario.load.warm_up_auto) {
    return UsageError(
        "'warm_up: auto' is for 'weir run': both sides of a duet need the same warm-up\n"
        "  hint: write a duration");
  }
  return {};
}

Result<Order> ReadOrder(const ParsedFlags& flags) {
  Order order;
  for (const Status& read : {ReadSides(flags, order), ReadScenario(flags, order)}) {
    if (!read) {
      return tl::unexpected(read.error());
    }
  }
  const auto engine = ReadEngineFlags(flags);
  const auto pairs = ReadFlag<std::uint32_t>(flags, "pairs", ParsePairs, kPairsDefault);
  if (!engine || !pairs) {
    return tl::unexpected(engine ? pairs.error() : engine.error());
  }
  order.engine = *engine;
  order.pairs = *pairs;
  Result<DuetCase> duet = ReadDuetCase(flags, {order.labels[0].build, order.labels[1].build});
  if (!duet) {
    return tl::unexpected(duet.error());
  }
  order.duet = *std::move(duet);
  for (RunLabels& labels : order.labels) {
    labels.tag = fmt::format("duet-{}", order.engine.seed);
  }
  order.between = flags.Text("between");
  order.until_decided = flags.Has("until-decided");
  order.quiet = flags.Has("quiet");
  if (order.until_decided) {
    order.duet.gate.pairs_max = order.pairs;
  }
  return order;
}

Status RunHook(const std::string& command, const Clock& clock) {
  Result<loadgen::ProgramRunner> runner = loadgen::ProgramRunner::Create(clock);
  if (!runner) {
    return tl::unexpected(runner.error());
  }
  const StopOnSignal stop([&runner] { runner->Stop(); });
  const loadgen::ProgramSample sample =
      runner->Run({"/bin/sh", {"/bin/sh", "-c", command}}, {.timeout = kHookTimeout});
  if (sample.error != RequestError::kNone) {
    return Unavailable(
        fmt::format("--between '{}' did not work: {}", Printable(command), sample.end));
  }
  return {};
}

struct Pair {
  BothSides<Run> runs;
  bool stopped = false;
};

// Both sides of one pair of runs, as they go to the history.
class Recorder {
 public:
  static Result<Recorder> Begin(const Order& order, const BothSides<RunPlan>& plans,
                                WallTime started_at) {
    Recorder made;
    for (std::size_t side = 0; side < plans.size(); ++side) {
      if (!order.duet.store_path.empty()) {
        auto writer = store::RunWriter::Begin(order.duet.store_path, plans[side], started_at);
        if (!writer) {
          return tl::unexpected(writer.error());
        }
        made.writers_[side] = std::move(*writer);
      }
      const bool shown = side == 1 && StderrIsTerminal() && !order.quiet;
      made.progress_[side] =
          std::make_unique<Progress>(made.writers_[side].get(), order.scenario.Duration(),
                                     shown ? Progress::Display::kOn : Progress::Display::kOff);
      // None ends a run: what one side did would end the other's, too.
      made.thresholds_[side] =
          std::make_unique<ThresholdSink>(*made.progress_[side], plans[side], [](const auto&) {});
      made.keepers_[side] = std::make_unique<CertificateKeeper>(*made.thresholds_[side]);
    }
    return made;
  }

  BothSides<RecordSink*> sinks() { return {keepers_[0].get(), keepers_[1].get()}; }

  void Clear() { progress_[1]->Clear(); }

  const CertificateKeeper& keeper(std::size_t side) const { return *keepers_[side]; }

  /// Judges the thresholds of the run and gives it its number.
  Status Finish(std::size_t side, Run& run) {
    thresholds_[side]->Judge(run);
    if (writers_[side] == nullptr) {
      return {};
    }
    run.id = writers_[side]->id();
    return writers_[side]->Finish(run, FiguresOf(run));
  }

 private:
  BothSides<std::unique_ptr<store::RunWriter>> writers_;
  BothSides<std::unique_ptr<Progress>> progress_;
  BothSides<std::unique_ptr<ThresholdSink>> thresholds_;
  BothSides<std::unique_ptr<CertificateKeeper>> keepers_;
};

Result<Pair> RunPair(const Order& order, std::uint64_t seed, const Clock& clock) {
  loadgen::EngineOptions options = order.engine;
  options.seed = seed;
  auto engine = loadgen::Engine::CreatePair(order.scenario, order.targets, options, clock);
  if (!engine) {
    return tl::unexpected(engine.error());
  }
  BothSides<RunPlan> plans;
  for (std::size_t side = 0; side < plans.size(); ++side) {
    plans[side] = PlanOf(order.scenario, order.targets[side], order.labels[side], seed);
  }
  const WallTime started_at = clock.WallNow();
  Result<Recorder> recorder = Recorder::Begin(order, plans, started_at);
  if (!recorder) {
    return tl::unexpected(recorder.error());
  }
  BothSides<loadgen::EngineResult> results;
  {
    const StopOnSignal stop([&engine] { (*engine)->Stop(); });
    results = (*engine)->RunPair(recorder->sinks());
  }
  recorder->Clear();
  Pair pair;
  for (std::size_t side = 0; side < plans.size(); ++side) {
    const GeneratorEvidence evidence = results[side].evidence;
    Run& run = pair.runs[side];
    run = Assemble(plans[side], std::move(results[side]));
    pair.stopped = pair.stopped || run.state == RunState::kInterrupted;
    Certify({order.scenario, options.pacing, order.duet.store_path}, recorder->keeper(side),
            evidence, run);
    run.started_at = started_at;
    if (Status stored = recorder->Finish(side, run); !stored) {
      return tl::unexpected(stored.error());
    }
    if (run.state == RunState::kAborted) {
      return Unavailable(
          fmt::format("target {} gave no valid answer to any request\n"
                      "  hint: try it alone with 'weir run'",
                      run.plan.target));
    }
  }
  return pair;
}

void SayPair(const Order& order, std::size_t number, const Pair& pair) {
  if (order.quiet) {
    return;
  }
  const auto half = [&pair](std::size_t side) {
    const LatencyView view =
        MergedLatency(pair.runs[side].Total(Phase::kMeasure), LatencyKind::kResponse);
    return view.histogram.empty()
               ? std::string("no answer")
               : FormatDuration(Nanos(static_cast<std::int64_t>(view.histogram.QuantileNs(0.5))));
  };
  fmt::print(stderr, "pair {} of {}: p50 {} baseline, {} candidate\n", number, order.pairs, half(0),
             half(1));
}

bool IsDecided(Verdict verdict) {
  return verdict == Verdict::kPass || verdict == Verdict::kFail;
}

struct Pairs {
  BothSides<std::vector<Run>> runs;
  bool stopped = false;
};

// Whether the pairs so far decide it.
Result<bool> Decided(DuetCase& duet, const Pairs& pairs, const Clock& clock) {
  duet.gate.baseline.runs = pairs.runs[0];
  duet.gate.candidate.runs = pairs.runs[1];
  duet.gate.decided_at = clock.WallNow();
  if (Status looked = LookBack(duet); !looked) {
    return tl::unexpected(looked.error());
  }
  const Result<GateResult> result = Judge(duet.gate);
  if (!result) {
    return tl::unexpected(result.error());
  }
  return IsDecided(result->verdict);
}

Result<Pairs> RunPairs(Order& order, const Clock& clock) {
  Pairs pairs;
  for (std::uint32_t number = 1; number <= order.pairs; ++number) {
    if (number > 1 && !order.between.empty()) {
      if (Status ran = RunHook(order.between, clock); !ran) {
        return tl::unexpected(ran.error());
      }
    }
    Result<Pair> done = RunPair(order, order.engine.seed + number - 1, clock);
    if (!done) {
      return tl::unexpected(done.error());
    }
    if (done->stopped) {
      pairs.stopped = true;
      return pairs;
    }
    SayPair(order, number, *done);
    for (std::size_t side = 0; side < pairs.runs.size(); ++side) {
      pairs.runs[side].push_back(std::move(done->runs[side]));
    }
    if (order.until_decided && number >= analysis::kPairsOfFirstLook && number < order.pairs) {
      const Result<bool> decided = Decided(order.duet, pairs, clock);
      if (!decided || *decided) {
        return decided ? Result<Pairs>(std::move(pairs)) : tl::unexpected(decided.error());
      }
    }
  }
  return pairs;
}

Result<int> Execute(const ParsedFlags& flags, Order& order) {
  Result<Pairs> pairs = RunPairs(order, SystemClock());
  if (!pairs) {
    return tl::unexpected(pairs.error());
  }
  if (pairs->stopped) {
    return kExitInterrupted;
  }
  const std::size_t count = pairs->runs[0].size();
  return ConcludeDuet(flags, order.duet, std::move(pairs->runs), count);
}

}  // namespace

bool IsDeploymentDuet(const ParsedFlags& flags) {
  return !flags.Has("command") &&
         (flags.Has("baseline") || flags.Has("candidate") || flags.Has("SCENARIO"));
}

Result<int> RunDeploymentDuet(const ParsedFlags& flags) {
  Result<Order> order = ReadOrder(flags);
  if (!order) {
    return tl::unexpected(order.error());
  }
  return Execute(flags, *order);
}

}  // namespace weir::cli
