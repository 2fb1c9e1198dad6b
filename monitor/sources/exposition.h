#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "monitor/sources/sample.h"

namespace weir::monitor {

/// Reads pages of metrics: exposition format 0.0.4, and of OpenMetrics the samples. Remembers the
/// names of series from page to page, as they take most of the time. One thread at a time. Cost:
/// linear in the page.
/// Checked against: pages of prometheus-node-exporter and Prometheus, tests/integration.
class ExpositionReader {
 public:
  /// Names that are remembered; when there are more, all are forgotten and learnt anew.
  static constexpr std::size_t kNamesMax = 100'000;

  Reading Read(std::string_view page);

 private:
  struct TextHash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  void ReadLine(std::string_view line, Reading& reading);

  // By the text before the value.
  std::unordered_map<std::string, std::shared_ptr<const SeriesName>, TextHash, std::equal_to<>>
      names_;
};

}  // namespace weir::monitor
