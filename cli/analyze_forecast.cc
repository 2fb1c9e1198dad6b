#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "analysis/forecast.h"
#include "base/text.h"
#include "cli/analyze.h"
#include "reports/forecast_report.h"

namespace weir::cli {
namespace {

constexpr std::size_t kHorizonDefault = 24;

FlagSpec Spec() {
  FlagSpec spec;
  spec.about =
      "Forecasts each series, with 80 % and 95 % bands that are checked on its own past. Values\n"
      "must be equally spaced. A season that is not declared is looked for; with --limit the\n"
      "time until the value is crossed is given as a distribution.";
  spec.examples =
      "  weir analyze forecast --horizon 48 --period 24 cpu.csv\n"
      "  weir analyze forecast --horizon 30 --limit 250 --explain p99.csv";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("horizon", text("N"), "steps to look ahead; default: 24");
  add("period", text("P[,P2]"), "length of the season in steps, and of a longer one; 1: not known");
  add("limit", text("X"), "when will this value be crossed?");
  add("explain", "show seasons, models, their weights and why");
  return spec;
}

Result<double> ParseNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return UsageError(fmt::format("'{}' is not a number", Printable(text)));
  }
  return value;
}

// "24", "24,168"; 1 says that nothing is known.
Result<std::vector<double>> ParsePeriods(std::string_view text) {
  std::vector<double> periods;
  while (true) {
    const std::size_t comma = text.find(',');
    const Result<double> period = ParseNumber(text.substr(0, comma));
    if (!period) {
      return tl::unexpected(period.error());
    }
    if (*period != 1) {
      periods.push_back(*period);
    }
    if (comma == std::string_view::npos) {
      return periods;
    }
    text.remove_prefix(comma + 1);
  }
}

Result<AnalyzeSeries> Prepare(const ParsedFlags& flags, SeriesFileOptions&) {
  const auto horizon = ReadFlag<std::uint64_t>(flags, "horizon", &ParseCount, kHorizonDefault);
  const auto periods =
      ReadFlag<std::vector<double>>(flags, "period", &ParsePeriods, std::vector<double>{});
  const auto limit = ReadFlag<double>(flags, "limit", &ParseNumber, 0);
  for (const Error* error :
       {horizon ? nullptr : &horizon.error(), periods ? nullptr : &periods.error(),
        limit ? nullptr : &limit.error()}) {
    if (error != nullptr) {
      return tl::unexpected(*error);
    }
  }
  analysis::ForecastOptions options;
  options.horizon = *horizon;
  options.seasons = *periods;
  if (flags.Has("limit")) {
    options.limit = *limit;
  }
  const auto detail =
      flags.Has("explain") ? reports::ForecastDetail::kExplained : reports::ForecastDetail::kResult;
  return [options, detail](const SeriesTable& table,
                           const AnalysisOutput& output) -> Result<std::string> {
    std::vector<analysis::Forecast> forecasts;
    for (const Series& series : table.series) {
      Result<analysis::Forecast> forecast = analysis::MakeForecast(series.values, options);
      if (!forecast) {
        return UsageError(fmt::format("{}: {}: {}", Printable(table.source), Printable(series.name),
                                      forecast.error().message));
      }
      forecasts.push_back(std::move(*forecast));
    }
    return output.form == AnalysisForm::kJson
               ? reports::ForecastJson(table, forecasts, detail)
               : reports::RenderForecast(table, forecasts, detail, output.text);
  };
}

}  // namespace

const AnalysisEngine& ForecastEngine() {
  static constexpr AnalysisEngine kEngine = {
      "forecast", "what comes next, with bands, and when a limit is crossed", &Spec, &Prepare};
  return kEngine;
}

}  // namespace weir::cli
