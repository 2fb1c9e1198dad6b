#include "loadgen/program_duet.h"

#include <algorithm>

#include "base/check.h"
#include "base/rng.h"
#include "loadgen/recorder.h"

namespace weir::loadgen {
namespace {

Outcome OutcomeOf(RequestError error) {
  switch (error) {
    case RequestError::kNone:
      return Outcome::kCompleted;
    case RequestError::kTimeout:
      return Outcome::kTimedOut;
    default:
      return Outcome::kFailed;
  }
}

// A crash has no time that could be compared; an exit and a limit that was reached have.
bool HasTime(RequestError error) {
  return error == RequestError::kNone || error == RequestError::kExitCode ||
         error == RequestError::kTimeout;
}

void Record(const ProgramSample& sample, StepRecord& record) {
  const Outcome outcome = OutcomeOf(sample.error);
  ++record.counts.planned;
  ++record.counts.by_outcome[static_cast<std::size_t>(outcome)];
  record.bytes_received += sample.out.size();
  if (sample.error == RequestError::kNone) {
    ++record.completed_in_window;
  } else {
    ++record.errors[static_cast<std::size_t>(sample.error)];
  }
  LatencySet& latency = record.latency[outcome];
  // It is due when its turn comes, so nothing is ever late.
  latency.send_lag.Record(Nanos(0));
  if (HasTime(sample.error)) {
    latency.response.Record(sample.wall);
    latency.service.Record(sample.wall);
  }
  RecordSet::RecordUsage(record, sample.usage);
}

// The run of one side in one block.
Run BlockOf(std::span<const DuetPair> pairs, DuetSide side, const RunPlan& plan) {
  Run run;
  run.plan = plan;
  run.state = RunState::kComplete;
  StepRecord warm_up;
  warm_up.phase = Phase::kWarmUp;
  StepRecord measured;
  Instant measured_from = pairs.back().ended;
  for (const DuetPair& pair : pairs) {
    Record(pair.samples[static_cast<std::size_t>(side)], pair.warm_up ? warm_up : measured);
    measured_from = pair.warm_up ? measured_from : std::min(measured_from, pair.began);
  }
  run.duration = pairs.back().ended - pairs.front().began;
  run.measured = pairs.back().ended - measured_from;
  run.plan.warm_up = run.duration - run.measured;
  if (warm_up.counts.planned > 0) {
    run.totals.push_back(std::move(warm_up));
  }
  run.totals.push_back(std::move(measured));
  return run;
}

}  // namespace

std::size_t DuetPairs::counted() const {
  return static_cast<std::size_t>(std::count_if(
      pairs.begin(), pairs.end(), [](const DuetPair& pair) { return !pair.warm_up; }));
}

DuetPairs RunPairs(const DuetOptions& options, const Clock& clock,
                   const std::function<ProgramSample(DuetSide)>& run) {
  WEIR_CHECK(options.pairs > 0);
  Rng coin(options.seed);
  DuetPairs made;
  std::vector<DuetPair>& pairs = made.pairs;
  const std::uint64_t wanted = std::uint64_t{options.pairs} + options.warm_up;
  const Instant deadline = clock.Now() + options.duration_max;
  while (pairs.size() < wanted) {
    DuetPair pair;
    pair.began = clock.Now();
    if (pair.began >= deadline && pairs.size() >= options.warm_up + std::size_t{kPairsMin}) {
      break;
    }
    pair.warm_up = pairs.size() < options.warm_up;
    const auto first = static_cast<DuetSide>(coin.Below(2));
    const auto second = first == DuetSide::kBaseline ? DuetSide::kCandidate : DuetSide::kBaseline;
    for (const DuetSide side : {first, second}) {
      ProgramSample sample = run(side);
      if (sample.error == RequestError::kRunEnded) {
        made.stopped = true;
        return made;
      }
      pair.samples[static_cast<std::size_t>(side)] = std::move(sample);
    }
    pair.ended = clock.Now();
    pairs.push_back(std::move(pair));
  }
  return made;
}

std::array<std::vector<Run>, 2> RunsOf(std::span<const DuetPair> pairs,
                                       const std::array<RunPlan, 2>& plans, Instant start,
                                       WallTime wall_start) {
  std::array<std::vector<Run>, 2> runs;
  const auto warm_up = static_cast<std::size_t>(
      std::count_if(pairs.begin(), pairs.end(), [](const DuetPair& pair) { return pair.warm_up; }));
  const std::size_t count = pairs.size() - warm_up;
  const std::size_t blocks = std::min(kBlocksMax, count);
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t from = block == 0 ? 0 : warm_up + block * count / blocks;
    const std::size_t to = warm_up + (block + 1) * count / blocks;
    const std::span<const DuetPair> part = pairs.subspan(from, to - from);
    for (const DuetSide side : {DuetSide::kBaseline, DuetSide::kCandidate}) {
      const auto index = static_cast<std::size_t>(side);
      Run run = BlockOf(part, side, plans[index]);
      run.started_at = wall_start + (part.front().began - start);
      runs[index].push_back(std::move(run));
    }
  }
  return runs;
}

}  // namespace weir::loadgen
