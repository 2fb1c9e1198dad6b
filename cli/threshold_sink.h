#pragma once

#include <functional>
#include <string>
#include <utility>

#include "analysis/threshold_watch.h"
#include "base/record_sink.h"
#include "base/run.h"

namespace weir::cli {

/// Passes a run's records on, holds its thresholds against them, and says when one ends the run.
/// Same thread rule as RecordSink.
class ThresholdSink final : public RecordSink {
 public:
  /// What ends the run; it is told why.
  using End = std::function<void(const std::string& why)>;

  /// `next` must outlive it; `end` is called once, when a threshold has not held for as long as its
  /// `abort after` says.
  ThresholdSink(RecordSink& next, const RunPlan& plan, End end)
      : next_(next), watch_(plan), end_(std::move(end)) {}

  void OnSecond(const SecondRecord& record) override;

  void OnResources(const ResourceSample& sample) override { next_.OnResources(sample); }

  void OnTarget(const TargetSample& sample) override { next_.OnTarget(sample); }

  /// Fills in what became of the thresholds of the run, which is over and certified; a run that one
  /// of them has ended is aborted for that reason.
  void Judge(Run& run);

 private:
  RecordSink& next_;
  analysis::ThresholdWatch watch_;
  End end_;
  bool ended_ = false;
};

}  // namespace weir::cli
