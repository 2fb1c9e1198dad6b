#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/histogram.h"
#include "base/result.h"

namespace weir {

/// The HdrHistogram V2 compressed bytes: cookie 0x1c849314, length, zlib around a V2 payload of
/// ZigZag LEB128 counts. Readable by every HdrHistogram implementation, and the form in which
/// histograms lie in the store. Empty histograms encode too. The exact extremes and sum and the
/// saturated count are not part of the format (see Histogram::RestoreExact).
/// Source: AbstractHistogram.java of HdrHistogram 2.1.11; checked against it both ways
/// (tests/golden/hdr/README.md).
std::vector<std::uint8_t> EncodeHistogram(const Histogram& histogram);

/// Reads V2 compressed bytes, of weir or of any writer with lowest value 1 and 3 significant
/// digits, whatever its highest value; values beyond the bucket of 1 h saturate.
///
/// Trusts nothing: lengths, cookies and counts are checked, and neither memory nor time can grow
/// beyond what the largest histogram needs. Counts may add up to at most 2^56. Errors:
/// kUnavailable, "histogram bytes are not readable: ..." with what is wrong and where.
Result<Histogram> DecodeHistogram(std::span<const std::uint8_t> bytes);

}  // namespace weir
