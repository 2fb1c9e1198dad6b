#include "monitor/sources/otlp_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <system_error>

#include <nlohmann/json.hpp>

#include "loadgen/metrics_text.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::json;
using Refused = std::optional<std::string_view>;

constexpr int kDelta = 1;
constexpr int kCumulative = 2;
constexpr std::uint64_t kNoRecordedValue = 1;
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

const Json& Find(const Json& json, const char* key) {
  static const Json none;
  if (!json.is_object()) {
    return none;
  }
  const auto found = json.find(key);
  return found == json.end() ? none : *found;
}

/// Absent and null are an empty list, other things none.
template <typename Use>
bool ForEach(const Json& list, const Use& use) {
  if (list.is_array()) {
    for (const Json& item : list) {
      use(item);
    }
  }
  return list.is_array() || list.is_null();
}

std::string Text(const Json& json) {
  return json.is_string() ? json.get<std::string>() : std::string();
}

/// What is absent is 0, as in proto3.
std::optional<std::uint64_t> Count(const Json& json) {
  if (json.is_null()) {
    return 0;
  }
  if (json.is_number_unsigned()) {
    return json.get<std::uint64_t>();
  }
  const std::string text = Text(json);
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  return is_whole ? std::optional(count) : std::nullopt;
}

std::optional<int> Small(const Json& json) {
  if (json.is_null()) {
    return 0;
  }
  const bool fits = json.is_number_integer() && std::abs(json.get<double>()) < 1e9;
  return fits ? std::optional(json.get<int>()) : std::nullopt;
}

std::optional<double> Number(const Json& json) {
  if (json.is_number()) {
    return json.get<double>();
  }
  const std::string text = Text(json);
  if (text == "NaN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (text == "Infinity" || text == "-Infinity") {
    const double infinity = std::numeric_limits<double>::infinity();
    return text[0] == '-' ? -infinity : infinity;
  }
  return loadgen::ParseMetricValue(text);
}

/// Absent: 0.
std::optional<double> NumberOr0(const Json& json) {
  return json.is_null() ? std::optional(0.0) : Number(json);
}

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

std::string MetricName(const Json& metric, bool is_counter, bool is_gauge) {
  std::string name = NameFrom(Text(Find(metric, "name")), ":");
  if (name.empty() || name.size() > kNameBytesMax) {
    return {};
  }
  const std::string unit = Text(Find(metric, "unit"));
  if (const std::size_t per = unit.find('/'); per != std::string::npos) {
    const std::string_view each = UnitWord(std::string_view(unit).substr(per + 1));
    Append(name, UnitWord(std::string_view(unit).substr(0, per)));
    if (!each.empty()) {
      Append(name, "per_" + std::string(each.substr(0, each.size() - 1)));
    }
  } else {
    Append(name, unit == "1" && is_gauge ? "ratio" : UnitWord(unit));
  }
  Append(name, is_counter ? "total" : "");
  return name;
}

std::string ValueText(const Json& value) {
  for (const char* key : {"stringValue", "intValue", "doubleValue", "boolValue"}) {
    const Json& found = Find(value, key);
    if (!found.is_null()) {
      return found.is_string() ? found.get<std::string>() : found.dump();
    }
  }
  return value.is_object() && !value.empty() ? value.begin()->dump() : std::string();
}

Labels ResourceLabels(const Json& resource) {
  Labels labels;
  ForEach(Find(resource, "attributes"), [&labels](const Json& attribute) {
    const std::string key = Text(Find(attribute, "key"));
    for (const auto& [from, to] : kResourceLabels) {
      std::string value = key == from ? ValueText(Find(attribute, "value")) : std::string();
      if (!value.empty()) {
        labels.insert_or_assign(std::string(to), std::move(value));
      }
    }
  });
  return labels;
}

/// False: too many, or too long.
bool AddLabels(const Json& attributes, Labels& labels) {
  const bool is_list = ForEach(attributes, [&labels](const Json& attribute) {
    std::string name = NameFrom(Text(Find(attribute, "key")));
    std::string value = ValueText(Find(attribute, "value"));
    if (!name.empty() && !value.empty()) {
      labels.insert_or_assign(std::move(name), std::move(value));
    }
  });
  return is_list && labels.size() <= kLabelsMax &&
         std::all_of(labels.begin(), labels.end(), [](const auto& label) {
           return label.first.size() <= kLabelBytesMax && label.second.size() <= kLabelBytesMax;
         });
}

