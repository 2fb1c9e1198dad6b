#include "monitor/look_meters.h"

#include <algorithm>
#include <utility>

#include "monitor/page_figures.h"

namespace weir::monitor {
namespace {

bool TellsOfUsers(SourceKind kind) {
  return kind == SourceKind::kProbe || kind == SourceKind::kAccessLog;
}

}  // namespace

void LookMeters::TakeOver(const Crew& before, const Crew& now) {
  std::vector<ServiceMeter> meters(now.pollers.size());
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const auto old = std::find(before.pollers.begin(), before.pollers.end(), now.pollers[i]);
    if (old != before.pollers.end()) {
      meters[i] = meters_[static_cast<std::size_t>(old - before.pollers.begin())];
    }
  }
  meters_ = std::move(meters);
  pages_.assign(meters_.size(), "");
  told_.assign(meters_.size(), Instant());
  for (std::size_t i = 0; i < pages_.size(); ++i) {
    const SourceSpec& spec = now.pollers[i]->spec();
    std::string page = spec.kind == SourceKind::kProbe ? ProbedPage(spec.url) : "";
    if (std::find(pages_.begin(), pages_.end(), page) == pages_.end()) {
      pages_[i] = std::move(page);
    }
  }
}

void LookMeters::TellUsersSide(const Crew& crew, std::size_t number, const SourceStatus& status) {
  if (crew.rum == nullptr || pages_[number].empty() || *status.good_at <= told_[number]) {
    return;
  }
  told_[number] = *status.good_at;
  if (const auto median = ProbeMedian(*status.last_good)) {
    crew.rum->HearProbe(pages_[number], *status.good_at, *median);
  }
}

std::size_t LookMeters::Take(const Crew& crew, const std::vector<SourceStatus>& statuses,
                             Instant now, WallTime at) {
  std::size_t news = 0;
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const SourceStatus& status = statuses[i];
    if (status.last_good == nullptr || !status.good_at || !status.good_at_wall) {
      continue;
    }
    if (TellsOfUsers(crew.pollers[i]->spec().kind) && *status.good_at_wall <= at) {
      const auto& trend = meters_[i].trend();
      const WallTime newest = trend.empty() ? WallTime::min() : trend.back().at;
      meters_[i].Take(*status.good_at_wall, *status.last_good);
      if (!trend.empty() && trend.back().at != newest) {
        ++news;
      }
    }
    TellUsersSide(crew, i, status);
    if (*status.good_at > newest_look_) {
      newest_look_ = *status.good_at;
      pipeline_latency_ = now - newest_look_;
    }
  }
  return news;
}

std::vector<ServiceReport> LookMeters::Report(const std::vector<SourceReport>& sources) const {
  std::vector<ServiceReport> services;
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    const SourceReport& source = sources[i];
    if (TellsOfUsers(source.kind)) {
      const auto& trend = meters_[i].trend();
      services.push_back({source.name, source.kind, source.stale, {trend.begin(), trend.end()}});
    }
  }
  return services;
}

}  // namespace weir::monitor
