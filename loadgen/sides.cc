#include "loadgen/sides.h"

#include <algorithm>

namespace weir::loadgen {
namespace {

std::vector<StepRecord> StepsOf(const std::vector<StepRecord>& steps, std::uint32_t side,
                                std::uint32_t steps_per_side) {
  std::vector<StepRecord> own;
  for (const StepRecord& step : steps) {
    if (step.step / steps_per_side == side) {
      own.push_back(step);
      own.back().step -= side * steps_per_side;
    }
  }
  return own;
}

}  // namespace

void SideSplitter::OnSecond(const SecondRecord& record) {
  for (std::uint32_t side = 0; side < kSidesMax; ++side) {
    sinks_[side]->OnSecond({record.second, StepsOf(record.steps, side, steps_per_side_)});
  }
}

void SideSplitter::OnResources(const ResourceSample& sample) {
  for (RecordSink* sink : sinks_) {
    sink->OnResources(sample);
  }
}

void SideSplitter::OnTarget(const TargetSample& sample) {
  for (RecordSink* sink : sinks_) {
    sink->OnTarget(sample);
  }
}

std::array<EngineResult, kSidesMax> SplitResult(const EngineResult& result,
                                                std::uint32_t steps_per_side) {
  std::array<EngineResult, kSidesMax> split{result, result};
  for (std::uint32_t side = 0; side < kSidesMax; ++side) {
    split[side].totals = StepsOf(result.totals, side, steps_per_side);
    split[side].answered =
        std::any_of(split[side].totals.begin(), split[side].totals.end(), HasAnswer);
  }
  return split;
}

bool HasAnswer(const StepRecord& record) {
  const auto errors = [&record](RequestError error) {
    return record.errors[static_cast<std::size_t>(error)];
  };
  return record.counts.of(Outcome::kCompleted) + errors(RequestError::kStatus) +
             errors(RequestError::kCheckHeader) + errors(RequestError::kCheckBody) +
             errors(RequestError::kExitCode) + errors(RequestError::kSignal) >
         0;
}

}  // namespace weir::loadgen
