#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/duet.h"
#include "cli/environment.h"
#include "cli/exit_codes.h"
#include "cli/figures.h"
#include "cli/gate_collect.h"
#include "cli/gate_earlier.h"
#include "cli/gate_seconds.h"
#include "cli/load_flags.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "reports/verdict_json.h"
#include "reports/verdict_text.h"
#include "store/history.h"
#include "store/run_writer.h"

namespace weir::cli {
namespace {

constexpr std::uint64_t kPairsLimit = 1'000'000;

Result<std::uint64_t> ParseWhole(std::string_view text) {
  Result<std::uint64_t> count = ParseCount(text);
  if (count && *count > kPairsLimit) {
    return UsageError(
        fmt::format("{} is more than {}", FormatCount(*count), FormatCount(kPairsLimit)));
  }
  return count;
}

// The same runs as the history has them: what is judged is what can be judged again.
Status LoadAgain(store::Store& store, std::vector<Run>& runs) {
  for (Run& run : runs) {
    Result<Run> loaded = store.LoadRun(run.id);
    if (!loaded) {
      return tl::unexpected(loaded.error());
    }
    run = std::move(*loaded);
  }
  return {};
}

Status PrepareFromHistory(DuetCase& duet) {
  if (duet.store_path.empty()) {
    return {};
  }
  const auto store = store::Store::OpenForReading(duet.store_path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const Result<scenarios::GatePolicyFile> file = PolicyOf(duet.gate);
  if (!file) {
    return tl::unexpected(file.error());
  }
  for (GateSide* side : {&duet.gate.baseline, &duet.gate.candidate}) {
    Status loaded = LoadAgain(**store, side->runs);
    if (loaded) {
      loaded = AddSeconds(**store, file->policy, side->runs);
    }
    if (!loaded) {
      return loaded;
    }
  }
  return LookBack(duet);
}

}  // namespace

Status LookBack(DuetCase& duet) {
  if (duet.store_path.empty() || duet.looked_back) {
    return {};
  }
  duet.looked_back = true;
  const auto store = store::Store::OpenForReading(duet.store_path);
  return store ? FindEarlier(**store, duet.policy, duet.gate) : tl::unexpected(store.error());
}

Result<Nanos> ReadPairFlags(const ParsedFlags& flags, const PairDefaults& defaults,
                            loadgen::DuetOptions& pairs) {
  const auto count = ReadFlag<std::uint32_t>(flags, "pairs", ParseWhole, defaults.pairs);
  const auto warm_up = ReadFlag<std::uint32_t>(flags, "warm-up", ParseWhole, defaults.warm_up);
  const auto duration = ReadFlag<Nanos>(flags, "duration", ParseDuration, defaults.duration);
  const auto timeout = ReadFlag<Nanos>(flags, "timeout", ParseDuration, defaults.timeout);
  const auto seed = ReadFlag<std::uint64_t>(flags, "seed", ParseCount, RandomSeed());
  for (const Error* error :
       {count ? nullptr : &count.error(), warm_up ? nullptr : &warm_up.error(),
        duration ? nullptr : &duration.error(), timeout ? nullptr : &timeout.error(),
        seed ? nullptr : &seed.error()}) {
    if (error != nullptr) {
      return tl::unexpected(*error);
    }
  }
  if (*count < loadgen::kPairsMin) {
    return UsageError(fmt::format("--pairs: {} pairs can decide nothing\n  hint: {} are the least",
                                  *count, loadgen::kPairsMin));
  }
  if (*timeout <= Nanos(0) || *duration <= Nanos(0)) {
    return UsageError("--duration and --timeout must be above 0");
  }
  pairs = {*count, *warm_up, *duration, *seed};
  return timeout;
}

Result<DuetCase> ReadDuetCase(const ParsedFlags& flags, const std::array<std::string, 2>& builds) {
  DuetCase duet;
  Result<GivenFile> file = ReadGivenFile(flags.Text("policy"));
  if (!file) {
    return tl::unexpected(file.error());
  }
  duet.gate.policy = std::move(*file);
  Result<scenarios::GatePolicyFile> policy = PolicyOf(duet.gate);
  if (!policy) {
    return tl::unexpected(policy.error());
  }
  duet.policy = std::move(policy->policy);
  if (!flags.Has("no-store")) {
    Result<std::string> path = StorePath(flags);
    if (!path) {
      return tl::unexpected(path.error());
    }
    duet.store_path = std::move(*path);
  }
  duet.gate.baseline.selector = "build:" + builds[0];
  duet.gate.candidate.selector = "build:" + builds[1];
  return duet;
}

Status FileRuns(const std::string& store_path, std::array<std::vector<Run>, 2>& runs) {
  for (std::vector<Run>& side : runs) {
    for (Run& run : side) {
      auto writer = store::RunWriter::Begin(store_path, run.plan, run.started_at);
      if (!writer) {
        return tl::unexpected(writer.error());
      }
      if (Status finished = (*writer)->Finish(run, FiguresOf(run)); !finished) {
        return finished;
      }
      run.id = (*writer)->id();
    }
  }
  return {};
}

Result<int> ConcludeDuet(const ParsedFlags& flags, DuetCase& duet,
                         std::array<std::vector<Run>, 2> runs, std::size_t pairs) {
  duet.gate.baseline.runs = std::move(runs[0]);
  duet.gate.candidate.runs = std::move(runs[1]);
  duet.gate.decided_at = SystemClock().WallNow();
  if (Status prepared = PrepareFromHistory(duet); !prepared) {
    return tl::unexpected(prepared.error());
  }
  const Result<GateResult> result = Judge(duet.gate);
  if (!result) {
    return tl::unexpected(result.error());
  }
  std::string number;
  if (!duet.store_path.empty()) {
    const Result<std::int64_t> id = RecordCase(duet.store_path, duet.gate, *result);
    if (!id) {
      return tl::unexpected(id.error());
    }
    number = fmt::format("\n  Recorded as verdict {}.\n", *id);
  }
  if (flags.Has("json")) {
    if (Status written = WriteJson(flags.Text("json"), reports::VerdictJson(*result)); !written) {
      return tl::unexpected(written.error());
    }
  }
  if (!flags.Has("quiet") && flags.Text("json") != "-") {
    fmt::print("{} pairs\n", FormatCount(pairs));
    Print(reports::RenderVerdictText(*result, TerminalOptions()) + number);
  }
  return ExitCodeOf(*result, flags.Has("warn-exit") ? WarnExit::kAsWarn : WarnExit::kAsPass);
}

}  // namespace weir::cli
