#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/sources/sample.h"

namespace weir::monitor {

/// Whether something that users have of a page moves with what a probe of it measures
/// (sources/probe_links.h).
struct PageLink {
  std::string outcome;  ///< "lcp" or "left".
  double rows = 0;      ///< Minutes in which both were seen.
  double correlation = 0;
  double low = 0;  ///< Its 95 % interval.
  double high = 0;
  bool associated = false;
};

/// What users have of a page, as the newest look at a source rum found it (sources/rum_views.h).
/// What is not known is absent.
struct PageFigures {
  std::string page;     ///< A path, `all` or `other`.
  std::string segment;  ///< Of users, on all pages; empty: of all users.
  double views = 0;     ///< Since the page is known.
  std::optional<double> apdex;
  std::optional<double> lcp_p75_s;
  std::optional<double> inp_p75_s;
  std::optional<double> cls_p75;
  std::optional<double> left_ratio;
  std::optional<double> leave_from_s;  ///< The LCP from which on more users leave.
  std::optional<double> leave_low_s;   ///< Its 95 % interval.
  std::optional<double> leave_high_s;
  std::string probe = {};             ///< The source that probes this page; empty: none does.
  std::optional<double> probe_p50_s;  ///< What its newest look had, from when it was due.
  std::vector<PageLink> links = {};   ///< By outcome; none: too little was seen.
};

/// Reads `weir_rum_*`: `all` first, then by views, the most first; at most kPagesListed
/// pages, after them the segments. Pure.
std::vector<PageFigures> ReadPages(const Reading& reading);

/// The page that a probe of `url` asks, as PageOf; by path, as a probe may go by another address
/// than users.
std::string ProbedPage(std::string_view url);

/// The median of a look of a probe; nothing: nobody answered.
std::optional<double> ProbeMedian(const Reading& reading);

/// Puts what a probe of `url` measures beside what users have of that page, so that a slow page is
/// told from a slow server. By path, as a probe may go by another address than users; the first
/// probe of a page counts. Pure.
void JoinProbe(const std::string& name, std::string_view url, const Reading& reading,
               std::vector<PageFigures>& pages);

inline constexpr std::size_t kPagesListed = 20;

}  // namespace weir::monitor
