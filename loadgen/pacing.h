#pragma once

#include <cstdint>
#include <string_view>

namespace weir::loadgen {

/// How a worker waits for the next due instant: precision against processor time.
enum class Pacing : std::uint8_t {
  kSleep,   ///< Sleeps to the deadline: cheapest, late by the kernel's wake-up (some 50 us).
  kHybrid,  ///< Sleeps until shortly before it, then polls: within a few microseconds mostly.
  kSpin,    ///< Never sleeps: most precise, takes a whole core for each worker.
};

/// "sleep", "hybrid", "spin".
constexpr std::string_view PacingName(Pacing pacing) {
  switch (pacing) {
    case Pacing::kSleep:
      return "sleep";
    case Pacing::kHybrid:
      return "hybrid";
    case Pacing::kSpin:
      break;
  }
  return "spin";
}

}  // namespace weir::loadgen
