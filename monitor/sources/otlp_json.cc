#include "monitor/sources/otlp_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "loadgen/metrics_text.h"

namespace weir::monitor {
namespace {

using Kind = OtlpRawMetric::Kind;
using Scalar =
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string_view>;

constexpr std::uint64_t kNoRecordedValue = 1;
constexpr double kSmallMax = 1e9;
constexpr std::size_t kDepthMax = 100;

/// Where in a request.
enum class Place : std::uint8_t {
  kIgnored,
  kRoot,
  kResources,
  kOfResource,
  kResource,
  kResourceAttributes,
  kScopes,
  kScope,
  kMetrics,
  kMetric,
  kGauge,
  kSum,
  kHistogram,
  kExponential,
  kSummary,
  kPoints,
  kPoint,
  kPointAttributes,
  kCounts,
  kBounds,
  kNegative,
  kNegativeCounts,
  kPositive,
  kPositiveCounts,
  kQuantiles,
  kQuantile,
  kAttribute,
  kValue,
  kList,
  kItems,
  kItem,
  kOther,   ///< A value that no label is made of.
  kNumber,  ///< Of a list.
};

/// What a key of an object leads to.
struct Step {
  Place from;
  std::string_view key;
  Place to;
};

constexpr std::array<Step, 29> kSteps = {{
    {Place::kRoot, "resourceMetrics", Place::kResources},
    {Place::kOfResource, "resource", Place::kResource},
    {Place::kOfResource, "scopeMetrics", Place::kScopes},
    {Place::kResource, "attributes", Place::kResourceAttributes},
    {Place::kScope, "metrics", Place::kMetrics},
    {Place::kMetric, "gauge", Place::kGauge},
    {Place::kMetric, "sum", Place::kSum},
    {Place::kMetric, "histogram", Place::kHistogram},
    {Place::kMetric, "exponentialHistogram", Place::kExponential},
    {Place::kMetric, "summary", Place::kSummary},
    {Place::kGauge, "dataPoints", Place::kPoints},
    {Place::kSum, "dataPoints", Place::kPoints},
    {Place::kHistogram, "dataPoints", Place::kPoints},
    {Place::kExponential, "dataPoints", Place::kPoints},
    {Place::kSummary, "dataPoints", Place::kPoints},
    {Place::kPoint, "attributes", Place::kPointAttributes},
    {Place::kPoint, "bucketCounts", Place::kCounts},
    {Place::kPoint, "explicitBounds", Place::kBounds},
    {Place::kPoint, "negative", Place::kNegative},
    {Place::kPoint, "positive", Place::kPositive},
    {Place::kPoint, "quantileValues", Place::kQuantiles},
    {Place::kNegative, "bucketCounts", Place::kNegativeCounts},
    {Place::kPositive, "bucketCounts", Place::kPositiveCounts},
    {Place::kAttribute, "value", Place::kValue},
    {Place::kValue, "arrayValue", Place::kList},
    {Place::kValue, "kvlistValue", Place::kOther},
    {Place::kList, "values", Place::kItems},
    {Place::kItem, "arrayValue", Place::kOther},
    {Place::kItem, "kvlistValue", Place::kOther},
}};

/// The lists, and what their elements are.
constexpr std::array<std::pair<Place, Place>, 12> kLists = {{
    {Place::kResources, Place::kOfResource},
    {Place::kResourceAttributes, Place::kAttribute},
    {Place::kScopes, Place::kScope},
    {Place::kMetrics, Place::kMetric},
    {Place::kPoints, Place::kPoint},
    {Place::kPointAttributes, Place::kAttribute},
    {Place::kCounts, Place::kNumber},
    {Place::kBounds, Place::kNumber},
    {Place::kNegativeCounts, Place::kNumber},
    {Place::kPositiveCounts, Place::kNumber},
    {Place::kQuantiles, Place::kQuantile},
    {Place::kItems, Place::kItem},
}};

std::optional<Place> ElementOf(Place list) {
  const auto* const found = std::find_if(kLists.begin(), kLists.end(),
                                         [list](const auto& each) { return each.first == list; });
  return found == kLists.end() ? std::nullopt : std::optional(found->second);
}

Place StepFrom(Place from, std::string_view key) {
  const auto* const found = std::find_if(kSteps.begin(), kSteps.end(), [&](const Step& step) {
    return step.from == from && step.key == key;
  });
  return found == kSteps.end() ? Place::kIgnored : found->to;
}

bool IsNull(const Scalar& scalar) {
  return std::holds_alternative<std::monostate>(scalar);
}

std::string_view Text(const Scalar& scalar) {
  const auto* const text = std::get_if<std::string_view>(&scalar);
  return text == nullptr ? std::string_view() : *text;
}

template <typename T>
std::optional<T> Digits(std::string_view text) {
  T whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  const bool is_whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return is_whole ? std::optional(whole) : std::nullopt;
}

/// What is absent is 0, as in proto3.
std::optional<std::uint64_t> Count(const Scalar& scalar) {
  if (IsNull(scalar)) {
    return 0;
  }
  const auto* const count = std::get_if<std::uint64_t>(&scalar);
  return count != nullptr ? std::optional(*count) : Digits<std::uint64_t>(Text(scalar));
}

std::optional<std::int64_t> Whole(const Scalar& scalar) {
  if (const auto* const whole = std::get_if<std::int64_t>(&scalar)) {
    return *whole;
  }
  const auto* const count = std::get_if<std::uint64_t>(&scalar);
  return count != nullptr ? std::optional(static_cast<std::int64_t>(*count))
                          : Digits<std::int64_t>(Text(scalar));
}

std::optional<double> Number(const Scalar& scalar) {
  if (const auto* const real = std::get_if<double>(&scalar)) {
    return *real;
  }
  if (const auto* const whole = std::get_if<std::int64_t>(&scalar)) {
    return static_cast<double>(*whole);
  }
  if (const auto* const count = std::get_if<std::uint64_t>(&scalar)) {
    return static_cast<double>(*count);
  }
  const std::string_view text = Text(scalar);
  if (text == "NaN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (text == "Infinity" || text == "-Infinity") {
    const double infinity = std::numeric_limits<double>::infinity();
    return text[0] == '-' ? -infinity : infinity;
  }
  return loadgen::ParseMetricValue(text);
}

std::optional<int> Small(const Scalar& scalar) {
  const bool is_whole =
      std::holds_alternative<std::int64_t>(scalar) || std::holds_alternative<std::uint64_t>(scalar);
  const double value = is_whole ? *Number(scalar) : kSmallMax;
  return std::abs(value) < kSmallMax ? std::optional(static_cast<int>(value)) : std::nullopt;
}

/// Called by the parser, value by value: no tree of the whole is made, which would take tens of
/// bytes for each byte that came.
class Handler {
 public:
  explicit Handler(OtlpMessage& message) : message_(message), writer_(message) {}

