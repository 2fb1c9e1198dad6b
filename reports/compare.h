#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.h"
#include "base/run.h"
#include "reports/text_options.h"

namespace weir::reports {

/// The two sides of a comparison as the user named them, and the runs that the names found.
struct CompareSides {
  std::string a;  ///< Before: "run 17", "build:b6".
  std::string b;  ///< After.
  std::vector<RunId> a_runs;
  std::vector<RunId> b_runs;
};

/// Schema "weir.compare/1": {"schema", "a", "b", "a_runs", "b_runs", "design", "summary",
/// "warnings", "metrics": [{"metric", "step", "unit", "a", "b", "change", "interval", "p_value",
/// "p_adjusted", "within_a", "within_b", "note"}]}; the rules of RunJson.
std::string CompareJson(const CompareSides& sides, const analysis::Comparison& comparison);

/// Both sides in one line, the summary in one sentence, the table of metrics, the warnings. Same
/// layout rules as RenderRunText.
std::string RenderCompareText(const CompareSides& sides, const analysis::Comparison& comparison,
                              const TextOptions& options = {});

}  // namespace weir::reports
