#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "monitor/alert_desk.h"
#include "monitor/config/monitor_config.h"

// Whatever stands in a file: there is a configuration that a monitor can work with, or errors.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const weir::monitor::ConfigAccess access = {
      .read_secret = [](const std::string&) -> weir::Result<std::string> {
        return "0123456789abcdef";
      },
      .find_program = [](const std::string&) -> weir::Result<std::string> { return "/bin/true"; },
      // The file of a zone is as little to be trusted.
      .read_time_zone = [text](const std::string&) -> weir::Result<std::string> {
        return std::string(text);
      }};
  const weir::Result<weir::monitor::MonitorConfig> config =
      weir::monitor::ReadMonitorConfig(text, "monitor.yaml", access);
  if (!config) {
    WEIR_CHECK(!config.error().message.empty());
    return 0;
  }
  const std::vector<weir::monitor::SourceView> views(config->sources.size() + 1);
  weir::monitor::AlertDesk desk(*config);
  WEIR_CHECK(desk.Step(weir::WallTime(std::chrono::hours(1)), views).messages.empty());
  for (std::size_t i = 0; i < config->route_ids.size(); ++i) {
    WEIR_CHECK(!config->policy.routes.options(i).receiver.empty());
  }
  return 0;
}
