#pragma once

#include <string>

/// The dashboard of a monitor: the page alone. What it shows it fetches from where it came from,
/// `api/v1/events` (server-sent events that hold `weir.monitor_status/1`).
namespace weir::reports {

/// HTML, self-contained, the same each time: script and style stand in it, and nothing else may run
/// in it. Without a bundle (WEIR_WEB=OFF) a page that says where the figures are.
std::string LivePage();

}  // namespace weir::reports
