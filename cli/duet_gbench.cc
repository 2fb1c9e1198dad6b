#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/duet.h"
#include "cli/exit_codes.h"
#include "cli/gbench.h"
#include "cli/signals.h"
#include "loadgen/program_duet.h"

namespace weir::cli {
namespace {

using loadgen::DuetSide;

constexpr PairDefaults kDefaults = {
    .pairs = 10, .warm_up = 1, .duration = std::chrono::hours(1), .timeout = std::chrono::hours(1)};

constexpr std::array<std::string_view, 16> kGoesWith = {
    "gbench",          "gbench-filter", "gbench-repetitions", "pairs",  "duration", "warm-up",
    "timeout",         "seed",          "baseline-build",     "policy", "store",    "no-store",
    "candidate-build", "json",          "warn-exit",          "quiet"};

/// What the command line says, checked. Arrays by DuetSide.
struct Order {
  std::array<GbenchOrder, 2> programs;
  std::array<std::string, 2> builds;
  loadgen::DuetOptions pairs;
  Nanos timeout{0};
  bool quiet = false;
};

Result<Order> ReadOrder(const ParsedFlags& flags) {
  if (Status fits = CheckGbenchFlags(flags, kGoesWith); !fits) {
    return tl::unexpected(fits.error());
  }
  const std::vector<std::string> programs = flags.Texts("gbench");
  if (programs.size() != 2) {
    return UsageError(
        fmt::format("two benchmark programs are compared, {} given\n"
                    "  hint: weir duet --gbench build-old/parser_bench build-new/parser_bench",
                    programs.size()));
  }
  Order order;
  for (std::size_t side = 0; side < programs.size(); ++side) {
    Result<GbenchOrder> read = ReadGbenchFlags(flags, programs[side], kGbenchDuetRepetitions);
    if (!read) {
      return tl::unexpected(read.error());
    }
    order.programs[side] = *std::move(read);
    const char* name = side == 0 ? "baseline-build" : "candidate-build";
    order.builds[side] = flags.Has(name) ? flags.Text(name) : programs[side];
  }
  const Result<Nanos> timeout = ReadPairFlags(flags, kDefaults, order.pairs);
  if (!timeout) {
    return tl::unexpected(timeout.error());
  }
  order.timeout = *timeout;
  order.quiet = flags.Has("quiet");
  return order;
}

/// Executes the programs and keeps what they measured. One thread.
class Executions {
 public:
  Executions(const Order& order, loadgen::ProgramRunner& programs)
      : order_(order), programs_(programs) {}

  /// One execution. After an error, which is kept, it is as if the user had stopped.
  loadgen::ProgramSample Run(DuetSide side) {
    const auto index = static_cast<std::size_t>(side);
    Result<GbenchOutput> output = ExecuteGbench(order_.programs[index], programs_, order_.timeout);
    if (!output) {
      return Fail(output.error());
    }
    if (output->sample.error == RequestError::kRunEnded) {
      return output->sample;
    }
    Result<weir::Run> run = RunOf(order_.programs[index], *output);
    if (!run) {
      return Fail(run.error());
    }
    const bool first = runs_[index].empty();
    if (first && run->state == RunState::kAborted) {
      return Fail({ErrorKind::kUnavailable,
                   fmt::format("'{}': {}\n  hint: leave it out with --gbench-filter",
                               Printable(order_.programs[index].program), run->state_reason)});
    }
    runs_[index].push_back(*std::move(run));
    if (first && !runs_[0].empty() && !runs_[1].empty() && !AnyInBoth()) {
      return Fail({ErrorKind::kUsage, "no benchmark has the same name in both programs"});
    }
    SayPair();
    return output->sample;
  }

  const std::optional<Error>& error() const { return error_; }

