#include "reports/internal/analysis_text.h"

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {

std::string SeriesTitle(const SeriesTable& table, const Series& series) {
  return fmt::format("{}: {}, {} value{}", Clean(table.source), Clean(series.name),
                     FormatCount(series.values.size()), series.values.size() == 1 ? "" : "s");
}

std::string RowName(const SeriesTable& table, std::size_t row) {
  for (const SeriesLabels& labels : table.labels) {
    if (!labels.values[row].empty()) {
      return Clean(labels.values[row], 40);
    }
  }
  return table.times.empty() ? fmt::format("#{}", row) : FormatWallTime(table.times[row]);
}

SeriesPlot PlotOf(const SeriesTable& table, const Series& series) {
  SeriesPlot plot;
  plot.title = SeriesTitle(table, series);
  plot.unit = series.unit;
  plot.values = series.values;
  if (!series.values.empty()) {
    plot.x_first = RowName(table, 0);
    plot.x_last = RowName(table, series.values.size() - 1);
  }
  return plot;
}

std::string WarningLines(std::span<const std::string> warnings, const TextOptions& options) {
  std::string text;
  for (const std::string& warning : warnings) {
    text +=
        Painted(Wrapped("warning: " + Clean(warning, 1000), 2, options), Style::kDoubtful, options);
  }
  return text;
}

std::string SeriesIntervalText(const Interval& interval, std::string_view unit) {
  return fmt::format("{} to {}", SeriesValueText(interval.low, unit),
                     SeriesValueText(interval.high, unit));
}

}  // namespace weir::reports
