#pragma once

#include "base/result.h"

namespace weir::loadgen {

/// Loads libcurl and initialises it, once; call before any other function of it. A run that needs
/// no libcurl does without its two dozen libraries, which take 4 MiB of every process and a third
/// of the time that one takes to start.
///
/// Nothing is linked with libcurl: libcurl.cc defines those functions of <curl/curl.h> that weir
/// calls, and each passes its arguments on to the library. A function that is not there yet is
/// added there; until then the program does not link.
///
/// Errors: kUnavailable (not installed, or one of another ABI). Thread-safe; some milliseconds the
/// first time, then nothing.
Status LoadLibcurl();

}  // namespace weir::loadgen
