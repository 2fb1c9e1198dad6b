#include "base/run.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace weir {

std::string_view OutcomeName(Outcome outcome) {
  constexpr std::array<std::string_view, kOutcomeCount> kNames = {
      "completed", "failed", "timed_out", "dropped", "unfinished"};
  const auto index = static_cast<std::size_t>(outcome);
  WEIR_CHECK(index < kNames.size());
  return kNames[index];
}

std::string_view RequestErrorName(RequestError error) {
  constexpr std::array<std::string_view, kRequestErrorCount> kNames = {"none",
                                                                       "dns",
                                                                       "connect_refused",
                                                                       "connect_failed",
                                                                       "no_local_resource",
                                                                       "reset",
                                                                       "closed_early",
                                                                       "malformed",
                                                                       "too_large",
                                                                       "timeout",
                                                                       "status",
                                                                       "check_header",
                                                                       "check_body",
                                                                       "in_flight_max",
                                                                       "run_ended",
                                                                       "tls",
                                                                       "tls_expired",
                                                                       "tls_wrong_name",
                                                                       "tls_unknown_ca",
                                                                       "tls_certificate",
                                                                       "tls_refused",
                                                                       "tls_version",
                                                                       "tls_client_certificate",
                                                                       "not_tls",
                                                                       "no_http2",
                                                                       "stream_reset",
                                                                       "stream_refused",
                                                                       "proxy",
                                                                       "transfer",
                                                                       "no_descriptor",
                                                                       "no_local_port",
                                                                       "exit_code",
                                                                       "signal",
                                                                       "no_program"};
  const auto index = static_cast<std::size_t>(error);
  WEIR_CHECK(index < kNames.size());
  return kNames[index];
}

std::string_view LatencyPartName(LatencyPart part) {
  constexpr std::array<std::string_view, kLatencyPartCount> kNames = {
      "wait", "dns", "connect", "tls", "send", "first_byte", "body"};
  const auto index = static_cast<std::size_t>(part);
  WEIR_CHECK(index < kNames.size());
  return kNames[index];
}

std::string_view UsageMetricName(UsageMetric metric) {
  constexpr std::array<std::string_view, kUsageMetricCount> kNames = {
      "user_time",    "system_time", "peak_memory",  "page_faults",  "context_switches",
      "instructions", "cycles",      "cache_misses", "branch_misses"};
  const auto index = static_cast<std::size_t>(metric);
  WEIR_CHECK(index < kNames.size());
  return kNames[index];
}

std::string_view UsageMetricUnit(UsageMetric metric) {
  switch (metric) {
    case UsageMetric::kUserTime:
    case UsageMetric::kSystemTime:
      return "ns";
    case UsageMetric::kPeakMemory:
      return "bytes";
    default:
      return "count";
  }
}

std::string_view RunStateName(RunState state) {
  switch (state) {
    case RunState::kRunning:
      return "incomplete";
    case RunState::kComplete:
      return "complete";
    case RunState::kInterrupted:
      return "interrupted";
    case RunState::kAborted:
      return "aborted";
  }
  WEIR_CHECK(false);
}

bool RequestCounts::Balanced() const {
  return planned == std::accumulate(by_outcome.begin(), by_outcome.end(), std::uint64_t{0});
}

std::optional<double> RequestCounts::ErrorRatio() const {
  if (planned == 0) {
    return std::nullopt;
  }
  const std::uint64_t completed = of(Outcome::kCompleted);
  const std::uint64_t wrong = planned > completed ? planned - completed : 0;
  return static_cast<double>(wrong) / static_cast<double>(planned);
}

RequestCounts& RequestCounts::operator+=(const RequestCounts& other) {
  planned += other.planned;
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    by_outcome[i] += other.by_outcome[i];
  }
  return *this;
}

void LatencySet::Merge(const LatencySet& other) {
  response.Merge(other.response);
  service.Merge(other.service);
  send_lag.Merge(other.send_lag);
}

void LatencySet::Clear() {
  response.Clear();
  service.Clear();
  send_lag.Clear();
}

