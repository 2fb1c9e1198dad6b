#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace weir {

/// The whole seconds in a span >= 0: how many are over when it is.
constexpr std::uint32_t WholeSeconds(Nanos span) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(span).count());
}

/// The first whole second that begins at `span` or after it.
constexpr std::uint32_t NextWholeSecond(Nanos span) {
  return WholeSeconds(span + std::chrono::seconds(1) - Nanos(1));
}

}  // namespace weir
