#include "analysis/anomaly_group.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace weir::analysis {
namespace {

// Whether a metric has something to say: a value that could be judged, or a silence.
bool Counts(const AnomalyReading& reading) {
  return reading.state == AnomalyState::kNormal || reading.extent > 0;
}

// log(mean(base ^ extent)) / log(base), without overflow. At least the largest extent less what
// Bonferroni takes for so many metrics.
double CombinedExtent(std::span<const AnomalyReading> readings, double largest, double base) {
  if (std::isinf(largest)) {
    return largest;
  }
  double sum = 0;
  double count = 0;
  for (const AnomalyReading& reading : readings) {
    if (Counts(reading)) {
      sum += std::pow(base, reading.extent - largest);
      ++count;
    }
  }
  return std::max(0.0, largest + std::log(sum / count) / std::log(base));
}

// What the whole series says, before any value is judged.
struct Census {
  std::size_t missing = 0;
  std::size_t beyond = 0;
  std::size_t present = 0;
  bool equal = true;
};

Census CensusOf(std::span<const double> values) {
  Census census;
  double first = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      ++census.missing;
      continue;
    }
    if (std::fabs(value) > kAnomalyValueMax) {
      ++census.beyond;
      continue;
    }
    first = census.present++ == 0 ? value : first;
    census.equal = census.equal && value == first;
  }
  return census;
}

void WarnOf(std::string_view which, const Census& census, AnomalyReport& report) {
  const auto warn = [&](std::string text) {
    report.warnings.push_back(fmt::format("{}{}", which, text));
  };
  if (census.present <= kAnomalyWarmUp) {
    warn(fmt::format(
        "{} too few to judge any: the first {} only teach what is usual",
        census.present == 1 ? "1 value is" : fmt::format("{} values are", census.present),
        kAnomalyWarmUp));
  } else if (census.equal) {
    warn("all values are equal: any other value would be strange, and nothing else can be said");
  }
  if (census.missing > 0) {
    warn(fmt::format("{} of {} values are missing or not finite", census.missing,
                     census.missing + census.beyond + census.present));
  }
  if (census.beyond > 0) {
    warn(fmt::format("values beyond {:g} count as missing: {} of them", kAnomalyValueMax,
                     census.beyond));
  }
}

void WarnOfTimes(std::span<const WallTime> times, AnomalyReport& report) {
  std::size_t backwards = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    backwards += times[i] < times[i - 1] ? 1U : 0U;
  }
  if (backwards > 0) {
    report.warnings.push_back(
        fmt::format("time runs backwards {} times: rows are judged in the order given", backwards));
  }
}

}  // namespace

AnomalyGroup::AnomalyGroup(std::size_t metrics, const AnomalyOptions& options)
    : detectors_(metrics, AnomalyDetector(options)), alarm_(options.rest_points) {
  WEIR_CHECK(metrics > 0);
  judged_.metrics.resize(metrics);
}

const GroupAnomaly& AnomalyGroup::Push(std::span<const double> values) {
  WEIR_CHECK(values.size() == detectors_.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    judged_.metrics[i] = detectors_[i].Observe(values[i]);
  }
  return Judge();
}

const GroupAnomaly& AnomalyGroup::Push(WallTime at, std::span<const double> values) {
  WEIR_CHECK(values.size() == detectors_.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    judged_.metrics[i] = detectors_[i].Observe(at, values[i]);
  }
  return Judge();
}

const GroupAnomaly& AnomalyGroup::Judge() {
  const std::vector<AnomalyReading>& metrics = judged_.metrics;
  // What stands out most for its own limit, since metrics may have been seen for unlike times.
  const auto weaker = [](const AnomalyReading& a, const AnomalyReading& b) {
    return std::pair(Counts(a), a.extent - a.limit) < std::pair(Counts(b), b.extent - b.limit);
  };
  const auto lead = std::max_element(metrics.begin(), metrics.end(), weaker);
  judged_.lead = static_cast<std::size_t>(lead - metrics.begin());
  AnomalyReading combined = *lead;
  if (metrics.size() > 1 && combined.extent > 0) {
    const double base = std::max(2.0, (static_cast<double>(combined.seen) + 1) / 2);
    combined.extent = CombinedExtent(metrics, combined.extent, base);
    combined.tail_probability =
        std::min(1.0, combined.tail_probability * static_cast<double>(metrics.size()));
  }
  judged_.point = alarm_.Judge(combined);
  return judged_;
}

AnomalyReport FindAnomalies(std::span<const std::span<const double>> metrics,
                            std::span<const WallTime> times, const AnomalyOptions& options) {
  WEIR_CHECK(!metrics.empty());
  const std::size_t rows = metrics.front().size();
  WEIR_CHECK(times.empty() || times.size() == rows);
  AnomalyReport report;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    WEIR_CHECK(metrics[i].size() == rows);
    WarnOf(metrics.size() > 1 ? fmt::format("metric {}: ", i + 1) : "", CensusOf(metrics[i]),
           report);
  }
  WarnOfTimes(times, report);
  AnomalyGroup group(metrics.size(), options);
  std::vector<double> values(metrics.size());
  report.points.reserve(rows);
  report.lead.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      values[i] = metrics[i][row];
    }
    const GroupAnomaly& judged =
        times.empty() ? group.Push(values) : group.Push(times[row], values);
    report.points.push_back(judged.point);
    report.lead.push_back(judged.lead);
    if (judged.point.state == AnomalyState::kAlert) {
      report.alerts.push_back(row);
    }
    if (judged.point.state == AnomalyState::kWarmingUp ||
        (judged.point.state == AnomalyState::kMissing && report.warm_up_rows == row)) {
      report.warm_up_rows = row + 1;
    }
  }
  return report;
}

}  // namespace weir::analysis
