#include "monitor/page_figures.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

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

std::string_view LabelOf(const SeriesName& series, const std::string& label) {
  const auto found = series.labels.find(label);
  return found == series.labels.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

std::vector<PageFigures> ReadPages(const Reading& reading) {
  std::map<std::string_view, PageFigures> by_name;
  for (const Sample& sample : reading.samples) {
    PageFigures& page = by_name[LabelOf(*sample.series, "page")];
    if (sample.series->metric == "weir_rum_views_total") {
      page.views = sample.value;
    }
    for (const Figure& figure : kFigures) {
      if (sample.series->metric == figure.metric &&
          LabelOf(*sample.series, "quantile") == figure.quantile) {
        page.*figure.value = sample.value;
      }
    }
  }
  std::vector<PageFigures> pages;
  for (auto& [name, page] : by_name) {
    page.page = name;
    pages.push_back(std::move(page));
  }
  std::stable_sort(pages.begin(), pages.end(), [](const PageFigures& a, const PageFigures& b) {
    return std::pair(a.page == kAll, a.views) > std::pair(b.page == kAll, b.views);
  });
  pages.resize(std::min(pages.size(), kPagesListed));
  return pages;
}

}  // namespace weir::monitor
