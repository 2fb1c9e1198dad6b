#include "monitor/sources/otlp_protobuf.h"

#include <cstdint>
#include <utility>

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "base/utf8.h"

namespace weir::monitor {
namespace {

using Field = protozero::pbf_reader;
using Kind = OtlpRawMetric::Kind;

constexpr std::uint64_t kNoRecordedValue = 1;

// A field by its number and its wire type: one that is written otherwise is another field.
constexpr std::uint32_t Varint(protozero::pbf_tag_type number) {
  return protozero::tag_and_type(number, protozero::pbf_wire_type::varint);
}

constexpr std::uint32_t Fixed64(protozero::pbf_tag_type number) {
  return protozero::tag_and_type(number, protozero::pbf_wire_type::fixed64);
}

constexpr std::uint32_t Bytes(protozero::pbf_tag_type number) {
  return protozero::tag_and_type(number, protozero::pbf_wire_type::length_delimited);
}

class Reader {
 public:
  explicit Reader(OtlpMessage& message) : message_(message), writer_(message) {}

  void ReadRequest(Field request);

  std::optional<std::string_view> wrong() const { return wrong_; }

 private:
  void ReadOfResource(Field of_resource);
  void ReadScope(Field scope);
  void ReadMetric(Field metric);
  void ReadData(Field data, Kind kind);
  void ReadAttribute(Field attribute);
  void ReadValue(Field value, bool is_item);
  void ReadList(Field list);
  void ReadPoint(Field point, Kind kind);
  void ReadNumber(Field point);
  void ReadHistogram(Field point);
  void ReadExponential(Field point);
  void ReadSummary(Field point);
  void ReadQuantile(Field quantile);
  void ReadSide(Field side, int& offset, OtlpRange& counts);
  bool ReadHead(Field& field, protozero::pbf_tag_type attributes, protozero::pbf_tag_type flags);
  bool ReadTotals(Field& field);
  std::string_view Text(Field& field);

  template <typename Values>
  void Add(const Values& values, OtlpRange& range);

  void AddOne(double value, OtlpRange& range);

  // Reads no further when something is wrong.
  bool More(Field& field) {
    if (!message_.Fits()) {
      wrong_ = "too_long";
    }
    return !wrong_ && field.next();
  }

