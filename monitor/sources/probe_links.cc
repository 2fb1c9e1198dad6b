#include "monitor/sources/probe_links.h"

#include <array>
#include <cmath>
#include <utility>

#include "analysis/lagged_correlation.h"
#include "analysis/multiplicity.h"

namespace weir::monitor {
namespace {

// Users and probes meet the same server at the same time, so no other lag is asked. What changes
// over more than eight times as many rows is the time of day, which both may follow.
constexpr std::size_t kLagMax = 10;

constexpr std::array<std::pair<std::string_view, std::vector<double> PageRows::*>, 2> kOutcomes = {
    {{"lcp", &PageRows::lcp_s}, {"left", &PageRows::left_ratio}}};

std::size_t RowsWithBoth(const std::vector<double>& a, const std::vector<double>& b) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    count += std::isfinite(a[i]) && std::isfinite(b[i]) ? 1U : 0U;
  }
  return count;
}

}  // namespace

std::vector<ProbeLink> FindProbeLinks(const std::vector<PageRows>& pages) {
  std::vector<ProbeLink> links;
  std::vector<double> p_values;
  for (const PageRows& page : pages) {
    for (const auto& [outcome, rows] : kOutcomes) {
      const std::size_t with_both = RowsWithBoth(page.probe_p50_s, page.*rows);
      if (with_both < kLinkRowsMin) {
        continue;
      }
      const auto result = analysis::CorrelateLagged(page.probe_p50_s, page.*rows,
                                                    {.lag_max = kLagMax, .lag_known = true});
      if (result.found) {
        links.push_back({.page = page.page,
                         .outcome = outcome,
                         .rows = with_both,
                         .correlation = result.found->correlation,
                         .low = result.found->interval.low,
                         .high = result.found->interval.high});
        p_values.push_back(result.found->p_value);
      }
    }
  }
  const std::vector<double> adjusted = analysis::BenjaminiYekutieliAdjusted(p_values);
  for (std::size_t i = 0; i < links.size(); ++i) {
    links[i].p_adjusted = adjusted[i];
    links[i].associated = adjusted[i] <= kFalseDiscoveryRate;
  }
  return links;
}

}  // namespace weir::monitor
