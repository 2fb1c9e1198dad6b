#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace weir {

/// Reads an ISO 8601 date and time: `2026-11-23T12:34:56Z`, with a space or a lower-case `t` for
/// the T, with or without seconds, up to nine digits of fraction (further ones are cut off), a zone
/// `Z`, `+01:00` or `+0100`, or a date alone. Without a zone it is UTC. A leap second (`:60`) is
/// the second after it. Range: 1678 .. 2261. Errors: kUsage, message without place. No allocation
/// on success, no locale.
Result<WallTime> ParseWallTime(std::string_view text);

/// How a plain number is a point in time.
enum class EpochUnit { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds };

/// The unit in which `epoch` would lie between 1973 and 5138 (seconds up to 10^11, milliseconds up
/// to 10^14, microseconds up to 10^17): what all systems mean by such a number.
EpochUnit GuessEpochUnit(double epoch);

/// Reads a number in `unit` since 1970; a whole number keeps every digit. Errors: kUsage when it
/// is no number or out of range.
Result<WallTime> ParseEpoch(std::string_view text, EpochUnit unit);

}  // namespace weir
