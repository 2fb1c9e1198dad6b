#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "monitor/alerts/label_matcher.h"
#include "monitor/rules/burn_rate.h"
#include "monitor/rules/sample_window.h"
#include "monitor/sources/sample.h"

/// One metric over another, as a rule looks at it. Pure.
namespace weir::monitor {

struct RatioSpec {
  SeriesSelector of;
  SeriesSelector to;
  std::vector<std::string> by = {};  ///< A ratio for each value of these labels; empty: one.

  friend bool operator==(const RatioSpec&, const RatioSpec&) = default;
};

/// Each series goes through the window first; what comes out is added up over `by`, then divided:
/// `sum by (host) (rate(a[5m])) / sum by (host) (rate(b[5m]))`.
class RatioMeter {
 public:
  /// Series of one rule; more are left out and counted.
  static constexpr std::size_t kSeriesMax = 10'000;

  struct Ratio {
    Labels labels;  ///< Of the group.
    /// Nothing when the lower one is absent or 0, or the upper one absent; with a rate, an absent
    /// upper one is 0, as counters of errors appear with the first error.
    std::optional<double> value;
  };

  /// Both must outlive it.
  RatioMeter(const RatioSpec& spec, const WindowSpec& window) : spec_(spec), window_(window) {}

  /// What a look at `at` brought. Times ascend.
  std::vector<Ratio> Read(WallTime at, const Reading& reading);

  std::uint64_t left_out() const { return left_out_; }

 private:
  struct ByName {
    bool operator()(const std::shared_ptr<const SeriesName>& a,
                    const std::shared_ptr<const SeriesName>& b) const;
  };

  struct Part {
    bool upper = false;
    bool lower = false;
    Labels group;
    SampleWindow window;
    WallTime seen_at{};
  };

  Part* PartOf(const std::shared_ptr<const SeriesName>& name);

  const RatioSpec& spec_;
  const WindowSpec& window_;
  std::map<std::shared_ptr<const SeriesName>, Part, ByName> parts_;
  std::uint64_t left_out_ = 0;
};

/// "errors_total over requests_total by host".
std::string DescribeRatio(const RatioSpec& spec);

}  // namespace weir::monitor
