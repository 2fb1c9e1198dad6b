#include "base/histogram_codec.h"

#include <bit>
#include <memory>
#include <string_view>

#include <fmt/format.h>
#include <zlib.h>

namespace weir {
namespace {

// The constants of AbstractHistogram.java; every writer sets 0x10, once the size of a word.
constexpr std::uint32_t kCookie = 0x1c849303 | 0x10;
constexpr std::uint32_t kCompressedCookie = 0x1c849304 | 0x10;
constexpr std::size_t kHeaderBytes = 40;
constexpr std::size_t kOuterHeaderBytes = 8;
constexpr std::size_t kVarintBytesMax = 9;
// Foreign writers may track values up to 2^63, which lie in 53 octaves.
constexpr std::size_t kForeignCountsMax = std::size_t{54} * Histogram::kSubBucketHalf;
constexpr std::size_t kPayloadBytesMax = kHeaderBytes + kForeignCountsMax * kVarintBytesMax;
// The bytes are written every second of a run; higher levels cost more time than they save room.
constexpr int kCompressionLevel = 1;
constexpr std::uint64_t kTotalCountMax = std::uint64_t{1} << 56;
constexpr std::uint32_t kLastBucket = Histogram::IndexOf(Histogram::kHighestNs);

void PutBig(std::vector<std::uint8_t>& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

std::uint64_t GetBig(std::span<const std::uint8_t> in, std::size_t at, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) {
    value = (value << 8) | in[at + static_cast<std::size_t>(i)];
  }
  return value;
}

// LEB128 in at most 9 bytes, the ninth carrying 8 bits (HdrHistogram's ZigZagEncoding).
void PutZigZag(std::vector<std::uint8_t>& out, std::int64_t value) {
  std::uint64_t bits =
      (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (std::size_t i = 0; i + 1 < kVarintBytesMax; ++i) {
    if (bits < 0x80) {
      out.push_back(static_cast<std::uint8_t>(bits));
      return;
    }
    out.push_back(static_cast<std::uint8_t>(bits | 0x80));
    bits >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(bits));
}

bool GetZigZag(std::span<const std::uint8_t> in, std::size_t& at, std::int64_t& value) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kVarintBytesMax; ++i) {
    if (at >= in.size()) {
      return false;
    }
    const std::uint64_t byte = in[at++];
    const bool last = i + 1 == kVarintBytesMax;
    bits |= (last ? byte : byte & 0x7f) << (7 * i);
    if (last || byte < 0x80) {
      break;
    }
  }
  value = static_cast<std::int64_t>((bits >> 1) ^ (0 - (bits & 1)));
  return true;
}

tl::unexpected<Error> Corrupt(std::string_view what) {
  return Unavailable(fmt::format("histogram bytes are not readable: {}", what));
}

void PatchBig32(std::vector<std::uint8_t>& out, std::size_t at, std::uint64_t value) {
  for (std::size_t i = 0; i < 4; ++i) {
    out[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  }
}

// Counts from value 0 to the largest one; a run of two or more zeros is one negative number.
void PutCounts(std::vector<std::uint8_t>& out, std::span<const std::uint64_t> counts) {
  for (std::size_t i = 0; i < counts.size();) {
    if (counts[i] != 0) {
      WEIR_CHECK(counts[i] <= std::uint64_t{INT64_MAX});
      PutZigZag(out, static_cast<std::int64_t>(counts[i++]));
      continue;
    }
    const std::size_t first = i;
    while (i < counts.size() && counts[i] == 0) {
      ++i;
    }
    const auto zeros = static_cast<std::int64_t>(i - first);
    PutZigZag(out, zeros == 1 ? 0 : -zeros);
  }
}

std::vector<std::uint8_t> EncodePayload(const Histogram& histogram) {
  std::vector<std::uint8_t> out;
  const std::size_t end = histogram.empty() ? 0 : Histogram::IndexOf(histogram.max_ns()) + 1;
  out.reserve(kHeaderBytes + end / 4 + 16);
  PutBig(out, kCookie, 4);
  PutBig(out, 0, 4);  // Length of the counts, patched below.
  PutBig(out, 0, 4);  // Normalizing index offset.
  PutBig(out, Histogram::kSignificantDigits, 4);
  PutBig(out, 1, 8);  // Lowest value told apart from 0.
  PutBig(out, Histogram::kHighestNs, 8);
  PutBig(out, std::bit_cast<std::uint64_t>(1.0), 8);  // Integer-to-double ratio.
  if (histogram.empty()) {
    PutZigZag(out, 0);  // As Java does: the count of value 0.
  } else {
    PutCounts(out, histogram.counts().first(end));
  }
  PatchBig32(out, 4, out.size() - kHeaderBytes);
  return out;
}

// zlib's compressor takes about 260 KB; making it anew for every histogram costs more than the
// compression. Kept for each thread that encodes.
class Compressor {
 public:
  Compressor() { WEIR_CHECK(deflateInit(&stream_, kCompressionLevel) == Z_OK); }

  ~Compressor() { deflateEnd(&stream_); }

  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // Appends the zlib stream of `in` to `out`.
  void Append(std::span<std::uint8_t> in, std::vector<std::uint8_t>& out) {
    const std::size_t start = out.size();
    WEIR_CHECK(deflateReset(&stream_) == Z_OK);
    out.resize(start + deflateBound(&stream_, in.size()));
    stream_.next_in = in.data();
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out.data() + start;
    stream_.avail_out = static_cast<uInt>(out.size() - start);
    WEIR_CHECK(deflate(&stream_, Z_FINISH) == Z_STREAM_END);
    out.resize(out.size() - stream_.avail_out);
  }

 private:
  z_stream stream_{};
};

Status CheckHeader(std::span<const std::uint8_t> payload) {
  if (payload.size() < kHeaderBytes) {
    return Corrupt(fmt::format("the payload of {} bytes is shorter than its header of {}",
                               payload.size(), kHeaderBytes));
  }
  if (const std::uint64_t cookie = GetBig(payload, 0, 4); cookie != kCookie) {
    return Corrupt(fmt::format("inner cookie is 0x{:08x}, not 0x{:08x} (V2)", cookie, kCookie));
  }
  const std::uint64_t length = GetBig(payload, 4, 4);
  if (length != payload.size() - kHeaderBytes) {
    return Corrupt(fmt::format("inner header says {} bytes of counts, found {}", length,
                               payload.size() - kHeaderBytes));
  }
  // Bytes 8..11, the normalizing index offset, say how a shifted histogram lay in the writer's
  // memory; the counts come in order of value all the same.
  if (const std::uint64_t digits = GetBig(payload, 12, 4);
      digits != Histogram::kSignificantDigits) {
    return Corrupt(fmt::format("it keeps {} significant digits, weir keeps {}", digits,
                               Histogram::kSignificantDigits));
  }
  if (const std::uint64_t lowest = GetBig(payload, 16, 8); lowest != 1) {
    return Corrupt(fmt::format("its lowest value is {}, must be 1", lowest));
  }
  return {};
}

// Books a foreign bucket by its middle, so that the mean of a decoded histogram is not biased.
void RecordBucket(Histogram& histogram, std::uint32_t index, std::uint64_t count) {
  const std::uint64_t lowest = Histogram::LowestOf(index);
  const std::uint64_t middle = lowest + (Histogram::HighestOf(index) - lowest) / 2;
  // The middle of the bucket of 1 h lies above 1 h, but its values need not.
  const std::uint64_t ns = index == kLastBucket ? Histogram::kHighestNs : middle;
  histogram.RecordNs(ns, count);
}

Status DecodeCounts(std::span<const std::uint8_t> counts, Histogram& histogram) {
  std::size_t at = 0;
  std::uint64_t index = 0;
  while (at < counts.size()) {
    std::int64_t value = 0;
    const std::size_t place = kHeaderBytes + at;
    if (!GetZigZag(counts, at, value)) {
      return Corrupt(fmt::format("the count at payload byte {} is cut off", place));
    }
    const std::uint64_t skip = value < 0 ? 0 - static_cast<std::uint64_t>(value) : 1;
    if (skip > kForeignCountsMax - index) {
      return Corrupt(fmt::format("payload byte {} points beyond the last bucket", place));
    }
    if (value > 0) {
      const auto count = static_cast<std::uint64_t>(value);
      if (count > kTotalCountMax - histogram.count()) {
        return Corrupt(fmt::format("counts up to payload byte {} exceed 2^56", place));
      }
      RecordBucket(histogram, static_cast<std::uint32_t>(index), count);
    }
    index += skip;
  }
  return {};
}

Status CheckOuterHeader(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kOuterHeaderBytes) {
    return Corrupt(
        fmt::format("{} bytes are fewer than the {} of a header", bytes.size(), kOuterHeaderBytes));
  }
  if (const std::uint64_t cookie = GetBig(bytes, 0, 4); cookie != kCompressedCookie) {
    return Corrupt(fmt::format("cookie is 0x{:08x}, not 0x{:08x} (HdrHistogram V2 compressed)",
                               cookie, kCompressedCookie));
  }
  const std::uint64_t length = GetBig(bytes, 4, 4);
  if (length != bytes.size() - kOuterHeaderBytes) {
    return Corrupt(fmt::format("header says {} compressed bytes, found {}", length,
                               bytes.size() - kOuterHeaderBytes));
  }
  return {};
}

}  // namespace

