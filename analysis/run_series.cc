#include "analysis/run_series.h"

#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "analysis/gate_inputs.h"
#include "analysis/quantile_interval.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

// The value of one run, its variance from inside the run, and whether it is only a lower bound.
struct RunValue {
  double value = 0;
  double variance = 0;
  bool lower_bound = false;
};

struct SideValues {
  std::vector<double> values;
  double mean_variance = 0;
  bool lower_bound = false;
  std::string missing;
};

using Getter = std::function<std::optional<RunValue>(const RunStatistics&, std::string& missing)>;

SideValues Collect(std::span<const RunStatistics> runs, const Getter& get) {
  SideValues side;
  double variance = 0;
  for (const RunStatistics& run : runs) {
    const std::optional<RunValue> value = get(run, side.missing);
    if (!value) {
      return side;
    }
    side.values.push_back(value->value);
    side.lower_bound = side.lower_bound || value->lower_bound;
    variance += value->variance;
  }
  const auto count = static_cast<double>(runs.size());
  side.mean_variance = variance / (count * count);
  return side;
}

RunSeries SeriesOf(const Sides& sides, const Getter& get) {
  RunSeries series;
  series.missing = sides.missing;
  if (!series.missing.empty()) {
    return series;
  }
  SideValues a = Collect(sides.a, get);
  SideValues b = Collect(sides.b, get);
  series.missing = a.missing.empty() ? b.missing : a.missing;
  series.a = std::move(a.values);
  series.b = std::move(b.values);
  series.error_inside = std::sqrt(a.mean_variance + b.mean_variance);
  series.lower_bound_a = a.lower_bound;
  series.lower_bound_b = b.lower_bound;
  return series;
}

std::optional<RunValue> Body(const RunStatistics& run, std::string& missing) {
  if (!run.body) {
    missing = "a run has no response times";
    return std::nullopt;
  }
  const Histogram& values = run.response.histogram;
  const double error = *MeanLogError(values, kBodyFrom, kBodyTo);
  const double cut_off = static_cast<double>(run.response.censored);
  return RunValue{.value = *run.body,
                  .variance = error * error,
                  .lower_bound = cut_off > (1 - kBodyTo) * static_cast<double>(values.count())};
}

std::optional<RunValue> Quantile(const RunStatistics& run, double q, std::string& missing) {
  const KnownQuantile known = QuantileOf(run.response, q);
  if (!known.value_ns) {
    missing = fmt::format("{} needs {} requests in each run, and one has {}", QuantileName(q),
                          FormatCount(known.samples_needed), FormatCount(known.samples));
    return std::nullopt;
  }
  const double error = *LogQuantileError(run.response.histogram, q);
  return RunValue{.value = *SmoothedLogQuantile(run.response.histogram, q),
                  .variance = error * error,
                  .lower_bound = known.lower_bound};
}

std::optional<RunValue> Slowness(const RunStatistics& run, bool open_loop, std::string& missing) {
  const auto completed = static_cast<double>(run.counts.of(Outcome::kCompleted)) + 0.5;
  if (!run.achieved_per_s || run.counts.planned == 0) {
    missing = "a run has no measured requests";
    return std::nullopt;
  }
  if (!open_loop) {
    const double seconds = static_cast<double>(run.counts.planned) / *run.planned_per_s;
    return RunValue{
        .value = -std::log(completed / seconds), .variance = 1 / completed, .lower_bound = false};
  }
  const double share = completed / (static_cast<double>(run.counts.planned) + 1);
  return RunValue{
      .value = -std::log(share), .variance = (1 - share) / completed, .lower_bound = false};
}

}  // namespace

Sides SidesOf(std::span<const Run> a, std::span<const Run> b, std::string_view step) {
  Sides sides;
  const auto collect = [&](std::span<const Run> runs, std::vector<RunStatistics>& into) {
    for (const Run& run : runs) {
      const std::optional<int> index = StepIndex(run, step);
      if (!index) {
        sides.missing = fmt::format("{} has no step '{}'", RunName(run), Printable(step));
        return;
      }
      into.push_back(StatisticsOf(run, *index));
    }
  };
  collect(a, sides.a);
  collect(b, sides.b);
  return sides;
}

RunSeries BodySeries(const Sides& sides) {
  return SeriesOf(sides, Body);
}

RunSeries QuantileSeries(const Sides& sides, double q) {
  return SeriesOf(sides, [q](const RunStatistics& run, std::string& missing) {
    return Quantile(run, q, missing);
  });
}

RunSeries RelativeToLowerHalf(RunSeries absolute, const Sides& sides) {
  const auto subtract = [](std::vector<double>& values, std::span<const RunStatistics> runs) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] -= *runs[i].lower_half;
    }
  };
  if (absolute.missing.empty()) {
    subtract(absolute.a, sides.a);
    subtract(absolute.b, sides.b);
  }
  return absolute;
}

RunSeries SlownessSeries(const Sides& sides, bool open_loop) {
  return SeriesOf(sides, [open_loop](const RunStatistics& run, std::string& missing) {
    return Slowness(run, open_loop, missing);
  });
}

std::vector<ErrorCount> ErrorCounts(std::span<const RunStatistics> runs) {
  std::vector<ErrorCount> counts;
  for (const RunStatistics& run : runs) {
    if (run.counts.planned == 0) {
      return {};
    }
    const std::uint64_t completed = run.counts.of(Outcome::kCompleted);
    const std::uint64_t planned = run.counts.planned;
    counts.push_back({.wrong = planned > completed ? planned - completed : 0, .planned = planned});
  }
  return counts;
}

}  // namespace weir::analysis
