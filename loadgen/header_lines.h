#pragma once

#include <algorithm>
#include <string_view>

#include "loadgen/header_name.h"

namespace weir::loadgen {

/// Calls `visit` with the value of each header of this name in `head`, lines as Answer::head, until
/// it returns true; whether it did.
template <typename Visit>
bool AnyHeader(std::string_view head, std::string_view name, const Visit& visit) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !SameHeaderName(line.substr(0, colon), name)) {
      continue;
    }
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    if (visit(value)) {
      return true;
    }
  }
  return false;
}

}  // namespace weir::loadgen
