#include "cli/run_digest.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/environment.h"

namespace weir::cli {
namespace {

// Collects bytes in which no two different runs look alike.
class Bytes {
 public:
  void Number(std::uint64_t value) {
    std::array<char, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<char>(value >> (8 * i) & 0xFF);
    }
    text_.append(bytes.data(), bytes.size());
  }

  void Signed(std::int64_t value) { Number(static_cast<std::uint64_t>(value)); }

  void Real(double value) { Number(std::bit_cast<std::uint64_t>(value)); }

  void Maybe(const std::optional<double>& value) {
    Number(value ? 1 : 0);
    Real(value.value_or(0));
  }

  void Text(std::string_view text) {
    Number(text.size());
    text_ += text;
  }

  const std::string& all() const { return text_; }

 private:
  std::string text_;
};

void Add(const Histogram& histogram, Bytes& bytes) {
  bytes.Number(histogram.count());
  if (histogram.empty()) {
    return;
  }
  bytes.Number(histogram.min_ns());
  bytes.Number(histogram.max_ns());
  bytes.Real(histogram.sum_ns());
  histogram.ForEachBucket([&](const Histogram::Bucket& bucket) {
    bytes.Number(bucket.lowest_ns);
    bytes.Number(bucket.count);
  });
}

void Add(const RequestCounts& counts, Bytes& bytes) {
  bytes.Number(counts.planned);
  for (const std::uint64_t count : counts.by_outcome) {
    bytes.Number(count);
  }
}

void Add(const StepRecord& record, Bytes& bytes) {
  bytes.Number(record.step);
  bytes.Number(static_cast<std::uint64_t>(record.phase));
  Add(record.counts, bytes);
  bytes.Number(record.completed_in_window);
  bytes.Number(record.bytes_received);
  bytes.Number(record.bytes_sent);
  bytes.Number(record.latency.size());
  for (const auto& [outcome, set] : record.latency) {
    bytes.Number(static_cast<std::uint64_t>(outcome));
    Add(set.response, bytes);
    Add(set.service, bytes);
    Add(set.send_lag, bytes);
  }
}

void Add(const RunPlan& plan, Bytes& bytes) {
  for (const std::string_view text :
       {std::string_view(plan.scenario), std::string_view(plan.scenario_sha256),
        std::string_view(plan.target), std::string_view(plan.build), std::string_view(plan.branch),
        std::string_view(plan.tag), std::string_view(plan.environment),
        std::string_view(plan.load)}) {
    bytes.Text(text);
  }
  bytes.Number(plan.seed);
  bytes.Number(plan.open_loop ? 1 : 0);
  bytes.Signed(CountNs(plan.warm_up));
  bytes.Number(plan.steps.size());
  for (const StepName& step : plan.steps) {
    bytes.Text(step.flow);
    bytes.Text(step.step);
  }
}

void Add(const TargetMetric& metric, Bytes& bytes) {
  bytes.Text(metric.name);
  bytes.Number(metric.samples);
  bytes.Number(metric.first_second);
  bytes.Number(metric.last_second);
  for (const double value : {metric.first, metric.last, metric.min, metric.max}) {
    bytes.Real(value);
  }
}

void Add(const Measurement& measurement, Bytes& bytes) {
  bytes.Number(measurement.step);
  bytes.Text(measurement.name);
  bytes.Text(measurement.unit);
  bytes.Number(measurement.values.size());
  for (const double value : measurement.values) {
    bytes.Real(value);
  }
}

void AddParts(const std::vector<StepRecord>& records, Bytes& bytes) {
  for (const StepRecord& record : records) {
    bytes.Number(record.parts.size());
    for (const auto& [part, histogram] : record.parts) {
      bytes.Number(static_cast<std::uint64_t>(part));
      Add(histogram, bytes);
    }
  }
}

}  // namespace

DigestScope DigestScopeOf(const GatePolicy& policy) {
  const bool parts =
      std::any_of(policy.criteria.begin(), policy.criteria.end(),
                  [](const GateCriterion& criterion) { return criterion.scope.part.has_value(); });
  return parts ? DigestScope::kWithParts : DigestScope::kAllButParts;
}

std::string RunDigest(const Run& run, DigestScope scope) {
  Bytes bytes;
  bytes.Signed(run.id);
  Add(run.plan, bytes);
  bytes.Number(static_cast<std::uint64_t>(run.state));
  bytes.Signed(CountNs(run.started_at));
  bytes.Signed(CountNs(run.duration));
  bytes.Signed(CountNs(run.measured));
  bytes.Number(run.totals.size());
  for (const StepRecord& record : run.totals) {
    Add(record, bytes);
  }
  bytes.Maybe(run.cpu_s);
  bytes.Number(run.target_metrics.size());
  for (const TargetMetric& metric : run.target_metrics) {
    Add(metric, bytes);
  }
  bytes.Number(run.validity ? 1 + static_cast<std::uint64_t>(run.validity->grade) : 0);
  if (run.validity) {
    bytes.Number(run.validity->reasons.size());
    for (const auto& reason : run.validity->reasons) {
      bytes.Text(reason.text);
    }
  }
  for (const Measurement& measurement : run.measurements) {
    Add(measurement, bytes);
  }
  for (const RunStretch& stretch : run.stretches) {
    bytes.Number(stretch.from_s);
    bytes.Number(stretch.to_s);
    bytes.Number(stretch.totals.size());
    for (const StepRecord& record : stretch.totals) {
      Add(record, bytes);
    }
  }
  if (scope == DigestScope::kWithParts) {
    AddParts(run.totals, bytes);
    for (const RunStretch& stretch : run.stretches) {
      AddParts(stretch.totals, bytes);
    }
  }
  return Sha256(bytes.all());
}

}  // namespace weir::cli
