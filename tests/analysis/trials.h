#pragma once

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace weir::analysis {

/// How often a test of error rates draws: WEIR_TRIALS, else `unless_told`.
inline int Trials(int unless_told) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): read once, before any thread.
  const char* text = std::getenv("WEIR_TRIALS");
  int trials = unless_told;
  if (text != nullptr) {
    std::from_chars(text, text + std::strlen(text), trials);
  }
  return trials;
}

}  // namespace weir::analysis
