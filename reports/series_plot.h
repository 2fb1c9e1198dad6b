#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/text_options.h"

/// Series drawn for a terminal. All engines of `weir analyze` share this.
namespace weir::reports {

/// Something that happened at a place: a change point, an alert, a limit that is crossed.
struct PlotMark {
  std::size_t index = 0;  ///< Into SeriesPlot::values.
  std::string label;      ///< At most a few characters, written below the axis; may be empty.
};

/// What to draw. The spans must outlive the call; a shorter `line`, `low` or `high` than `values`
/// is a programming error, an empty one is not drawn. NaN leaves a gap anywhere.
struct SeriesPlot {
  enum class Join { kLine, kPoints };

  std::string title;                  ///< Above the plot; foreign text is made safe.
  std::string unit;                   ///< Of the values, as Series::unit; for the axis.
  std::span<const double> values;     ///< NaN where only `line` or the band have something.
  std::span<const double> x = {};     ///< Place of each value, ascending; empty = its index.
  std::span<const double> line = {};  ///< Fitted level, forecast, regression.
  std::span<const double> low = {};   ///< Band.
  std::span<const double> high = {};
  std::vector<PlotMark> marks = {};
  std::string x_first = {};  ///< Below the left end of the axis: a time, a build.
  std::string x_last = {};
  Join join = Join::kLine;
  int height = 10;  ///< Rows, 3 .. 40.
};

/// Several lines, none wider than given.width, ending with a newline. Where several values share
/// a column their whole range is drawn, so a single spike among millions shows. "No values." when
/// nothing is finite. Cost: O(values).
std::string RenderPlot(const SeriesPlot& plot, const TextOptions& given);

/// One line of at most `width` characters, ▁▂▃▄▅▆▇█ (ASCII: 0 to 7 as "_.-:=+*#"): the highest
/// value of each stretch; a space where there is none.
std::string Sparkline(std::span<const double> values, int width, Charset charset);

/// A value of a series in its unit, for an axis or a table: "12.3 ms", "500/s", "1.23k", "-4.5".
/// "n/a" when not finite.
std::string SeriesValueText(double value, std::string_view unit);

}  // namespace weir::reports
