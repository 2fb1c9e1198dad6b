#include "tests/analysis/machines.h"

#include <algorithm>
#include <cmath>

#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

constexpr int kBlock = 50;  // Requests that share the speed of the moment.

}  // namespace

std::vector<Mood> Moods(const Machine& machine, int slots, Rng& rng) {
  std::vector<Mood> moods;
  double kept = 0;
  for (int slot = 0; slot < slots; ++slot) {
    kept = machine.memory * kept + std::sqrt(1 - machine.memory * machine.memory) * rng.Normal();
    Mood mood;
    mood.level = machine.level * kept + machine.drift * slot;
    mood.level += rng.Uniform() < machine.mode ? std::log(1.08) : 0;
    mood.slow = machine.slow * rng.Normal();
    if (rng.Uniform() < machine.neighbour) {
      mood.busy_from = 0.8 * rng.Uniform();
      mood.busy_to = std::min(mood.busy_from + 0.1 + 0.4 * rng.Uniform(), 1.0);
      mood.busy_by = 1.1 + 0.4 * rng.Uniform();
    }
    moods.push_back(mood);
  }
  return moods;
}

Mood OwnOf(const Machine& machine, Mood shared, Rng& rng) {
  shared.level += 0.2 * machine.level * rng.Normal();
  shared.slow += 0.2 * machine.slow * rng.Normal();
  return shared;
}

void AddRequestsIn(const Mood& mood, const Change& change, int requests, StepRecord& record,
                   Rng& rng) {
  double speed = 0.02 * rng.Normal();
  for (int i = 0; i < requests; ++i) {
    if (i % kBlock == 0) {
      speed = 0.8 * speed + 0.02 * 0.6 * rng.Normal();
    }
    const double at = static_cast<double>(i) / requests;
    const bool busy = at >= mood.busy_from && at < mood.busy_to;
    double log_ns = std::log(10e6) + mood.level + speed + 0.35 * rng.Normal() +
                    std::log1p(change.all) + (busy ? std::log(mood.busy_by) : 0);
    if (rng.Uniform() < (busy ? 0.045 : 0.03)) {
      log_ns += std::log(4.0) + mood.slow + std::log1p(change.tail);
    }
    if (rng.Uniform() < 0.0005) {
      log_ns += std::log(10.0) - 0.5 * std::log(1 - rng.Uniform());
    }
    AddRequests(record, static_cast<std::uint64_t>(std::exp(log_ns)), 1);
  }
}

EarlierGate DuetOf(const Machine& machine, int pairs, const MakeRun& make, Rng& rng) {
  EarlierGate gate;
  const std::vector<Mood> moods = Moods(machine, pairs, rng);
  for (int pair = 0; pair < pairs; ++pair) {
    const Mood& shared = moods[static_cast<std::size_t>(pair)];
    gate.baseline.push_back(make(OwnOf(machine, shared, rng), false, pair));
    gate.candidate.push_back(make(OwnOf(machine, shared, rng), true, pair));
  }
  return gate;
}

EarlierGate InterleavedOf(const Machine& machine, int runs, const MakeRun& make, Rng& rng) {
  EarlierGate gate;
  const std::vector<Mood> moods = Moods(machine, 2 * runs, rng);
  for (int slot = 0; slot < 2 * runs; ++slot) {
    const bool candidate = (slot / 2 + slot) % 2 == 1;
    (candidate ? gate.candidate : gate.baseline)
        .push_back(make(moods[static_cast<std::size_t>(slot)], candidate, slot));
  }
  return gate;
}

}  // namespace weir::analysis
