#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/series.h"
#include "cli/flags.h"
#include "cli/series_builder.h"
#include "reports/text_options.h"

/// What the engines of `weir analyze` share. An engine is one file, cli/analyze_NAME.cc, which
/// describes itself with an AnalysisEngine, and one line in the table of cli/analyze.cc.
namespace weir::cli {

/// What a result is printed as.
enum class AnalysisForm { kText, kJson };

struct AnalysisOutput {
  AnalysisForm form = AnalysisForm::kText;
  reports::TextOptions text;  ///< For kText.
};

/// Judges the series of one file and says what to print: for kText lines that end with a newline,
/// for kJson one line `{"schema":"weir.analyze/1","file":...}` without one (AnalysisLine in
/// reports/internal/analysis_json.h). The warnings of the table are to be part of it. Errors: what
/// makes this file unfit; the other files are judged all the same.
using AnalyzeSeries =
    std::function<Result<std::string>(const SeriesTable& table, const AnalysisOutput& output)>;

struct AnalysisEngine {
  std::string_view name;
  std::string_view summary;  ///< One line for `weir analyze --help`.

  /// The engine's own paragraph, examples and flags; command, usage, files and the flags below are
  /// filled in: --value, --store, --scenario, --metric, --step, --json.
  FlagSpec (*spec)();

  /// Reads the engine's flags once, before any file. May change what is read from files.
  Result<AnalyzeSeries> (*prepare)(const ParsedFlags& flags, SeriesFileOptions& files);
};

const AnalysisEngine& ChangePointsEngine();
const AnalysisEngine& DescribeEngine();
const AnalysisEngine& AnomaliesEngine();
const AnalysisEngine& UxEngine();
const AnalysisEngine& ForecastEngine();
const AnalysisEngine& UslEngine();

}  // namespace weir::cli
