#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace weir::loadgen {

/// The first of the HTTP/1.1 requests that a script has written one after the other.
struct SplitRequest {
  std::size_t bytes = 0;  ///< From the beginning of the text to its end.
  bool is_head = false;
};

/// Where the first request in `text` ends: after its head, and its body as Content-Length or chunks
/// say. Line ends may be bare LF; empty lines before and, at the end of the text, after it belong
/// to it. Errors: kUsage, what is wrong with it. Cost: O(its bytes).
Result<SplitRequest> SplitFirst(std::string_view text);

}  // namespace weir::loadgen
