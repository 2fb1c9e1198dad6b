#include "monitor/sources/rum_views.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace weir::monitor {
namespace {

constexpr std::size_t kOther = 0;
constexpr std::string_view kPage = "page";
constexpr std::string_view kQuantile = "quantile";
// Beacons of views that were long open come late.
constexpr Nanos kRowsSettle = 10 * PageCourses::kRow;
constexpr std::array<std::pair<std::string_view, double>, 3> kQuantiles = {
    {{"0.5", 0.5}, {"0.75", 0.75}, {"0.95", 0.95}}};

struct Vital {
  std::string_view metric;
  std::optional<double> Beacon::*value;
};

constexpr std::array<Vital, 4> kVitals = {{{"weir_rum_ttfb_seconds", &Beacon::ttfb_s},
                                           {"weir_rum_lcp_seconds", &Beacon::lcp_s},
                                           {"weir_rum_inp_seconds", &Beacon::inp_s},
                                           {"weir_rum_cls", &Beacon::cls}}};

// Names are made anew when there are so many of pages that are gone.
constexpr std::size_t kNamesMax = 20'000;

/// The mean of what is told to it.
struct Mean {
  double sum = 0;
  std::uint64_t count = 0;

  void Add(double value) {
    sum += value;
    ++count;
  }
};

// 1, a half or 0; a view without a paint that did not fail has no mark.
void AddMark(const Beacon& beacon, double target_s, Mean& marks) {
  if (beacon.outcome == ViewOutcome::kError) {
    marks.Add(0);
  } else if (beacon.lcp_s) {
    marks.Add(*beacon.lcp_s <= target_s ? 1 : *beacon.lcp_s <= 4 * target_s ? 0.5 : 0);
  }
}

}  // namespace

std::size_t RumViews::NumberOf(const std::string& name, std::vector<Group>& groups,
                               std::size_t groups_max) {
  std::size_t free = groups.size();
  for (std::size_t i = 1; i < groups.size(); ++i) {
    if (groups[i].views > 0 && groups[i].name == name) {
      return i;
    }
    free = groups[i].views == 0 ? std::min(free, i) : free;
  }
  if (free > groups_max) {
    return kOther;
  }
  if (free == groups.size()) {
    groups.emplace_back();
  }
  groups[free] = {name, 0, {}};
  return free;
}

void RumViews::Count(const View& view, ViewOutcome before, bool is_new) {
  Totals none;
  Totals& of_segment = view.segment ? segments_[*view.segment].totals : none;
  for (Totals* totals : {&all_, &pages_[view.page].totals, &of_segment}) {
    totals->views += is_new ? 1U : 0U;
    if (view.last.outcome != before) {
      totals->errors += view.last.outcome == ViewOutcome::kError ? 1U : 0U;
      totals->done += view.last.outcome == ViewOutcome::kDone ? 1U : 0U;
    }
  }
}

void RumViews::Leave() {
  const View& view = views_.front();
  if (view.began) {
    courses_.Viewed(pages_[view.page].name, *view.began, view.last.lcp_s, view.last.left);
  }
  --pages_[view.page].views;
  if (view.segment) {
    --segments_[*view.segment].views;
  }
  view_number_.erase(view.last.view);
  views_.pop_front();
  ++gone_;
}

void RumViews::Forget(Instant now) {
  while (!views_.empty() && now - views_.front().at > options_.window) {
    Leave();
  }
}

void RumViews::Take(const Beacon& beacon, Instant now) {
  Forget(now);
  const auto known = view_number_.find(beacon.view);
  if (known == view_number_.end() && beacon.number > 0) {
    return Drop("late");
  }
  ++ledger_.offered;
  ++ledger_.ingested;
  if (known != view_number_.end()) {
    View& view = views_[known->second - gone_];
    // Beacons overtake each other.
    if (beacon.number > view.last.number) {
      const ViewOutcome before = view.last.outcome;
      view.last = beacon;
      // What has failed stays so, so that it is counted once.
      view.last.outcome = before == ViewOutcome::kError ? before : beacon.outcome;
      Count(view, before, false);
    }
    return;
  }
  if (views_.size() == kViewsMax) {
    Leave();
    ++early_;
  }
  const std::size_t page = NumberOf(beacon.page, pages_, kPagesMax);
  ++pages_[page].views;
  std::optional<std::size_t> segment;
  if (!beacon.segment.empty()) {
    segment = NumberOf(beacon.segment, segments_, kSegmentsMax);
    ++segments_[*segment].views;
  }
  view_number_[beacon.view] = gone_ + views_.size();
  std::optional<Instant> began;
  if (beacon.age_s && *beacon.age_s < Seconds(PageCourses::kAgeMax)) {
    began = now - Nanos(std::llround(*beacon.age_s * 1e9));
  }
  views_.push_back({now, began, page, segment, beacon});
  Count(views_.back(), ViewOutcome::kNone, true);
}

const std::shared_ptr<const SeriesName>& RumViews::NameOf(std::string_view metric,
                                                          const GroupName& group, const Tag& tag) {
  auto& name = names_[{std::string(metric) + std::string(tag.value), std::string(group.label),
                       std::string(group.name)}];
  if (name == nullptr) {
    Labels labels = {{std::string(group.label), std::string(group.name)}};
    if (!tag.value.empty()) {
      labels.emplace(tag.label, tag.value);
    }
    name = std::make_shared<const SeriesName>(SeriesName{std::string(metric), std::move(labels)});
  }
  return name;
}

