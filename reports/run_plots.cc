#include "reports/run_plots.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/spectrum.h"
#include "reports/internal/text_layout.h"
#include "reports/series_plot.h"

namespace weir::reports {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Left of a row: its name or its latency. Right of a sparkline: from and to.
constexpr int kLabelWidth = 10;
constexpr int kRangeWidth = 22;

constexpr int kHeatmapRows = 12;

/// Values that differ by less are drawn level: a histogram has three digits.
constexpr double kSameRatio = 1.002;

/// From few requests in a cell to the most.
constexpr std::string_view kUnicodeShades[] = {"\u2591", "\u2592", "\u2593", "\u2588"};
constexpr std::string_view kAsciiShades[] = {".", ":", "+", "#"};

double QuantileOrGap(const Histogram& response, double q) {
  const bool known = !response.empty() && static_cast<double>(response.count()) * (1 - q) >= 1;
  return known ? static_cast<double>(response.QuantileNs(q)) : kNaN;
}

struct Row {
  std::string_view name;
  std::string_view unit;
  std::vector<double> values;
};

std::string RowText(const Row& row, const TextOptions& options) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : row.values) {
    if (std::isfinite(value)) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (low > high) {
    return fmt::format("  {:<{}}n/a: too few requests in each column\n", row.name, kLabelWidth);
  }
  const int width = options.width - 2 - kLabelWidth - kRangeWidth;
  std::vector<double> values = row.values;
  if (high <= low * kSameRatio) {
    for (double& value : values) {
      value = std::isfinite(value) ? low : value;
    }
  }
  const std::string line = Sparkline(values, width, options.charset);
  const std::string padding(static_cast<std::size_t>(std::max(0, width - DisplayWidth(line))), ' ');
  return fmt::format("  {:<{}}{}{} {} to {}\n", row.name, kLabelWidth, line, padding,
                     SeriesValueText(low, row.unit), SeriesValueText(high, row.unit));
}

/// Rows of equal height in the logarithm, from the fastest to the slowest response time.
struct Scale {
  double low = 0;   ///< ln ns.
  double step = 1;  ///< Of ln ns, > 0.
  int rows = 1;

  int RowOf(std::uint64_t ns) const {
    const double at = std::log(static_cast<double>(std::max<std::uint64_t>(ns, 1)));
    return std::clamp(static_cast<int>((at - low) / step), 0, rows - 1);
  }

  double LowestNs(int row) const { return std::exp(low + row * step); }
};

Scale ScaleOf(std::uint64_t min_ns, std::uint64_t max_ns) {
  Scale scale;
  scale.low = std::log(static_cast<double>(std::max<std::uint64_t>(min_ns, 1)));
  const double span = std::log(static_cast<double>(std::max<std::uint64_t>(max_ns, 1))) - scale.low;
  // Rows finer than 5 % say nothing that a reader could see.
  scale.rows = std::clamp(static_cast<int>(std::ceil(span / 0.05)), 1, kHeatmapRows);
  scale.step = std::max(span / scale.rows, 1e-9);
  return scale;
}

std::string_view Shade(std::uint64_t requests, std::uint64_t most, Charset charset) {
  if (requests == 0) {
    return " ";
  }
  const auto& shades = charset == Charset::kUnicode ? kUnicodeShades : kAsciiShades;
  const double share =
      most <= 1 ? 1 : std::log(static_cast<double>(requests)) / std::log(static_cast<double>(most));
  return shades[static_cast<std::size_t>(std::lround(share * 3))];
}

/// Points of a spectrum at which a plot can stand: x = log10(1 / (1 - q)).
struct Curve {
  std::vector<double> x;
  std::vector<double> ns;
};

Curve CurveOf(const Histogram& histogram) {
  const Spectrum spectrum = SpectrumOf(histogram);
  Curve curve;
  const double decades = std::log10(static_cast<double>(spectrum.count));
  for (std::size_t i = 0; i < spectrum.values_ns.size(); ++i) {
    curve.x.push_back(decades * static_cast<double>(i) /
                      static_cast<double>(spectrum.values_ns.size() - 1));
    curve.ns.push_back(static_cast<double>(spectrum.values_ns[i]));
  }
  return curve;
}

// Values of `curve` at the places of another; none beyond its end.
std::vector<double> At(const Curve& curve, std::span<const double> places) {
  std::vector<double> values;
  for (const double place : places) {
    const auto next = std::lower_bound(curve.x.begin(), curve.x.end(), place);
    values.push_back(
        next == curve.x.end() ? kNaN : curve.ns[static_cast<std::size_t>(next - curve.x.begin())]);
  }
  return values;
}

std::string SlowestOneIn(std::uint64_t count) {
  return fmt::format("slowest of {}", FormatCount(count));
}

}  // namespace

