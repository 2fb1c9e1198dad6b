// What is pushed means the same in each encoding, and whatever is pushed is survived.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <protozero/pbf_writer.hpp>

#include "base/rng.h"
#include "monitor/sources/otlp_json.h"
#include "monitor/sources/otlp_metrics.h"
#include "monitor/sources/otlp_protobuf.h"
#include "tests/monitor/otlp_wire.h"

namespace weir::monitor {
namespace {

using nlohmann::json;

std::string Told(const OtlpPoint& point) {
  std::string text = fmt::format("{} {} {} {} {} {}", static_cast<int>(point.kind), point.is_delta,
                                 point.series.metric, point.value, point.begin, point.at);
  for (const auto& [name, value] : point.series.labels) {
    text += fmt::format(" {}='{}'", name, value);
  }
  text += fmt::format(" {} {}", point.distribution.count, point.distribution.sum);
  for (const Distribution::Cell& cell : point.distribution.cells) {
    text += fmt::format(" ({} {} {})", cell.low, cell.high, cell.count);
  }
  for (const auto& [q, value] : point.quantiles) {
    text += fmt::format(" {}:{}", q, value);
  }
  return text;
}

/// All that a message says, to the last digit.
struct Meaning {
  std::vector<std::string> points;
  OtlpRejected rejected;
};

Meaning MeaningOf(const OtlpMessage& message) {
  Meaning meaning;
  meaning.rejected = ReadOtlpMetrics(
      message, [&meaning](const OtlpPoint& point) { meaning.points.push_back(Told(point)); });
  return meaning;
}

/// Requests with some of everything that OTLP has, also with what is refused.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : rng_(seed) {}

  json Request() {
    return {{"resourceMetrics", List(3, [this] {
               return json{
                   {"resource", {{"attributes", List(4, [this] { return Attribute(true); })}}},
                   {"scopeMetrics", List(3, [this] {
                      return json{{"metrics", List(5, [this] { return Metric(); })}};
                    })}};
             })}};
  }

 private:
  template <typename Make>
  json List(std::uint64_t max, const Make& make) {
    json list = json::array();
    for (std::uint64_t i = rng_.Below(max + 1); i > 0; --i) {
      list.push_back(make());
    }
    return list;
  }

  bool Chance(double share) { return rng_.Uniform() < share; }

  template <typename T>
  T Of(const std::vector<T>& all) {
    return all[rng_.Below(all.size())];
  }

  json Real() {
    const double infinity = std::numeric_limits<double>::infinity();
    return Chance(0.05) ? json(Of<std::string>({"NaN", "Infinity", "-Infinity"}))
                        : json(Of<double>({rng_.Normal() * 1e3, rng_.Normal() * 1e-9, 0.0, 5e-324,
                                           std::nextafter(infinity, 0.0), -0.0}));
  }

  json Whole() {
    const std::uint64_t count = rng_.Next() >> rng_.Below(64);
    return Chance(0.5) ? json(count) : json(std::to_string(count));
  }

  json Word() {
    switch (rng_.Below(4)) {
      case 0:
        return {{"stringValue", Of<std::string>({"a", "", "\"q\\\n", "\xc3\xa9\xf0\x9f\x98\x80"})}};
      case 1:
        return {{"intValue", std::to_string(static_cast<std::int64_t>(rng_.Next()))}};
      case 2:
        return {{"doubleValue", Real()}};
      default:
        return {{"boolValue", Chance(0.5)}};
    }
  }

  json Attribute(bool of_resource) {
    json attribute = {{"key", of_resource ? Of<std::string>({"service.name", "host.name", "x"})
                                          : Of<std::string>({"http.route", "a-b", "k", "9", ""})}};
    const double kind = rng_.Uniform();
    if (kind < 0.8) {
      attribute["value"] = Word();
    } else if (kind < 0.9) {
      attribute["value"] = {{"arrayValue", {{"values", List(3, [this] { return Word(); })}}}};
    } else if (kind < 0.93) {
      attribute["value"] = Chance(0.5) ? json{{"bytesValue", "AA=="}}
                                       : json{{"kvlistValue", {{"values", json::array()}}}};
    }
    return attribute;
  }

  json Side(std::uint64_t& total) {
    return {{"offset", static_cast<int>(rng_.Below(20)) - 10}, {"bucketCounts", List(5, [&] {
                                                                  const std::uint64_t count =
                                                                      rng_.Below(4);
                                                                  total += count;
                                                                  return json(count);
                                                                })}};
  }

