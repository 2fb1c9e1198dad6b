#include "monitor/alert_marks.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/state_codec.h"

namespace weir::monitor {
namespace {

using store::MonitorStateKind;
using store::MonitorStateRow;

std::string RuleOf(const AlertMark& mark) {
  return std::string(LabelValue(mark.labels, "alertname"));
}

std::string KeyOf(const AlertMark& mark) {
  return MarkKey(mark.labels, mark.fired_at);
}

AlertMark MarkOf(const AlertInstance& alert, const MarkOrder& order) {
  return {.labels = alert.labels,
          .fired_at = alert.state.fired_at.value_or(order.at),
          .at = order.at,
          .useful = order.useful,
          .speaker = Tidied(order.speaker)};
}

// The keys of those that have to go, so that the rest keeps the limits.
std::vector<std::string> Surplus(std::vector<AlertMark> marks, WallTime at) {
  std::stable_sort(marks.begin(), marks.end(),
                   [](const AlertMark& a, const AlertMark& b) { return a.at > b.at; });
  std::map<std::string, std::size_t> of_rule;
  std::size_t kept = 0;
  std::vector<std::string> keys;
  for (const AlertMark& mark : marks) {
    if (IsStale(mark, at) || kept == kMarksMax || of_rule[RuleOf(mark)] == kMarksOfRuleMax) {
      keys.push_back(KeyOf(mark));
    } else {
      ++kept;
      ++of_rule[RuleOf(mark)];
    }
  }
  return keys;
}

}  // namespace

Result<std::vector<AlertInstance>> ChooseMarkable(const AlertBook& book,
                                                  const AlertChoice& choice) {
  std::vector<AlertInstance> candidates = FiringOf(book.alerts);
  std::set<Labels> firing;
  for (const AlertInstance& alert : candidates) {
    firing.insert(alert.labels);
  }
  std::copy_if(book.ended.begin(), book.ended.end(), std::back_inserter(candidates),
               [&firing](const AlertInstance& alert) { return !firing.contains(alert.labels); });
  return Choose(std::move(candidates), choice,
                {.which = "that fires, or has ended lately,",
                 .hint = "'weir monitor alerts --ended' lists them"});
}

Status MarkAlerts(store::MonitorBook& book, const std::vector<AlertInstance>& alerts,
                  const MarkOrder& order) {
  Result<AlertBook> said = LoadSaid(book);
  if (!said) {
    return tl::unexpected(said.error());
  }
  std::vector<AlertMark> marks = std::move(said->marks);
  store::MonitorChange change;
  std::set<std::string> replaced;
  for (const AlertInstance& alert : alerts) {
    replaced.insert(KeyOf(MarkOf(alert, order)));
  }
  std::erase_if(marks, [&](const AlertMark& mark) { return replaced.contains(KeyOf(mark)); });
  for (const AlertInstance& alert : alerts) {
    AlertMark mark = MarkOf(alert, order);
    change.rows.push_back({MonitorStateKind::kMark, KeyOf(mark), EncodeMark(mark)});
    marks.push_back(std::move(mark));
  }
  for (std::string& key : Surplus(std::move(marks), order.at)) {
    change.rows.push_back({MonitorStateKind::kMark, std::move(key), ""});
  }
  return book.Commit(change);
}

Status UnmarkAlerts(store::MonitorBook& book, const std::vector<AlertInstance>& alerts) {
  store::MonitorChange change;
  for (const AlertInstance& alert : alerts) {
    const AlertMark mark = MarkOf(alert, {});
    change.rows.push_back({MonitorStateKind::kMark, KeyOf(mark), ""});
  }
  return book.Commit(change);
}

Result<std::size_t> ForgetMarks(store::MonitorBook& book, std::string_view rule) {
  const Result<AlertBook> said = LoadSaid(book);
  if (!said) {
    return tl::unexpected(said.error());
  }
  store::MonitorChange change;
  for (const AlertMark& mark : said->marks) {
    if (RuleOf(mark) == rule) {
      change.rows.push_back({MonitorStateKind::kMark, KeyOf(mark), ""});
    }
  }
  if (change.rows.empty()) {
    return UsageError(
        fmt::format("no alert of a rule '{}' is marked\n"
                    "  hint: 'weir monitor marks' lists them",
                    Printable(rule)));
  }
  const Status done = book.Commit(change);
  return done ? Result<std::size_t>(change.rows.size()) : tl::unexpected(done.error());
}

std::map<std::string, RulePrecision> PrecisionOf(const std::vector<AlertMark>& marks, WallTime at) {
  std::map<std::string, RulePrecision> rules;
  for (const AlertMark& mark : marks) {
    if (!IsStale(mark, at)) {
      RulePrecision& rule = rules[RuleOf(mark)];
      ++(mark.useful ? rule.useful : rule.noise);
    }
  }
  return rules;
}

std::string DemotedInWords(std::string_view rule, const RulePrecision& precision) {
  return fmt::format("rule {}: {} of {} marked noise, told in the digest", rule, precision.noise,
                     precision.Marked());
}

std::string_view MarkName(bool useful) {
  return useful ? "useful" : "noise";
}

}  // namespace weir::monitor
