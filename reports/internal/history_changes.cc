#include "reports/internal/history_changes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/analysis_json.h"
#include "reports/internal/analysis_text.h"
#include "reports/internal/change_point_parts.h"
#include "reports/internal/number_text.h"

namespace weir::reports {
namespace {

using analysis::ChangePoint;
using analysis::HistoryChange;
using analysis::HistoryChanges;

constexpr std::size_t kShownMax = 20;

/// Of series without a change, these are flagged all the same (docs/statistics.md).
constexpr double kFalseRatio = 0.013;

std::string PercentagePoints(double ratio) {
  return fmt::format("{:+.2g} pp", 100 * ratio);
}

std::string SizeText(const HistoryChange& change, Charset charset) {
  const ChangePoint& point = change.point;
  if (change.metric.unit == "ratio") {
    return PercentagePoints(point.change);
  }
  return point.change_ratio_interval ? fmt::format("{} ({})", FormatChange(*point.change_ratio),
                                                   IntervalInWords(point.change_ratio_interval,
                                                                   change.metric.unit, charset))
                                     : ChangeText(point, change.metric.unit);
}

std::string RunsText(const HistoryChange& change) {
  return change.low_run == change.high_run
             ? fmt::format("run {}", change.low_run)
             : fmt::format("one of runs {} to {}", change.low_run, change.high_run);
}

bool Concerns(const HistoryChange& change, std::span<const HistoryRow> rows) {
  return std::any_of(rows.begin(), rows.end(), [&change](const HistoryRow& row) {
    const bool among = row.run >= change.low_run && row.run <= change.high_run;
    return row.scenario == change.scenario && (among || row.run == change.run);
  });
}

bool SeveralHistories(const HistoryChanges& changes) {
  return std::any_of(changes.changes.begin(), changes.changes.end(), [&](const auto& change) {
    return change.scenario != changes.changes.front().scenario ||
           change.load != changes.changes.front().load;
  });
}

std::string LookedAtText(const HistoryChanges& changes, std::size_t shown) {
  std::string text = fmt::format(
      "{} of {} in {}", shown == 1 ? "1 change point" : fmt::format("{} change points", shown),
      changes.series == 1 ? "1 series" : fmt::format("{} series", changes.series),
      RunsInWords(changes.runs));
  if (changes.small > 0) {
    text += fmt::format("; {} smaller than --change-min", changes.small);
  }
  if (const std::size_t others = changes.changes.size() - shown; others > 0) {
    text += fmt::format("; {} in other runs (--last, --json)", others);
  }
  const double by_chance = kFalseRatio * static_cast<double>(changes.series);
  return text + fmt::format("; chance alone would give about {:.1g}", by_chance);
}

}  // namespace

Json HistoryChangesToJson(const HistoryChanges& changes) {
  Json points = Json::array();
  for (const HistoryChange& change : changes.changes) {
    Json json = {{"scenario", change.scenario},
                 {"load", change.load},
                 {"step", change.step},
                 {"metric", change.metric.name},
                 {"unit", change.metric.unit},
                 {"run", change.run},
                 {"build", change.build},
                 {"low_run", change.low_run},
                 {"high_run", change.high_run},
                 {"suspects", change.suspects},
                 {"same_build", change.same_build},
                 {"worse", change.Worse()}};
    PutStep(json, change.point);
    points.push_back(std::move(json));
  }
  Json json = {{"runs", changes.runs}, {"series", changes.series}, {"small", changes.small}};
  json["changepoints"] = std::move(points);
  PutWarnings(json, changes.warnings);
  return json;
}

Mark ChangeMark(const HistoryChange& change, Charset charset) {
  const bool up = change.point.change > 0;
  const Style style = change.Worse() ? Style::kBad : Style::kGood;
  return charset == Charset::kUnicode ? Mark{up ? "▲" : "▼", style} : Mark{up ? "^" : "v", style};
}

std::string WhatMoved(const HistoryChange& change, Charset charset) {
  const std::string step = change.step.empty() ? "" : " of " + Clean(change.step, 60);
  return fmt::format("{}{} {}, {} to {}", MetricInWords(change.metric.name), step,
                     SizeText(change, charset),
                     ValueInWords(change.point.before, change.metric.unit, charset),
                     ValueInWords(change.point.after, change.metric.unit, charset));
}

std::string WhoMovedIt(const HistoryChange& change) {
  std::string text = fmt::format("{} sure; began with {}", ConfidenceText(change.point.confidence),
                                 RunsText(change));
  if (change.same_build) {
    text += fmt::format(", within the runs of build {}: not the build, but what is around it",
                        Clean(change.build, 60));
  } else if (!change.suspects.empty()) {
    constexpr std::size_t kNamed = 6;
    const std::size_t named = std::min(change.suspects.size(), kNamed);
    text += change.suspects.size() == 1 ? ", build" : ", builds";
    for (std::size_t i = 0; i < named; ++i) {
      text += fmt::format("{} {}", i == 0 ? "" : ",", Clean(change.suspects[i], 60));
    }
    if (named < change.suspects.size()) {
      text += fmt::format(" and {} more", change.suspects.size() - named);
    }
  }
  return text + (change.point.went_away ? "; undone by the next one" : "");
}

std::string RenderHistoryChanges(std::span<const HistoryRow> rows, const HistoryChanges& changes,
                                 const TextOptions& options) {
  std::vector<const HistoryChange*> shown;
  for (const HistoryChange& change : changes.changes) {
    if (Concerns(change, rows)) {
      shown.push_back(&change);
    }
  }
  std::string text;
  const bool several = SeveralHistories(changes);
  for (std::size_t i = 0; i < std::min(shown.size(), kShownMax); ++i) {
    const HistoryChange& change = *shown[i];
    const Mark mark = ChangeMark(change, options.charset);
    std::string head = fmt::format("{} run {}{}: {}", mark.text, change.run,
                                   change.build.empty() ? "" : ", build " + Clean(change.build, 60),
                                   WhatMoved(change, options.charset));
    if (several) {
      head += fmt::format(" ({}, {})", Clean(change.scenario, 60), Clean(change.load, 60));
    }
    text += Painted(Wrapped(head, 0, options), mark.style, options);
    text += Wrapped(WhoMovedIt(change), 2, options);
  }
  if (shown.size() > kShownMax) {
    text += fmt::format("and {} more (--json has all)\n", shown.size() - kShownMax);
  }
  if (changes.series > 0) {
    text +=
        Painted(Wrapped(LookedAtText(changes, shown.size()), 0, options), Style::kFaint, options);
  }
  return text + WarningLines(changes.warnings, options);
}

}  // namespace weir::reports
