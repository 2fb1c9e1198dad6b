#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/history_changes.h"
#include "reports/html_report.h"
#include "reports/text_options.h"

namespace weir::reports {

/// A regression and what was said of it last; without a mark nobody has said anything: "new".
struct TriagedChange {
  analysis::HistoryChange change;
  std::optional<TriageMark> mark;
};

/// Two lines each: run, state and what moved; who said it, when and why.
std::string RenderTriageText(const std::vector<TriagedChange>& rows,
                             const TextOptions& options = {});

/// Schema "weir.triage/1": {"schema", "regressions": [{"run", "build", "scenario", "load", "step",
/// "metric", "change_ratio", "state", "at", "by", "why"}]}; the rules of RunJson.
std::string TriageJson(const std::vector<TriagedChange>& rows);

}  // namespace weir::reports
