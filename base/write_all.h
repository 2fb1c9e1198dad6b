#pragma once

#include <string_view>

namespace weir {

/// Writes all of `text` to `fd`, over interruptions and partial writes. False: errno says why, and
/// a part may have been written.
bool WriteAll(int fd, std::string_view text);

}  // namespace weir
