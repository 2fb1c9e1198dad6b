#include "reports/internal/target_use.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::reports {
namespace {

// Without labels: "name{...}" is called by what stands before them.
std::string_view BareName(std::string_view name) {
  return name.substr(0, name.find('{'));
}

double RequestsSent(const Run& run) {
  StepRecord all = run.Total(Phase::kWarmUp);
  all.Merge(run.Total(Phase::kMeasure));
  return static_cast<double>(all.counts.planned - all.counts.of(Outcome::kDropped));
}

TargetUse UseOf(const TargetMetric& metric, const Run& run) {
  TargetUse use;
  use.metric = &metric;
  if (!metric.IsCounter()) {
    return use;
  }
  if (metric.last < metric.first) {
    use.reason = "it was set back while it was watched: the process began anew";
    return use;
  }
  use.total = metric.last - metric.first;
  const auto span_s = static_cast<double>(metric.last_second - metric.first_second);
  if (span_s > 0) {
    use.per_s = *use.total / span_s;
  }
  const double last_due_s = Seconds(run.duration) - 1;
  if (metric.first_second > 0 || metric.last_second < last_due_s) {
    use.reason = fmt::format("it was seen from second {} to {} of {:.0f} only", metric.first_second,
                             metric.last_second, Seconds(run.duration));
  } else if (const double sent = RequestsSent(run); sent > 0) {
    use.per_request = *use.total / sent;
  } else {
    use.reason = "no request was sent";
  }
  return use;
}

}  // namespace

std::vector<TargetUse> TargetUses(const Run& run) {
  std::vector<TargetUse> uses;
  for (const TargetMetric& metric : run.target_metrics) {
    uses.push_back(UseOf(metric, run));
  }
  return uses;
}

TargetUnit TargetUnitOf(std::string_view name) {
  std::string_view bare = BareName(name);
  if (bare.ends_with("_total")) {
    bare.remove_suffix(std::string_view("_total").size());
  }
  if (bare.ends_with("_s") || bare.ends_with("_seconds")) {
    return TargetUnit::kSeconds;
  }
  return bare.ends_with("_bytes") ? TargetUnit::kBytes : TargetUnit::kNumber;
}

}  // namespace weir::reports
