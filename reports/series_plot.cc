#include "reports/series_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  bool empty() const { return low > high; }

  void Add(double value) {
    if (std::isfinite(value)) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }

  // Where a value lies between low (0) and high (1); halved so that no difference overflows.
  double ShareOf(double value) const {
    const double span = high / 2 - low / 2;
    return span > 0 ? (value / 2 - low / 2) / span : 0.5;
  }
};

// The shared geometry: `columns` x `rows` characters, each `fine_x` x `fine_y` dots.
struct Canvas {
  int columns = 0;
  int rows = 0;
  int fine_x = 1;
  int fine_y = 1;
  Extent x;
  Extent y;

  int dots_x() const { return columns * fine_x; }

  int dots_y() const { return rows * fine_y; }

  // Dot 0 is the left end.
  double DotX(double at) const { return x.ShareOf(at) * (dots_x() - 1); }

  // Dot 0 is the top.
  int DotY(double value) const {
    const double dot = (1 - y.ShareOf(value)) * (dots_y() - 1);
    return std::clamp(static_cast<int>(std::lround(dot)), 0, dots_y() - 1);
  }
};

double PlaceOf(const SeriesPlot& plot, std::size_t i) {
  return plot.x.empty() ? static_cast<double>(i) : plot.x[i];
}

// The range of a curve in each column of dots: of the values that lie there, and of the straight
// lines between neighbours that cross it.
std::vector<Extent> Trace(const SeriesPlot& plot, std::span<const double> values,
                          const Canvas& canvas, SeriesPlot::Join join) {
  std::vector<Extent> columns(static_cast<std::size_t>(canvas.dots_x()));
  double before_dot = kNaN;
  double before = kNaN;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double dot = canvas.DotX(PlaceOf(plot, i));
    if (std::isfinite(values[i]) && std::isfinite(dot)) {
      columns[static_cast<std::size_t>(std::lround(dot))].Add(values[i]);
      if (std::isfinite(before) && join == SeriesPlot::Join::kLine) {
        const auto end = static_cast<std::size_t>(std::ceil(dot));
        for (auto at = static_cast<std::size_t>(std::ceil(before_dot)); at < end; ++at) {
          const double share = (static_cast<double>(at) - before_dot) / (dot - before_dot);
          columns[at].Add(before + share * (values[i] - before));
        }
      }
    }
    before_dot = dot;
    before = values[i];
  }
  return columns;
}

struct GridCell {
  std::string text = " ";
  Style style = Style::kPlain;
};

// Rows from the top, each `columns` cells.
using Grid = std::vector<std::vector<GridCell>>;

