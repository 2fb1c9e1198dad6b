#include "analysis/changepoint.h"
#include "cli/analyze.h"
#include "reports/change_points.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.about =
      "Finds the runs at which a metric moved and stayed there: by how much, how sure, and among\n"
      "which runs the step lies. Rows are runs in the order in which they were made. Outliers,\n"
      "slow drift and runs that depend on each other are no change points; docs/statistics.md has\n"
      "the error rates.";
  spec.examples =
      "  weir analyze changepoints p99_by_build.csv\n"
      "  weir analyze changepoints --explain --store weir.db --scenario checkout \\\n"
      "      --metric response_time.p99\n"
      "  weir analyze changepoints --json nightly/*.csv";
  spec.options.add_options()("explain", "say for each change point why it was called");
  return spec;
}

Result<AnalyzeSeries> Prepare(const ParsedFlags& flags, SeriesFileOptions&) {
  const auto explanation =
      flags.Has("explain") ? reports::Explanation::kOn : reports::Explanation::kOff;
  return
      [explanation](const SeriesTable& table, const AnalysisOutput& output) -> Result<std::string> {
        std::vector<analysis::ChangePoints> results;
        for (const Series& series : table.series) {
          results.push_back(analysis::FindChangePoints({series.values, series.errors}));
        }
        return output.form == AnalysisForm::kJson
                   ? reports::ChangePointsJson(table, results, explanation)
                   : reports::RenderChangePoints(table, results, explanation, output.text);
      };
}

}  // namespace

const AnalysisEngine& ChangePointsEngine() {
  static constexpr AnalysisEngine kEngine = {
      "changepoints", "which run moved a metric, by how much, and how sure", &Spec, &Prepare};
  return kEngine;
}

}  // namespace weir::cli