  void AddBuckets(json& point, const std::string& kind) {
    std::uint64_t total = 0;
    if (kind == "summary") {
      total = rng_.Below(100);
      point["quantileValues"] = List(3, [this] {
        return json{{"quantile", rng_.Uniform() * 1.05}, {"value", Real()}};
      });
    } else if (kind == "histogram") {
      json bounds = json::array();
      json counts = json::array();
      double bound = rng_.Normal();
      for (std::uint64_t i = rng_.Below(6); i > 0; --i) {
        bounds.push_back(bound);
        bound += Chance(0.03) ? 0 : rng_.Uniform();
      }
      for (std::size_t i = 0; i <= bounds.size(); ++i) {
        counts.push_back(rng_.Below(9));
        total += counts.back().get<std::uint64_t>();
      }
      point["bucketCounts"] = counts;
      point["explicitBounds"] = bounds;
    } else {
      total = rng_.Below(3);
      point["zeroCount"] = total;
      point["zeroThreshold"] = Chance(0.5) ? 0.0 : 1e-6;
      point["scale"] = static_cast<int>(rng_.Below(33)) - 11;
      point["positive"] = Side(total);
      point["negative"] = Side(total);
    }
    point["count"] = Chance(0.03) ? total + 1 : total;
    point["sum"] = Real();
  }

  json Point(const std::string& kind) {
    json point = {{"attributes", List(4, [this] { return Attribute(false); })}};
    if (Chance(0.8)) {
      point["startTimeUnixNano"] = Whole();
      point["timeUnixNano"] = Whole();
    }
    if (Chance(0.1)) {
      point["flags"] = rng_.Below(4);
    }
    if (kind != "gauge" && kind != "sum") {
      AddBuckets(point, kind);
    } else if (Chance(0.5)) {
      point["asDouble"] = Real();
    } else if (Chance(0.9)) {
      point["asInt"] = std::to_string(static_cast<std::int64_t>(rng_.Next()));
    }
    return point;
  }

  json Metric() {
    const std::string kind =
        Of<std::string>({"gauge", "sum", "histogram", "exponentialHistogram", "summary"});
    json data = {{"dataPoints", List(4, [&] { return Point(kind); })}};
    if (kind != "gauge" && kind != "summary") {
      data["aggregationTemporality"] = Chance(0.05) ? 0 : Chance(0.5) ? 1 : 2;
    }
    if (kind == "sum") {
      data["isMonotonic"] = Chance(0.5);
    }
    return {{"name", Chance(0.03) ? "" : Of<std::string>({"a.b", "9x", "queue", "é"})},
            {"unit", Of<std::string>({"", "s", "1", "By/s", "{item}"})},
            {kind, data}};
  }

  Rng rng_;
};

TEST(OtlpEncodingsTest, EqualMessagesGiveEqualReadings) {
  constexpr std::uint64_t kMessages = 2000;
  OtlpMessage message;  // Used again, as it is.
  std::size_t points = 0;
  OtlpRejected rejected;
  for (std::uint64_t seed = 0; seed < kMessages; ++seed) {
    const json request = Maker(seed).Request();
    ASSERT_EQ(ReadOtlpJson(request.dump(), message), std::nullopt) << seed;
    const Meaning of_json = MeaningOf(message);
    ASSERT_EQ(ReadOtlpProtobuf(tests::OtlpProtobuf(request), message), std::nullopt) << seed;
    const Meaning of_protobuf = MeaningOf(message);
    ASSERT_EQ(of_json.points, of_protobuf.points) << "seed " << seed;
    ASSERT_EQ(of_json.rejected, of_protobuf.rejected) << "seed " << seed;
    points += of_json.points.size();
    for (const auto& [reason, count] : of_json.rejected) {
      rejected[reason] += count;
    }
  }
  EXPECT_GT(points, 5000U);
  for (const char* reason : {"bad_value", "bad_labels", "bad_temporality", "no_name", "no_value"}) {
    EXPECT_GT(rejected[reason], 10U) << reason;
  }
}

TEST(OtlpEncodingsTest, ABodyThatIsCutOffIsToldAtEveryByte) {
  OtlpMessage message;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    json request = Maker(seed).Request();
    json& all = request["resourceMetrics"];
    if (all.empty()) {
      continue;
    }
    // One alone: between two the rest is whole.
    all = json::array({all.front()});
    for (const bool is_json : {true, false}) {
      const std::string whole = is_json ? request.dump() : tests::OtlpProtobuf(request);
      for (std::size_t size = 1; size < whole.size(); ++size) {
        const std::string cut = whole.substr(0, size);
        ASSERT_EQ(is_json ? ReadOtlpJson(cut, message) : ReadOtlpProtobuf(cut, message),
                  "malformed")
            << size << " of " << request;
      }
    }
  }
}

TEST(OtlpEncodingsTest, DamagedProtobufIsSurvived) {
  OtlpMessage message;
  Rng rng(7);
  std::size_t malformed = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::string body = tests::OtlpProtobuf(Maker(seed).Request());
    for (std::uint64_t i = rng.Below(4); i > 0 && !body.empty(); --i) {
      body[rng.Below(body.size())] = static_cast<char>(rng.Below(256));
    }
    if (ReadOtlpProtobuf(body, message)) {
      ++malformed;
    } else {
      MeaningOf(message);
    }
  }
  EXPECT_GT(malformed, 300U);
}

std::string Request(const std::string& metric_bytes) {
  std::string body;
  protozero::pbf_writer into(body);
  protozero::pbf_writer of_resource(into, 1);
  protozero::pbf_writer scope(of_resource, 2);
  scope.add_message(2, metric_bytes);
  scope.commit();
  of_resource.commit();
  return body;
}

