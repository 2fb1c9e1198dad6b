#include "base/histogram_codec.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/rng.h"

namespace weir {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view kPrefix = "histogram bytes are not readable: ";

Histogram Typical(std::uint64_t seed, int size) {
  Histogram histogram;
  Rng rng(seed);
  for (int i = 0; i < size; ++i) {
    histogram.RecordNs(static_cast<std::uint64_t>(2e6 * std::exp(rng.Normal())), 1);
  }
  return histogram;
}

void PutBig(Bytes& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

// A V2 payload around `counts`, right in all else; tests spoil one thing at a time.
Bytes PayloadOf(const Bytes& counts) {
  Bytes out;
  PutBig(out, 0x1c849313, 4);
  PutBig(out, counts.size(), 4);
  PutBig(out, 0, 4);
  PutBig(out, 3, 4);
  PutBig(out, 1, 8);
  PutBig(out, Histogram::kHighestNs, 8);
  PutBig(out, 0x3ff0000000000000, 8);
  out.insert(out.end(), counts.begin(), counts.end());
  return out;
}

Bytes Compressed(const Bytes& payload) {
  uLongf size = compressBound(payload.size());
  Bytes body(size);
  EXPECT_EQ(compress2(body.data(), &size, payload.data(), payload.size(), 9), Z_OK);
  Bytes out;
  PutBig(out, 0x1c849314, 4);
  PutBig(out, size, 4);
  out.insert(out.end(), body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
  return out;
}

std::string ErrorOf(const Bytes& bytes) {
  const Result<Histogram> histogram = DecodeHistogram(bytes);
  if (histogram) {
    return fmt::format("read {} values", histogram->count());
  }
  EXPECT_EQ(histogram.error().kind, ErrorKind::kUnavailable);
  const std::string& message = histogram.error().message;
  EXPECT_EQ(message.substr(0, kPrefix.size()), kPrefix);
  return message.substr(std::min(kPrefix.size(), message.size()));
}

// Whatever was read must hang together, however damaged the bytes were.
void ExpectConsistent(const Histogram& histogram) {
  std::uint64_t count = 0;
  histogram.ForEachBucket([&count](const Histogram::Bucket& bucket) { count += bucket.count; });
  ASSERT_EQ(count, histogram.count());
  if (count > 0) {
    ASSERT_LE(histogram.min_ns(), histogram.max_ns());
    ASSERT_LE(histogram.max_ns(), Histogram::kHighestNs);
    ASSERT_TRUE(std::isfinite(histogram.mean_ns()));
  }
}

TEST(HistogramCodecTest, RoundTripKeepsEveryCount) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Histogram histogram = Typical(seed, static_cast<int>(seed * seed));
    const Result<Histogram> again = DecodeHistogram(EncodeHistogram(histogram));
    ASSERT_TRUE(again.has_value()) << again.error().message;
    ASSERT_EQ(*again, histogram);
  }
}

TEST(HistogramCodecTest, RoundTripOfEveryBucketAndOfEveryLengthOfCount) {
  Histogram every_bucket;
  for (std::uint32_t i = 0; i <= Histogram::IndexOf(Histogram::kHighestNs); ++i) {
    every_bucket.RecordNs(Histogram::LowestOf(i), 1 + i % 300);
  }
  EXPECT_EQ(DecodeHistogram(EncodeHistogram(every_bucket)).value(), every_bucket);
  for (int shift = 0; shift < 56; ++shift) {
    for (const std::uint64_t count : {(1UL << shift), (1UL << shift) + 1, (2UL << shift) - 1}) {
      Histogram histogram;
      histogram.RecordNs(77, count);
      ASSERT_EQ(DecodeHistogram(EncodeHistogram(histogram)).value().count(), count);
    }
  }
}

TEST(HistogramCodecTest, ExtremesAndSumComeBackThroughRestoreExact) {
  const Histogram histogram = Typical(7, 1000);
  Histogram again = DecodeHistogram(EncodeHistogram(histogram)).value();
  EXPECT_NEAR(again.mean_ns(), histogram.mean_ns(), histogram.mean_ns() * 5e-4);
  again.RestoreExact(histogram.min_ns(), histogram.max_ns(), histogram.sum_ns());
  EXPECT_EQ(again.min_ns(), histogram.min_ns());
  EXPECT_EQ(again.max_ns(), histogram.max_ns());
  EXPECT_EQ(again.mean_ns(), histogram.mean_ns());
}

// The middle of the bucket of 1 h lies above 1 h; that must not pass for saturation.
TEST(HistogramCodecTest, OneHourComesBackUnsaturated) {
  Histogram histogram;
  histogram.Record(Nanos(Histogram::kHighestNs));
  const Histogram again = DecodeHistogram(EncodeHistogram(histogram)).value();
  EXPECT_EQ(again.saturated_count(), 0U);
  EXPECT_EQ(again.max_ns(), Histogram::kHighestNs);
}

TEST(HistogramCodecTest, EmptyIsAValidHistogram) {
  EXPECT_TRUE(DecodeHistogram(EncodeHistogram(Histogram())).value().empty());
  EXPECT_TRUE(DecodeHistogram(Compressed(PayloadOf({}))).value().empty());
}

TEST(HistogramCodecTest, TypicalSecondTakesUnderTwoKilobytes) {
  EXPECT_LT(EncodeHistogram(Typical(1, 1000)).size(), 2000U);
}

TEST(HistogramCodecTest, TruncationAtEveryLengthIsAnError) {
  const Bytes bytes = EncodeHistogram(Typical(3, 300));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_FALSE(DecodeHistogram(std::span(bytes).first(length)).has_value()) << length;
  }
}