std::vector<std::uint8_t> EncodeHistogram(const Histogram& histogram) {
  thread_local Compressor compressor;
  std::vector<std::uint8_t> payload = EncodePayload(histogram);
  std::vector<std::uint8_t> out;
  PutBig(out, kCompressedCookie, 4);
  PutBig(out, 0, 4);  // Length, patched below.
  compressor.Append(payload, out);
  PatchBig32(out, 4, out.size() - kOuterHeaderBytes);
  return out;
}

Result<Histogram> DecodeHistogram(std::span<const std::uint8_t> bytes) {
  if (Status header = CheckOuterHeader(bytes); !header) {
    return tl::unexpected(header.error());
  }
  // Left uninitialised: most payloads fill a hundredth of what the largest needs.
  const auto buffer = std::make_unique_for_overwrite<std::uint8_t[]>(kPayloadBytesMax);
  const std::span<const std::uint8_t> compressed = bytes.subspan(kOuterHeaderBytes);
  uLongf size = kPayloadBytesMax;
  uLong consumed = compressed.size();
  if (uncompress2(buffer.get(), &size, compressed.data(), &consumed) != Z_OK ||
      consumed != compressed.size()) {
    return Corrupt("the compressed part is damaged or far too long");
  }
  const std::span<const std::uint8_t> payload(buffer.get(), size);
  if (Status header = CheckHeader(payload); !header) {
    return tl::unexpected(header.error());
  }
  Histogram histogram;
  if (Status counts = DecodeCounts(payload.subspan(kHeaderBytes), histogram); !counts) {
    return tl::unexpected(counts.error());
  }
  return histogram;
}

}  // namespace weir