void RumViews::TellLinks(const GroupName& group, Reading& reading) {
  for (const ProbeLink& link : links_) {
    if (link.page != group.name) {
      continue;
    }
    const auto put = [&](std::string_view metric, double value) {
      reading.samples.push_back({NameOf(metric, group, {"outcome", link.outcome}), value});
    };
    put("weir_rum_probe_correlation", link.correlation);
    put("weir_rum_probe_correlation_low", link.low);
    put("weir_rum_probe_correlation_high", link.high);
    put("weir_rum_probe_associated", link.associated ? 1 : 0);
    put("weir_rum_probe_rows", static_cast<double>(link.rows));
  }
}

void RumViews::Tell(const GroupName& group, const Totals& totals,
                    const std::vector<const View*>& views, Reading& reading) {
  const auto put = [&](std::string_view metric, double value, std::string_view quantile = {}) {
    reading.samples.push_back({NameOf(metric, group, {kQuantile, quantile}), value});
  };
  put("weir_rum_views_total", static_cast<double>(totals.views));
  put("weir_rum_errors_total", static_cast<double>(totals.errors));
  put("weir_rum_done_total", static_cast<double>(totals.done));
  for (const Vital& vital : kVitals) {
    std::vector<double> values;
    for (const View* view : views) {
      if (const std::optional<double>& value = view->last.*vital.value) {
        values.push_back(*value);
      }
    }
    std::sort(values.begin(), values.end());
    for (const auto& [text, q] : kQuantiles) {
      if (!values.empty()) {
        const double rank = std::ceil(q * static_cast<double>(values.size()));
        put(vital.metric, values[static_cast<std::size_t>(rank) - 1], text);
      }
    }
  }
  if (group.label == kPage) {
    TellLinks(group, reading);
  }
  const auto leave = group.label == kPage ? leave_.find(std::string(group.name)) : leave_.end();
  if (leave != leave_.end() && !views.empty()) {
    put("weir_rum_leave_from_seconds", leave->second.from_s);
    put("weir_rum_leave_from_low_seconds", leave->second.low_s);
    put("weir_rum_leave_from_high_seconds", leave->second.high_s);
  }
  Mean marks;
  Mean left;
  for (const View* view : views) {
    AddMark(view->last, Seconds(options_.apdex_target), marks);
    if (view->last.left) {
      left.Add(*view->last.left ? 1 : 0);
    }
  }
  for (const auto& [metric, mean] :
       {std::pair{"weir_rum_apdex", marks}, std::pair{"weir_rum_left_ratio", left}}) {
    if (mean.count > 0) {
      put(metric, mean.sum / static_cast<double>(mean.count));
    }
  }
}

std::vector<PageRows> RumViews::Rows(Instant now) {
  Forget(now);
  return courses_.Rows(now - options_.window - kRowsSettle);
}

std::map<std::string, std::vector<UserView>> RumViews::UserViews(Instant now) {
  Forget(now);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < pages_.size(); ++i) {
    if (pages_[i].views > 0) {
      order.push_back(i);
    }
  }
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    return pages_[a].views > pages_[b].views;
  });
  order.resize(std::min(order.size(), kUxPages));
  std::map<std::string, std::vector<UserView>> rows;
  const auto add = [&rows](const std::string& page, const UserView& row) {
    std::vector<UserView>& of_page = rows[page];
    if (of_page.size() < kUxViewsMax) {
      of_page.push_back(row);
    }
  };
  for (auto view = views_.rbegin(); view != views_.rend(); ++view) {
    if (!view->last.lcp_s || !view->last.left) {
      continue;
    }
    const UserView row{*view->last.lcp_s, *view->last.left};
    add("all", row);
    if (std::find(order.begin(), order.end(), view->page) != order.end()) {
      add(pages_[view->page].name, row);
    }
  }
  for (auto& [page, of_page] : rows) {
    std::reverse(of_page.begin(), of_page.end());
  }
  return rows;
}

void RumViews::TellAll(std::string_view label, const std::vector<Group>& groups,
                       const std::vector<std::vector<const View*>>& views, Reading& reading) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    // Counters of `other` would begin anew with each group that comes back.
    if (groups[i].views > 0 || (i == kOther && groups[i].totals.views > 0)) {
      Tell({label, groups[i].name}, groups[i].totals, views[i], reading);
    }
  }
}

Reading RumViews::Look(Instant now) {
  Forget(now);
  if (names_.size() > kNamesMax) {
    names_.clear();
  }
  Reading reading;
  // What is counted are beacons; series are made of them.
  reading.ledger = std::exchange(ledger_, {});
  std::vector<const View*> all;
  std::vector<std::vector<const View*>> of_page(pages_.size());
  std::vector<std::vector<const View*>> of_segment(segments_.size());
  for (const View& view : views_) {
    all.push_back(&view);
    of_page[view.page].push_back(&view);
    if (view.segment) {
      of_segment[*view.segment].push_back(&view);
    }
  }
  Tell({kPage, "all"}, all_, all, reading);
  TellAll(kPage, pages_, of_page, reading);
  TellAll("segment", segments_, of_segment, reading);
  if (early_ > 0) {
    reading.Warn(fmt::format("{} views left the window before their time: more than {} came in it",
                             early_, kViewsMax));
  }
  return reading;
}

}  // namespace weir::monitor
