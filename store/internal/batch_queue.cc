#include "store/internal/batch_queue.h"

#include <algorithm>
#include <utility>

namespace weir::store::internal {
namespace {

void MergeInto(SecondRecord& into, const SecondRecord& record) {
  for (const StepRecord& step : record.steps) {
    const auto same =
        std::find_if(into.steps.begin(), into.steps.end(), [&step](const StepRecord& candidate) {
          return candidate.step == step.step && candidate.phase == step.phase;
        });
    if (same == into.steps.end()) {
      into.steps.push_back(step);
    } else {
      same->Merge(step);
    }
  }
}

}  // namespace

void BatchQueue::Push(const SecondRecord& record) {
  const auto same = std::find_if(
      waiting_.seconds.begin(), waiting_.seconds.end(),
      [&record](const SecondRecord& candidate) { return candidate.second == record.second; });
  if (same != waiting_.seconds.end()) {
    MergeInto(*same, record);
  } else if (waiting_.seconds.size() < seconds_max_) {
    waiting_.seconds.push_back(record);
  } else {
    MergeInto(waiting_.seconds.back(), record);
    ++waiting_.seconds_merged;
  }
}

void BatchQueue::Push(const ResourceSample& sample) {
  if (waiting_.resources.size() < kResourcesMax) {
    waiting_.resources.push_back(sample);
    return;
  }
  ResourceSample& last = waiting_.resources.back();
  last.second = sample.second;
  last.cpu_s = sample.cpu_s;
  last.rss_bytes = std::max(last.rss_bytes, sample.rss_bytes);
  last.in_flight = std::max(last.in_flight, sample.in_flight);
  last.connections = std::max(last.connections, sample.connections);
}

void BatchQueue::Push(const TargetSample& sample) {
  if (waiting_.target.size() < kResourcesMax) {
    waiting_.target.push_back(sample);
  } else {
    waiting_.target.back() = sample;
  }
}

Batch BatchQueue::Take() {
  Batch batch = std::exchange(waiting_, Batch{});
  waiting_.seconds_merged = batch.seconds_merged;
  return batch;
}

}  // namespace weir::store::internal
