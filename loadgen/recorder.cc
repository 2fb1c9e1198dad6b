#include "loadgen/recorder.h"

#include <algorithm>

namespace weir::loadgen {
namespace {

// Empties the record but keeps its histograms, which the cells point at.
void Reset(StepRecord& record) {
  record.counts = RequestCounts{};
  record.errors = {};
  record.completed_in_window = 0;
  record.bytes_received = 0;
  record.bytes_sent = 0;
  for (auto& [outcome, set] : record.latency) {
    set.Clear();
  }
  for (auto& [part, histogram] : record.parts) {
    histogram.Clear();
  }
  for (auto& [metric, histogram] : record.usage) {
    histogram.Clear();
  }
}

bool IsEmpty(const LatencySet& set) {
  return set.response.empty() && set.service.empty() && set.send_lag.empty();
}

}  // namespace

RecordSet::RecordSet(std::uint32_t step_count, bool with_warm_up)
    : step_count_(step_count), with_warm_up_(with_warm_up) {
  cells_.resize(step_count * (with_warm_up ? std::size_t{2} : std::size_t{1}));
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    StepRecord& record = cells_[i].record;
    record.step = static_cast<std::uint32_t>(i % step_count);
    record.phase = with_warm_up && i < step_count ? Phase::kWarmUp : Phase::kMeasure;
    cells_[i].latency[static_cast<std::size_t>(Outcome::kCompleted)] =
        &record.latency[Outcome::kCompleted];
  }
}

void RecordSet::DrainInto(SecondRecord& sum) {
  for (Cell& cell : cells_) {
    if (!IsEmpty(cell.record)) {
      MergeInto(sum.steps, cell.record);
      Reset(cell.record);
    }
  }
}

void RecordSet::RecordUsage(StepRecord& record, const ProgramUsage& usage) {
  for (std::size_t i = 0; i < kUsageMetricCount; ++i) {
    if (usage.values[i]) {
      record.usage[static_cast<UsageMetric>(i)].RecordNs(*usage.values[i], 1);
    }
  }
}

bool IsEmpty(const StepRecord& record) {
  const bool ended = std::any_of(record.counts.by_outcome.begin(), record.counts.by_outcome.end(),
                                 [](std::uint64_t count) { return count != 0; });
  return record.counts.planned == 0 && !ended && record.bytes_sent == 0;
}

void MergeInto(std::vector<StepRecord>& steps, const StepRecord& from) {
  const auto same = [&from](const StepRecord& record) {
    return record.step == from.step && record.phase == from.phase;
  };
  auto found = std::find_if(steps.begin(), steps.end(), same);
  if (found == steps.end()) {
    StepRecord& made = steps.emplace_back();
    made.step = from.step;
    made.phase = from.phase;
    found = steps.end() - 1;
  }
  found->Merge(from);
  std::erase_if(found->latency, [](const auto& entry) { return IsEmpty(entry.second); });
  std::erase_if(found->parts, [](const auto& entry) { return entry.second.empty(); });
  std::erase_if(found->usage, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace weir::loadgen