RunPlots::RunPlots(const Run& run, const TextOptions& options)
    : run_(&run), options_(Checked(options)) {
  const auto room = static_cast<std::uint32_t>(options_.width - 2 - kLabelWidth - kRangeWidth);
  const auto length =
      static_cast<std::uint32_t>(std::clamp(std::ceil(Seconds(run.duration)), 1.0, 1e9));
  seconds_ = (length + room - 1) / room;
  columns_.resize((length + seconds_ - 1) / seconds_);
}

void RunPlots::Add(const SecondPoint& point) {
  // What ended after the run's own end belongs to its last seconds.
  Column& column = columns_[std::min<std::size_t>(point.second / seconds_, columns_.size() - 1)];
  column.response.Merge(point.response);
  column.counts += point.counts;
}

std::string RunPlots::Sparklines() const {
  Row p50{"p50", "ns", {}};
  Row p99{"p99", "ns", {}};
  Row rate{"completed", "per_s", {}};
  Row errors{"errors", "", {}};
  bool any_error = false;
  for (const Column& column : columns_) {
    const auto completed = column.counts.of(Outcome::kCompleted);
    std::uint64_t ended = 0;
    for (const std::uint64_t count : column.counts.by_outcome) {
      ended += count;
    }
    p50.values.push_back(QuantileOrGap(column.response, 0.5));
    p99.values.push_back(QuantileOrGap(column.response, 0.99));
    rate.values.push_back(static_cast<double>(completed) / seconds_);
    errors.values.push_back(static_cast<double>(ended - completed));
    any_error |= ended != completed;
  }
  const std::string each =
      seconds_ == 1 ? "each column a second" : fmt::format("each column {} s", seconds_);
  std::string text = fmt::format("\nOver time, {}\n", each);
  for (const Row* row : {&p50, &p99, &rate}) {
    text += RowText(*row, options_);
  }
  return text + (any_error ? RowText(errors, options_) : "");
}

std::string RunPlots::Heatmap() const {
  Histogram all;
  for (const Column& column : columns_) {
    all.Merge(column.response);
  }
  if (all.empty()) {
    return "\nResponse times: no request was answered in any second.\n";
  }
  const Scale scale = ScaleOf(all.min_ns(), all.max_ns());
  std::vector<std::vector<std::uint64_t>> cells(static_cast<std::size_t>(scale.rows),
                                                std::vector<std::uint64_t>(columns_.size()));
  std::uint64_t most = 1;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].response.ForEachBucket([&](const Histogram::Bucket& bucket) {
      std::uint64_t& cell = cells[static_cast<std::size_t>(scale.RowOf(bucket.lowest_ns))][i];
      cell += bucket.count;
      most = std::max(most, cell);
    });
  }
  std::string text = fmt::format("\nResponse times, log scale; darkest: {} requests in a cell\n",
                                 FormatCount(most));
  for (int row = scale.rows - 1; row >= 0; --row) {
    text += fmt::format("  {:>{}} ", SeriesValueText(scale.LowestNs(row), "ns"), kLabelWidth - 1);
    for (const std::uint64_t requests : cells[static_cast<std::size_t>(row)]) {
      text += Shade(requests, most, options_.charset);
    }
    text += '\n';
  }
  return text;
}

std::string RunPlots::RenderOverTime() const {
  return Sparklines() + Heatmap();
}

std::string RunPlots::Render() const {
  std::string text = RenderOverTime();
  const LatencyView view = MergedLatency(run_->Total(Phase::kMeasure), LatencyKind::kResponse);
  if (view.histogram.count() > 1) {
    const Curve curve = CurveOf(view.histogram);
    text += "\n" + RenderPlot({.title = "Percentile spectrum: each tenth of the requests that are "
                                        "left takes as much room",
                               .unit = "ns",
                               .values = curve.ns,
                               .x = curve.x,
                               .x_first = "fastest",
                               .x_last = SlowestOneIn(view.histogram.count())},
                              options_);
  }
  return text;
}

std::string RenderSpectra(const NamedHistogram& points, const NamedHistogram& line,
                          const TextOptions& options) {
  if (points.histogram->count() < 2 || line.histogram->count() < 2) {
    return "";
  }
  const Curve curve = CurveOf(*points.histogram);
  const std::vector<double> other = At(CurveOf(*line.histogram), curve.x);
  return "\n" + RenderPlot({.title = fmt::format("Percentile spectrum: points {}, line {}",
                                                 Clean(points.name, 30), Clean(line.name, 30)),
                            .unit = "ns",
                            .values = curve.ns,
                            .x = curve.x,
                            .line = other,
                            .x_first = "fastest",
                            .x_last = SlowestOneIn(points.histogram->count()),
                            .join = SeriesPlot::Join::kPoints},
                           Checked(options));
}

}  // namespace weir::reports
