#include "monitor/sources/otlp_message.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir::monitor {

void OtlpMessage::Clear() {
  resources.clear();
  metrics.clear();
  points.clear();
  buckets.clear();
  attributes.clear();
  numbers.clear();
  text.clear();
}

OtlpRange OtlpMessage::AddText(std::string_view more) {
  const std::size_t first = text.size();
  text += more;
  return OtlpRangeFrom(first, text);
}

void OtlpAttributeWriter::Word(std::string_view word) {
  if (!is_in_list_) {
    attribute_.value = message_.AddText(word);
    return;
  }
  if (message_.text.size() > list_begin_ + 1) {
    message_.text += ',';
  }
  message_.text += word;
}

void OtlpAttributeWriter::Text(std::string_view value) {
  if (is_in_list_) {
    Word(nlohmann::json(value).dump());
  } else {
    Word(value);
  }
}

void OtlpAttributeWriter::Whole(std::int64_t value) {
  Word(fmt::format_int(value).c_str());
}

void OtlpAttributeWriter::Real(double value) {
  if (std::isfinite(value)) {
    Word(fmt::format("{}", value));
  } else {
    Text(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
  }
}

void OtlpAttributeWriter::BeginList() {
  is_in_list_ = true;
  list_begin_ = message_.text.size();
  message_.text += '[';
}

void OtlpAttributeWriter::EndList() {
  is_in_list_ = false;
  message_.text += ']';
  attribute_.value = OtlpRangeFrom(list_begin_, message_.text);
}

}  // namespace weir::monitor
