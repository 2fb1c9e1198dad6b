#include "analysis/threshold_watch.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/whole_seconds.h"

namespace weir::analysis {
namespace {

using State = ThresholdResult::State;

constexpr std::uint32_t kStridesInWindow = 10;

// The window is a multiple of the stride, so that it consists of whole blocks.
std::uint32_t StrideOf(std::uint32_t window_s) {
  std::uint32_t stride = std::max(1U, window_s / kStridesInWindow);
  while (window_s % stride != 0) {
    --stride;
  }
  return stride;
}

bool WantsLess(Threshold::Op op) {
  return op == Threshold::Op::kLess || op == Threshold::Op::kLessEqual;
}

// Whether `x` says more against the run than `y`: a fail, then what is not known, then the value.
bool IsWorse(const ThresholdResult& x, const ThresholdResult& y) {
  if (!y.observed) {
    return x.observed.has_value();
  }
  if (!x.observed || x.state != y.state) {
    return x.observed && (x.state == State::kFail || y.state == State::kPass);
  }
  return WantsLess(x.threshold.op) ? *x.observed > *y.observed : *x.observed < *y.observed;
}

void Merge(const ThresholdFigures& from, ThresholdFigures& into) {
  into.counts += from.counts;
  into.completed += from.completed;
  into.latency.histogram.Merge(from.latency.histogram);
  into.latency.censored += from.latency.censored;
}

}  // namespace

ThresholdWatch::ThresholdWatch(const RunPlan& plan)
    : first_s_(NextWholeSecond(plan.warm_up)),
      end_s_(plan.planned_duration > Nanos(0) ? WholeSeconds(plan.planned_duration)
                                              : std::numeric_limits<std::uint32_t>::max()) {
  for (std::size_t i = 0; i < plan.thresholds.size(); ++i) {
    const Threshold& threshold = plan.thresholds[i];
    if (threshold.window == Nanos(0) && threshold.abort_after == Nanos(0)) {
      continue;
    }
    Watched watched;
    watched.index = i;
    watched.threshold = threshold;
    watched.steps = StepsOf(threshold, plan.steps);
    watched.worst.threshold = threshold;
    const std::uint32_t window_s = WholeSeconds(threshold.window);
    watched.stride = window_s == 0 ? 1 : StrideOf(window_s);
    watched.blocks_max = window_s / watched.stride;
    watched.blocks.emplace_back();
    watched_.push_back(std::move(watched));
  }
}

void ThresholdWatch::Add(const SecondRecord& record) {
  if (watched_.empty()) {
    return;
  }
  while (second_ && *second_ < record.second) {
    CloseSecond();
  }
  second_ = second_.value_or(record.second);
  if (record.second < first_s_ || record.second >= end_s_) {
    return;
  }
  for (Watched& watched : watched_) {
    AddTo(watched, record);
  }
}

void ThresholdWatch::AddTo(Watched& watched, const SecondRecord& record) const {
  for (const StepRecord& step : record.steps) {
    if (step.phase == Phase::kMeasure && step.step < watched.steps.counts.size() &&
        watched.steps.counts[step.step]) {
      watched.blocks.back().figures.Add(step, watched.threshold.latency);
    }
  }
}

void ThresholdWatch::Finish(Nanos duration) {
  // A second that was cut off would look slow.
  if (second_ && std::chrono::seconds(*second_ + 1) <= duration) {
    CloseSecond();
  }
  second_.reset();
}

void ThresholdWatch::CloseSecond() {
  if (*second_ >= first_s_ && *second_ < end_s_) {
    for (Watched& watched : watched_) {
      Close(watched);
    }
  }
  ++*second_;
}

void ThresholdWatch::Close(Watched& watched) {
  Block& block = watched.blocks.back();
  ++block.seconds;
  if (block.seconds % watched.stride != 0) {
    return;
  }
  Look(watched);
  if (watched.blocks_max > 0) {
    watched.blocks.emplace_back();
    if (watched.blocks.size() > watched.blocks_max) {
      watched.blocks.pop_front();
    }
  }
}

void ThresholdWatch::Look(Watched& watched) {
  if (watched.blocks.size() < watched.blocks_max) {
    return;  // Not yet a whole window.
  }
  ThresholdFigures figures = watched.blocks.front().figures;
  std::uint32_t seconds = watched.blocks.front().seconds;
  for (std::size_t i = 1; i < watched.blocks.size(); ++i) {
    Merge(watched.blocks[i].figures, figures);
    seconds += watched.blocks[i].seconds;
  }
  figures.measured = std::chrono::seconds(seconds);
  ThresholdResult now = Evaluate(watched.threshold, figures);
  watched.broken_for_s = now.state == State::kFail ? watched.broken_for_s + watched.stride : 0;
  if (watched.threshold.window > Nanos(0) && now.observed) {
    if (now.reason.empty()) {
      now.reason = fmt::format("in the seconds {} to {}", *second_ + 1 - seconds, *second_ + 1);
    }
    watched.worst = IsWorse(now, watched.worst) ? now : watched.worst;
  }
  const std::uint32_t most = WholeSeconds(watched.threshold.abort_after);
  if (most > 0 && watched.broken_for_s >= most && !broken_) {
    watched.ended_run = true;
    broken_ = fmt::format("threshold '{}' has not held for {} s", Printable(watched.threshold.text),
                          watched.broken_for_s);
  }
}

std::vector<ThresholdResult> ThresholdWatch::Judge(const Run& run) const {
  std::vector<ThresholdResult> results;
  for (const Threshold& threshold : run.plan.thresholds) {
    results.push_back(Evaluate(threshold, run));
  }
  for (const Watched& watched : watched_) {
    ThresholdResult& result = results.at(watched.index);
    if (watched.threshold.window > Nanos(0) && watched.steps.missing.empty()) {
      result = watched.worst;
      if (!result.observed) {
        result.reason = fmt::format("no window of {} had enough requests",
                                    FormatDuration(watched.threshold.window));
      }
    }
    result.state = watched.ended_run ? State::kFail : result.state;
  }
  return results;
}

}  // namespace weir::analysis
