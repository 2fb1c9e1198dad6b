#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "monitor/alerts/precision.h"
#include "monitor/interventions.h"

/// What people say alerts were good for. Marks stand in the history beside silences and
/// acknowledgements. Rules are known by their names: those of one name are judged together.
namespace weir::monitor {

/// Of a rule the newest so many are kept, of all rules so many; for so long.
inline constexpr std::size_t kMarksOfRuleMax = 50;
inline constexpr std::size_t kMarksMax = 5000;
inline constexpr Nanos kMarkKept = std::chrono::hours(24 * 90);

/// Those of the book that fire, and those that have ended (AlertBook::ended), but for an alert that
/// fires again. Errors: as ChooseFiring.
Result<std::vector<AlertInstance>> ChooseMarkable(const AlertBook& book, const AlertChoice& choice);

/// What is said, of each episode.
struct MarkOrder {
  bool useful = true;
  Speaker speaker;
  WallTime at{};
};

/// An episode that has a mark gets this one instead. What is too old, or too much, goes in the same
/// transaction. Errors: as MonitorBook.
Status MarkAlerts(store::MonitorBook& book, const std::vector<AlertInstance>& alerts,
                  const MarkOrder& order);

/// Takes the marks of these episodes back. Errors: as MonitorBook.
Status UnmarkAlerts(store::MonitorBook& book, const std::vector<AlertInstance>& alerts);

/// All marks of a rule go; returns how many. Errors: kUsage: it has none; as MonitorBook.
Result<std::size_t> ForgetMarks(store::MonitorBook& book, std::string_view rule);

/// By the name of the rule, what its marks say that are not too old at `at`.
std::map<std::string, RulePrecision> PrecisionOf(const std::vector<AlertMark>& marks, WallTime at);

/// Whether a mark is too old to count.
inline bool IsStale(const AlertMark& mark, WallTime at) {
  return at - mark.at > kMarkKept;
}

/// "rule HighErrors: 5 of 9 marked noise, told in the digest".
std::string DemotedInWords(std::string_view rule, const RulePrecision& precision);

/// "useful", "noise".
std::string_view MarkName(bool useful);

}  // namespace weir::monitor
