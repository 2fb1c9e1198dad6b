#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/record_sink.h"
#include "base/result.h"
#include "cli/flags.h"
#include "loadgen/target_watch.h"

namespace weir::cli {

/// Adds --watch-pid, --watch-cgroup, --watch-metrics and --watch-metric.
void AddWatchFlags(po::options_description& options);

/// Null when nothing is to be watched. Errors: kUsage, with the flag in front. Whether the source
/// is there shows when the run begins.
Result<std::unique_ptr<loadgen::TargetWatch>> ReadWatchFlags(const ParsedFlags& flags);

/// Passes a run's records on, and once a second what the watched target used. What cannot be had is
/// told to `complain`. Same thread rule as RecordSink.
class WatchSink final : public RecordSink {
 public:
  using Complain = std::function<void(const std::string& sentence)>;

  /// `watch` may be null. Both must outlive it. Passes on what was asked for already.
  WatchSink(RecordSink& next, loadgen::TargetWatch* watch, Complain complain);

  void OnSecond(const SecondRecord& record) override { next_.OnSecond(record); }

  void OnResources(const ResourceSample& sample) override;

  /// Once, after the run: waits for the last sample and passes it on.
  void Finish();

 private:
  void PassOn();

  RecordSink& next_;
  loadgen::TargetWatch* watch_;
  const Complain complain_;
};

}  // namespace weir::cli
