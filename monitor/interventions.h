#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "monitor/alerts/alert_notifier.h"
#include "monitor/rules/rule_engine.h"
#include "store/monitor_book.h"

/// What people say about alerts: silences and acknowledgements. They stand in the history, so that
/// they survive a restart and can be given while no monitor runs; one that runs obeys them from its
/// next evaluation on.
namespace weir::monitor {

/// Who says something, and why. Printable when it came through MakeSilence or Acknowledge.
struct Speaker {
  std::string by;
  std::string comment;
};

/// A silence as it is kept.
struct StoredSilence {
  std::string id;
  std::vector<std::string> matchers;  ///< As they were written.
  Silence silence;
  Speaker speaker;
};

/// Somebody looks after an alert: it is not repeated, and not escalated, until it has ended.
struct Acknowledgement {
  Labels labels;
  WallTime fired_at{};  ///< Of the episode that is meant: a later one is not acknowledged by it.
  WallTime at{};
  Speaker speaker;
};

/// What somebody says an alert was good for.
struct AlertMark {
  Labels labels;
  WallTime fired_at{};  ///< Of the episode that is meant.
  WallTime at{};
  bool useful = true;  ///< Else noise.
  Speaker speaker;
};

/// What is to be silenced. `starts_at` < `ends_at`.
struct SilenceOrder {
  std::vector<std::string> matchers;
  WallTime starts_at{};
  WallTime ends_at{};
  Speaker speaker;
};

/// Of silences at a time; those that are over go first.
inline constexpr std::size_t kSilencesMax = 1000;

/// A silence that is over is listed for so long.
inline constexpr Nanos kSilenceKept = std::chrono::hours(24);

/// Errors: kUsage: no matchers, one that is wrong, only such as match what has no labels at all (it
/// would silence everything), or a time that ends before it begins.
Result<StoredSilence> MakeSilence(const SilenceOrder& order);

/// What a history knows: alerts that are pending or fire, and what was said about them.
struct AlertBook {
  std::vector<AlertInstance> alerts;  ///< Those that fire first, of those the newest first.
  std::vector<StoredSilence> silences;
  std::vector<Acknowledgement> acknowledgements;
  std::vector<AlertMark> marks = {};
  std::vector<AlertInstance> ended = {};     ///< Episodes that are over, the newest first.
  std::vector<std::string> demoted = {};     ///< Rules of which digests tell, by name.
  std::map<Labels, std::size_t> flaps = {};  ///< Of alerts that flap: how often they began.

  /// Of an alert that fires, in this episode; null: none.
  const Acknowledgement* Of(const AlertInstance& alert) const;

  /// Of this episode of an alert; null: none.
  const AlertMark* MarkOf(const AlertInstance& alert) const;

  /// The first silence that holds for an alert at `at`; null: none.
  const StoredSilence* SilenceOf(const Labels& labels, WallTime at) const;
};

/// What cannot be read, as another weir wrote it, is left out. Errors: as MonitorBook.
Result<AlertBook> LoadAlertBook(store::MonitorBook& book);

/// What people say alone: silences, acknowledgements and marks.
Result<AlertBook> LoadSaid(store::MonitorBook& book);

/// Adds it. Errors: kUsage: there are kSilencesMax already; as MonitorBook.
Status AddSilence(store::MonitorBook& book, const StoredSilence& silence);

/// Takes away the one whose id begins with `id`. Errors: kUsage: none or several do; as
/// MonitorBook.
Status RemoveSilence(store::MonitorBook& book, std::string_view id);

/// Which alerts are meant: by the beginning of their id (AlertKey), at least kIdShortest
/// characters, or by matchers. Exactly one of both.
struct AlertChoice {
  std::vector<std::string> ids;
  std::vector<std::string> matchers;
};

inline constexpr std::size_t kIdShortest = 4;

/// How alerts are named that are not to be found.
struct ChoiceWords {
  std::string_view which;  ///< "that fires".
  std::string_view hint;
};

/// Those of `candidates` that are meant. Errors: as ChooseFiring.
Result<std::vector<AlertInstance>> Choose(std::vector<AlertInstance> candidates,
                                          const AlertChoice& choice, const ChoiceWords& words);

/// Those of `alerts` that fire.
std::vector<AlertInstance> FiringOf(const std::vector<AlertInstance>& alerts);

/// Those of `alerts` that fire. Errors: kUsage: an id that none or several have, a wrong matcher,
/// or none that matches.
Result<std::vector<AlertInstance>> ChooseFiring(const std::vector<AlertInstance>& alerts,
                                                const AlertChoice& choice);

/// Printable, and short.
Speaker Tidied(const Speaker& speaker);

/// Errors: as MonitorBook.
Status Acknowledge(store::MonitorBook& book, const std::vector<AlertInstance>& alerts,
                   const Speaker& speaker, WallTime at);

/// Takes acknowledgements back. Errors: as MonitorBook.
Status TakeBack(store::MonitorBook& book, const std::vector<AlertInstance>& alerts);

}  // namespace weir::monitor
