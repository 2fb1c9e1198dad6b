#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace weir::reports {

/// What the page does with atob and DecompressionStream, with zlib and the slow way.
std::string Unpacked(const std::string& packed);

/// The data inside a report's HTML.
nlohmann::json DataOf(const std::string& html);

}  // namespace weir::reports
