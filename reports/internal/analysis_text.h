#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/series.h"
#include "base/verdict.h"
#include "reports/series_plot.h"
#include "reports/text_options.h"

/// What the text of all engines of `weir analyze` has in common.
namespace weir::reports {

/// "checkout.csv: p99_ms, 1,234 values": the title of one series.
std::string SeriesTitle(const SeriesTable& table, const Series& series);

/// What a row is called: its build or label if it has one, else its time, else its index.
std::string RowName(const SeriesTable& table, std::size_t row);

/// A plot of the series with title, unit and the names of the first and the last row filled in. The
/// series must outlive it.
SeriesPlot PlotOf(const SeriesTable& table, const Series& series);

/// "warning: ..." lines, wrapped; empty when there are none.
std::string WarningLines(std::span<const std::string> warnings, const TextOptions& options);

/// "12.1 ms to 13.4 ms".
std::string SeriesIntervalText(const Interval& interval, std::string_view unit);

}  // namespace weir::reports
