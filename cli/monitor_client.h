#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "cli/flags.h"
#include "monitor/config/service_spec.h"

/// Asking a `weir monitor` that runs.
namespace weir::cli {

/// Adds `--token-file`.
void AddMonitorFlags(po::options_description& options);

/// Where a monitor answers, and how to ask.
struct MonitorAddress {
  std::string url = "http://127.0.0.1:8471";  ///< Without a slash at its end.
  std::string authorization = {};             ///< Value of that header; secret; may be empty.
  std::string key_pin = {};                   ///< HttpAsk::key_pin.
};

/// Where a monitor that listens as `service` says, on `port`, is asked on its own machine.
std::string UrlOf(const monitor::ServiceSpec& service, std::uint16_t port);

/// From `where`: an address, the file of the monitor (its `listen` and its tokens), or empty: the
/// default. Errors: kUsage, with the way out.
Result<MonitorAddress> FindMonitor(const std::string& where, const ParsedFlags& flags);

/// What it answers to GET `path`. Errors: kUnavailable: nobody answers, or not with 200.
Result<std::string> AskMonitor(const MonitorAddress& address, const std::string& path);

}  // namespace weir::cli