  std::string_view wrong() const { return wrong_; }

  // The interface of nlohmann::json_sax. False ends it.
  bool null() { return Take(Scalar()); }

  bool boolean(bool value) { return Take(value); }

  bool number_integer(std::int64_t value) { return Take(value); }

  bool number_unsigned(std::uint64_t value) { return Take(value); }

  bool number_float(double value, const std::string& /*text*/) { return Take(value); }

  bool string(const std::string& value) { return Take(std::string_view(value)); }

  static bool binary(const std::vector<std::uint8_t>& /*value*/) { return false; }

  bool key(const std::string& value) {
    key_ = value;
    return true;
  }

  bool start_object(std::size_t /*size*/) {
    if (places_.empty()) {
      return Push(Place::kRoot);
    }
    const Place place = Next();
    const bool is_other = ElementOf(place) || place == Place::kNumber;
    return is_other ? Wrong(place) && Push(Place::kIgnored) : Push(place);
  }

  bool start_array(std::size_t /*size*/) {
    if (places_.empty()) {
      return false;
    }
    const Place place = Next();
    return ElementOf(place) ? Push(place) : Wrong(place) && Push(Place::kIgnored);
  }

  bool end_object() { return Pop(); }

  bool end_array() { return Pop(); }

  static bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                          const std::exception& /*error*/) {
    return false;
  }

 private:
  // What a value is that comes now.
  Place Next() const {
    const std::optional<Place> element = ElementOf(places_.back());
    return element ? *element : StepFrom(places_.back(), key_);
  }

  bool Push(Place place) {
    places_.push_back(place);
    Enter(place);
    return places_.size() <= kDepthMax;
  }

  bool Pop() {
    const Place place = places_.back();
    places_.pop_back();
    Leave(place);
    return CheckSize();
  }

  bool CheckSize() {
    wrong_ = message_.Fits() ? wrong_ : "too_long";
    return message_.Fits();
  }

  bool Take(const Scalar& scalar);
  bool TakeElement(Place place, const Scalar& scalar);
  bool Wrong(Place place);
  void Enter(Place place);
  void Leave(Place place);
  OtlpRange* NumbersOf(Place place);
  void SetMetric(const Scalar& scalar);
  void SetData(const Scalar& scalar);
  void SetPoint(const Scalar& scalar);
  void SetValue(const Scalar& scalar);
  void AddMetric(Kind kind);
  void AddPoint();

