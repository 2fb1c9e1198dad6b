#include "analysis/benchmark_criteria.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::analysis {
namespace {

constexpr const char* kTime = "real_time";
constexpr double kTolerance = 0.05;

// In how many of the runs each benchmark has a time.
std::map<std::string, std::size_t> Timed(std::span<const Run> baseline,
                                         std::span<const Run> candidate) {
  std::map<std::string, std::size_t> timed;
  for (const auto& runs : {baseline, candidate}) {
    for (const Run& run : runs) {
      for (const Measurement& measurement : run.measurements) {
        if (measurement.step < run.plan.steps.size()) {
          timed[run.plan.steps[measurement.step].step] += measurement.name == kTime ? 1U : 0U;
        }
      }
    }
  }
  return timed;
}

bool OfBenchmarks(std::span<const Run> baseline, std::span<const Run> candidate) {
  return OnlyMeasurements(baseline) && OnlyMeasurements(candidate);
}

}  // namespace

bool OnlyMeasurements(std::span<const Run> runs) {
  return !runs.empty() && std::all_of(runs.begin(), runs.end(), [](const Run& run) {
    return run.totals.empty() && !run.measurements.empty();
  });
}

std::vector<GateCriterion> BenchmarkCriteria(std::span<const Run> baseline,
                                             std::span<const Run> candidate) {
  std::vector<GateCriterion> criteria;
  if (!OfBenchmarks(baseline, candidate)) {
    return criteria;
  }
  const std::map<std::string, std::size_t> timed = Timed(baseline, candidate);
  for (const StepName& step : baseline.front().plan.steps) {
    const auto found = timed.find(step.step);
    if (found != timed.end() && found->second == baseline.size() + candidate.size()) {
      GateCriterion criterion;
      criterion.kind = GateCriterion::Kind::kResource;
      criterion.resource = kTime;
      criterion.step = step.step;
      criterion.tolerance = kTolerance;
      criteria.push_back(std::move(criterion));
    }
  }
  return criteria;
}

void WarnOfBenchmarks(std::span<const Run> baseline, std::span<const Run> candidate,
                      std::vector<std::string>& warnings) {
  constexpr std::size_t kNamed = 5;
  if (!OfBenchmarks(baseline, candidate)) {
    return;
  }
  std::string names;
  std::size_t count = 0;
  for (const auto& [name, runs] : Timed(baseline, candidate)) {
    if (runs == baseline.size() + candidate.size()) {
      continue;
    }
    if (++count <= kNamed) {
      names += fmt::format("{}'{}'", names.empty() ? "" : ", ", Printable(name, 100));
    }
  }
  if (count > 0) {
    warnings.push_back(
        fmt::format("not every run has a time of {}{}: not compared", names,
                    count > kNamed ? fmt::format(" and {} more", count - kNamed) : std::string()));
  }
}

}  // namespace weir::analysis
