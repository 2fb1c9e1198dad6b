#include "analysis/series_summary.h"
#include "cli/analyze.h"
#include "reports/series_summary.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.about =
      "Shows how weir reads a file, before any other engine judges it: each series drawn, with\n"
      "its values, what is missing, median and p95 with 95 % intervals that allow for\n"
      "autocorrelation, and how many independent values it is worth.";
  spec.examples =
      "  weir analyze describe latencies.csv\n"
      "  weir analyze describe --value p99_ms --json before.csv after.csv";
  return spec;
}

Result<AnalyzeSeries> Prepare(const ParsedFlags&, SeriesFileOptions&) {
  return [](const SeriesTable& table, const AnalysisOutput& output) -> Result<std::string> {
    std::vector<analysis::SeriesSummary> summaries;
    for (const Series& series : table.series) {
      summaries.push_back(analysis::SummaryOf(series.values));
    }
    return output.form == AnalysisForm::kJson
               ? reports::SeriesSummaryJson(table, summaries)
               : reports::RenderSeriesSummary(table, summaries, output.text);
  };
}

}  // namespace

const AnalysisEngine& DescribeEngine() {
  static constexpr AnalysisEngine kEngine = {
      "describe", "how weir reads a file, and what its values are worth", &Spec, &Prepare};
  return kEngine;
}

}  // namespace weir::cli
