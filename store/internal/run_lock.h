#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/run.h"

/// Who is recording right now. A process that records run N holds a lock on byte N of the file
/// `HISTORY-writers`; the kernel drops it when the process ends, however it ends, so neither a
/// crash, a reboot, a reused process number nor a jump of the clock can make a dead run look alive.
/// The file is empty and stays; without it, no run is in progress.
namespace weir::store::internal {

/// Holds the lock of one run while it lives.
class RunLock {
 public:
  /// Errors: kUnavailable (no right to write, no locks on this file system).
  static Result<std::unique_ptr<RunLock>> Take(const std::string& history_path, RunId id);

  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  explicit RunLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

/// Tells which runs are being recorded. Opens the file at the first question.
class RunLockProbe {
 public:
  explicit RunLockProbe(std::string history_path) : history_path_(std::move(history_path)) {}

  ~RunLockProbe();
  RunLockProbe(const RunLockProbe&) = delete;
  RunLockProbe& operator=(const RunLockProbe&) = delete;

  bool IsHeld(RunId id);

 private:
  std::string history_path_;
  std::optional<int> descriptor_;  // -1: there is no file.
};

}  // namespace weir::store::internal
