#include "monitor/page_figures.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "monitor/sources/beacon.h"

namespace weir::monitor {
namespace {

constexpr std::string_view kAll = "all";

struct Figure {
  std::string_view metric;
  std::string_view quantile;  // Empty: it has none.
  std::optional<double> PageFigures::*value;
};

constexpr std::array<Figure, 8> kFigures = {
    {{"weir_rum_apdex", "", &PageFigures::apdex},
     {"weir_rum_lcp_seconds", "0.75", &PageFigures::lcp_p75_s},
     {"weir_rum_inp_seconds", "0.75", &PageFigures::inp_p75_s},
     {"weir_rum_cls", "0.75", &PageFigures::cls_p75},
     {"weir_rum_left_ratio", "", &PageFigures::left_ratio},
     {"weir_rum_leave_from_seconds", "", &PageFigures::leave_from_s},
     {"weir_rum_leave_from_low_seconds", "", &PageFigures::leave_low_s},
     {"weir_rum_leave_from_high_seconds", "", &PageFigures::leave_high_s}}};

struct LinkFigure {
  std::string_view metric;
  double PageLink::*value;
};

constexpr std::array<LinkFigure, 4> kLinkFigures = {
    {{"weir_rum_probe_correlation", &PageLink::correlation},
     {"weir_rum_probe_correlation_low", &PageLink::low},
     {"weir_rum_probe_correlation_high", &PageLink::high},
     {"weir_rum_probe_rows", &PageLink::rows}}};

std::string_view LabelOf(const SeriesName& series, const std::string& label) {
  const auto found = series.labels.find(label);
  return found == series.labels.end() ? std::string_view() : std::string_view(found->second);
}

void ReadLink(const Sample& sample, PageFigures& page) {
  const std::string_view outcome = LabelOf(*sample.series, "outcome");
  if (outcome.empty()) {
    return;
  }
  auto link = std::find_if(page.links.begin(), page.links.end(),
                           [&](const PageLink& each) { return each.outcome == outcome; });
  if (link == page.links.end()) {
    link = page.links.insert(link, {.outcome = std::string(outcome)});
  }
  for (const LinkFigure& figure : kLinkFigures) {
    if (sample.series->metric == figure.metric) {
      *link.*figure.value = sample.value;
    }
  }
  if (sample.series->metric == "weir_rum_probe_associated") {
    link->associated = sample.value > 0;
  }
}

}  // namespace

std::vector<PageFigures> ReadPages(const Reading& reading) {
  std::map<std::pair<std::string_view, std::string_view>, PageFigures> by_name;
  for (const Sample& sample : reading.samples) {
    PageFigures& page =
        by_name[{LabelOf(*sample.series, "segment"), LabelOf(*sample.series, "page")}];
    if (sample.series->metric == "weir_rum_views_total") {
      page.views = sample.value;
    }
    ReadLink(sample, page);
    for (const Figure& figure : kFigures) {
      if (sample.series->metric == figure.metric &&
          LabelOf(*sample.series, "quantile") == figure.quantile) {
        page.*figure.value = sample.value;
      }
    }
  }
  std::vector<PageFigures> pages;
  std::vector<PageFigures> segments;
  for (auto& [name, page] : by_name) {
    page.segment = name.first;
    page.page = page.segment.empty() ? name.second : kAll;
    (page.segment.empty() ? pages : segments).push_back(std::move(page));
  }
  std::stable_sort(pages.begin(), pages.end(), [](const PageFigures& a, const PageFigures& b) {
    return std::pair(a.page == kAll, a.views) > std::pair(b.page == kAll, b.views);
  });
  pages.resize(std::min(pages.size(), kPagesListed));
  std::stable_sort(segments.begin(), segments.end(),
                   [](const PageFigures& a, const PageFigures& b) { return a.views > b.views; });
  pages.insert(pages.end(), std::make_move_iterator(segments.begin()),
               std::make_move_iterator(segments.end()));
  return pages;
}

std::string ProbedPage(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t path = url.find_first_of("/?#", scheme == url.npos ? 0 : scheme + 3);
  const bool has_path = path != url.npos && url[path] == '/';
  return PageOf(has_path ? url.substr(path) : "/");
}

std::optional<double> ProbeMedian(const Reading& reading) {
  for (const Sample& sample : reading.samples) {
    if (sample.series->metric == "weir_probe_response_seconds" &&
        LabelOf(*sample.series, "quantile") == "0.5") {
      return sample.value;
    }
  }
  return std::nullopt;
}

void JoinProbe(const std::string& name, std::string_view url, const Reading& reading,
               std::vector<PageFigures>& pages) {
  const std::string probed = ProbedPage(url);
  const auto page = std::find_if(pages.begin(), pages.end(), [&](const PageFigures& each) {
    return each.segment.empty() && each.page == probed && each.probe.empty();
  });
  if (page != pages.end()) {
    page->probe = name;
    page->probe_p50_s = ProbeMedian(reading);
  }
}

}  // namespace weir::monitor
