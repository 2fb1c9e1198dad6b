#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/run.h"

/// What the target uses while it is loaded: a process, a control group, or a page of metrics.
namespace weir::loadgen {

/// Something that can be asked for numbers. One thread at a time.
class WatchSource {
 public:
  virtual ~WatchSource() = default;

  /// What it is, for messages: "process 123".
  virtual std::string Name() const = 0;

  /// May block, for about a second at most. Errors: kUnavailable, one sentence that says what is
  /// missing; the next call may succeed again.
  virtual Result<std::vector<TargetValue>> Read() = 0;
};

/// A process of this machine with all its descendants: `process_cpu_s` (those that have ended and
/// were waited for included) and `process_memory_bytes` (resident, shared pages counted in each).
/// `root` is put before /proc, for tests.
std::unique_ptr<WatchSource> WatchProcess(int pid, const std::string& root = "");

/// A control group of version 1 or 2, by its directory below /sys/fs/cgroup or by its name there:
/// `cgroup_cpu_s`, `cgroup_throttled_s_total` (kept from running because its quota was used up) and
/// `cgroup_memory_bytes`, as far as the group has the controller.
std::unique_ptr<WatchSource> WatchControlGroup(const std::string& path,
                                               const std::string& root = "");

/// Asks its sources for numbers on a thread of its own, so that a slow one disturbs nobody. One
/// owner; all calls from one thread.
class TargetWatch {
 public:
  explicit TargetWatch(std::vector<std::unique_ptr<WatchSource>> sources);
  TargetWatch(const TargetWatch&) = delete;
  TargetWatch& operator=(const TargetWatch&) = delete;

  /// Waits for a source that is being read.
  ~TargetWatch();

  /// Asks for a sample that will say `second`; left out while the sources are still at the one
  /// before. Does not wait.
  void Ask(std::uint32_t second);

  /// The sample that was asked for last, when it is there: once.
  std::vector<TargetSample> Take();

  /// Waits until nothing is being read.
  void Await();

  /// What has gone wrong since the last call, a sentence each. A source that fails again and again
  /// is told once, and once more when it is back.
  std::vector<std::string> TakeTroubles();

 private:
  struct Watched {
    std::unique_ptr<WatchSource> source;
    bool failing = false;
  };

  void Serve();
  void ReadAll(std::uint32_t second, TargetSample& sample, std::vector<std::string>& troubles);

  std::vector<Watched> sources_;  // The thread's.

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  bool asked_ = false;
  bool stopping_ = false;
  std::uint32_t second_ = 0;
  std::vector<TargetSample> samples_;
  std::vector<std::string> troubles_;

  std::thread thread_;
};

}  // namespace weir::loadgen
