#include "monitor/sources/run_series.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace weir::monitor {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 3> kQuantiles = {
    {{"0.5", 0.5}, {"0.9", 0.9}, {"0.99", 0.99}}};
constexpr std::string_view kAllSteps = "all";
constexpr double kNsPerSecond = 1e9;

// Names of series that are gone are let go of with all others, and made anew.
constexpr std::size_t kNamesMax = 2 * Reading::kSamplesMax;

}  // namespace

std::shared_ptr<const SeriesName> RunSeries::NameOf(std::string metric, Labels labels) {
  if (names_.size() >= kNamesMax) {
    names_.clear();
  }
  auto& name = names_[{metric, labels}];
  if (name == nullptr) {
    name = std::make_shared<const SeriesName>(SeriesName{std::move(metric), std::move(labels)});
  }
  return name;
}

std::vector<Sample> RunSeries::SamplesOf(const Run& run) {
  std::vector<Sample> samples;
  const auto steps = static_cast<int>(run.plan.steps.size());
  for (int step = -1; step < steps; ++step) {
    const StepRecord total = run.Total(Phase::kMeasure, step);
    const std::string name(step < 0 ? std::string(kAllSteps)
                                    : run.plan.steps[static_cast<std::size_t>(step)].step);
    const Labels labels = {{"scenario", run.plan.scenario}, {"step", name}};
    const Histogram response = MergedLatency(total, LatencyKind::kResponse).histogram;
    for (const auto& [word, quantile] : kQuantiles) {
      if (response.count() > 0) {
        Labels of_quantile = labels;
        of_quantile.emplace("quantile", word);
        samples.push_back({NameOf("weir_run_response_seconds", std::move(of_quantile)),
                           static_cast<double>(response.QuantileNs(quantile)) / kNsPerSecond});
      }
    }
    if (const std::optional<double> ratio = total.counts.ErrorRatio()) {
      samples.push_back({NameOf("weir_run_error_ratio", labels), *ratio});
    }
    if (run.measured > Nanos(0)) {
      samples.push_back({NameOf("weir_run_requests_per_second", labels),
                         static_cast<double>(total.completed_in_window) / Seconds(run.measured)});
    }
    samples.push_back(
        {NameOf("weir_run_requests_total", labels), static_cast<double>(total.counts.planned)});
  }
  return samples;
}

void RunBoard::Put(const Run& run, WallTime finished_at) {
  Told& told = told_[run.plan.scenario];
  if (told.samples != nullptr) {
    past_.push_back({told.finished_at, std::move(told.samples)});
    std::stable_sort(past_.begin(), past_.end(),
                     [](const PastLook& a, const PastLook& b) { return a.at < b.at; });
  }
  told = {.samples = std::make_shared<const std::vector<Sample>>(series_.SamplesOf(run)),
          .finished_at = finished_at,
          .fresh = true};
  if (past_.size() > kKept) {
    past_.pop_front();
  }
  if (told_.size() > kKept) {
    told_.erase(std::min_element(told_.begin(), told_.end(), [](const auto& a, const auto& b) {
      return a.second.finished_at < b.second.finished_at;
    }));
  }
}

Reading RunBoard::Look() {
  Reading reading;
  for (auto& [scenario, told] : told_) {
    for (Sample sample : *told.samples) {
      if (told.fresh) {
        reading.Ingest(std::move(sample));
      } else if (reading.samples.size() < Reading::kSamplesMax) {
        sample.repeated = true;
        reading.samples.push_back(std::move(sample));
      }
    }
    told.fresh = false;
  }
  reading.past.assign(past_.begin(), past_.end());
  return reading;
}

}  // namespace weir::monitor