GridCell& At(Grid& grid, int row, int column) {
  return grid[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
}

void DrawBand(Grid& grid, const SeriesPlot& plot, const Canvas& canvas, Charset charset) {
  if (plot.low.empty() || plot.high.empty()) {
    return;
  }
  const std::vector<Extent> low = Trace(plot, plot.low, canvas, SeriesPlot::Join::kLine);
  const std::vector<Extent> high = Trace(plot, plot.high, canvas, SeriesPlot::Join::kLine);
  for (int dot = 0; dot < canvas.dots_x(); dot += canvas.fine_x) {
    const Extent& below = low[static_cast<std::size_t>(dot)];
    const Extent& above = high[static_cast<std::size_t>(dot)];
    if (below.empty() || above.empty()) {
      continue;
    }
    const int bottom = canvas.DotY(below.low) / canvas.fine_y;
    for (int row = canvas.DotY(above.high) / canvas.fine_y; row <= bottom; ++row) {
      At(grid, row, dot / canvas.fine_x) = {charset == Charset::kUnicode ? "░" : ":",
                                            Style::kFaint};
    }
  }
}

void DrawLine(Grid& grid, const SeriesPlot& plot, const Canvas& canvas, Charset charset) {
  const std::vector<Extent> line = Trace(plot, plot.line, canvas, SeriesPlot::Join::kLine);
  for (int dot = 0; dot < canvas.dots_x(); dot += canvas.fine_x) {
    const Extent& at = line[static_cast<std::size_t>(dot)];
    if (!at.empty()) {
      const int row = canvas.DotY((at.low + at.high) / 2) / canvas.fine_y;
      At(grid, row, dot / canvas.fine_x) = {charset == Charset::kUnicode ? "─" : "-",
                                            Style::kTitle};
    }
  }
}

int ColumnOf(const PlotMark& mark, const SeriesPlot& plot, const Canvas& canvas) {
  WEIR_CHECK(mark.index < plot.values.size());
  const auto dot = static_cast<int>(std::lround(canvas.DotX(PlaceOf(plot, mark.index))));
  return std::clamp(dot / canvas.fine_x, 0, canvas.columns - 1);
}

void DrawMarks(Grid& grid, const SeriesPlot& plot, const Canvas& canvas, Charset charset) {
  for (const PlotMark& mark : plot.marks) {
    const int column = ColumnOf(mark, plot, canvas);
    for (int row = 0; row < canvas.rows; ++row) {
      At(grid, row, column) = {charset == Charset::kUnicode ? "┊" : "|", Style::kDoubtful};
    }
  }
}

std::string Utf8(unsigned point) {
  return {static_cast<char>(0xe0U | (point >> 12)),
          static_cast<char>(0x80U | ((point >> 6) & 0x3fU)),
          static_cast<char>(0x80U | (point & 0x3fU))};
}

// Dots of a Braille character: bit of column x, row y.
constexpr std::array<std::array<unsigned, 4>, 2> kBraille = {
    {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};

void DrawValues(Grid& grid, const SeriesPlot& plot, const Canvas& canvas, Charset charset) {
  const std::vector<Extent> values = Trace(plot, plot.values, canvas, plot.join);
  std::vector<unsigned> dots(static_cast<std::size_t>(canvas.columns * canvas.rows), 0);
  for (int x = 0; x < canvas.dots_x(); ++x) {
    const Extent& at = values[static_cast<std::size_t>(x)];
    if (at.empty()) {
      continue;
    }
    const int bottom = canvas.DotY(at.low);
    for (int y = canvas.DotY(at.high); y <= bottom; ++y) {
      const int cell = (y / canvas.fine_y) * canvas.columns + x / canvas.fine_x;
      dots[static_cast<std::size_t>(cell)] |= kBraille[static_cast<std::size_t>(x % canvas.fine_x)]
                                                      [static_cast<std::size_t>(y % canvas.fine_y)];
    }
  }
  for (int row = 0; row < canvas.rows; ++row) {
    for (int column = 0; column < canvas.columns; ++column) {
      const unsigned set =
          dots[static_cast<std::size_t>(row) * static_cast<std::size_t>(canvas.columns) +
               static_cast<std::size_t>(column)];
      if (set != 0) {
        At(grid, row, column) = {charset == Charset::kUnicode ? Utf8(0x2800U + set) : "*",
                                 Style::kPlain};
      }
    }
  }
}

// Neighbours of one style are painted together.
std::string RowText(const std::vector<GridCell>& cells, const TextOptions& options) {
  std::size_t end = cells.size();
  while (end > 0 && cells[end - 1].text == " ") {
    --end;
  }
  std::string text;
  for (std::size_t i = 0; i < end;) {
    std::string same;
    const Style style = cells[i].style;
    for (; i < end && cells[i].style == style; ++i) {
      same += cells[i].text;
    }
    text += Painted(same, style, options);
  }
  return text;
}

// The marks' labels on one line; one that has no room is left out, its arrow stays.
std::string MarkLine(const SeriesPlot& plot, const Canvas& canvas, Charset charset) {
  const std::string arrow = charset == Charset::kUnicode ? "▲" : "^";
  std::vector<std::string> cells(static_cast<std::size_t>(canvas.columns), " ");
  for (const PlotMark& mark : plot.marks) {
    cells[static_cast<std::size_t>(ColumnOf(mark, plot, canvas))] = arrow;
  }
  for (const PlotMark& mark : plot.marks) {
    const auto from = static_cast<std::size_t>(ColumnOf(mark, plot, canvas)) + 1;
    const std::string label = Clean(mark.label, 12);
    bool free = from + label.size() < cells.size();
    for (std::size_t i = 0; free && i <= label.size(); ++i) {
      free = cells[from + i] == " ";
    }
    for (std::size_t i = 0; free && i < label.size(); ++i) {
      cells[from + i] = label[i];
    }
  }
  std::string text = fmt::format("{}", fmt::join(cells, ""));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string EndsLine(const SeriesPlot& plot, int columns, Charset charset) {
  const std::string left = CutToWidth(Clean(plot.x_first), columns / 2 - 1, charset);
  const std::string right = CutToWidth(Clean(plot.x_last), columns / 2 - 1, charset);
  const int space = columns - DisplayWidth(left) - DisplayWidth(right);
  return left + std::string(static_cast<std::size_t>(std::max(space, 1)), ' ') + right;
}

Extent RangeOf(std::initializer_list<std::span<const double>> curves) {
  Extent range;
  for (const std::span<const double> curve : curves) {
    for (const double value : curve) {
      range.Add(value);
    }
  }
  return range;
}

void CheckPlot(const SeriesPlot& plot) {
  for (const std::span<const double> curve : {plot.x, plot.line, plot.low, plot.high}) {
    WEIR_CHECK(curve.empty() || curve.size() == plot.values.size());
  }
}

// Values that are all alike, but for what rounding made of them, lie in the middle of an axis from
// 0.
Extent Roomy(Extent range) {
  constexpr double kRounding = 1e-9;
  const double most = std::max(std::fabs(range.low), std::fabs(range.high));
  if (range.empty() || most == 0 || most > std::numeric_limits<double>::max() / 2 ||
      range.high / 2 - range.low / 2 > kRounding * most) {
    return range;
  }
  range.Add(0);
  range.Add(range.low < 0 ? 2 * range.low : 2 * range.high);
  return range;
}

Canvas CanvasOf(const SeriesPlot& plot, const TextOptions& options) {
  Canvas canvas;
  canvas.rows = std::clamp(plot.height, 3, 40);
  canvas.fine_x = options.charset == Charset::kUnicode ? 2 : 1;
  canvas.fine_y = options.charset == Charset::kUnicode ? 4 : 1;
  canvas.y = Roomy(RangeOf({plot.values, plot.line, plot.low, plot.high}));
  if (plot.x.empty()) {
    canvas.x.Add(0);
    canvas.x.Add(static_cast<double>(plot.values.size()) - 1);
  } else {
    canvas.x = RangeOf({plot.x});
  }
  return canvas;
}

}  // namespace

std::string RenderPlot(const SeriesPlot& plot, const TextOptions& given) {
  const TextOptions options = Checked(given);
  CheckPlot(plot);
  Canvas canvas = CanvasOf(plot, options);
  std::string text;
  if (!plot.title.empty()) {
    const std::string title = CutToWidth(Clean(plot.title), options.width, options.charset);
    text += Painted(title, Style::kTitle, options) + "\n";
  }
  if (canvas.y.empty() || canvas.x.empty()) {
    return text + "No values.\n";
  }
  const std::array<std::string, 3> labels = {
      SeriesValueText(canvas.y.high, plot.unit),
      SeriesValueText((canvas.y.low + canvas.y.high) / 2, plot.unit),
      SeriesValueText(canvas.y.low, plot.unit)};
  int gutter = 0;
  for (const std::string& label : labels) {
    gutter = std::max(gutter, DisplayWidth(label));
  }
  canvas.columns = options.width - gutter - 2;
  Grid grid(static_cast<std::size_t>(canvas.rows),
            std::vector<GridCell>(static_cast<std::size_t>(canvas.columns)));
  DrawBand(grid, plot, canvas, options.charset);
  DrawMarks(grid, plot, canvas, options.charset);
  if (!plot.line.empty()) {
    DrawLine(grid, plot, canvas, options.charset);
  }
  DrawValues(grid, plot, canvas, options.charset);
  const std::string axis = options.charset == Charset::kUnicode ? "│" : "|";
  for (int row = 0; row < canvas.rows; ++row) {
    const std::string& label = row == 0                 ? labels[0]
                               : row == canvas.rows / 2 ? labels[1]
                               : row == canvas.rows - 1 ? labels[2]
                                                        : std::string();
    text += fmt::format("{:>{}} {}{}\n", label, gutter, axis,
                        RowText(grid[static_cast<std::size_t>(row)], options));
  }
  const std::string indent(static_cast<std::size_t>(gutter) + 2, ' ');
  if (!plot.marks.empty()) {
    text += indent + MarkLine(plot, canvas, options.charset) + "\n";
  }
  if (!plot.x_first.empty() || !plot.x_last.empty()) {
    text += indent + EndsLine(plot, canvas.columns, options.charset) + "\n";
  }
  return text;
}

std::string Sparkline(std::span<const double> values, int width, Charset charset) {
  constexpr std::array<std::string_view, 8> kUnicode = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<std::string_view, 8> kAscii = {"_", ".", "-", ":", "=", "+", "*", "#"};
  const auto columns = std::min(values.size(), static_cast<std::size_t>(std::max(width, 0)));
  const Extent range = RangeOf({values});
  std::string text;
  for (std::size_t column = 0; column < columns; ++column) {
    Extent part;
    const std::size_t end = (column + 1) * values.size() / columns;
    for (std::size_t i = column * values.size() / columns; i < end; ++i) {
      part.Add(values[i]);
    }
    if (part.empty()) {
      text += ' ';
      continue;
    }
    const double share = range.ShareOf(part.high);
    const auto level = static_cast<std::size_t>(std::clamp(std::floor(share * 8), 0.0, 7.0));
    text += charset == Charset::kUnicode ? kUnicode[level] : kAscii[level];
  }
  return text;
}

std::string SeriesValueText(double value, std::string_view unit) {
  if (!std::isfinite(value)) {
    return "n/a";
  }
  const double size = std::fabs(value);
  if (unit == "ns" && size < 9e18) {
    const std::string span = FormatDuration(Nanos(std::llround(size)));
    return value < 0 ? "-" + span : span;
  }
  if (unit == "per_s" && value >= 0) {
    return FormatRate(value);
  }
  if (unit == "ratio") {
    return fmt::format("{:.3g} %", value * 100);
  }
  const std::string suffix = unit.empty() || unit == "ns" ? "" : " " + std::string(unit);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) {
    return fmt::format("{:.2e}{}", value, suffix);
  }
  constexpr std::array<std::pair<double, const char*>, 4> kScales = {
      {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}}};
  for (const auto& [from, letter] : kScales) {
    if (size >= from) {
      const double scale = from == 1e4 ? 1e3 : from;
      return fmt::format("{:.4g}{}{}", value / scale, letter, suffix);
    }
  }
  return fmt::format("{:.4g}{}", value, suffix);
}

}  // namespace weir::reports
