#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "monitor/crew.h"
#include "monitor/monitor_report.h"
#include "monitor/service_meter.h"
#include "monitor/sources/poller.h"

namespace weir::monitor {

/// What looks tell people beside what rules make of them: how the users of services fare, and how
/// old a look was when it was taken in; what a probe measures of a page is told to who collects
/// what users have of it. Pure but for that. One thread at a time.
class LookMeters {
 public:
  /// The looks of another crew come next: of sources that go on what is known stays.
  void TakeOver(const Crew& before, const Crew& now);

  /// Takes in the newest looks, by number of source, at `now`; those that are from after `at` are
  /// from before the clock was set back. Returns how many trends have news.
  std::size_t Take(const Crew& crew, const std::vector<SourceStatus>& statuses, Instant now,
                   WallTime at);

  /// The clock was set back: trends begin anew.
  void Forget() { meters_.assign(meters_.size(), ServiceMeter()); }

  /// How services are. `sources` by number.
  std::vector<ServiceReport> Report(const std::vector<SourceReport>& sources) const;

  /// From the arrival of the newest look until it was taken in.
  const std::optional<Nanos>& pipeline_latency() const { return pipeline_latency_; }

 private:
  void TellUsersSide(const Crew& crew, std::size_t number, const SourceStatus& status);

  std::vector<ServiceMeter> meters_;  // One for each source, as the next two.
  std::vector<std::string> pages_;    // That a probe asks, as the first; else empty.
  std::vector<Instant> told_;         // Until when.
  Instant newest_look_{};
  std::optional<Nanos> pipeline_latency_;
};

}  // namespace weir::monitor
