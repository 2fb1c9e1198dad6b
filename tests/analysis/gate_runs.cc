#include "tests/analysis/gate_runs.h"

#include <cmath>

namespace weir::analysis {
namespace {

constexpr std::chrono::seconds kSlot{120};
constexpr std::chrono::seconds kLength{60};
constexpr double kOwnShare = 0.2;

StepRecord& Record(Run& run) {
  return run.totals.front();
}

void FillSimulated(Run& run, const Model& model, double level, Rng& rng) {
  for (int i = 0; i < model.requests; ++i) {
    double log_ms = std::log(10.0) + level + std::log1p(model.slower) + 0.35 * rng.Normal();
    if (rng.Uniform() < 0.03) {
      log_ms += std::log(4.0) + std::log1p(model.tail_slower);
    }
    AddRequests(run, static_cast<std::uint64_t>(1e6 * std::exp(log_ms)), 1);
  }
}

}  // namespace

Run EmptyRun(int slot) {
  Run run;
  run.plan.scenario = "shop";
  run.plan.scenario_sha256 = "00";
  run.plan.environment = "host=one";
  run.plan.load = "100/s";
  run.plan.steps = {{.flow = "buy", .step = "get"}};
  run.state = RunState::kComplete;
  run.started_at = WallTime(kSlot * (slot + 1));
  run.duration = kLength;
  run.measured = kLength;
  run.totals.emplace_back();
  return run;
}

void AddRequests(Run& run, std::uint64_t latency_ns, std::uint64_t count) {
  AddRequests(Record(run), latency_ns, count);
}

void AddRequests(StepRecord& record, std::uint64_t latency_ns, std::uint64_t count) {
  record.counts.planned += count;
  record.counts.by_outcome[static_cast<std::size_t>(Outcome::kCompleted)] += count;
  record.completed_in_window += count;
  record.latency[Outcome::kCompleted].response.RecordNs(latency_ns, count);
}

void AddBroken(Run& run, Outcome outcome, std::uint64_t count, std::uint64_t latency_ns) {
  StepRecord& record = Record(run);
  record.counts.planned += count;
  record.counts.by_outcome[static_cast<std::size_t>(outcome)] += count;
  if (latency_ns > 0) {
    record.latency[outcome].response.RecordNs(latency_ns, count);
  }
}

std::vector<Run> FlatRuns(const std::vector<double>& latencies_ms, Place place) {
  std::vector<Run> runs;
  int slot = place.first_slot;
  for (const double latency_ms : latencies_ms) {
    runs.push_back(EmptyRun(slot));
    AddRequests(runs.back(), static_cast<std::uint64_t>(latency_ms * 1e6), 1'000);
    slot += place.slot_step;
  }
  return runs;
}

Run SimulatedRun(const Model& model, int slot, Rng& rng) {
  Run run = EmptyRun(slot);
  FillSimulated(run, model, model.level_sd * rng.Normal(), rng);
  return run;
}

std::vector<Run> SimulatedRuns(const Model& model, int count, Place place, Rng& rng) {
  std::vector<Run> runs;
  for (int i = 0; i < count; ++i) {
    runs.push_back(SimulatedRun(model, place.first_slot + i * place.slot_step, rng));
  }
  return runs;
}

std::vector<Run> DuetRuns(const Model& model, const std::vector<double>& moods, Rng& rng) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < moods.size(); ++i) {
    runs.push_back(EmptyRun(static_cast<int>(i)));
    FillSimulated(runs.back(), model, moods[i] + kOwnShare * model.level_sd * rng.Normal(), rng);
  }
  return runs;
}

}  // namespace weir::analysis