Refused ReadCountAndSum(const Json& json, OtlpPoint& point) {
  const auto count = Count(Find(json, "count"));
  const auto sum = NumberOr0(Find(json, "sum"));
  if (!count || !sum || !std::isfinite(*sum)) {
    return "bad_value";
  }
  point.distribution.count = static_cast<double>(*count);
  point.distribution.sum = *sum;
  return std::nullopt;
}

Refused ReadValue(const Json& json, OtlpPoint& point) {
  const Json& real = Find(json, "asDouble");
  const Json& whole = Find(json, "asInt");
  if (real.is_null() && whole.is_null()) {
    return "no_value";
  }
  const auto value = Number(real.is_null() ? whole : real);
  if (!value) {
    return "bad_value";
  }
  point.value = *value;
  return std::nullopt;
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

Refused ReadBuckets(const Json& json, OtlpPoint& point) {
  std::vector<double> counts;
  std::vector<double> bounds = {-std::numeric_limits<double>::infinity()};
  bool good = ForEach(Find(json, "bucketCounts"), [&](const Json& each) {
    const auto count = Count(each);
    counts.push_back(count ? static_cast<double>(*count) : -1);
  });
  good = good && ForEach(Find(json, "explicitBounds"), [&](const Json& each) {
           bounds.push_back(Number(each).value_or(std::numeric_limits<double>::quiet_NaN()));
         });
  bounds.push_back(std::numeric_limits<double>::infinity());
  if (counts.size() > kOtlpBucketsMax || bounds.size() > kOtlpBucketsMax) {
    return "too_many_buckets";
  }
  if (counts.empty() && bounds.size() == 2) {
    return std::nullopt;  // Count and sum only.
  }
  // Also of what is no number.
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    good = good && bounds[i - 1] < bounds[i];
  }
  good = good && counts.size() + 1 == bounds.size() &&
         std::all_of(counts.begin(), counts.end(), [](double count) { return count >= 0; });
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
Refused ReadSide(const Json& side, int scale, std::vector<Distribution::Cell>& cells) {
  const auto offset = Small(Find(side, "offset"));
  if (!offset) {
    return "bad_value";
  }
  double index = *offset;
  bool good = true;
  const double width = std::exp2(-scale);
  const bool is_list = ForEach(Find(side, "bucketCounts"), [&](const Json& each) {
    const auto count = Count(each);
    good = good && count;
    if (good && *count > 0 && cells.size() <= kOtlpBucketsMax) {
      cells.push_back(
          {std::exp2(index * width), std::exp2((index + 1) * width), static_cast<double>(*count)});
    }
    ++index;
  });
  if (cells.size() > kOtlpBucketsMax) {
    return "too_many_buckets";
  }
  // Beyond what numbers can be, ends are the same or none.
  good = good && is_list && std::all_of(cells.begin(), cells.end(), [](const auto& cell) {
           return cell.low < cell.high && std::isfinite(cell.high);
         });
  return good ? std::nullopt : Refused("bad_value");
}

Refused ReadExponential(const Json& json, OtlpPoint& point) {
  const auto scale = Small(Find(json, "scale"));
  const auto zeros = Count(Find(json, "zeroCount"));
  const auto near_0 = NumberOr0(Find(json, "zeroThreshold"));
  if (!scale || *scale < kScaleMin || *scale > kScaleMax || !zeros || !near_0 ||
      !(*near_0 >= 0 && std::isfinite(*near_0))) {
    return "bad_value";
  }
  std::vector<Distribution::Cell> cells;
  if (const Refused refused = ReadSide(Find(json, "negative"), *scale, cells)) {
    return refused;
  }
  std::reverse(cells.begin(), cells.end());
  for (Distribution::Cell& cell : cells) {
    cell = {-cell.high, -cell.low, cell.count};
  }
  cells.push_back({-*near_0, *near_0, static_cast<double>(*zeros)});
  std::vector<Distribution::Cell> above;
  if (const Refused refused = ReadSide(Find(json, "positive"), *scale, above)) {
    return refused;
  }
  cells.insert(cells.end(), above.begin(), above.end());
  return Finish(std::move(cells), point.distribution);
}

Refused ReadQuantiles(const Json& json, OtlpPoint& point) {
  bool good = ForEach(Find(json, "quantileValues"), [&](const Json& each) {
    const auto q = NumberOr0(Find(each, "quantile"));
    const auto value = NumberOr0(Find(each, "value"));
    point.quantiles.emplace_back(q.value_or(-1), value.value_or(0));
  });
  good = good && std::all_of(point.quantiles.begin(), point.quantiles.end(),
                             [](const auto& each) { return each.first >= 0 && each.first <= 1; });
  return !good                                      ? Refused("bad_value")
         : point.quantiles.size() > kOtlpBucketsMax ? Refused("too_many_buckets")
                                                    : std::nullopt;
}

/// How the points of a kind of metric are read.
struct Form {
  const char* key;
  OtlpPoint::Kind kind;
  bool has_temporality;
  Refused (*read)(const Json& json, OtlpPoint& point);
};

constexpr std::array<Form, 5> kForms = {{
    {"gauge", OtlpPoint::Kind::kValue, false, ReadValue},
    {"sum", OtlpPoint::Kind::kValue, true, ReadValue},
    {"histogram", OtlpPoint::Kind::kDistribution, true, ReadBuckets},
    {"exponentialHistogram", OtlpPoint::Kind::kDistribution, true, ReadExponential},
    {"summary", OtlpPoint::Kind::kSummary, false, ReadQuantiles},
}};

Refused ReadPoint(const Form& form, const Json& json, OtlpPoint& point) {
  const auto begin = Count(Find(json, "startTimeUnixNano"));
  const auto at = Count(Find(json, "timeUnixNano"));
  const auto flags = Count(Find(json, "flags"));
  if (!json.is_object() || !begin || !at || !flags) {
    return "bad_value";
  }
  point.begin = *begin;
  point.at = *at;
  if (!AddLabels(Find(json, "attributes"), point.series.labels)) {
    return "bad_labels";
  }
  if ((*flags & kNoRecordedValue) != 0) {
    point.kind = OtlpPoint::Kind::kNone;
    return std::nullopt;
  }
  if (point.kind != OtlpPoint::Kind::kValue) {
    if (const Refused refused = ReadCountAndSum(json, point)) {
      return refused;
    }
  }
  return form.read(json, point);
}

void ReadMetric(const Json& metric, const Labels& resource, OtlpBatch& batch) {
  for (const Form& form : kForms) {
    const Json& data = Find(metric, form.key);
    if (data.is_null()) {
      continue;
    }
    const Json& monotonic = Find(data, "isMonotonic");
    const bool is_sum = std::string_view(form.key) == "sum";
    const int temporality = Small(Find(data, "aggregationTemporality")).value_or(0);
    const OtlpPoint base = {
        .kind = form.kind,
        .is_delta = form.has_temporality && temporality == kDelta,
        .series = {MetricName(metric, is_sum && monotonic.is_boolean() && monotonic.get<bool>(),
                              std::string_view(form.key) == "gauge"),
                   resource}};
    ForEach(Find(data, "dataPoints"), [&](const Json& json) {
      OtlpPoint point = base;
      Refused refused = base.series.metric.empty() ? Refused("no_name") : std::nullopt;
      if (form.has_temporality && temporality != kDelta && temporality != kCumulative) {
        refused = "bad_temporality";
      }
      if (!refused) {
        refused = ReadPoint(form, json, point);
      }
      if (refused) {
        ++batch.rejected[std::string(*refused)];
      } else {
        batch.points.push_back(std::move(point));
      }
    });
  }
}

}  // namespace

tl::expected<OtlpBatch, std::string_view> ReadOtlpMetrics(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  OtlpBatch batch;
  if (!json.is_object()) {
    return tl::unexpected<std::string_view>("malformed");
  }
  const bool is_list = ForEach(Find(json, "resourceMetrics"), [&batch](const Json& of_resource) {
    const Labels resource = ResourceLabels(Find(of_resource, "resource"));
    ForEach(Find(of_resource, "scopeMetrics"), [&](const Json& of_scope) {
      ForEach(Find(of_scope, "metrics"),
              [&](const Json& metric) { ReadMetric(metric, resource, batch); });
    });
  });
  if (!is_list) {
    return tl::unexpected<std::string_view>("malformed");
  }
  return batch;
}

}  // namespace weir::monitor
