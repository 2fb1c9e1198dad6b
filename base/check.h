#pragma once

namespace weir::internal {

/// Prints `condition` with its place on standard error and aborts. Never returns.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace weir::internal

/// States what must hold if the program is right; active in every build. One condition each.
/// For what a user or a peer may get wrong, return a Result instead.
#define WEIR_CHECK(condition)                                        \
  do {                                                               \
    if (__builtin_expect(!(condition), 0)) {                         \
      ::weir::internal::CheckFailed(#condition, __FILE__, __LINE__); \
    }                                                                \
  } while (false)
