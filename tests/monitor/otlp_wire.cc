#include "tests/monitor/otlp_wire.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <protozero/pbf_writer.hpp>

namespace weir::tests {
namespace {

using nlohmann::json;
using Writer = protozero::pbf_writer;

template <typename T>
T Parsed(const json& value) {
  if (!value.is_string()) {
    return value.get<T>();
  }
  const std::string text = value.get<std::string>();
  T whole = 0;
  std::from_chars(text.data(), text.data() + text.size(), whole);
  return whole;
}

std::uint64_t Whole(const json& value) {
  return Parsed<std::uint64_t>(value);
}

std::int64_t Signed(const json& value) {
  return Parsed<std::int64_t>(value);
}

double Real(const json& value) {
  if (!value.is_string()) {
    return value.get<double>();
  }
  const std::string text = value.get<std::string>();
  const double infinity = std::numeric_limits<double>::infinity();
  return text == "NaN" ? std::numeric_limits<double>::quiet_NaN()
                       : (text == "-Infinity" ? -infinity : infinity);
}

/// Also an empty one, which a nested writer of protozero would leave out.
template <typename Write>
void Put(Writer& into, int field, const json& in, const Write& write) {
  std::string bytes;
  Writer message(bytes);
  write(message, in);
  into.add_message(static_cast<protozero::pbf_tag_type>(field), bytes);
}

/// Writes a message in a field for each element of a list.
template <typename Write>
void Each(Writer& into, int field, const json& in, const char* key, const Write& write) {
  if (in.contains(key)) {
    for (const json& item : in.at(key)) {
      Put(into, field, item, write);
    }
  }
}

void WriteValue(Writer& into, const json& value) {
  for (const auto& [key, inner] : value.items()) {
    if (key == "stringValue") {
      into.add_string(1, inner.get<std::string>());
    } else if (key == "boolValue") {
      into.add_bool(2, inner.get<bool>());
    } else if (key == "intValue") {
      into.add_int64(3, Signed(inner));
    } else if (key == "doubleValue") {
      into.add_double(4, Real(inner));
    } else if (key == "arrayValue") {
      Put(into, 5, inner,
          [](Writer& list, const json& in) { Each(list, 1, in, "values", WriteValue); });
    } else if (key == "kvlistValue") {
      into.add_message(6, std::string());
    } else if (key == "bytesValue") {
      into.add_bytes(7, inner.get<std::string>());
    }
  }
}

void WriteAttribute(Writer& into, const json& attribute) {
  into.add_string(1, attribute.at("key").get<std::string>());
  if (attribute.contains("value")) {
    Put(into, 2, attribute.at("value"), WriteValue);
  }
}

void WriteSide(Writer& into, const json& side) {
  into.add_sint32(1, side.value("offset", 0));
  std::vector<std::uint64_t> counts;
  for (const json& count : side.at("bucketCounts")) {
    counts.push_back(Whole(count));
  }
  into.add_packed_uint64(2, counts.begin(), counts.end());
}

void WriteExponential(Writer& into, const json& point) {
  Each(into, 1, point, "attributes", WriteAttribute);
  into.add_sint32(6, point.value("scale", 0));
  into.add_fixed64(7, Whole(point.value("zeroCount", json(0))));
  into.add_double(14, point.value("zeroThreshold", 0.0));
  for (const auto& [key, field] : {std::pair("positive", 8), std::pair("negative", 9)}) {
    if (point.contains(key)) {
      Writer side(into, static_cast<protozero::pbf_tag_type>(field));
      WriteSide(side, point.at(key));
    }
  }
}

void WriteHistogram(Writer& into, const json& point) {
  Each(into, 9, point, "attributes", WriteAttribute);
  std::vector<std::uint64_t> counts;
  for (const json& count : point.value("bucketCounts", json::array())) {
    counts.push_back(Whole(count));
  }
  std::vector<double> bounds;
  for (const json& bound : point.value("explicitBounds", json::array())) {
    bounds.push_back(Real(bound));
  }
  into.add_packed_fixed64(6, counts.begin(), counts.end());
  into.add_packed_double(7, bounds.begin(), bounds.end());
}

void WriteSummary(Writer& into, const json& point) {
  Each(into, 7, point, "attributes", WriteAttribute);
  Each(into, 6, point, "quantileValues", [](Writer& message, const json& each) {
    message.add_double(1, Real(each.at("quantile")));
    message.add_double(2, Real(each.at("value")));
  });
}

void WriteNumber(Writer& into, const json& point) {
  Each(into, 7, point, "attributes", WriteAttribute);
  if (point.contains("asDouble")) {
    into.add_double(4, Real(point.at("asDouble")));
  } else if (point.contains("asInt")) {
    into.add_sfixed64(6, Signed(point.at("asInt")));
  }
}

void WritePoint(Writer& into, const json& point, const std::string& kind) {
  into.add_fixed64(2, Whole(point.value("startTimeUnixNano", json(0))));
  into.add_fixed64(3, Whole(point.value("timeUnixNano", json(0))));
  const bool is_number = kind == "gauge" || kind == "sum";
  into.add_uint32(is_number || kind == "summary" ? 8 : 10, point.value("flags", 0U));
  if (!is_number) {
    into.add_fixed64(4, Whole(point.value("count", json(0))));
    into.add_double(5, Real(point.value("sum", json(0.0))));
  }
  if (is_number) {
    WriteNumber(into, point);
  } else if (kind == "histogram") {
    WriteHistogram(into, point);
  } else if (kind == "exponentialHistogram") {
    WriteExponential(into, point);
  } else {
    WriteSummary(into, point);
  }
}

void WriteMetric(Writer& into, const json& metric) {
  for (const auto& [kind, field] :
       {std::pair("gauge", 5), std::pair("sum", 7), std::pair("histogram", 9),
        std::pair("exponentialHistogram", 10), std::pair("summary", 11)}) {
    if (metric.contains(kind)) {
      const json& in = metric.at(kind);
      const std::string name = kind;
      Writer data(into, static_cast<protozero::pbf_tag_type>(field));
      Each(data, 1, in, "dataPoints",
           [&name](Writer& message, const json& point) { WritePoint(message, point, name); });
      if (in.contains("aggregationTemporality")) {
        data.add_enum(2, in.at("aggregationTemporality").get<int>());
      }
      data.add_bool(3, in.value("isMonotonic", false));
    }
  }
  into.add_string(2, "a description");
  into.add_string(3, metric.value("unit", ""));
  into.add_string(1, metric.value("name", ""));  // After the points, as it may be.
}

}  // namespace

std::string OtlpProtobuf(const json& request) {
  std::string body;
  Writer into(body);
  Each(into, 1, request, "resourceMetrics", [](Writer& of_resource, const json& in) {
    Each(of_resource, 2, in, "scopeMetrics",
         [](Writer& scope, const json& each) { Each(scope, 2, each, "metrics", WriteMetric); });
    if (in.contains("resource")) {
      Writer resource(of_resource, 1);
      Each(resource, 1, in.at("resource"), "attributes", WriteAttribute);
    }
    of_resource.add_string(3, "https://opentelemetry.io/schemas/1.30.0");
  });
  return body;
}

}  // namespace weir::tests
