#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/validity.h"
#include "loadgen/host_counters.h"

namespace weir::loadgen {

/// Watches the generator's threads and its machine during a run, from outside: the workers pay
/// nothing for it. One owner, the thread that drives the run; RegisterWorker from the worker's own.
class EvidenceCollector {
 public:
  enum class Counts : bool { kNo, kYes };

  /// The clock must outlive it.
  EvidenceCollector(std::uint32_t workers, const Clock& clock);

  /// Once, first thing on the thread of worker `index`.
  void RegisterWorker(std::uint32_t index);

  /// Once, last thing on that thread: its own use can be read no longer afterwards.
  void FinishWorker(std::uint32_t index);

  /// When all workers have finished: a run too short for a sample gets one over its whole length.
  void SampleIfNone();

  /// About once a second: looks at what happened since the last call, which becomes part of the
  /// evidence or (warm-up, drain) does not. Cost: a small file for each worker.
  void Sample(Counts counts);

  /// Fills in what is known of workers and machine.
  void Conclude(GeneratorEvidence& evidence) const;

 private:
  /// Shares 0..1 to whole percents: what one second of ten exceeds, in fixed memory.
  class Shares {
   public:
    void Add(double share);
    std::optional<double> AtRank(double rank) const;

    bool empty() const { return total_ == 0; }

   private:
    std::array<std::uint32_t, 101> counts_{};
    std::uint32_t total_ = 0;
  };

  void AddWorkers(Nanos span, Counts counts);

  const Clock& clock_;
  std::vector<std::atomic<int>> tids_;
  std::vector<std::atomic<bool>> finished_;
  std::vector<std::optional<ThreadUsage>> last_usage_;  ///< Written before finished_ is.
  std::vector<ThreadUsage> before_;
  Instant last_{};
  Instant begun_{};
  std::optional<MachineTicks> ticks_before_;
  std::optional<Nanos> throttled_before_;
  Shares busy_;
  Shares idle_;
  Shares wait_;
};

}  // namespace weir::loadgen
