// weir's histogram bytes against HdrHistogram for Java; tests/golden/hdr/README.md has the recipe.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/histogram.h"
#include "base/histogram_codec.h"
#include "base/rng.h"
#include "tests/support/golden.h"
#include "tests/support/temp_dir.h"

namespace weir {
namespace {

using tests::GoldenPath;
using tests::MatchesGolden;

std::vector<std::uint8_t> Recorded(std::string_view name) {
  const std::string bytes = tests::ReadFile(GoldenPath(fmt::format("hdr/{}.hdr", name)));
  return {bytes.begin(), bytes.end()};
}

// The V2 bytes inside, which unlike the compressed ones do not depend on the version of zlib.
std::vector<std::uint8_t> Payload(const std::vector<std::uint8_t>& bytes) {
  std::vector<std::uint8_t> payload(1 << 20);
  uLongf size = payload.size();
  EXPECT_EQ(uncompress(payload.data(), &size, bytes.data() + 8, bytes.size() - 8), Z_OK);
  payload.resize(size);
  return payload;
}

// As HdrFiles.java writes it.
std::string Dump(const Histogram& histogram) {
  std::string out = fmt::format("count {}\n", histogram.count());
  constexpr std::array<std::pair<std::string_view, double>, 5> kQuantiles = {
      {{"p50.0", 0.5}, {"p90.0", 0.9}, {"p99.0", 0.99}, {"p99.9", 0.999}, {"p100.0", 1}}};
  for (const auto& [name, q] : kQuantiles) {
    const std::uint64_t value = histogram.empty() ? 0 : histogram.QuantileNs(q);
    out += fmt::format("{} {}\n", name, Histogram::LowestOf(Histogram::IndexOf(value)));
  }
  histogram.ForEachBucket([&out](const Histogram::Bucket& bucket) {
    out += fmt::format("{}..{} {}\n", bucket.lowest_ns, bucket.highest_ns, bucket.count);
  });
  return out;
}

void ExpectReadAsJavaDoes(std::string_view name) {
  const Result<Histogram> histogram = DecodeHistogram(Recorded(name));
  ASSERT_TRUE(histogram.has_value()) << histogram.error().message;
  EXPECT_TRUE(tests::SameText(Dump(*histogram),
                              tests::ReadFile(GoldenPath(fmt::format("hdr/{}.txt", name)))));
}

TEST(HistogramJavaTest, ReadsWhatJavaWrote) {
  for (const std::string_view name :
       {"java_empty", "java_one_value", "java_zeros", "java_dense_low", "java_wide_tail",
        "java_large_counts", "java_int_counts"}) {
    SCOPED_TRACE(name);
    ExpectReadAsJavaDoes(name);
  }
}

TEST(HistogramJavaTest, ReadsOtherHighestValuesAndShiftedOnes) {
  for (const std::string_view name : {"java_auto_resize", "java_small_range", "java_shifted"}) {
    SCOPED_TRACE(name);
    ExpectReadAsJavaDoes(name);
  }
}

TEST(HistogramJavaTest, ValuesBeyondOneHourSaturate) {
  const Result<Histogram> histogram = DecodeHistogram(Recorded("java_beyond_1h"));
  ASSERT_TRUE(histogram.has_value()) << histogram.error().message;
  EXPECT_EQ(histogram->count(), 18U);
  EXPECT_EQ(histogram->saturated_count(), 3U);  // 2 of 2 h, 1 of 146 years.
  EXPECT_EQ(histogram->max_ns(), Histogram::kHighestNs);
  EXPECT_EQ(histogram->CountAtOrBelowNs(60'000'000'000), 10U);
}

TEST(HistogramJavaTest, WritesTheSamePayloadAsJava) {
  for (const std::string_view name :
       {"java_empty", "java_one_value", "java_zeros", "java_dense_low", "java_wide_tail",
        "java_large_counts", "java_int_counts"}) {
    SCOPED_TRACE(name);
    const Result<Histogram> histogram = DecodeHistogram(Recorded(name));
    ASSERT_TRUE(histogram.has_value()) << histogram.error().message;
    EXPECT_EQ(Payload(EncodeHistogram(*histogram)), Payload(Recorded(name)));
  }
}

TEST(HistogramJavaTest, OtherLayoutsAreRefusedWithTheReason) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kCases = {
      {{"java_two_digits", "it keeps 2 significant digits, weir keeps 3"},
       {"java_four_digits", "it keeps 4 significant digits, weir keeps 3"},
       {"java_lowest_1000", "its lowest value is 1000, must be 1"}}};
  for (const auto& [name, reason] : kCases) {
    const Result<Histogram> histogram = DecodeHistogram(Recorded(name));
    ASSERT_FALSE(histogram.has_value()) << name;
    EXPECT_EQ(histogram.error().kind, ErrorKind::kUnavailable);
    EXPECT_EQ(histogram.error().message,
              fmt::format("histogram bytes are not readable: {}", reason));
  }
}

Histogram DenseLow() {
  Histogram histogram;
  for (std::uint64_t value = 0; value < 2300; ++value) {
    histogram.RecordNs(value, value % 5);
  }
  return histogram;
}

Histogram WideTail() {
  Histogram histogram;
  Rng rng(1);
  for (int i = 0; i < 400; ++i) {
    // One draw a line: compilers differ in which argument they evaluate first.
    const std::uint64_t shift = 24 + rng.Below(36);
    const std::uint64_t ns = rng.Next() >> shift;
    histogram.RecordNs(ns, 1 + rng.Below(3));
  }
  histogram.RecordNs(Histogram::kHighestNs, 1);
  return histogram;
}

Histogram LargeCounts() {
  Histogram histogram;
  for (std::uint64_t shift = 0; shift < 56; ++shift) {
    histogram.RecordNs(100 * shift * shift, std::uint64_t{1} << shift);
  }
  return histogram;
}

// Compares what weir writes now with what Java has read: the payload of the recorded file is
// weir's, and the text beside it, Java's, is weir's own reading of the histogram.
void ExpectJavaReads(const Histogram& histogram, std::string_view name) {
  SCOPED_TRACE(name);
  const std::vector<std::uint8_t> bytes = EncodeHistogram(histogram);
  const char* update = std::getenv("UPDATE_GOLDEN");  // NOLINT(concurrency-mt-unsafe)
  if (update != nullptr) {
    EXPECT_TRUE(
        MatchesGolden(std::string(bytes.begin(), bytes.end()), fmt::format("hdr/{}.hdr", name)));
    return;  // Java's text follows in the second step of the recipe.
  }
  EXPECT_EQ(Payload(bytes), Payload(Recorded(name)));
  EXPECT_TRUE(tests::SameText(Dump(histogram),
                              tests::ReadFile(GoldenPath(fmt::format("hdr/{}.txt", name)))));
}

TEST(HistogramJavaTest, JavaReadsWhatWeirWrote) {
  Histogram one_value;
  one_value.RecordNs(1'234'567, 1);
  ExpectJavaReads(Histogram(), "weir_empty");
  ExpectJavaReads(one_value, "weir_one_value");
  ExpectJavaReads(DenseLow(), "weir_dense_low");
  ExpectJavaReads(WideTail(), "weir_wide_tail");
  ExpectJavaReads(LargeCounts(), "weir_large_counts");
}

}  // namespace
}  // namespace weir
