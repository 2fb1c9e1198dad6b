#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/record_sink.h"
#include "base/result.h"
#include "base/run.h"
#include "base/time.h"
#include "store/history.h"

namespace weir::store {

/// Records one run into a history while it runs.
///
/// OnSecond and OnResources only queue; a thread of this object's own writes what is queued once a
/// second, in one transaction, so that a slow disk never stalls the run. The queue is bounded: when
/// the disk lags by more than kQueuedSecondsMax seconds, further seconds are merged into the last
/// one queued (no count is lost, and RunHead::seconds_merged says how many).
///
/// A write that fails (disk full, locked, read-only) does not end the run either: the batch is kept
/// and tried again each second. If it still cannot be written at the end, Finish says why and the
/// run stays incomplete in the file.
///
/// A run is killed by taking its process away, at any moment: the file stays valid and shows that
/// run as incomplete with the seconds that reached it. While this object lives, the run counts as
/// in progress: it holds a lock that the kernel drops with the process (see docs/schema.md).
///
/// Any number of these, in any number of processes, may record into one file at the same time.
/// Thread rule: as RecordSink, one thread; trouble() from any.
class RunWriter final : public RecordSink {
 public:
  static constexpr std::size_t kQueuedSecondsMax = 16;

  /// Opens or makes the file and enters the run in it. Errors: as Store::OpenForWriting.
  static Result<std::unique_ptr<RunWriter>> Begin(const std::string& path, const RunPlan& plan,
                                                  WallTime started_at,
                                                  const WriteOptions& options = {});

  /// Without Finish, the run stays incomplete; what was queued is still written.
  ~RunWriter() override;
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;

  RunId id() const;

  /// Steps must lie in the plan of Begin.
  void OnSecond(const SecondRecord& record) override;
  void OnResources(const ResourceSample& sample) override;
  void OnTarget(const TargetSample& sample) override;

  /// Waits until one attempt was made to write everything queued so far.
  Status Flush();

  /// Why the last attempt to write failed, if it did: for a warning while the run goes on.
  std::optional<Error> trouble() const;

  /// Writes what is left, then totals, thresholds, figures and state in one durable transaction:
  /// after it, the run is whole on the disk. The plan is that of Begin, but for a warm-up where it
  /// had none: whole seconds, which turn from measured ones into that. The rest of `run` is taken.
  /// `run` may not be kRunning. Call at most once, last. Errors: kUnavailable; the run stays
  /// incomplete (or, if nothing but the last sync failed, turns out whole: never anything between).
  /// The number in `figures` is not looked at; without an edition none are kept.
  Status Finish(const Run& run, RunFigures figures = {});

 private:
  class Impl;
  explicit RunWriter(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::store