  template <typename To, typename From>
  void Set(To& to, const std::optional<From>& from) {
    if (from) {
      to = static_cast<To>(*from);
    } else {
      point_.is_bad = true;
    }
  }

  OtlpMessage& message_;
  OtlpAttributeWriter writer_;
  std::vector<Place> places_;
  std::string key_;
  std::string_view wrong_ = "malformed";
  OtlpRange name_;
  OtlpRange unit_;
  std::size_t first_metric_ = 0;
  std::size_t first_ = 0;  // Of the attributes, or of the numbers, of the list that is read.
  OtlpRawPoint point_;
  OtlpBuckets buckets_;
  std::pair<double, double> quantile_;
};

OtlpRange* Handler::NumbersOf(Place place) {
  switch (place) {
    case Place::kCounts:
      return &buckets_.counts;
    case Place::kBounds:
      return &buckets_.bounds;
    case Place::kNegativeCounts:
      return &buckets_.negative;
    case Place::kPositiveCounts:
      return &buckets_.positive;
    case Place::kQuantiles:
      return &buckets_.quantiles;
    default:
      return nullptr;
  }
}

// Something else than the object or the list that belongs there.
bool Handler::Wrong(Place place) {
  if (place == Place::kPoint) {
    point_ = {};
    point_.is_bad = true;
    buckets_ = {};
    AddPoint();
  } else if (place == Place::kPointAttributes) {
    point_.has_labels = false;
  } else if (NumbersOf(place) != nullptr || place == Place::kQuantile || place == Place::kNumber) {
    point_.is_bad = true;
  }
  return place != Place::kResources && CheckSize();
}

void Handler::AddMetric(Kind kind) {
  message_.metrics.push_back({.kind = kind,
                              .resource = static_cast<std::uint32_t>(message_.resources.size() - 1),
                              .points = OtlpRangeFrom(message_.points.size(), message_.points)});
}

void Handler::AddPoint() {
  const Kind kind = message_.metrics.back().kind;
  if (kind != Kind::kGauge && kind != Kind::kSum) {
    point_.buckets = static_cast<std::uint32_t>(message_.buckets.size());
    message_.buckets.push_back(buckets_);
  }
  message_.points.push_back(point_);
}

void Handler::Enter(Place place) {
  switch (place) {
    case Place::kOfResource:
      message_.resources.emplace_back();
      break;
    case Place::kMetric:
      name_ = {};
      unit_ = {};
      first_metric_ = message_.metrics.size();
      break;
    case Place::kGauge:
    case Place::kSum:
    case Place::kHistogram:
    case Place::kExponential:
    case Place::kSummary:
      AddMetric(static_cast<Kind>(static_cast<int>(place) - static_cast<int>(Place::kGauge)));
      break;
    case Place::kPoint:
      point_ = {};
      buckets_ = {};
      break;
    case Place::kResourceAttributes:
    case Place::kPointAttributes:
      first_ = message_.attributes.size();
      break;
    case Place::kQuantile:
      quantile_ = {};
      break;
    case Place::kAttribute:
      writer_.Begin();
      break;
    case Place::kList:
      writer_.BeginList();
      break;
    case Place::kOther:
      writer_.Other();
      break;
    default:
      if (NumbersOf(place) != nullptr) {
        first_ = message_.numbers.size();
      }
  }
}

void Handler::Leave(Place place) {
  switch (place) {
    case Place::kMetric:
      for (std::size_t i = first_metric_; i < message_.metrics.size(); ++i) {
        message_.metrics[i].name = name_;
        message_.metrics[i].unit = unit_;
      }
      break;
    case Place::kGauge:
    case Place::kSum:
    case Place::kHistogram:
    case Place::kExponential:
    case Place::kSummary: {
      OtlpRange& points = message_.metrics.back().points;
      points = OtlpRangeFrom(points.first, message_.points);
      break;
    }
    case Place::kPoint:
      AddPoint();
      break;
    case Place::kResourceAttributes:
      message_.resources.back() = OtlpRangeFrom(first_, message_.attributes);
      break;
    case Place::kPointAttributes:
      point_.attributes = OtlpRangeFrom(first_, message_.attributes);
      break;
    case Place::kQuantile:
      message_.numbers.push_back(quantile_.first);
      message_.numbers.push_back(quantile_.second);
      break;
    case Place::kAttribute:
      writer_.End();
      break;
    case Place::kList:
      writer_.EndList();
      break;
    default:
      if (OtlpRange* const range = NumbersOf(place)) {
        *range = OtlpRangeFrom(first_, message_.numbers);
      }
  }
}

bool Handler::TakeElement(Place place, const Scalar& scalar) {
  if (place == Place::kBounds) {
    message_.numbers.push_back(Number(scalar).value_or(std::numeric_limits<double>::quiet_NaN()));
    return true;
  }
  if (NumbersOf(place) == nullptr || place == Place::kQuantiles) {
    return Wrong(Next());
  }
  const std::optional<std::uint64_t> count = Count(scalar);
  message_.numbers.push_back(count ? static_cast<double>(*count) : -1);
  return true;
}

bool Handler::Take(const Scalar& scalar) {
  if (places_.empty()) {
    return false;
  }
  const Place place = places_.back();
  if (ElementOf(place)) {
    return TakeElement(place, scalar);
  }
  if (IsNull(scalar)) {
    return true;
  }
  switch (place) {
    case Place::kMetric:
      SetMetric(scalar);
      break;
    case Place::kSum:
    case Place::kHistogram:
    case Place::kExponential:
      SetData(scalar);
      break;
    case Place::kPoint:
      SetPoint(scalar);
      break;
    case Place::kNegative:
    case Place::kPositive:
      if (key_ == "offset") {
        Set(place == Place::kNegative ? buckets_.negative_offset : buckets_.positive_offset,
            Small(scalar));
      }
      break;
    case Place::kQuantile:
      if (key_ == "quantile" || key_ == "value") {
        Set(key_ == "value" ? quantile_.second : quantile_.first, Number(scalar));
      }
      break;
    case Place::kAttribute:
      if (key_ == "key") {
        writer_.Key(Text(scalar));
      }
      break;
    case Place::kValue:
    case Place::kItem:
      SetValue(scalar);
      break;
    default:
      break;
  }
  return ElementOf(Next()) ? Wrong(Next()) : true;
}

void Handler::SetMetric(const Scalar& scalar) {
  if (key_ == "name") {
    name_ = message_.AddText(Text(scalar));
  } else if (key_ == "unit") {
    unit_ = message_.AddText(Text(scalar));
  }
}

void Handler::SetData(const Scalar& scalar) {
  OtlpRawMetric& metric = message_.metrics.back();
  if (key_ == "aggregationTemporality") {
    metric.temporality = Small(scalar).value_or(0);
  } else if (key_ == "isMonotonic") {
    const bool* const is_monotonic = std::get_if<bool>(&scalar);
    metric.is_monotonic = is_monotonic != nullptr && *is_monotonic;
  }
}

void Handler::SetPoint(const Scalar& scalar) {
  if (key_ == "startTimeUnixNano") {
    Set(point_.begin, Count(scalar));
  } else if (key_ == "timeUnixNano") {
    Set(point_.at, Count(scalar));
  } else if (key_ == "asDouble" || key_ == "asInt") {
    Set(point_.value, Number(scalar));
    point_.has_value = true;
  } else if (key_ == "flags") {
    std::uint64_t flags = 0;
    Set(flags, Count(scalar));
    point_.is_end = (flags & kNoRecordedValue) != 0;
  } else if (key_ == "count") {
    Set(buckets_.count, Count(scalar));
  } else if (key_ == "sum") {
    Set(buckets_.sum, Number(scalar));
  } else if (key_ == "scale") {
    Set(buckets_.scale, Small(scalar));
  } else if (key_ == "zeroCount") {
    Set(buckets_.zero_count, Count(scalar));
  } else if (key_ == "zeroThreshold") {
    Set(buckets_.zero_threshold, Number(scalar));
  }
}

void Handler::SetValue(const Scalar& scalar) {
  if (key_ == "stringValue") {
    writer_.Text(Text(scalar));
  } else if (key_ == "boolValue") {
    const bool* const flag = std::get_if<bool>(&scalar);
    writer_.Flag(flag != nullptr && *flag);
  } else if (key_ == "intValue") {
    if (const std::optional<std::int64_t> whole = Whole(scalar)) {
      writer_.Whole(*whole);
    } else {
      writer_.Text(Text(scalar));
    }
  } else if (key_ == "doubleValue") {
    writer_.Real(Number(scalar).value_or(std::numeric_limits<double>::quiet_NaN()));
  } else if (key_ == "bytesValue") {
    writer_.Other();
  }
}

}  // namespace

std::optional<std::string_view> ReadOtlpJson(std::string_view body, OtlpMessage& message) {
  message.Clear();
  Handler handler(message);
  return nlohmann::json::sax_parse(body, &handler) ? std::nullopt : std::optional(handler.wrong());
}

}  // namespace weir::monitor