TEST(OtlpEncodingsTest, TextThatIsNotUtf8IsMalformed) {
  OtlpMessage message;
  std::string metric;
  protozero::pbf_writer(metric).add_string(1, "a\xff");
  EXPECT_EQ(ReadOtlpProtobuf(Request(metric), message), "malformed");
  EXPECT_EQ(ReadOtlpJson("{\"resourceMetrics\": [{\"scopeMetrics\": [{\"metrics\": [{\"name\": "
                         "\"a\xff\"}]}]}]}",
                         message),
            "malformed");
}

TEST(OtlpEncodingsTest, UnpackedListsAndFieldsOfAnotherTypeAreReadAsProtobufHasIt) {
  std::string point;
  {
    protozero::pbf_writer into(point);
    into.add_string(3, "no time");  // Of another wire type: another field.
    into.add_fixed64(4, 3);
    into.add_fixed64(6, 1);
    into.add_fixed64(6, 2);
    into.add_double(7, 0.5);
    into.add_string(1000, "new");
  }
  std::string metric;
  {
    protozero::pbf_writer into(metric);
    into.add_string(1, "a");
    protozero::pbf_writer data(into, 9);
    data.add_message(1, point);
    data.add_enum(2, 2);
  }
  OtlpMessage message;
  ASSERT_EQ(ReadOtlpProtobuf(Request(metric), message), std::nullopt);
  EXPECT_EQ(MeaningOf(message).points,
            std::vector<std::string>{"1 false a 0 0 0 3 0 (-inf 0.5 1) (0.5 inf 2)"});
}

// What costs two or three bytes on the wire must not cost a hundred in memory, without bound.
TEST(OtlpEncodingsTest, MorePartsThanAMessageMayHaveAreTooLong) {
  OtlpMessage message;
  const auto of = [](std::size_t points) {
    std::string list;
    std::string data;
    for (std::size_t i = 0; i < points; ++i) {
      list += i == 0 ? "{}" : ",{}";
      data += std::string("\x0a\x00", 2);
    }
    std::string metric;
    protozero::pbf_writer(metric).add_message(5, data);
    return std::pair(
        R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[)" + list +
            "]}}]}]}]}",
        Request(metric));
  };
  // With one resource and one metric.
  const auto most = of(OtlpMessage::kPartsMax - 2);
  EXPECT_EQ(ReadOtlpJson(most.first, message), std::nullopt);
  EXPECT_EQ(MeaningOf(message).rejected.at("no_name"), OtlpMessage::kPartsMax - 2);
  EXPECT_EQ(ReadOtlpProtobuf(most.second, message), std::nullopt);
  EXPECT_EQ(MeaningOf(message).rejected.at("no_name"), OtlpMessage::kPartsMax - 2);
  const auto more = of(OtlpMessage::kPartsMax - 1);
  EXPECT_EQ(ReadOtlpJson(more.first, message), "too_long");
  EXPECT_EQ(ReadOtlpProtobuf(more.second, message), "too_long");
}

// Each is two bytes, and a point that is refused.
TEST(OtlpEncodingsTest, PointsThatAreNoneEndAMessageAsSoonAsThereAreTooMany) {
  std::string points = "1";
  for (std::size_t i = 0; i < 2 * OtlpMessage::kPartsMax; ++i) {
    points += ",1";
  }
  OtlpMessage message;
  EXPECT_EQ(ReadOtlpJson(R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":
                {"dataPoints":[)" +
                             points + "]}}]}]}]}",
                         message),
            "too_long");
  EXPECT_LE(message.points.size(), OtlpMessage::kPartsMax);
}

TEST(OtlpEncodingsTest, ListsInListsHaveABound) {
  OtlpMessage message;
  EXPECT_EQ(ReadOtlpJson("{\"x\":" + std::string(1'000'000, '['), message), "malformed");
  EXPECT_EQ(ReadOtlpJson("{\"x\":" + std::string(50, '[') + std::string(50, ']') + "}", message),
            std::nullopt);
  std::string value;
  for (int i = 0; i < 1000; ++i) {
    std::string list;
    protozero::pbf_writer(list).add_message(1, value);
    value.clear();
    protozero::pbf_writer(value).add_message(5, list);
  }
  std::string attribute;
  {
    protozero::pbf_writer into(attribute);
    into.add_string(1, "k");
    into.add_message(2, value);
  }
  std::string point;
  protozero::pbf_writer(point).add_message(7, attribute);
  std::string data;
  protozero::pbf_writer(data).add_message(1, point);
  std::string metric;
  {
    protozero::pbf_writer into(metric);
    into.add_string(1, "a");
    into.add_message(5, data);
  }
  ASSERT_EQ(ReadOtlpProtobuf(Request(metric), message), std::nullopt);
  EXPECT_EQ(MeaningOf(message).rejected, (OtlpRejected{{"bad_labels", 1}}));
}

}  // namespace
}  // namespace weir::monitor
