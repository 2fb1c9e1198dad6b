#include "monitor/sources/otlp_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

namespace weir::monitor {
namespace {

using Kind = OtlpRawMetric::Kind;
using Refused = std::optional<std::string_view>;

constexpr int kDelta = 1;
constexpr int kCumulative = 2;
constexpr int kScaleMin = -10;
constexpr int kScaleMax = 20;
constexpr std::size_t kNameBytesMax = 255;

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kResourceLabels = {{
    {"deployment.environment", "environment"},
    {"deployment.environment.name", "environment"},
    {"host.name", "host"},
    {"service.instance.id", "instance"},
    {"service.name", "service"},
    {"service.namespace", "namespace"},
    {"service.version", "version"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kUnits = {{
    {"d", "days"},          {"h", "hours"},         {"min", "minutes"},    {"s", "seconds"},
    {"ms", "milliseconds"}, {"us", "microseconds"}, {"ns", "nanoseconds"}, {"By", "bytes"},
    {"KiBy", "kibibytes"},  {"MiBy", "mebibytes"},  {"GiBy", "gibibytes"}, {"KBy", "kilobytes"},
    {"MBy", "megabytes"},   {"GBy", "gigabytes"},   {"Cel", "celsius"},    {"Hz", "hertz"},
    {"%", "percent"},       {"V", "volts"},         {"A", "amperes"},      {"J", "joules"},
    {"W", "watts"},
}};

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// With `_` for each run of characters that names do not have.
std::string NameFrom(std::string_view text, std::string_view also = "") {
  std::string name;
  for (const char c : text) {
    const bool kept = IsWord(c) || also.find(c) != std::string_view::npos;
    if (kept || name.empty() || name.back() != '_') {
      name += kept ? c : '_';
    }
  }
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') {
    name.insert(name.begin(), '_');
  }
  return name;
}

void Append(std::string& name, std::string_view word) {
  const std::string ending = "_" + std::string(word);
  if (!word.empty() && !name.ends_with(ending)) {
    name += ending;
  }
}

std::string_view UnitWord(std::string_view unit) {
  const auto found = std::find_if(kUnits.begin(), kUnits.end(),
                                  [unit](const auto& each) { return each.first == unit; });
  return found == kUnits.end() ? std::string_view() : found->second;
}

std::string MetricName(const OtlpMessage& message, const OtlpRawMetric& metric) {
  std::string name = NameFrom(message.Text(metric.name), ":");
  if (name.empty() || name.size() > kNameBytesMax) {
    return {};
  }
  const std::string_view unit = message.Text(metric.unit);
  if (const std::size_t per = unit.find('/'); per != std::string_view::npos) {
    const std::string_view each = UnitWord(unit.substr(per + 1));
    Append(name, UnitWord(unit.substr(0, per)));
    if (!each.empty()) {
      Append(name, "per_" + std::string(each.substr(0, each.size() - 1)));
    }
  } else {
    Append(name, unit == "1" && metric.kind == Kind::kGauge ? "ratio" : UnitWord(unit));
  }
  Append(name, metric.kind == Kind::kSum && metric.is_monotonic ? "total" : "");
  return name;
}

Labels ResourceLabels(const OtlpMessage& message, const OtlpRange& resource) {
  Labels labels;
  for (const OtlpAttribute& attribute : message.Attributes(resource)) {
    const std::string_view key = message.Text(attribute.key);
    const std::string_view value = message.Text(attribute.value);
    for (const auto& [from, to] : kResourceLabels) {
      if (key == from && attribute.is_word && !value.empty()) {
        labels.insert_or_assign(std::string(to), std::string(value));
      }
    }
  }
  return labels;
}

/// False: too many, too long, or of a kind that labels do not have.
bool AddLabels(const OtlpMessage& message, const OtlpRange& attributes, Labels& labels) {
  bool good = true;
  for (const OtlpAttribute& attribute : message.Attributes(attributes)) {
    std::string name = NameFrom(message.Text(attribute.key));
    const std::string_view value = message.Text(attribute.value);
    good = good && attribute.is_word && name.size() <= kLabelBytesMax &&
           value.size() <= kLabelBytesMax && labels.size() <= kLabelsMax;
    if (good && !name.empty() && !value.empty()) {
      labels.insert_or_assign(std::move(name), std::string(value));
    }
  }
  return good && labels.size() <= kLabelsMax &&
         std::all_of(labels.begin(), labels.end(),
                     [](const auto& label) { return label.second.size() <= kLabelBytesMax; });
}

/// Whether the cells have all values; those without a count are left out.
Refused Finish(std::vector<Distribution::Cell> cells, Distribution& into) {
  double total = 0;
  for (const Distribution::Cell& cell : cells) {
    total += cell.count;
  }
  std::erase_if(cells, [](const Distribution::Cell& cell) { return cell.count <= 0; });
  into.cells = std::move(cells);
  return total == into.count ? std::nullopt : Refused("bad_value");
}

Refused ReadBuckets(const OtlpMessage& message, const OtlpBuckets& raw, OtlpPoint& point) {
  const std::span<const double> counts = message.Numbers(raw.counts);
  const std::span<const double> inner = message.Numbers(raw.bounds);
  if (counts.size() > kOtlpBucketsMax || inner.size() + 2 > kOtlpBucketsMax) {
    return "too_many_buckets";
  }
  if (counts.empty() && inner.empty()) {
    return std::nullopt;  // Count and sum only.
  }
  std::vector<double> bounds = {-std::numeric_limits<double>::infinity()};
  bounds.insert(bounds.end(), inner.begin(), inner.end());
  bounds.push_back(std::numeric_limits<double>::infinity());
  bool good = counts.size() + 1 == bounds.size() &&
              std::all_of(counts.begin(), counts.end(), [](double count) { return count >= 0; });
  // Also of what is no number.
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    good = good && bounds[i - 1] < bounds[i];
  }
  if (!good) {
    return "bad_value";
  }
  std::vector<Distribution::Cell> cells;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    cells.push_back({bounds[i], bounds[i + 1], counts[i]});
  }
  return Finish(std::move(cells), point.distribution);
}

/// Of the buckets on one side of 0, from it outwards.
Refused ReadSide(std::span<const double> counts, int offset, int scale,
                 std::vector<Distribution::Cell>& cells) {
  double index = offset;
  const double width = std::exp2(-scale);
  for (const double count : counts) {
    if (count < 0) {
      return "bad_value";
    }
    if (count > 0 && cells.size() > kOtlpBucketsMax) {
      return "too_many_buckets";
    }
    if (count > 0) {
      cells.push_back({std::exp2(index * width), std::exp2((index + 1) * width), count});
    }
    ++index;
  }
  // Beyond what numbers can be, ends are the same or none.
  const bool good = std::all_of(cells.begin(), cells.end(), [](const auto& cell) {
    return cell.low < cell.high && std::isfinite(cell.high);
  });
  return good ? std::nullopt : Refused("bad_value");
}

Refused ReadExponential(const OtlpMessage& message, const OtlpBuckets& raw, OtlpPoint& point) {
  const double near_0 = raw.zero_threshold;
  if (raw.scale < kScaleMin || raw.scale > kScaleMax || !(near_0 >= 0 && std::isfinite(near_0))) {
    return "bad_value";
  }
  std::vector<Distribution::Cell> cells;
  if (const Refused refused =
          ReadSide(message.Numbers(raw.negative), raw.negative_offset, raw.scale, cells)) {
    return refused;
  }
  std::reverse(cells.begin(), cells.end());
  for (Distribution::Cell& cell : cells) {
    cell = {-cell.high, -cell.low, cell.count};
  }
  cells.push_back({-near_0, near_0, raw.zero_count});
  std::vector<Distribution::Cell> above;
  if (const Refused refused =
          ReadSide(message.Numbers(raw.positive), raw.positive_offset, raw.scale, above)) {
    return refused;
  }
  cells.insert(cells.end(), above.begin(), above.end());
  return Finish(std::move(cells), point.distribution);
}

Refused ReadQuantiles(const OtlpMessage& message, const OtlpBuckets& raw, OtlpPoint& point) {
  const std::span<const double> pairs = message.Numbers(raw.quantiles);
  if (pairs.size() / 2 > kOtlpBucketsMax) {
    return "too_many_buckets";
  }
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (!(pairs[i] >= 0 && pairs[i] <= 1)) {
      return "bad_value";
    }
    point.quantiles.emplace_back(pairs[i], pairs[i + 1]);
  }
  return std::nullopt;
}

Refused ReadDistribution(const OtlpMessage& message, Kind kind, const OtlpBuckets& raw,
                         OtlpPoint& point) {
  if (!std::isfinite(raw.sum)) {
    return "bad_value";
  }
  point.distribution.count = raw.count;
  point.distribution.sum = raw.sum;
  return kind == Kind::kHistogram     ? ReadBuckets(message, raw, point)
         : kind == Kind::kExponential ? ReadExponential(message, raw, point)
                                      : ReadQuantiles(message, raw, point);
}

Refused ReadPoint(const OtlpMessage& message, Kind kind, const OtlpRawPoint& raw,
                  OtlpPoint& point) {
  if (raw.is_bad) {
    return "bad_value";
  }
  point.begin = raw.begin;
  point.at = raw.at;
  if (!raw.has_labels || !AddLabels(message, raw.attributes, point.series.labels)) {
    return "bad_labels";
  }
  if (raw.is_end) {
    point.kind = OtlpPoint::Kind::kNone;
    return std::nullopt;
  }
  if (raw.buckets != OtlpRawPoint::kNoBuckets) {
    return ReadDistribution(message, kind, message.buckets[raw.buckets], point);
  }
  point.value = raw.value;
  return raw.has_value ? std::nullopt : Refused("no_value");
}

OtlpPoint::Kind PointKind(Kind kind) {
  return kind == Kind::kGauge || kind == Kind::kSum ? OtlpPoint::Kind::kValue
         : kind == Kind::kSummary                   ? OtlpPoint::Kind::kSummary
                                                    : OtlpPoint::Kind::kDistribution;
}

}  // namespace