std::uint64_t StepRecord::Answered() const {
  std::uint64_t answered = 0;
  for (const Outcome outcome : {Outcome::kCompleted, Outcome::kFailed}) {
    const auto found = latency.find(outcome);
    answered += found == latency.end() ? 0 : found->second.response.count();
  }
  return answered;
}

void StepRecord::Merge(const StepRecord& other) {
  counts += other.counts;
  for (std::size_t i = 0; i < kRequestErrorCount; ++i) {
    errors[i] += other.errors[i];
  }
  completed_in_window += other.completed_in_window;
  bytes_received += other.bytes_received;
  bytes_sent += other.bytes_sent;
  for (const auto& [outcome, set] : other.latency) {
    latency[outcome].Merge(set);
  }
  for (const auto& [part, histogram] : other.parts) {
    parts[part].Merge(histogram);
  }
  for (const auto& [metric, histogram] : other.usage) {
    usage[metric].Merge(histogram);
  }
}

StepRecord Run::Total(Phase phase, int step) const {
  StepRecord total;
  total.phase = phase;
  total.step = step < 0 ? 0 : static_cast<std::uint32_t>(step);
  for (const StepRecord& record : totals) {
    if (record.phase == phase && (step < 0 || record.step == total.step)) {
      total.Merge(record);
    }
  }
  return total;
}

LatencyView MergedLatency(const StepRecord& record, LatencyKind kind) {
  LatencyView view;
  for (const auto& [outcome, set] : record.latency) {
    const Histogram& histogram = kind == LatencyKind::kResponse  ? set.response
                                 : kind == LatencyKind::kService ? set.service
                                                                 : set.send_lag;
    view.histogram.Merge(histogram);
    const bool censored = outcome == Outcome::kTimedOut || outcome == Outcome::kUnfinished;
    if (censored && kind != LatencyKind::kSendLag) {
      view.censored += histogram.count();
    }
  }
  return view;
}

Histogram PartHistogram(const StepRecord& record, LatencyPart part) {
  Histogram all;
  if (record.parts.empty()) {
    return all;
  }
  if (const auto found = record.parts.find(part); found != record.parts.end()) {
    all.Merge(found->second);
  }
  const std::uint64_t answered = record.Answered();
  all.RecordNs(0, answered > all.count() ? answered - all.count() : 0);
  return all;
}

std::string TagsText(const std::vector<Tag>& tags) {
  std::string text;
  for (const Tag& tag : tags) {
    text += (text.empty() ? "" : ",") + tag.name + ":" + tag.value;
  }
  return text;
}

std::vector<Tag> TagsFrom(std::string_view text) {
  std::vector<Tag> tags;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::size_t colon = std::min(text.find(':'), end);
    const std::size_t value = std::min(colon + 1, end);
    tags.push_back(
        {std::string(text.substr(0, colon)), std::string(text.substr(value, end - value))});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return tags;
}

bool StepName::Has(const std::vector<Tag>& wanted) const {
  return std::all_of(wanted.begin(), wanted.end(), [this](const Tag& tag) {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
  });
}

bool TargetMetric::IsCounter() const {
  // A selector of labels may follow the name.
  const std::string_view bare = std::string_view(name).substr(0, name.find('{'));
  return bare.ends_with("_cpu_s") || bare.ends_with("_total");
}

void AddTargetValue(std::vector<TargetMetric>& metrics, std::uint32_t second,
                    const TargetValue& value) {
  const auto same = [&value](const TargetMetric& metric) { return metric.name == value.name; };
  auto found = std::find_if(metrics.begin(), metrics.end(), same);
  if (found == metrics.end()) {
    if (metrics.size() == kTargetMetricsMax) {
      return;
    }
    metrics.push_back({value.name, 0, second, second, value.value, 0, value.value, value.value});
    found = metrics.end() - 1;
  }
  ++found->samples;
  found->last_second = second;
  found->last = value.value;
  found->min = std::min(found->min, value.value);
  found->max = std::max(found->max, value.value);
}

}  // namespace weir
