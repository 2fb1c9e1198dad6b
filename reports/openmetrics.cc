#include "reports/openmetrics.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/label_text.h"

namespace weir::reports {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 4> kQuantiles = {
    {{"0.5", 0.5}, {"0.9", 0.9}, {"0.99", 0.99}, {"1", 1.0}}};

}  // namespace

void OpenMetricsText::BeginRun(const Run& run) {
  labels_ = fmt::format("run=\"{}\",scenario=\"{}\",build=\"{}\"", run.id,
                        EscapedLabelValue(run.plan.scenario), EscapedLabelValue(run.plan.build));
  started_s_ = static_cast<double>(CountNs(run.started_at)) / 1e9;
  counts_ = {};
}

void OpenMetricsText::Count(const std::string& labels, double at_s, std::uint64_t value) {
  requests_ += fmt::format("weir_requests_total{{{}}} {} {:.3f}\n", labels, value, at_s);
  ++samples_;
}

void OpenMetricsText::Add(const SecondPoint& point) {
  const bool warm_up = point.phase == Phase::kWarmUp;
  const double at_s = started_s_ + point.second + 1;
  const std::string labels =
      fmt::format("{},phase=\"{}\"", labels_, warm_up ? "warm_up" : "measure");
  RequestCounts& counts = counts_[warm_up ? 0 : 1];
  counts += point.counts;
  Count(labels + ",outcome=\"planned\"", at_s, counts.planned);
  for (std::size_t i = 0; i < counts.by_outcome.size(); ++i) {
    // One that never came is no series.
    if (counts.by_outcome[i] > 0) {
      Count(fmt::format("{},outcome=\"{}\"", labels, OutcomeName(static_cast<Outcome>(i))), at_s,
            counts.by_outcome[i]);
    }
  }
  if (point.response.empty()) {
    return;
  }
  for (const auto& [text, q] : kQuantiles) {
    times_ +=
        fmt::format("weir_response_time_seconds{{{},quantile=\"{}\"}} {:.9g} {:.3f}\n", labels,
                    text, static_cast<double>(point.response.QuantileNs(q)) / 1e9, at_s);
    ++samples_;
  }
}

std::string OpenMetricsText::Take() {
  std::string text =
      "# HELP weir_requests Requests of a run so far, by what became of them.\n"
      "# TYPE weir_requests counter\n" +
      std::exchange(requests_, {}) +
      "# HELP weir_response_time_seconds Response time from the due instant, of each second.\n"
      "# TYPE weir_response_time_seconds gauge\n"
      "# UNIT weir_response_time_seconds seconds\n" +
      std::exchange(times_, {}) + "# EOF\n";
  return text;
}

}  // namespace weir::reports
