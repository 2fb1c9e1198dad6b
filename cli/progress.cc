#include "cli/progress.h"

#include <string>

#include <fmt/core.h>

#include "base/text.h"

namespace weir::cli {

Progress::Progress(RecordSink* next, Nanos planned, Display display)
    : next_(next), planned_(planned), display_(display) {}

Progress::~Progress() {
  Clear();
}

void Progress::OnSecond(const SecondRecord& record) {
  if (next_ != nullptr) {
    next_->OnSecond(record);
  }
  if (display_ == Display::kOff) {
    return;
  }
  last_second_ = StepRecord{};
  for (const StepRecord& step : record.steps) {
    last_second_.Merge(step);
    for (const Outcome outcome : {Outcome::kFailed, Outcome::kTimedOut, Outcome::kDropped}) {
      failed_ += step.counts.of(outcome);
    }
  }
}

void Progress::OnResources(const ResourceSample& sample) {
  if (next_ != nullptr) {
    next_->OnResources(sample);
  }
  if (display_ == Display::kOff) {
    return;
  }
  const LatencyView view = MergedLatency(last_second_, LatencyKind::kResponse);
  std::string latency;
  if (!view.histogram.empty()) {
    const auto quantile = [&view](double q) {
      return FormatDuration(Nanos(static_cast<std::int64_t>(view.histogram.QuantileNs(q))));
    };
    latency = fmt::format("p50 {}  max {}  ", quantile(0.5), quantile(1));
  }
  fmt::print(stderr, "\r\x1b[K  {} s of {:.0f} s  {}  {}in flight {}  not completed {}",
             sample.second + 1, Seconds(planned_),
             FormatRate(static_cast<double>(last_second_.counts.of(Outcome::kCompleted))), latency,
             FormatCount(sample.in_flight), FormatCount(failed_));
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::OnTarget(const TargetSample& sample) {
  if (next_ != nullptr) {
    next_->OnTarget(sample);
  }
}

void Progress::Clear() {
  if (drawn_) {
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    drawn_ = false;
  }
}

}  // namespace weir::cli
