#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.h"
#include "base/result.h"

namespace weir {

/// The HdrHistogram V2 compressed bytes (cookie 0x1c849304, zlib around a V2 payload with
/// ZigZag LEB128 counts). Readable by every HdrHistogram implementation; the form in which
/// histograms lie in the store. Empty histograms encode too.
/// Checked against: HdrHistogram Java 2.1.11, both ways (tests/golden/hdr/README.md).
std::vector<std::uint8_t> EncodeHistogram(const Histogram& histogram);

/// Reads V2 compressed bytes with lowest value 1 and 3 significant digits; values above 1 h
/// saturate. Trusts nothing: lengths, cookies and counts are checked, memory is bounded by the
/// histogram's own. Errors: kUnavailable "histogram bytes ..." saying what is wrong and at which
/// offset.
Result<Histogram> DecodeHistogram(std::span<const std::uint8_t> bytes);

}  // namespace weir
