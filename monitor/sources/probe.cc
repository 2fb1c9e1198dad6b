#include "monitor/sources/probe.h"

#include <string_view>

#include <fmt/format.h>

#include "base/record_sink.h"
#include "loadgen/engine.h"
#include "scenarios/from_flags.h"

namespace weir::monitor {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 3> kQuantiles = {
    {{"0.5", 0.5}, {"0.9", 0.9}, {"1", 1.0}}};

// Sums are all that a look needs.
class NoSeconds final : public RecordSink {
 public:
  void OnSecond(const SecondRecord& /*record*/) override {}

  void OnResources(const ResourceSample& /*sample*/) override {}
};

StepRecord TotalOf(const loadgen::EngineResult& result) {
  Run run;
  run.totals = result.totals;
  return run.Total(Phase::kMeasure);
}

}  // namespace

Result<Prober> Prober::Create(const ProbeSpec& spec, const Clock& clock) {
  const double requests = spec.rate.Over(spec.span);
  if (!(requests >= 1 && requests <= static_cast<double>(ProbeSpec::kRequestsMax))) {
    return UsageError(fmt::format("a probe sends 1 to {} requests in a look, not {:.3g}",
                                  ProbeSpec::kRequestsMax, requests));
  }
  scenarios::FlagLoad load;
  load.url = spec.url;
  load.connections = 4;
  load.duration = spec.span;
  load.rate = spec.rate;
  load.timeout = spec.timeout;
  Result<scenarios::Scenario> scenario = scenarios::ScenarioFromFlags(load);
  if (!scenario) {
    return tl::unexpected(scenario.error());
  }
  return Prober(std::move(*scenario), clock);
}

void Prober::Put(Reading& reading, const std::string& metric, const Labels& labels, double value) {
  auto& name = names_[{metric, labels}];
  if (name == nullptr) {
    name = std::make_shared<const SeriesName>(SeriesName{metric, labels});
  }
  reading.Ingest({name, value});
}

Reading Prober::Look() {
  Reading reading;
  const loadgen::EngineOptions options = {
      .threads = 1, .pacing = loadgen::Pacing::kSleep, .seed = ++looks_};
  auto engine = loadgen::Engine::Create(scenario_, *scenario_.target, options, *clock_);
  bool up = false;
  if (engine) {
    NoSeconds sink;
    const StepRecord total = TotalOf((*engine)->Run(sink));
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
      outcomes_[i] += total.counts.by_outcome[i];
    }
    up = total.counts.planned > 0 && total.counts.of(Outcome::kCompleted) == total.counts.planned;
    const LatencyView times = MergedLatency(total, LatencyKind::kResponse);
    for (const auto& [text, q] : kQuantiles) {
      if (!times.histogram.empty()) {
        Put(reading, "weir_probe_response_seconds", {{"quantile", std::string(text)}},
            static_cast<double>(times.histogram.QuantileNs(q)) / 1e9);
      }
    }
  } else {
    ++outcomes_[static_cast<std::size_t>(Outcome::kFailed)];
    reading.Warn(engine.error().message);
  }
  for (std::size_t i = 0; i < outcomes_.size(); ++i) {
    Put(reading, "weir_probe_requests_total",
        {{"outcome", std::string(OutcomeName(static_cast<Outcome>(i)))}},
        static_cast<double>(outcomes_[i]));
  }
  Put(reading, "weir_probe_up", {}, up ? 1 : 0);
  return reading;
}

}  // namespace weir::monitor
