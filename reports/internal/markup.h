#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::reports {

/// Foreign text for the text, or an attribute in double quotes, of HTML and XML: as Clean, at most
/// `length_max` bytes before the four special characters are written as references. Control
/// characters, which XML does not allow at all, are visible in it.
std::string InMarkup(std::string_view text, std::size_t length_max);

}  // namespace weir::reports
