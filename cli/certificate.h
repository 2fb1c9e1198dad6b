#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/second_blocks.h"
#include "base/record_sink.h"
#include "base/run.h"
#include "base/validity.h"
#include "scenarios/scenario.h"

namespace weir::cli {

/// Passes a run's records on and keeps, in bounded memory, what its certificate needs. Same thread
/// rule as RecordSink.
class CertificateKeeper final : public RecordSink {
 public:
  /// `next` must outlive it.
  explicit CertificateKeeper(RecordSink& next) : next_(next) {}

  void OnSecond(const SecondRecord& record) override;
  void OnResources(const ResourceSample& sample) override;
  void OnTarget(const TargetSample& sample) override;

  const analysis::SecondBlocks& seconds() const { return seconds_; }

  const std::vector<TargetMetric>& target_metrics() const { return target_metrics_; }

 private:
  RecordSink& next_;
  analysis::SecondBlocks seconds_;
  std::vector<TargetMetric> target_metrics_;
};

/// What `weir doctor` last found for this machine and pacing; none without a history, or without a
/// calibration in it.
std::optional<Calibration> FindCalibration(const std::string& store_path,
                                           const std::string& environment,
                                           const std::string& pacing);

}  // namespace weir::cli
