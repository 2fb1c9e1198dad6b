#include "analysis/warm_up_split.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/check.h"

namespace weir::analysis {
namespace {

void AddTo(const StepRecord& record, std::vector<StepRecord>& sums) {
  const auto found = std::find_if(sums.begin(), sums.end(),
                                  [&](const StepRecord& sum) { return sum.step == record.step; });
  if (found != sums.end()) {
    found->Merge(record);
    return;
  }
  sums.push_back(record);
}

void AddAll(const std::vector<StepRecord>& records, std::vector<StepRecord>& sums) {
  for (const StepRecord& record : records) {
    AddTo(record, sums);
  }
}

std::uint64_t Ended(const RequestCounts& counts) {
  return std::accumulate(counts.by_outcome.begin(), counts.by_outcome.end(), std::uint64_t{0});
}

// What was due in the warm-up and ended after it is planned where it ended.
void PassOnInFlight(StepRecord& warm_up, std::vector<StepRecord>& measured) {
  const std::uint64_t in_flight = warm_up.counts.planned - Ended(warm_up.counts);
  warm_up.counts.planned -= in_flight;
  StepRecord passed_on;
  passed_on.step = warm_up.step;
  passed_on.counts.planned = in_flight;
  AddTo(passed_on, measured);
}

}  // namespace

WarmUpSplit::WarmUpSplit(std::uint32_t load_end_s) : half_s_(load_end_s / 2) {
  while (half_s_ > width_s_ * kBlocksMax) {
    width_s_ *= 2;
  }
  blocks_.resize(half_s_ / width_s_);
}

void WarmUpSplit::Add(const SecondRecord& record) {
  const std::size_t block = record.second / width_s_;
  AddAll(record.steps, block < blocks_.size() ? blocks_[block] : rest_);
}

void WarmUpSplit::Apply(std::uint32_t end_s, Run& run) const {
  WEIR_CHECK(run.plan.warm_up == Nanos(0));
  const auto cut = std::min<std::size_t>((end_s + width_s_ - 1) / width_s_, blocks_.size());
  if (cut == 0) {
    return;
  }
  std::vector<StepRecord> warm_up;
  std::vector<StepRecord> measured;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    AddAll(blocks_[i], i < cut ? warm_up : measured);
  }
  AddAll(rest_, measured);
  for (StepRecord& record : warm_up) {
    record.phase = Phase::kWarmUp;
    PassOnInFlight(record, measured);
  }
  run.plan.warm_up = std::chrono::seconds(cut * width_s_);
  run.measured = std::max(run.measured - run.plan.warm_up, Nanos(0));
  run.totals = std::move(warm_up);
  run.totals.insert(run.totals.end(), std::make_move_iterator(measured.begin()),
                    std::make_move_iterator(measured.end()));
}

}  // namespace weir::analysis
