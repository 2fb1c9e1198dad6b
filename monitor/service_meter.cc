#include "monitor/service_meter.h"

#include <string>

namespace weir::monitor {
namespace {

std::string LabelOf(const Sample& sample, const std::string& label) {
  const auto found = sample.series->labels.find(label);
  return found == sample.series->labels.end() ? std::string() : found->second;
}

bool IsTime(const Sample& sample) {
  const std::string& metric = sample.series->metric;
  return metric == "weir_probe_response_seconds" ||
         (metric == "weir_log_response_seconds" && LabelOf(sample, "class") == "all");
}

}  // namespace

void ServiceMeter::Take(WallTime at, const Reading& reading) {
  if (!trend_.empty() && at <= trend_.back().at) {
    return;
  }
  ServiceFigures figures;
  figures.at = at;
  Counts counts;
  bool counts_known = false;
  for (const Sample& sample : reading.samples) {
    const std::string& metric = sample.series->metric;
    if (IsTime(sample)) {
      const std::string quantile = LabelOf(sample, "quantile");
      if (quantile == "0.5") {
        figures.p50_s = sample.value;
      } else if (quantile == "0.9") {
        figures.p90_s = sample.value;
      }
    } else if (metric == "weir_probe_requests_total" || metric == "weir_log_requests_total") {
      const bool probe = metric == "weir_probe_requests_total";
      const bool failed =
          probe ? LabelOf(sample, "outcome") != "completed" : LabelOf(sample, "class") == "5xx";
      counts.all += sample.value;
      counts.failed += failed ? sample.value : 0;
      counts_known = true;
    }
  }
  // Counters begin anew with a probe or log that is read anew.
  if (counts_known && counted_ && counts.all >= counted_->all &&
      counts.failed >= counted_->failed) {
    const double requests = counts.all - counted_->all;
    figures.rate_per_s = requests / Seconds(at - trend_.back().at);
    if (requests > 0) {
      figures.error_ratio = (counts.failed - counted_->failed) / requests;
    }
  }
  counted_ = counts_known ? std::optional(counts) : std::nullopt;
  trend_.push_back(figures);
  if (trend_.size() > kTrendMax) {
    trend_.pop_front();
  }
}

}  // namespace weir::monitor
