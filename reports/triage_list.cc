#include "reports/triage_list.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/history_changes.h"
#include "reports/internal/json.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

std::string_view StateOf(const TriagedChange& row) {
  return row.mark ? std::string_view(row.mark->state) : std::string_view("new");
}

std::string SaidText(const TriageMark& mark) {
  std::string text = FormatWallTime(mark.at);
  text += mark.by.empty() ? "" : " by " + Clean(mark.by, 60);
  text += mark.why.empty() ? "" : ": " + Clean(mark.why, 500);
  return text;
}

Json RowToJson(const TriagedChange& row) {
  const analysis::HistoryChange& change = row.change;
  Json json = {{"run", change.run},   {"build", change.build}, {"scenario", change.scenario},
               {"load", change.load}, {"step", change.step},   {"metric", change.metric.name}};
  PutKnown(json, "change_ratio", change.point.change_ratio, "from none to some is no ratio");
  json["state"] = StateOf(row);
  if (row.mark) {
    json["at"] = FormatWallTime(row.mark->at);
    json["by"] = row.mark->by;
    json["why"] = row.mark->why;
  } else {
    PutUnknown(json, "at", "nobody has said anything of it");
  }
  return json;
}

}  // namespace

std::string RenderTriageText(const std::vector<TriagedChange>& rows, const TextOptions& options) {
  if (rows.empty()) {
    return "no regression\n";
  }
  std::string text;
  for (const TriagedChange& row : rows) {
    const bool open = StateOf(row) == "new";
    text += Painted(
        Wrapped(
            fmt::format("run {}{}, {}, {}: {}", row.change.run,
                        row.change.build.empty() ? "" : ", build " + Clean(row.change.build, 60),
                        Clean(row.change.scenario, 60), Clean(StateOf(row), 20),
                        WhatMoved(row.change, options.charset)),
            0, options),
        open ? Style::kBad : Style::kPlain, options);
    if (row.mark) {
      text += Wrapped(SaidText(*row.mark), 2, options);
    }
  }
  return text;
}

std::string TriageJson(const std::vector<TriagedChange>& rows) {
  Json regressions = Json::array();
  for (const TriagedChange& row : rows) {
    regressions.push_back(RowToJson(row));
  }
  return JsonText({{"schema", "weir.triage/1"}, {"regressions", std::move(regressions)}},
                  JsonLayout::kPretty);
}

}  // namespace weir::reports
