#pragma once

#include <string>
#include <string_view>

namespace weir::scenarios {

/// Appends `text` to `out` as it stands inside a JSON string, without the quotes: `"`, `\` and
/// control characters escaped, everything else as it is. Any thread.
void AppendJsonText(std::string_view text, std::string& out);

}  // namespace weir::scenarios
