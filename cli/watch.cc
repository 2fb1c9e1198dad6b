#include "cli/watch.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "loadgen/transport/metrics_page.h"

namespace weir::cli {
namespace {

constexpr int kPidMax = 4'194'304;  // Of 64-bit Linux, 2^22.

Status AddMetricsPage(const ParsedFlags& flags,
                      std::vector<std::unique_ptr<loadgen::WatchSource>>& sources) {
  std::vector<loadgen::MetricSelector> selectors;
  for (const std::string& text : flags.Texts("watch-metric")) {
    Result<loadgen::MetricSelector> selector = loadgen::ParseMetricSelector(text);
    if (!selector) {
      return UsageError("--watch-metric: " + selector.error().message);
    }
    selectors.push_back(*std::move(selector));
  }
  if (!flags.Has("watch-metrics")) {
    return selectors.empty() ? Status() : UsageError("--watch-metric needs --watch-metrics URL");
  }
  Result<std::unique_ptr<loadgen::WatchSource>> page =
      loadgen::WatchMetricsPage(flags.Text("watch-metrics"), std::move(selectors));
  if (!page) {
    return UsageError("--watch-metrics: " + page.error().message);
  }
  sources.push_back(*std::move(page));
  return {};
}

}  // namespace

void AddWatchFlags(po::options_description& options) {
  auto add = options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("watch-pid", text("PID"), "record what the target's process and its children use");
  add("watch-cgroup", text("PATH"), "record what the target's control group uses");
  add("watch-metrics", text("URL"), "record numbers of a Prometheus page, e.g. of node_exporter");
  add("watch-metric", po::value<std::vector<std::string>>()->value_name("NAME"),
      "which of them: name or 'name{label=\"value\"}'; may be repeated");
}

Result<std::unique_ptr<loadgen::TargetWatch>> ReadWatchFlags(const ParsedFlags& flags) {
  std::vector<std::unique_ptr<loadgen::WatchSource>> sources;
  if (flags.Has("watch-pid")) {
    const Result<std::uint64_t> pid = ParseCount(flags.Text("watch-pid"));
    if (!pid || *pid == 0 || *pid > kPidMax) {
      return UsageError(fmt::format("--watch-pid: '{}' is not the number of a process",
                                    Printable(flags.Text("watch-pid"))));
    }
    sources.push_back(loadgen::WatchProcess(static_cast<int>(*pid)));
  }
  if (flags.Has("watch-cgroup")) {
    if (flags.Text("watch-cgroup").empty()) {
      return UsageError("--watch-cgroup: the name of a control group is missing");
    }
    sources.push_back(loadgen::WatchControlGroup(flags.Text("watch-cgroup")));
  }
  if (Status added = AddMetricsPage(flags, sources); !added) {
    return tl::unexpected(added.error());
  }
  if (sources.empty()) {
    return std::unique_ptr<loadgen::TargetWatch>();
  }
  return std::make_unique<loadgen::TargetWatch>(std::move(sources));
}

WatchSink::WatchSink(RecordSink& next, loadgen::TargetWatch* watch, Complain complain)
    : next_(next), watch_(watch), complain_(std::move(complain)) {
  if (watch_ != nullptr) {
    PassOn();
  }
}

void WatchSink::OnResources(const ResourceSample& sample) {
  next_.OnResources(sample);
  if (watch_ != nullptr) {
    PassOn();
    watch_->Ask(sample.second + 1);
  }
}

// The engine's last sample comes when its last worker has ended, so the one asked for then is that
// of the end.
void WatchSink::Finish() {
  if (watch_ != nullptr) {
    watch_->Await();
    PassOn();
  }
}

void WatchSink::PassOn() {
  for (const TargetSample& sample : watch_->Take()) {
    next_.OnTarget(sample);
  }
  for (const std::string& trouble : watch_->TakeTroubles()) {
    complain_(trouble);
  }
}

}  // namespace weir::cli
