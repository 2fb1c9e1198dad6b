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

#include "base/clock.h"
#include "base/result.h"
#include "monitor/alert_desk.h"
#include "monitor/alert_story.h"
#include "monitor/config/monitor_config.h"
#include "monitor/crew.h"
#include "monitor/gate_news.h"
#include "monitor/look_meters.h"
#include "monitor/monitor_report.h"
#include "monitor/otlp_intake.h"
#include "monitor/rum_intake.h"
#include "monitor/scribe.h"
#include "monitor/shared_book.h"
#include "monitor/trends.h"
#include "monitor/wall_follower.h"

namespace weir::monitor {

/// Watches sources and tells people, until it is stopped: a thread for each source and channel, and
/// one that evaluates. What must not be lost is in the store before anything is sent.
///
/// Life: Start, Reload, Stop. Thread rule: one owner; `clock` and `log` must outlive it, and are
/// called from several threads at a time.
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

  /// Goes by another configuration from the next evaluation on. Sources, channels and rules that
  /// are the same go on as they are; others begin or end (AlertDesk::TakeOver). Waits for what
  /// ends: a look or a delivery, within its timeout. Its `service` is not looked at. Errors: as
  /// MakeSender; then nothing has changed.
  Status Reload(MonitorConfig config);

  /// What came of reading the configuration again, for Report; empty: it was taken.
  void NoteReload(std::string_view trouble);

  /// Ends all threads: first all are told, then each is waited for. Looks and deliveries that go on
  /// end within their timeouts; messages that are not delivered wait for the next Start.
  void Stop();

  /// How it is now. Any thread.
  MonitorReport Report();

  /// How values went until now. Any thread.
  Trends GetTrends();

  /// What stands about the alert with this key (AlertKey), also when it is over; nothing: it is not
  /// known, or no more. Any thread.
  std::optional<AlertStory> Tell(std::string_view key);

  /// How often all rules were evaluated since the start. Any thread.
  std::uint64_t Evaluations();

  /// Where browsers send beacons; null without a source for them. Any thread.
  std::shared_ptr<RumIntake> rum();

  /// Where OpenTelemetry pushes metrics; null without a source for them. Any thread.
  std::shared_ptr<OtlpIntake> otlp();

  /// Returns when an evaluation beyond the first `seen` has ended, it stops, or `longest` has
  /// passed. Any thread.
  void AwaitEvaluation(std::uint64_t seen, Nanos longest);

 private:
  LiveMonitor(std::unique_ptr<store::MonitorBook> book, const std::string& store_path,
              const Parts& parts);

  std::shared_ptr<const Crew> crew() const;
  void Work();
  void Evaluate();
  WallTime FollowClock();
  void TakeUpHistory(const Crew& crew);
  void HearPeople();
  bool HearGates();
  bool AwaitNext(Instant next);
  bool WaitUntil(Instant at);

  const Parts parts_;
  const std::string store_path_;
  SharedBook book_;
  CrewMaker maker_;  // The owner's.
  Instant started_at_{};
  WallTime started_at_wall_{};

  std::mutex step_mutex_;  // Held by an evaluation, and while the crew changes; guards the next 4.
  Scribe scribe_;          // But for its trouble.
  std::optional<std::int64_t> heard_;  // ChangeCount of what people said last.
  GateReader gate_reader_;
  WallFollower wall_;

  mutable std::mutex desk_mutex_;  // Guards what follows. Not held while the store is asked.
  std::shared_ptr<const Crew> crew_;
  std::unique_ptr<AlertDesk> desk_;  // By the configuration of the crew.
  std::uint64_t evaluations_ = 0;
  Nanos evaluation_took_{0};
  std::uint64_t trends_version_ = 0;
  std::uint64_t tracks_seen_ = 0;  // The version of the engine that it has counted.
  GateNews gates_;
  std::uint64_t gates_version_ = 0;
  LookMeters meters_;

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  std::string reload_trouble_;  // Of the last one; empty: there was none.
  WallTime config_at_{};        // When the configuration was taken.
  std::uint64_t evaluated_ = 0;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace weir::monitor
