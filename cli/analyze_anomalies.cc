#include <span>
#include <vector>

#include <fmt/format.h>

#include "analysis/anomaly_group.h"
#include "base/text.h"
#include "cli/analyze.h"
#include "reports/anomalies.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.about =
      "Finds where something strange begins in a stream of values, each row judged by the rows\n"
      "before it alone: jumps, shifts, drifts, changes of spread, values unlike this time of the\n"
      "day or week, values that are stuck or stay away. The columns of a file are metrics of one\n"
      "target: one incident in several of them is one alert. docs/statistics.md has the error\n"
      "rates, and what a score means.";
  spec.examples =
      "  weir analyze anomalies cpu.csv\n"
      "  weir analyze anomalies --explain --value p99_ms --value errors checkout.csv\n"
      "  weir analyze anomalies --json metrics/*.csv";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("explain", "say why each alert was given, and with --json what was expected at every row");
  add("margin", text("RATIO"),
      "how far beyond all that was seen is strange, in widths of that range; default 0.046");
  add("rest", text("N"), "values after an alert that belong to it; default 120");
  add("period", text("DURATION"),
      "season to look for where rows have times; default 24h, with a week of seven; 0s = none");
  add("period-points", text("N"), "the same for rows without times; default none");
  return spec;
}

// Refuses what analysis::AnomalyOptions cannot hold.
Result<analysis::AnomalyOptions> OptionsFrom(const ParsedFlags& flags) {
  analysis::AnomalyOptions options;
  const Result<double> margin =
      ReadFlag(flags, "margin", ParseRatio, static_cast<double>(options.margin));
  const Result<std::uint64_t> rest =
      ReadFlag(flags, "rest", ParseCount, std::uint64_t{options.rest_points});
  const Result<Nanos> period = ReadFlag(flags, "period", ParseDuration, options.period);
  const Result<std::uint64_t> points =
      ReadFlag(flags, "period-points", ParseCount, std::uint64_t{0});
  if (!margin || !rest || !period || !points) {
    return tl::unexpected(!margin   ? margin.error()
                          : !rest   ? rest.error()
                          : !period ? period.error()
                                    : points.error());
  }
  constexpr std::uint64_t kPointsMax = 1'000'000'000;
  if (!(*margin > 0 && *margin <= 1)) {
    return UsageError("--margin must lie above 0 and at most at 1\n  hint: 0.046 is the default");
  }
  if (*rest > kPointsMax || *points > kPointsMax) {
    return UsageError(fmt::format("--rest and --period-points may be at most {}", kPointsMax));
  }
  options.margin = static_cast<float>(*margin);
  options.rest_points = static_cast<std::uint32_t>(*rest);
  options.period = *period;
  options.period_points = static_cast<std::uint32_t>(*points);
  return options;
}

Result<AnalyzeSeries> Prepare(const ParsedFlags& flags, SeriesFileOptions&) {
  const Result<analysis::AnomalyOptions> read = OptionsFrom(flags);
  if (!read) {
    return tl::unexpected(read.error());
  }
  const analysis::AnomalyOptions options = *read;
  const auto detail =
      flags.Has("explain") ? reports::AnomalyDetail::kExplained : reports::AnomalyDetail::kAlerts;
  return [options, detail](const SeriesTable& table,
                           const AnalysisOutput& output) -> Result<std::string> {
    std::vector<std::span<const double>> metrics;
    for (const Series& series : table.series) {
      metrics.emplace_back(series.values);
    }
    const analysis::AnomalyReport report = analysis::FindAnomalies(metrics, table.times, options);
    return output.form == AnalysisForm::kJson
               ? reports::AnomaliesJson(table, report, detail)
               : reports::RenderAnomalies(table, report, detail, output.text);
  };
}

}  // namespace

const AnalysisEngine& AnomaliesEngine() {
  static constexpr AnalysisEngine kEngine = {
      "anomalies", "where something strange begins in a stream of values", &Spec, &Prepare};
  return kEngine;
}

}  // namespace weir::cli
