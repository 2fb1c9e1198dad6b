#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "monitor/rules/rule_engine.h"
#include "monitor/sources/poller.h"
#include "monitor/sources/prometheus_answer.h"
#include "monitor/sources/source.h"

/// What rules may know at the start, from the past of the server that they ask.
namespace weir::monitor {

/// Instants of the past, `step` apart.
struct HistoryPlan {
  Nanos step{0};
  std::size_t instants = 0;

  friend bool operator==(const HistoryPlan&, const HistoryPlan&) = default;
};

/// What `rule` needs of the past of `source`: the window; of an anomaly 600 values and two periods,
/// of a forecast all that it keeps; at most `source.learn` and `instants_max`. Steps are those of
/// live looks, or more of them where that is too many, up to `every` of the engine. Nothing: it
/// learns from no values, or the source has no past. Pure.
std::optional<HistoryPlan> PlanHistory(const AlertRule& rule, const SourceSpec& source,
                                       std::size_t instants_max);

struct HistoryAsk {
  std::string query;
  WallTime from{};
  Nanos step{0};
  std::size_t instants = 0;  ///< > 0.
};

struct HistoryTrouble {
  std::string message;        ///< Printable, without secrets.
  bool may_be_large = false;  ///< A smaller one might be answered.
  bool no_answer = false;     ///< Not even a status.
};

using AskHistory = std::function<tl::expected<RangeAnswer, HistoryTrouble>(const HistoryAsk&)>;

/// How a server is asked: over HTTP, each for at most 5 s or the timeout of the source. One thread
/// at a time.
AskHistory MakeAskHistory(const SourceSpec& source);

struct HistoryTask {
  std::size_t rule = 0;  ///< Its number, for who asked.
  AlertRule spec;
  std::string query;
};

/// What came of one rule.
struct LearntHistory {
  RuleEngine engine;    ///< Of this rule alone; RuleEngine::TakeUp.
  SourceLedger ledger;  ///< Balanced. Dropped: "too_much_history", of many series.
};

/// Learns for one rule. Asks from the oldest instant on up to now, in parts of at most
/// kInstantsPerAsk that are smaller while answers are large, at most kSamplesMax in all: of many
/// series less of the past. Errors: why, when a part is not answered, even if it is small; or
/// `stopped` said so.
class HistoryLesson {
 public:
  static constexpr std::size_t kInstantsMax = 40'000;
  static constexpr std::size_t kInstantsPerAsk = 11'000;  ///< What Prometheus answers at most.
  static constexpr std::size_t kSamplesMax = 4'000'000;
  static constexpr std::size_t kAnswerBytesMax = std::size_t{8} * 1024 * 1024;

  HistoryLesson(HistoryTask task, const SourceSpec& source, AskHistory ask);

  tl::expected<LearntHistory, HistoryTrouble> Learn(const std::function<WallTime()>& now,
                                                    const std::function<bool()>& stopped);

  /// Samples that came so far.
  std::uint64_t offered() const { return learnt_ ? learnt_->ledger.offered : 0; }

 private:
  void Begin(WallTime now);
  bool Take(RangeAnswer past, WallTime now);

  const HistoryTask task_;
  const SourceSpec& source_;
  const AskHistory ask_;
  HistoryPlan plan_;
  WallTime from_{};
  std::size_t done_ = 0;
  bool planned_by_series_ = false;
  std::optional<LearntHistory> learnt_;
};

/// How far the rules of a source are with it.
struct HistoryReport {
  std::size_t rules = 0;      ///< That learn from the past.
  std::size_t learnt = 0;     ///< Of these.
  std::uint64_t samples = 0;  ///< They learnt from.
  std::string trouble;        ///< Why some have not; printable; may be empty.
};

/// Learns for rules, one after the other, on a thread of its own. What fails is tried again with
/// growing pauses, kTriesMax times. Live looks go on meanwhile. Thread-safe; `clock` must outlive
/// it.
class HistoryLearner {
 public:
  static constexpr int kTriesMax = 12;
  static constexpr Nanos kPauseMax = std::chrono::minutes(1);

  struct Lesson {
    HistoryTask task;
    std::shared_ptr<Poller> poller;  ///< Of its source: counts what came.
  };

  HistoryLearner(std::vector<Lesson> lessons, const Clock& clock);

  /// Waits for what is asked just now.
  ~HistoryLearner();
  HistoryLearner(const HistoryLearner&) = delete;
  HistoryLearner& operator=(const HistoryLearner&) = delete;

  /// Begins to end, without waiting for it.
  void Stop();

  /// What has been learnt since the last call, with the numbers of the rules.
  std::vector<std::pair<std::size_t, RuleEngine>> TakeLearnt();

  /// Whether rule number `rule` was learnt for, or nothing was to be learnt for it.
  bool HasLearnt(std::size_t rule) const;

  HistoryReport ReportOf(const Poller& poller) const;

 private:
  struct State {
    bool learnt = false;
    std::uint64_t samples = 0;
    std::string trouble;
  };

  void Work();
  bool TryAll();
  std::optional<HistoryTrouble> Try(std::size_t number);
  bool Stopping() const;

  const std::vector<Lesson> lessons_;
  const Clock& clock_;

  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  std::vector<State> states_;  // By number of lesson.
  std::vector<std::pair<std::size_t, RuleEngine>> learnt_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace weir::monitor