  /// The runs that count, each of the time of its whole pair.
  std::array<std::vector<weir::Run>, 2> Counted(const loadgen::DuetPairs& duet, Instant start,
                                                WallTime wall_start) {
    std::array<std::vector<weir::Run>, 2> counted;
    for (std::size_t i = 0; i < duet.pairs.size(); ++i) {
      const loadgen::DuetPair& pair = duet.pairs[i];
      for (std::size_t side = 0; side < runs_.size() && !pair.warm_up; ++side) {
        weir::Run& run = runs_[side][i];
        Label(side, run.plan);
        run.started_at = wall_start + (pair.began - start);
        run.duration = pair.ended - pair.began;
        run.measured = run.duration;
        counted[side].push_back(std::move(run));
      }
    }
    return counted;
  }

 private:
  loadgen::ProgramSample Fail(const Error& error) {
    error_ = error;
    loadgen::ProgramSample ended;
    ended.error = RequestError::kRunEnded;
    return ended;
  }

  bool AnyInBoth() const {
    const std::vector<StepName>& before = runs_[0].front().plan.steps;
    const std::vector<StepName>& after = runs_[1].front().plan.steps;
    return std::any_of(before.begin(), before.end(), [&](const StepName& name) {
      return std::find(after.begin(), after.end(), name) != after.end();
    });
  }

  // What differs between the sides is in target and build; the rest must be alike to be compared.
  void Label(std::size_t side, RunPlan& plan) const {
    plan.scenario = ScenarioOf(order_.programs[0]);
    plan.load += ", in pairs with another program, random order";
    plan.build = order_.builds[side];
    plan.tag = fmt::format("duet-{}", order_.pairs.seed);
    plan.seed = order_.pairs.seed;
  }

  void SayPair() const {
    if (order_.quiet || runs_[0].size() != runs_[1].size()) {
      return;
    }
    const std::size_t done = runs_[0].size();
    if (done <= order_.pairs.warm_up) {
      fmt::print(stderr, "pair {} warms up\n", done);
    } else {
      fmt::print(stderr, "pair {} of {}\n", done - order_.pairs.warm_up, order_.pairs.pairs);
    }
  }

  const Order& order_;
  loadgen::ProgramRunner& programs_;
  std::array<std::vector<weir::Run>, 2> runs_;
  std::optional<Error> error_;
};

Result<int> Execute(const ParsedFlags& flags, const Order& order, DuetCase& duet_case) {
  const SystemClock clock;
  Result<loadgen::ProgramRunner> programs = loadgen::ProgramRunner::Create(clock);
  if (!programs) {
    return tl::unexpected(programs.error());
  }
  Executions executions(order, *programs);
  loadgen::DuetPairs duet;
  const Instant start = clock.Now();
  const WallTime wall_start = clock.WallNow();
  {
    const StopOnSignal stop([&programs] { programs->Stop(); });
    duet = loadgen::RunPairs(order.pairs, clock,
                             [&executions](DuetSide side) { return executions.Run(side); });
  }
  if (executions.error()) {
    return tl::unexpected(*executions.error());
  }
  if (duet.counted() == 0) {
    return kExitInterrupted;
  }
  std::array<std::vector<Run>, 2> runs = executions.Counted(duet, start, wall_start);
  if (Status filed = duet_case.store_path.empty() ? Status() : FileRuns(duet_case.store_path, runs);
      !filed) {
    return tl::unexpected(filed.error());
  }
  const Result<int> code = ConcludeDuet(flags, duet_case, std::move(runs), duet.counted());
  return code && duet.stopped ? kExitInterrupted : code;
}

}  // namespace

Result<int> RunGbenchDuet(const ParsedFlags& flags) {
  const Result<Order> order = ReadOrder(flags);
  if (!order) {
    return tl::unexpected(order.error());
  }
  Result<DuetCase> duet = ReadDuetCase(flags, order->builds);
  if (!duet) {
    return tl::unexpected(duet.error());
  }
  return Execute(flags, *order, *duet);
}

}  // namespace weir::cli
