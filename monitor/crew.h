#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "monitor/config/monitor_config.h"
#include "monitor/courier.h"
#include "monitor/history_learner.h"
#include "monitor/otlp_intake.h"
#include "monitor/rum_intake.h"
#include "monitor/shared_book.h"
#include "monitor/sources/poller.h"

namespace weir::monitor {

/// Who works by a configuration: those that look at its sources, take in what is pushed, learn from
/// the past and deliver, most on threads of their own. A crew does not change: another
/// configuration has another one, in which those go on whose part of the file is the same.
struct Crew {
  MonitorConfig config;
  std::shared_ptr<RumIntake> rum;  // Before those that look at it, as the next. May be null.
  std::shared_ptr<OtlpIntake> otlp;
  std::vector<std::shared_ptr<Poller>> pollers;    ///< One for each source.
  std::vector<std::shared_ptr<Courier>> couriers;  ///< One for each channel.
  std::shared_ptr<HistoryLearner> history;         ///< Null: no rule learns from the past.
  bool asks_history = false;                       ///< A rule goes by what others write there.
};

/// Makes crews. Thread rule: one owner. What it is made of must outlive it and its crews.
class CrewMaker {
 public:
  struct Parts {
    SharedBook& book;
    const std::string& store_path;
    const Clock& clock;
    std::function<void(std::string_view line)> log;
    std::uint64_t seed = 0;  ///< Of the jitter of retries.
  };

  explicit CrewMaker(Parts parts) : parts_(std::move(parts)) {}

  /// Those of `before` that are the same go on, the others begin at once. Errors: as MakeSender;
  /// then nothing has changed.
  Result<std::shared_ptr<const Crew>> Make(MonitorConfig config, const Crew& before);

 private:
  Status AddCouriers(const Crew& before, Crew& crew);
  void AddPollers(const Crew& before, Crew& crew);
  std::shared_ptr<HistoryLearner> MakeHistory(const Crew& before, const Crew& crew) const;

  Parts parts_;
};

/// Tells those of `before` to end that `now` does not have, without waiting for them.
void StopLeaving(const Crew& before, const Crew& now);

}  // namespace weir::monitor
