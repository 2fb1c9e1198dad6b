#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/record_sink.h"
#include "base/run.h"

namespace weir::cli {

/// Passes a run's records on and sees whether the target fell silent before the load was over: a
/// server that crashed in the middle. Constant memory. Same thread rule as RecordSink.
class AnswerWatch final : public RecordSink {
 public:
  /// Shorter silences, and those of fewer requests, may be chance.
  static constexpr std::uint32_t kSilentSecondsMin = 2;
  static constexpr std::uint64_t kSilentRequestsMin = 10;

  struct Silence {
    std::uint32_t last_answer_s = 0;  ///< The second of the run in which the last answer came.
    std::uint64_t planned = 0;        ///< Requests due in the seconds after it.
    std::array<std::uint64_t, kRequestErrorCount> errors{};  ///< Of these seconds.
  };

  /// `next` must outlive it.
  explicit AnswerWatch(RecordSink& next) : next_(next) {}

  void OnSecond(const SecondRecord& record) override;

  void OnResources(const ResourceSample& sample) override { next_.OnResources(sample); }

  void OnTarget(const TargetSample& sample) override { next_.OnTarget(sample); }

  /// After the run. No value when answers came to its end, or never: that is another story.
  std::optional<Silence> silence() const;

 private:
  RecordSink& next_;
  bool answered_ = false;
  std::uint32_t last_planned_s_ = 0;
  Silence since_;
};

}  // namespace weir::cli
