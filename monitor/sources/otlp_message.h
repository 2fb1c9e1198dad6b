#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::monitor {

/// A part of one of the lists of an OtlpMessage, or of its text.
struct OtlpRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

struct OtlpAttribute {
  OtlpRange key;
  OtlpRange value;      ///< In words; empty: none.
  bool is_word = true;  ///< False: a map, bytes, or a list of lists: no label is made of it.
};

/// What points have that are more than a number.
struct OtlpBuckets {
  double count = 0;
  double sum = 0;
  OtlpRange counts;  ///< Of numbers. One that is no count is -1.
  OtlpRange bounds;  ///< Of numbers.
  int scale = 0;
  double zero_count = 0;
  double zero_threshold = 0;
  int negative_offset = 0;
  int positive_offset = 0;
  OtlpRange negative;   ///< As `counts`.
  OtlpRange positive;   ///< As `counts`.
  OtlpRange quantiles;  ///< Of numbers: pairs of a quantile and its value.
};

struct OtlpRawPoint {
  static constexpr std::uint32_t kNoBuckets = 0xffffffff;

  OtlpRange attributes;
  std::uint64_t begin = 0;  ///< Since 1970 in ns, by the clock of who sends; 0: not told.
  std::uint64_t at = 0;     ///< As `begin`.
  double value = 0;
  std::uint32_t buckets = kNoBuckets;  ///< Which.
  bool has_value = false;
  bool is_end = false;     ///< Its flags say that there is no value.
  bool is_bad = false;     ///< Something in it cannot be.
  bool has_labels = true;  ///< False: its attributes are no list.
};

struct OtlpRawMetric {
  enum class Kind : std::uint8_t { kGauge, kSum, kHistogram, kExponential, kSummary };

  Kind kind = Kind::kGauge;
  bool is_monotonic = false;
  int temporality = 0;  ///< 1: differences, 2: sums.
  std::uint32_t resource = 0;
  OtlpRange name = {};  ///< Of text.
  OtlpRange unit = {};  ///< Of text.
  OtlpRange points = {};
};

/// An ExportMetricsServiceRequest as it came, before anything is made of it: what all encodings
/// are read into. Flat, so that it costs a few bytes for each byte that came, and to be used again:
/// its memory stays. One thread at a time.
struct OtlpMessage {
  /// Points, attributes, metrics and resources of one, all together.
  static constexpr std::size_t kPartsMax = 400'000;

  std::vector<OtlpRange> resources;  ///< The attributes of each.
  std::vector<OtlpRawMetric> metrics;
  std::vector<OtlpRawPoint> points;
  std::vector<OtlpBuckets> buckets;
  std::vector<OtlpAttribute> attributes;
  std::vector<double> numbers;
  std::string text;

  void Clear();

  /// Whether there are no more than kPartsMax.
  bool Fits() const {
    return resources.size() + metrics.size() + points.size() + attributes.size() <= kPartsMax;
  }

  OtlpRange AddText(std::string_view more);

  std::string_view Text(const OtlpRange& range) const {
    return std::string_view(text).substr(range.first, range.count);
  }

  std::span<const double> Numbers(const OtlpRange& range) const {
    return std::span(numbers).subspan(range.first, range.count);
  }

  std::span<const OtlpAttribute> Attributes(const OtlpRange& range) const {
    return std::span(attributes).subspan(range.first, range.count);
  }

  std::span<const OtlpRawPoint> Points(const OtlpRange& range) const {
    return std::span(points).subspan(range.first, range.count);
  }
};

/// From `first` to the end of a list.
template <typename List>
OtlpRange OtlpRangeFrom(std::size_t first, const List& list) {
  return {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(list.size() - first)};
}

/// Adds an attribute to a message, as its reader comes upon its parts. A list of words is written
/// as JSON has it. `message` must outlive it.
class OtlpAttributeWriter {
 public:
  explicit OtlpAttributeWriter(OtlpMessage& message) : message_(message) {}

  void Begin() { attribute_ = {}; }

  void Key(std::string_view key) { attribute_.key = message_.AddText(key); }

  void Text(std::string_view value);  ///< Must be UTF-8.

  void Whole(std::int64_t value);
  void Real(double value);

  void Flag(bool value) { Word(value ? "true" : "false"); }

  void BeginList();
  void EndList();

  /// A value that is neither.
  void Other() { attribute_.is_word = false; }

  void End() { message_.attributes.push_back(attribute_); }

 private:
  void Word(std::string_view word);

  OtlpMessage& message_;
  OtlpAttribute attribute_;
  std::size_t list_begin_ = 0;
  bool is_in_list_ = false;
};

}  // namespace weir::monitor
