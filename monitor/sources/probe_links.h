#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/sources/page_rows.h"

namespace weir::monitor {

/// Does what users have of a page move with what a probe measures there?
struct ProbeLink {
  std::string page;
  std::string_view outcome;  ///< "lcp" or "left".
  std::size_t rows = 0;      ///< Of PageCourses::kRow, those in which both were seen.
  double correlation = 0;    ///< Spearman's, without season, slow change and memory; -1 to 1.
  double low = 0;            ///< Its 95 % interval.
  double high = 0;
  double p_adjusted = 1;    ///< By chance as strong, of all pages and outcomes asked.
  bool associated = false;  ///< p_adjusted <= kFalseDiscoveryRate.
};

inline constexpr std::size_t kLinkRowsMin = 60;

/// It is asked again and again, all year long: the share of the time in which anything is called
/// associated that is not.
inline constexpr double kFalseDiscoveryRate = 0.01;

/// By the engine of `weir analyze ux` (analysis/lagged_correlation.h), in the same row and by what
/// changes within 80 rows. A page is left out with fewer than kLinkRowsMin rows in which both were
/// seen, or when one of the two does not vary. Association, never cause. Pure. Measured
/// (tests/monitor/probe_links_test.cc): of what has only the time of day in common at most 1 % is
/// called associated; of incidents of 20 minutes in each three hours, which double the paint, 12
/// hours show 56 % with three views a minute and 97 % with 20.
std::vector<ProbeLink> FindProbeLinks(const std::vector<PageRows>& pages);

}  // namespace weir::monitor
