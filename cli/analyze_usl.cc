#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "analysis/usl.h"
#include "base/text.h"
#include "cli/analyze.h"
#include "reports/usl_report.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.about =
      "Fits the Universal Scalability Law to load steps: contention, coherency, the knee and the\n"
      "load at which throughput peaks, with 95 % intervals. Says so when the data do not\n"
      "identify a peak.";
  spec.examples =
      "  weir analyze usl steps.csv                        first column load, second throughput\n"
      "  weir analyze usl --load users --throughput rps --error rps_se steps.csv";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("load", text("COLUMN"), "what was turned up: users, connections; default: the first column");
  add("throughput", text("COLUMN"), "completed per second; default: the second column");
  add("error", text("COLUMN"), "standard error of the throughput; default: points count alike");
  add("explain", "show each load beside the curve, and why a peak is named or not");
  return spec;
}

struct Columns {
  std::string load;
  std::string throughput;
  std::string error;
};

struct LoadSteps {
  std::vector<analysis::LoadPoint> points;
  std::size_t left_out = 0;  // Rows without a load or a throughput.
};

Result<LoadSteps> StepsOf(const SeriesTable& table, const Columns& columns) {
  const auto column = [&](const std::string& name, std::size_t place) -> const Series* {
    if (!name.empty()) {
      return table.Find(name);
    }
    return place < table.series.size() ? &table.series[place] : nullptr;
  };
  const Series* load = column(columns.load, 0);
  const Series* throughput = column(columns.throughput, 1);
  const Series* error = columns.error.empty() ? nullptr : table.Find(columns.error);
  if (load == nullptr || throughput == nullptr || (!columns.error.empty() && error == nullptr)) {
    return UsageError(
        fmt::format("{}: there is no column for the load, the throughput or its error\n"
                    "  hint: name them with --load, --throughput and --error",
                    Printable(table.source)));
  }
  LoadSteps steps;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (std::isnan(load->values[row]) || std::isnan(throughput->values[row])) {
      ++steps.left_out;
      continue;
    }
    steps.points.push_back({.load = load->values[row],
                            .throughput = throughput->values[row],
                            .error = error == nullptr ? 0 : error->values[row]});
  }
  return steps;
}

Result<AnalyzeSeries> Prepare(const ParsedFlags& flags, SeriesFileOptions&) {
  const Columns columns{.load = flags.Text("load"),
                        .throughput = flags.Text("throughput"),
                        .error = flags.Text("error")};
  const bool explain = flags.Has("explain");
  return [columns, explain](const SeriesTable& table,
                            const AnalysisOutput& output) -> Result<std::string> {
    const Result<LoadSteps> steps = StepsOf(table, columns);
    if (!steps) {
      return tl::unexpected(steps.error());
    }
    Result<analysis::UslFit> fit = analysis::FitUsl(steps->points);
    if (!fit) {
      return UsageError(fmt::format("{}: {}", Printable(table.source), fit.error().message));
    }
    if (steps->left_out > 0) {
      fit->warnings.push_back(fmt::format("{} of {} rows without a load or a throughput left out",
                                          steps->left_out, table.rows()));
    }
    if (output.form == AnalysisForm::kJson) {
      return reports::UslJson(table, *fit);
    }
    return reports::RenderUsl(table, steps->points, *fit, output.text) +
           (explain ? reports::ExplainUsl(steps->points, *fit, output.text) : std::string());
  };
}

}  // namespace

const AnalysisEngine& UslEngine() {
  static constexpr AnalysisEngine kEngine = {
      "usl", "capacity from load steps: knee and peak by the scalability law", &Spec, &Prepare};
  return kEngine;
}

}  // namespace weir::cli