TEST(HistogramCodecTest, TrailingBytesAreAnError) {
  Bytes bytes = EncodeHistogram(Typical(3, 10));
  const std::size_t length = bytes.size() - 8;
  bytes.push_back(0);
  EXPECT_EQ(ErrorOf(bytes),
            fmt::format("header says {} compressed bytes, found {}", length, length + 1));
  bytes[7] = static_cast<std::uint8_t>(length + 1);  // Even when the header agrees.
  EXPECT_EQ(ErrorOf(bytes), "the compressed part is damaged or far too long");
}

TEST(HistogramCodecTest, EveryFlippedBitIsAnErrorOrWithoutEffect) {
  const Histogram histogram = Typical(3, 100);
  const Bytes bytes = EncodeHistogram(histogram);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = bytes;
      damaged[at] ^= static_cast<std::uint8_t>(1 << bit);
      // Some bits of a deflate stream mean nothing (padding); all others its checksum sees.
      const Result<Histogram> read = DecodeHistogram(damaged);
      ASSERT_TRUE(!read || *read == histogram) << at << ":" << bit;
    }
  }
}

// Behind the checksum: damage that was there before the bytes were compressed.
TEST(HistogramCodecTest, EveryChangedPayloadByteIsAnErrorOrAConsistentHistogram) {
  const Bytes payload = PayloadOf({0x02, 0x05, 0xe9, 0xb2, 0x01, 0x02, 0x80, 0x80, 0x40, 0x03});
  for (std::size_t at = 0; at < payload.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      Bytes damaged = payload;
      damaged[at] = static_cast<std::uint8_t>(value);
      if (const Result<Histogram> read = DecodeHistogram(Compressed(damaged)); read) {
        ExpectConsistent(*read);
      }
    }
  }
}

TEST(HistogramCodecTest, RandomBytesNeverPassForAHistogram) {
  Rng rng(5);
  for (int i = 0; i < 2000; ++i) {
    Bytes counts(rng.Below(40));
    for (std::uint8_t& byte : counts) {
      byte = static_cast<std::uint8_t>(rng.Next());
    }
    ASSERT_FALSE(DecodeHistogram(counts).has_value());
    if (const Result<Histogram> read = DecodeHistogram(Compressed(PayloadOf(counts))); read) {
      ExpectConsistent(*read);
    }
  }
}