  OtlpMessage& message_;
  OtlpAttributeWriter writer_;
  OtlpRawPoint point_;
  OtlpBuckets buckets_;
  std::optional<std::string_view> wrong_;
};

void Reader::ReadRequest(Field request) {
  while (More(request)) {
    if (request.tag_and_type() == Bytes(1)) {
      ReadOfResource(request.get_message());
    } else {
      request.skip();
    }
  }
}

void Reader::ReadOfResource(Field of_resource) {
  const std::size_t number = message_.resources.size();
  message_.resources.emplace_back();
  while (More(of_resource)) {
    switch (of_resource.tag_and_type()) {
      case Bytes(1): {
        const std::size_t first = message_.attributes.size();
        Field resource = of_resource.get_message();
        while (More(resource)) {
          if (resource.tag_and_type() == Bytes(1)) {
            ReadAttribute(resource.get_message());
          } else {
            resource.skip();
          }
        }
        message_.resources[number] = OtlpRangeFrom(first, message_.attributes);
        break;
      }
      case Bytes(2):
        ReadScope(of_resource.get_message());
        break;
      default:
        of_resource.skip();
    }
  }
}

void Reader::ReadScope(Field scope) {
  while (More(scope)) {
    if (scope.tag_and_type() == Bytes(2)) {
      ReadMetric(scope.get_message());
    } else {
      scope.skip();
    }
  }
}

void Reader::ReadMetric(Field metric) {
  OtlpRange name;
  OtlpRange unit;
  const std::size_t first = message_.metrics.size();
  while (More(metric)) {
    switch (metric.tag_and_type()) {
      case Bytes(1):
        name = message_.AddText(Text(metric));
        break;
      case Bytes(3):
        unit = message_.AddText(Text(metric));
        break;
      case Bytes(5):
        ReadData(metric.get_message(), Kind::kGauge);
        break;
      case Bytes(7):
        ReadData(metric.get_message(), Kind::kSum);
        break;
      case Bytes(9):
        ReadData(metric.get_message(), Kind::kHistogram);
        break;
      case Bytes(10):
        ReadData(metric.get_message(), Kind::kExponential);
        break;
      case Bytes(11):
        ReadData(metric.get_message(), Kind::kSummary);
        break;
      default:
        metric.skip();
    }
  }
  // The name may come after the points.
  for (std::size_t i = first; i < message_.metrics.size(); ++i) {
    message_.metrics[i].name = name;
    message_.metrics[i].unit = unit;
  }
}

void Reader::ReadData(Field data, Kind kind) {
  OtlpRawMetric metric = {.kind = kind,
                          .resource = static_cast<std::uint32_t>(message_.resources.size() - 1)};
  const std::size_t first = message_.points.size();
  while (More(data)) {
    switch (data.tag_and_type()) {
      case Bytes(1):
        ReadPoint(data.get_message(), kind);
        break;
      case Varint(2):
        metric.temporality = data.get_enum();
        break;
      case Varint(3):
        metric.is_monotonic = data.get_bool();
        break;
      default:
        data.skip();
    }
  }
  metric.points = OtlpRangeFrom(first, message_.points);
  message_.metrics.push_back(metric);
}

void Reader::ReadPoint(Field point, Kind kind) {
  point_ = {};
  buckets_ = {};
  switch (kind) {
    case Kind::kGauge:
    case Kind::kSum:
      ReadNumber(point);
      message_.points.push_back(point_);
      return;
    case Kind::kHistogram:
      ReadHistogram(point);
      break;
    case Kind::kExponential:
      ReadExponential(point);
      break;
    case Kind::kSummary:
      ReadSummary(point);
      break;
  }
  point_.buckets = static_cast<std::uint32_t>(message_.buckets.size());
  message_.buckets.push_back(buckets_);
  message_.points.push_back(point_);
}

// What all points have. Whether it was that.
bool Reader::ReadHead(Field& field, protozero::pbf_tag_type attributes,
                      protozero::pbf_tag_type flags) {
  const std::uint32_t what = field.tag_and_type();
  if (what == Fixed64(2)) {
    point_.begin = field.get_fixed64();
  } else if (what == Fixed64(3)) {
    point_.at = field.get_fixed64();
  } else if (what == Bytes(attributes)) {
    if (point_.attributes.count == 0) {
      point_.attributes.first = static_cast<std::uint32_t>(message_.attributes.size());
    }
    ReadAttribute(field.get_message());
    point_.attributes = OtlpRangeFrom(point_.attributes.first, message_.attributes);
  } else if (what == Varint(flags)) {
    point_.is_end = (field.get_uint32() & kNoRecordedValue) != 0;
  } else {
    return false;
  }
  return true;
}

void Reader::ReadNumber(Field point) {
  while (More(point)) {
    if (ReadHead(point, 7, 8)) {
      continue;
    }
    switch (point.tag_and_type()) {
      case Fixed64(4):
        point_.value = point.get_double();
        point_.has_value = true;
        break;
      case Fixed64(6):
        point_.value = static_cast<double>(point.get_sfixed64());
        point_.has_value = true;
        break;
      default:
        point.skip();
    }
  }
}

// What all points of several values have. Whether it was that.
bool Reader::ReadTotals(Field& field) {
  if (field.tag_and_type() == Fixed64(4)) {
    buckets_.count = static_cast<double>(field.get_fixed64());
  } else if (field.tag_and_type() == Fixed64(5)) {
    buckets_.sum = field.get_double();
  } else {
    return false;
  }
  return true;
}

void Reader::ReadHistogram(Field point) {
  while (More(point)) {
    if (ReadHead(point, 9, 10) || ReadTotals(point)) {
      continue;
    }
    switch (point.tag_and_type()) {
      case Bytes(6):
        Add(point.get_packed_fixed64(), buckets_.counts);
        break;
      case Fixed64(6):
        AddOne(static_cast<double>(point.get_fixed64()), buckets_.counts);
        break;
      case Bytes(7):
        Add(point.get_packed_double(), buckets_.bounds);
        break;
      case Fixed64(7):
        AddOne(point.get_double(), buckets_.bounds);
        break;
      default:
        point.skip();
    }
  }
}

void Reader::ReadExponential(Field point) {
  while (More(point)) {
    if (ReadHead(point, 1, 10) || ReadTotals(point)) {
      continue;
    }
    switch (point.tag_and_type()) {
      case Varint(6):
        buckets_.scale = point.get_sint32();
        break;
      case Fixed64(7):
        buckets_.zero_count = static_cast<double>(point.get_fixed64());
        break;
      case Bytes(8):
        ReadSide(point.get_message(), buckets_.positive_offset, buckets_.positive);
        break;
      case Bytes(9):
        ReadSide(point.get_message(), buckets_.negative_offset, buckets_.negative);
        break;
      case Fixed64(14):
        buckets_.zero_threshold = point.get_double();
        break;
      default:
        point.skip();
    }
  }
}

void Reader::ReadSide(Field side, int& offset, OtlpRange& counts) {
  while (More(side)) {
    switch (side.tag_and_type()) {
      case Varint(1):
        offset = side.get_sint32();
        break;
      case Bytes(2):
        Add(side.get_packed_uint64(), counts);
        break;
      case Varint(2):
        AddOne(static_cast<double>(side.get_uint64()), counts);
        break;
      default:
        side.skip();
    }
  }
}

void Reader::ReadSummary(Field point) {
  while (More(point)) {
    if (ReadHead(point, 7, 8) || ReadTotals(point)) {
      continue;
    }
    switch (point.tag_and_type()) {
      case Bytes(6):
        ReadQuantile(point.get_message());
        break;
      default:
        point.skip();
    }
  }
}

void Reader::ReadQuantile(Field quantile) {
  double q = 0;
  double value = 0;
  while (More(quantile)) {
    switch (quantile.tag_and_type()) {
      case Fixed64(1):
        q = quantile.get_double();
        break;
      case Fixed64(2):
        value = quantile.get_double();
        break;
      default:
        quantile.skip();
    }
  }
  AddOne(q, buckets_.quantiles);
  AddOne(value, buckets_.quantiles);
}

void Reader::ReadAttribute(Field attribute) {
  writer_.Begin();
  while (More(attribute)) {
    switch (attribute.tag_and_type()) {
      case Bytes(1):
        writer_.Key(Text(attribute));
        break;
      case Bytes(2):
        ReadValue(attribute.get_message(), false);
        break;
      default:
        attribute.skip();
    }
  }
  writer_.End();
}

// `is_item`: of a list. Lists of lists are not gone into, so there is no depth to bound.
void Reader::ReadValue(Field value, bool is_item) {
  while (More(value)) {
    switch (value.tag_and_type()) {
      case Bytes(1):
        writer_.Text(Text(value));
        break;
      case Varint(2):
        writer_.Flag(value.get_bool());
        break;
      case Varint(3):
        writer_.Whole(value.get_int64());
        break;
      case Fixed64(4):
        writer_.Real(value.get_double());
        break;
      case Bytes(5):
        if (is_item) {
          writer_.Other();
          value.skip();
        } else {
          ReadList(value.get_message());
        }
        break;
      case Bytes(6):
      case Bytes(7):
        writer_.Other();
        value.skip();
        break;
      default:
        value.skip();
    }
  }
}

void Reader::ReadList(Field list) {
  writer_.BeginList();
  while (More(list)) {
    if (list.tag_and_type() == Bytes(1)) {
      ReadValue(list.get_message(), true);
    } else {
      list.skip();
    }
  }
  writer_.EndList();
}

std::string_view Reader::Text(Field& field) {
  const protozero::data_view view = field.get_view();
  const std::string_view text(view.data(), view.size());
  if (!IsUtf8(text)) {
    wrong_ = "malformed";
    return {};
  }
  return text;
}

template <typename Values>
void Reader::Add(const Values& values, OtlpRange& range) {
  for (const auto value : values) {
    AddOne(static_cast<double>(value), range);
  }
}

void Reader::AddOne(double value, OtlpRange& range) {
  const std::size_t end = message_.numbers.size();
  if (range.count == 0) {
    range.first = static_cast<std::uint32_t>(end);
  }
  // Lists that alternate are allowed, and nobody writes them.
  point_.is_bad = point_.is_bad || range.first + range.count != end;
  message_.numbers.push_back(value);
  range.count = point_.is_bad ? range.count : range.count + 1;
}

}  // namespace

std::optional<std::string_view> ReadOtlpProtobuf(std::string_view body, OtlpMessage& message) {
  message.Clear();
  Reader reader(message);
  try {
    reader.ReadRequest(Field(body.data(), body.size()));
  } catch (const protozero::exception&) {
    return "malformed";
  }
  return reader.wrong();
}

}  // namespace weir::monitor
