#pragma once

#include <string_view>

namespace weir::reports {

/// The script that pages of others load, so that the browsers of their users say how the page was
/// for them: docs/monitoring.md has what it sends. ASCII, about 2 kB, 1 kB of it when compressed.
/// Without a bundle (WEIR_WEB=OFF) empty, which sends nothing.
std::string_view RumScript();

}  // namespace weir::reports