TEST(HistogramCodecTest, BombIsRefusedWithinTheLargestPayload) {
  // 64 MB of zeros in 64 KB: inflating stops at what the largest histogram needs, about 0.5 MB.
  const Bytes bomb = Compressed(PayloadOf(Bytes(std::size_t{1} << 26, 0)));
  ASSERT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(ErrorOf(bomb), "the compressed part is damaged or far too long");
}

TEST(HistogramCodecTest, OuterHeaderErrorsSayWhatWasFound) {
  EXPECT_EQ(ErrorOf({}), "0 bytes are fewer than the 8 of a header");
  EXPECT_EQ(ErrorOf({0x1c, 0x84, 0x93, 0x14, 0, 0, 0}), "7 bytes are fewer than the 8 of a header");
  EXPECT_EQ(ErrorOf({0x1c, 0x84, 0x93, 0x02, 0, 0, 0, 0}),
            "cookie is 0x1c849302, not 0x1c849314 (HdrHistogram V2 compressed)");
  EXPECT_EQ(ErrorOf({0x1c, 0x84, 0x93, 0x14, 0, 0, 0, 9, 1}),
            "header says 9 compressed bytes, found 1");
  EXPECT_EQ(ErrorOf({0x1c, 0x84, 0x93, 0x14, 0, 0, 0, 0}),
            "the compressed part is damaged or far too long");
}

TEST(HistogramCodecTest, InnerHeaderErrorsSayWhatWasFound) {
  EXPECT_EQ(ErrorOf(Compressed(Bytes(39, 0))),
            "the payload of 39 bytes is shorter than its header of 40");
  Bytes payload = PayloadOf({2});
  payload[3] = 0x03;
  EXPECT_EQ(ErrorOf(Compressed(payload)), "inner cookie is 0x1c849303, not 0x1c849313 (V2)");
  payload = PayloadOf({2});
  payload[7] = 200;
  EXPECT_EQ(ErrorOf(Compressed(payload)), "inner header says 200 bytes of counts, found 1");
  payload = PayloadOf({2});
  payload[15] = 5;
  EXPECT_EQ(ErrorOf(Compressed(payload)), "it keeps 5 significant digits, weir keeps 3");
  payload = PayloadOf({2});
  payload[23] = 100;
  EXPECT_EQ(ErrorOf(Compressed(payload)), "its lowest value is 100, must be 1");
}

TEST(HistogramCodecTest, CountErrorsSayWhere) {
  EXPECT_EQ(ErrorOf(Compressed(PayloadOf({2, 2, 0x80}))),
            "the count at payload byte 42 is cut off");
  // 2^56 + 2^56 in two counts of nine bytes each.
  const Bytes huge = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02};
  Bytes twice = huge;
  twice.insert(twice.end(), huge.begin(), huge.end());
  EXPECT_EQ(ErrorOf(Compressed(PayloadOf(huge))), "read 72057594037927936 values");
  EXPECT_EQ(ErrorOf(Compressed(PayloadOf(twice))), "counts up to payload byte 49 exceed 2^56");
}

TEST(HistogramCodecTest, RunsOfZerosMayNotLeadOutOfTheBuckets) {
  // -55296 zeros, all there are; then one more count.
  const Bytes all = {0xff, 0xdf, 0x06};
  EXPECT_EQ(ErrorOf(Compressed(PayloadOf(all))), "read 0 values");
  EXPECT_EQ(ErrorOf(Compressed(PayloadOf({0xff, 0xdf, 0x06, 2}))),
            "payload byte 43 points beyond the last bucket");
  // The most negative number there is, which has no positive counterpart.
  EXPECT_EQ(ErrorOf(Compressed(PayloadOf(Bytes(9, 0xff)))),
            "payload byte 40 points beyond the last bucket");
}

TEST(HistogramCodecDeathTest, CountsThatNoReaderCouldHoldAreABug) {
  Histogram histogram;
  histogram.RecordNs(1, std::uint64_t{1} << 63);
  EXPECT_DEATH(EncodeHistogram(histogram), "INT64_MAX");
}

}  // namespace
}  // namespace weir
