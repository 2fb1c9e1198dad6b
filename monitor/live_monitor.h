#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "monitor/alert_desk.h"
#include "monitor/config/monitor_config.h"
#include "monitor/courier.h"
#include "monitor/monitor_report.h"
#include "monitor/rum_intake.h"
#include "monitor/service_meter.h"
#include "monitor/shared_book.h"
#include "monitor/sources/poller.h"
#include "monitor/unsaved_change.h"

namespace weir::monitor {

/// Watches sources and tells people, until it is stopped: a thread for each source and channel, and
/// one that evaluates. What must not be lost is in the store before anything is sent.
///
/// Life: Start, Stop. Thread rule: one owner; `clock` and `log` must outlive it, and are called
/// from several threads at a time.
class LiveMonitor {
 public:
  struct Parts {
    const Clock& clock;
    std::function<void(std::string_view line)> log;  ///< Printable, no secret.
    std::uint64_t seed = 0;                          ///< Of the jitter of retries.
  };

  /// Takes up the state that the store has. Errors: kUnavailable, as MonitorBook and MakeSender.
  static Result<std::unique_ptr<LiveMonitor>> Start(MonitorConfig config,
                                                    const std::string& store_path,
                                                    const Parts& parts);

  /// Stop.
  ~LiveMonitor();
  LiveMonitor(const LiveMonitor&) = delete;
  LiveMonitor& operator=(const LiveMonitor&) = delete;

  /// Ends all threads: first all are told, then each is waited for. Looks and deliveries that go on
  /// end within their timeouts; messages that are not delivered wait for the next Start.
  void Stop();

  /// How it is now. Any thread.
  MonitorReport Report();

  /// How often all rules were evaluated since the start. Any thread.
  std::uint64_t Evaluations();

  /// Where browsers send beacons; null without a source for them. It lives as long as this.
  RumIntake* rum() { return rum_.get(); }

  /// Returns when an evaluation beyond the first `seen` has ended, it stops, or `longest` has
  /// passed. Any thread.
  void AwaitEvaluation(std::uint64_t seen, Nanos longest);

 private:
  LiveMonitor(MonitorConfig config, std::unique_ptr<store::MonitorBook> book, const Parts& parts);

  Status StartThreads();
  void Work();
  void Evaluate();
  WallTime FollowClock(Instant now);
  std::vector<SourceView> ViewsOf(const std::vector<SourceStatus>& statuses, Instant now,
                                  WallTime at) const;
  void Measure(const std::vector<SourceStatus>& statuses);
  void HearPeople();
  void Save(store::MonitorChange change);
  bool WaitUntil(Instant at);
  std::vector<SourceReport> LookAtSources(Instant now) const;
  EngineReport LookAtUx(const std::vector<SourceReport>& sources) const;
  std::vector<EngineReport> LookAtEngines(const std::vector<SourceReport>& sources) const;

  const MonitorConfig config_;
  const Parts parts_;
  SharedBook book_;
  Instant started_at_{};
  WallTime started_at_wall_{};

  std::unique_ptr<RumIntake> rum_;  // Before those that look at it.
  std::vector<std::unique_ptr<Poller>> pollers_;
  std::vector<std::unique_ptr<Courier>> couriers_;

  UnsavedChange unsaved_;              // The evaluating thread's.
  std::optional<std::int64_t> heard_;  // ChangeCount of what people said last; that thread's, too.

  // Of the last evaluation, and what the clock said then; that thread's, too.
  Instant evaluated_at_{};
  WallTime clock_said_ = WallTime::min();
  WallTime evaluated_at_wall_ = WallTime::min();

  std::mutex desk_mutex_;  // Guards what follows. Not held while the store is asked.
  AlertDesk desk_;
  std::uint64_t evaluations_ = 0;
  Nanos evaluation_took_{0};
  std::vector<ServiceMeter> meters_;  // One for each poller.
  Instant newest_look_{};             // Of those that were taken in.
  std::optional<Nanos> pipeline_latency_;

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  std::string store_trouble_;  // Empty: it takes what is written.
  std::uint64_t evaluated_ = 0;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace weir::monitor