OtlpRejected ReadOtlpMetrics(const OtlpMessage& message,
                             const std::function<void(const OtlpPoint& point)>& take) {
  OtlpRejected rejected;
  std::vector<Labels> resources;
  for (const OtlpRange& resource : message.resources) {
    resources.push_back(ResourceLabels(message, resource));
  }
  for (const OtlpRawMetric& metric : message.metrics) {
    const bool has_temporality = metric.kind != Kind::kGauge && metric.kind != Kind::kSummary;
    const bool is_known = metric.temporality == kDelta || metric.temporality == kCumulative;
    const OtlpPoint base = {.kind = PointKind(metric.kind),
                            .is_delta = has_temporality && metric.temporality == kDelta,
                            .series = {MetricName(message, metric), resources[metric.resource]}};
    const Refused all = has_temporality && !is_known ? Refused("bad_temporality")
                        : base.series.metric.empty() ? Refused("no_name")
                                                     : std::nullopt;
    for (const OtlpRawPoint& raw : message.Points(metric.points)) {
      OtlpPoint point = base;
      const Refused refused = all ? all : ReadPoint(message, metric.kind, raw, point);
      if (refused) {
        ++rejected[std::string(*refused)];
      } else {
        take(point);
      }
    }
  }
  return rejected;
}

}  // namespace weir::monitor
