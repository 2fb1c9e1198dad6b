#include "base/histogram_codec.h"

#include <bit>
#include <cstring>

#include <fmt/format.h>
#include <zlib.h>

namespace weir {
namespace {

// HdrHistogram's on-disk constants (AbstractHistogram.java); 0x10 in the second-lowest nibble
// marks the V2 encoding with 8-byte words.
constexpr std::uint32_t kCookieBase = 0x1c849303 | 0x10;
constexpr std::uint32_t kCompressedCookieBase = 0x1c849304 | 0x10;
constexpr std::size_t kHeaderBytes = 40;
constexpr std::size_t kPayloadBytesMax = std::size_t{Histogram::kCountsLength} * 9;
constexpr std::size_t kVarintBytesMax = 9;

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

std::vector<std::uint8_t> EncodePayload(const Histogram& histogram) {
  std::vector<std::uint8_t> out;
  const std::span<const std::uint64_t> counts = histogram.counts();
  const std::size_t end = histogram.empty() ? 0 : Histogram::IndexOf(histogram.max_ns()) + 1;
  out.reserve(kHeaderBytes + end / 4 + 16);
  PutBig(out, kCookieBase, 4);
  PutBig(out, 0, 4);  // payload length, patched below
  PutBig(out, 0, 4);  // normalizing index offset
  PutBig(out, Histogram::kSignificantDigits, 4);
  PutBig(out, 1, 8);
  PutBig(out, Histogram::kHighestNs, 8);
  PutBig(out, std::bit_cast<std::uint64_t>(1.0), 8);  // integer-to-double ratio
  for (std::size_t i = 0; i < end;) {
    if (counts[i] != 0) {
      PutZigZag(out, static_cast<std::int64_t>(counts[i++]));
      continue;
    }
    const std::size_t first = i;
    while (i < end && counts[i] == 0) {
      ++i;
    }
    PutZigZag(out, -static_cast<std::int64_t>(i - first));
  }
  const auto length = static_cast<std::uint32_t>(out.size() - kHeaderBytes);
  for (int i = 0; i < 4; ++i) {
    out[static_cast<std::size_t>(4 + i)] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
  }
  return out;
}

Status DecodeCounts(std::span<const std::uint8_t> payload, Histogram& histogram) {
  std::size_t at = 0;
  std::uint64_t index = 0;
  while (at < payload.size()) {
    std::int64_t value = 0;
    const std::size_t start = at;
    if (!GetZigZag(payload, at, value)) {
      return Corrupt(fmt::format("the count at byte {} is cut off", kHeaderBytes + start));
    }
    const std::uint64_t skip = value < 0 ? 0 - static_cast<std::uint64_t>(value) : 1;
    if (skip > Histogram::kCountsLength - index) {
      return Corrupt(fmt::format("byte {} points beyond the last bucket", kHeaderBytes + start));
    }
    if (value > 0) {
      const auto bucket = static_cast<std::uint32_t>(index);
      const std::uint64_t lowest = Histogram::LowestOf(bucket);
      if (static_cast<std::uint64_t>(value) > UINT64_MAX / 2 - histogram.count()) {
        return Corrupt(fmt::format("the count at byte {} is absurd", kHeaderBytes + start));
      }
      // The bucket's middle, so that the mean of a decoded histogram is not biased low.
      histogram.RecordNs((lowest + Histogram::HighestOf(bucket)) / 2,
                         static_cast<std::uint64_t>(value));
    }
    index += skip;
  }
  return {};
}

}  // namespace

std::vector<std::uint8_t> EncodeHistogram(const Histogram& histogram) {
  const std::vector<std::uint8_t> payload = EncodePayload(histogram);
  uLongf size = compressBound(payload.size());
  std::vector<std::uint8_t> out;
  PutBig(out, kCompressedCookieBase, 4);
  PutBig(out, 0, 4);
  out.resize(8 + size);
  // Level 1: the bytes are written every second of a run, and higher levels gain under 5 %.
  const int status = compress2(out.data() + 8, &size, payload.data(), payload.size(), 1);
  WEIR_CHECK(status == Z_OK);
  out.resize(8 + size);
  for (int i = 0; i < 4; ++i) {
    out[static_cast<std::size_t>(4 + i)] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
  }
  return out;
}

Result<Histogram> DecodeHistogram(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 8) {
    return Corrupt(fmt::format("{} bytes are fewer than the 8 of a header", bytes.size()));
  }
  if (const std::uint64_t cookie = GetBig(bytes, 0, 4); cookie != kCompressedCookieBase) {
    return Corrupt(fmt::format("cookie is 0x{:08x}, not 0x{:08x} (HdrHistogram V2 compressed)",
                               cookie, kCompressedCookieBase));
  }
  if (const std::uint64_t length = GetBig(bytes, 4, 4); length != bytes.size() - 8) {
    return Corrupt(
        fmt::format("header says {} compressed bytes, found {}", length, bytes.size() - 8));
  }
  std::vector<std::uint8_t> payload(kHeaderBytes + kPayloadBytesMax);
  uLongf size = payload.size();
  if (uncompress(payload.data(), &size, bytes.data() + 8, bytes.size() - 8) != Z_OK) {
    return Corrupt("the compressed part is damaged");
  }
  payload.resize(size);
  if (size < kHeaderBytes || GetBig(payload, 0, 4) != kCookieBase) {
    return Corrupt("the inner header is not HdrHistogram V2");
  }
  if (GetBig(payload, 8, 4) != 0 || GetBig(payload, 12, 4) != Histogram::kSignificantDigits ||
      GetBig(payload, 16, 8) != 1) {
    return Corrupt("it must have 3 significant digits, lowest value 1 and offset 0");
  }
  if (GetBig(payload, 4, 4) != size - kHeaderBytes) {
    return Corrupt("the inner length does not match");
  }
  Histogram histogram;
  if (Status read = DecodeCounts(std::span(payload).subspan(kHeaderBytes), histogram); !read) {
    return tl::unexpected(read.error());
  }
  return histogram;
}

}  // namespace weir
