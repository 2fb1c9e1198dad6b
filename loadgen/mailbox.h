#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "loadgen/recorder.h"
#include "loadgen/worker_loop.h"

namespace weir::loadgen {

/// Wakes the thread that collects records. Shared by all workers of a run.
struct Bell {
  std::mutex mutex;
  std::condition_variable rung;
};

/// The hand-over between one worker and the thread that collects: bounded, and never waits for
/// more than a pointer swap. When the collector is behind and no empty set is left, the worker
/// keeps its own and two seconds become one record; late_swaps() counts that.
class Mailbox final : public RecordExchange {
 public:
  static constexpr int kSpareSets = 2;

  Mailbox(Bell& bell, std::uint32_t step_count, bool with_warm_up);

  /// Worker's side.
  std::unique_ptr<RecordSet> Swap(std::unique_ptr<RecordSet> full) override;
  void Last(std::unique_ptr<RecordSet> full) override;

  /// Collector's side. closed() needs the bell's mutex held.
  bool closed() const { return closed_; }

  std::vector<std::unique_ptr<RecordSet>> TakeAll();
  void GiveBack(std::unique_ptr<RecordSet> empty);
  std::uint64_t late_swaps();

 private:
  Bell& bell_;
  std::vector<std::unique_ptr<RecordSet>> full_;  // Guarded by bell_.mutex, like all below.
  std::vector<std::unique_ptr<RecordSet>> empty_;
  std::uint64_t late_swaps_ = 0;
  bool closed_ = false;
};

}  // namespace weir::loadgen
