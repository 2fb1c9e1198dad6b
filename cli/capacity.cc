#include "reports/capacity.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "analysis/capacity_search.h"
#include "analysis/run_metric.h"
#include "analysis/usl.h"
#include "base/clock.h"
#include "cli/certificate.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/load_flags.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/run_record.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/threshold_sink.h"
#include "loadgen/engine.h"
#include "scenarios/target.h"
#include "scenarios/threshold.h"

namespace weir::cli {
namespace {

using namespace std::chrono_literals;
using analysis::CapacityEnd;
using analysis::CapacityProbe;
using analysis::ProbeState;

struct CapacityOrder {
  scenarios::Scenario scenario;
  scenarios::Target target;
  loadgen::EngineOptions engine;
  analysis::CapacityOptions search;
  Nanos probe = 5s;
  Nanos confirm = 30s;
  std::string store_path;  ///< Where a calibration of this machine may be.
  std::string json;
  bool quiet = false;
};

// Of each run, left out: caches, connections, and what the run before has left in queues.
constexpr double kWarmUpShare = 0.2;

// Requests that are not answered by then have broken every demand worth the name.
constexpr Nanos kDrainMin = 2s;

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "capacity";
  spec.usage = "weir capacity [OPTIONS] SCENARIO.yaml | URL";
  spec.about =
      "Finds the highest rate of arrivals at which a target keeps the demands of a scenario (its\n"
      "thresholds, or --slo). Doubles the rate until a demand breaks, halves the bracket until it\n"
      "is as narrow as --tolerance, and confirms both of its ends with longer runs. The steps are\n"
      "those of the scenario; its load is replaced by constant rates, poisson unless it says\n"
      "uniform. Overloads the target on purpose. Nothing is recorded.\n"
      "Exit code 0: found; 10: no rate keeps the demands; 11: it cannot be told.";
  spec.examples =
      "  weir capacity checkout.yaml --target https://staging --slo 'p(99) < 250ms'\n"
      "  weir capacity --slo 'p(95) < 20ms' --slo 'error_rate < 1%' http://localhost:8080/\n"
      "  weir capacity checkout.yaml --from 200 --to 5k --probe 10s --confirm 2m --json";
  spec.positionals = {"SCENARIO"};
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("target", text("URL"), "where a scenario is sent; overrides its 'target'");
  add("slo", po::value<std::vector<std::string>>()->value_name("EXPR"),
      "what must hold, e.g. 'p(99) < 250ms'; instead of the scenario's thresholds");
  add("from", text("RATE"), "the first rate; default 10/s");
  add("to", text("RATE"), "no higher than this; default 1M/s");
  add("probe", text("TIME"), "length of a run that looks for the place; default 5s");
  add("confirm", text("TIME"), "length of a run that decides; default 30s");
  add("tolerance", text("SHARE"), "width of the interval at the end; default 3%");
  add("timeout", text("TIME"), "URL only: from the send to the last byte; default 5s");
  AddEngineFlags(spec.options);
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  add("quiet,q", "no text, only the exit code");
  AddUrlFlags(spec.options);
  return spec;
}

// The scenario with demands of its own and without a load.
Result<scenarios::Scenario> ReadSteps(const ParsedFlags& flags) {
  const std::vector<std::string> sources = flags.Texts("SCENARIO");
  if (sources.size() != 1) {
    return UsageError(
        fmt::format("one scenario file or URL is needed, {} given\n"
                    "  hint: weir capacity checkout.yaml --slo 'p(99) < 250ms'",
                    sources.size()));
  }
  Result<scenarios::Scenario> scenario = ReadLoad(flags, sources[0]);
  if (!scenario) {
    return scenario;
  }
  if (scenario->RunsPrograms()) {
    return UsageError("programs have no rate to be found\n  hint: name a scenario of requests");
  }
  if (!scenario->parts.empty()) {
    return UsageError(
        "one rate is searched for, and the file has 'scenarios', each with its own\n  hint: put "
        "the "
        "steps of one of them into a file, or weigh their flows against each other with 'flows'");
  }
  if (IsUrl(sources[0]) && !flags.Has("connections")) {
    // The ten of a closed load would be the limit that is found.
    scenario->load.connections_max.reset();
  }
  if (scenario->load.warm_up_auto) {
    return UsageError(
        "'warm_up: auto' is for 'weir run': the runs here are too short to find a warm-up in\n"
        "  hint: write a duration");
  }
  if (flags.Has("slo")) {
    scenario->thresholds.clear();
  }
  for (const std::string& slo : flags.Texts("slo")) {
    Result<Threshold> threshold = scenarios::ParseThreshold(slo);
    if (!threshold) {
      return UsageError("--slo: " + threshold.error().message);
    }
    scenario->thresholds.push_back(*std::move(threshold));
  }
  if (scenario->thresholds.empty()) {
    return UsageError("nothing is demanded of the target\n  hint: add --slo 'p(99) < 250ms'");
  }
  return scenario;
}

Result<double> ParseRateFlag(std::string_view text) {
  const Result<Rate> rate = ParseRate(text);
  if (!rate || rate->per_second() <= 0) {
    return UsageError(rate ? "a rate above 0 is needed" : rate.error().message);
  }
  return rate->per_second();
}

Status ReadSearch(const ParsedFlags& flags, CapacityOrder& order) {
  const Result<double> from = ReadFlag(flags, "from", ParseRateFlag, order.search.rate_first);
  const Result<double> to = ReadFlag(flags, "to", ParseRateFlag, order.search.rate_max);
  const Result<double> tolerance = ReadFlag(flags, "tolerance", ParseRatio, order.search.tolerance);
  const Result<Nanos> probe = ReadFlag(flags, "probe", ParseDuration, order.probe);
  const Result<Nanos> confirm = ReadFlag(flags, "confirm", ParseDuration, order.confirm);
  for (const auto* number : {&from, &to, &tolerance}) {
    if (!*number) {
      return tl::unexpected(number->error());
    }
  }
  if (!probe || !confirm) {
    return tl::unexpected((probe ? confirm : probe).error());
  }
  if (*from > *to || *tolerance < 0.001) {
    return UsageError(*from > *to ? "--from is above --to" : "--tolerance is below 0.1%");
  }
  if (*probe < 1s || *confirm < *probe) {
    return UsageError("--probe is at least 1s, and --confirm no shorter than it");
  }
  order.search.rate_first = *from;
  order.search.rate_max = *to;
  order.search.tolerance = *tolerance;
  order.probe = *probe;
  order.confirm = *confirm;
  return {};
}

Result<CapacityOrder> ReadOrder(const ParsedFlags& flags) {
  CapacityOrder order;
  Result<scenarios::Scenario> scenario = ReadSteps(flags);
  if (!scenario) {
    return tl::unexpected(scenario.error());
  }
  order.scenario = *std::move(scenario);
  if (order.scenario.replay != nullptr && order.scenario.replay->facts().is_timed) {
    return UsageError(
        "a replay has the rate of its file, and none to search for\n  hint: make steps of it: weir "
        "record access-log FILE");
  }
  if (flags.Has("target")) {
    const Result<scenarios::Target> target = scenarios::ParseTarget(flags.Text("target"));
    if (!target) {
      return UsageError("--target: " + target.error().message);
    }
    order.target = *target;
  } else if (order.scenario.target) {
    order.target = *order.scenario.target;
  } else {
    return UsageError("the scenario names no target\n  hint: add --target URL");
  }
  const Result<loadgen::EngineOptions> engine = ReadEngineFlags(flags);
  const Result<std::string> store = StorePath(flags);
  if (!engine || !store) {
    return tl::unexpected(engine ? store.error() : engine.error());
  }
  order.engine = *engine;
  order.store_path = *store;
  if (Status read = ReadSearch(flags, order); !read) {
    return tl::unexpected(read.error());
  }
  order.json = flags.Text("json");
  order.quiet = flags.Has("quiet");
  return order;
}

// The steps of `order` at a constant rate.
scenarios::Scenario AtRate(const CapacityOrder& order, const CapacityProbe& probe) {
  scenarios::Scenario scenario = order.scenario;
  scenarios::Load& load = scenario.load;
  if (!scenario.IsOpen()) {
    load.arrivals = scenarios::Arrivals::kPoisson;
  }
  const Nanos length = probe.kind == CapacityProbe::Kind::kConfirm ? order.confirm : order.probe;
  load.rounds_max = 0;
  load.stages = {
      scenarios::OpenStage{Rate::PerSecond(probe.rate), Rate::PerSecond(probe.rate), length}};
  load.warm_up = FromSeconds(kWarmUpShare * Seconds(length));
  load.drain = std::max({load.drain, kDrainMin});
  return scenario;
}

std::optional<double> ValueOf(const Run& run, std::string_view name) {
  const Result<analysis::RunMetric> metric = analysis::ParseRunMetric(name);
  return metric ? analysis::ValueOf(run, *metric, "").value : std::nullopt;
}

// Every demand holds, one does not, or it cannot be told.
void Judge(const Run& run, reports::CapacityRow& row) {
  row.state = ProbeState::kKept;
  for (const ThresholdResult& result : run.thresholds) {
    if (result.state == ThresholdResult::State::kFail) {
      row.state = ProbeState::kBroken;
      row.reason = result.threshold.text;
      return;
    }
    if (result.state == ThresholdResult::State::kUnknown) {
      row.state = ProbeState::kUnknown;
      row.reason = fmt::format("{}: {}", result.threshold.text, result.reason);
    }
  }
  if (run.validity && run.validity->grade == Grade::kInvalid) {
    row.state = ProbeState::kUnknown;
    row.reason = "the generator could not keep up";
  }
}

class CapacityRunner {
 public:
  explicit CapacityRunner(const CapacityOrder& order) : order_(order) {}

  Result<reports::CapacityReport> Search() {
    analysis::CapacitySearch search(order_.search);
    reports::CapacityReport report;
    report.scenario = order_.scenario.name;
    report.target = order_.target.Url();
    for (const Threshold& threshold : order_.scenario.thresholds) {
      report.demands.push_back(threshold.text);
    }
    while (const std::optional<CapacityProbe> probe = search.Next()) {
      Result<reports::CapacityRow> row = Probe(*probe, report);
      if (!row) {
        return tl::unexpected(row.error());
      }
      if (interrupted_) {
        report.interrupted = true;
        break;
      }
      report.rows.push_back(*row);
      search.Tell(row->state);
    }
    report.end = report.interrupted ? CapacityEnd::kUnknown : search.end();
    report.kept_per_s = search.kept();
    report.broken_per_s = search.broken();
    FitCurve(report);
    return report;
  }

 private:
  Result<reports::CapacityRow> Probe(const CapacityProbe& probe, reports::CapacityReport& report) {
    const scenarios::Scenario scenario = AtRate(order_, probe);
    Result<std::unique_ptr<loadgen::Engine>> engine =
        loadgen::Engine::Create(scenario, order_.target, order_.engine, clock_);
    if (!engine) {
      return tl::unexpected(engine.error());
    }
    Progress progress(
        nullptr, scenario.Duration(),
        StderrIsTerminal() && !order_.quiet ? Progress::Display::kOn : Progress::Display::kOff);
    const RunPlan plan = PlanOf(scenario, order_.target, {}, order_.engine.seed);
    ThresholdSink thresholds(progress, plan, [&engine](const auto&) { (*engine)->Stop(); });
    CertificateKeeper keeper(thresholds);
    loadgen::EngineResult result;
    {
      const StopOnSignal stop([&engine] { (*engine)->Stop(); });
      result = (*engine)->Run(keeper);
    }
    progress.Clear();
    const GeneratorEvidence evidence = std::move(result.evidence);
    const bool answered = result.answered;
    Run run = Assemble(plan, std::move(result));
    Certify({scenario, order_.engine.pacing, order_.store_path}, keeper, evidence, run);
    thresholds.Judge(run);
    interrupted_ = run.state == RunState::kInterrupted;
    if (!answered && !interrupted_ && report.rows.empty()) {
      return Unavailable(
          fmt::format("target {} gave no valid answer to the first run", order_.target.Url()));
    }
    return RowOf(probe, run, report);
  }

  reports::CapacityRow RowOf(const CapacityProbe& probe, const Run& run,
                             reports::CapacityReport& report) {
    reports::CapacityRow row{.probe = probe};
    const StepRecord total = run.Total(Phase::kMeasure);
    const double seconds = Seconds(run.measured);
    row.achieved_per_s = seconds > 0 ? static_cast<double>(total.completed_in_window) / seconds : 0;
    row.p50_ns = ValueOf(run, "response_time.p50");
    row.p99_ns = ValueOf(run, "response_time.p99");
    row.error_ratio = total.counts.ErrorRatio();
    Judge(run, row);
    if (row.state == ProbeState::kKept && seconds > 0) {
      report.requests_per_arrival =
          static_cast<double>(total.counts.planned) / seconds / probe.rate;
    }
    const Histogram response = MergedLatency(total, LatencyKind::kResponse).histogram;
    if (row.state == ProbeState::kKept && response.count() > 0) {
      // Little's law: requests in flight are their rate times the time that each takes.
      const double in_flight = row.achieved_per_s * response.mean_ns() / 1e9;
      if (in_flight > 0) {
        points_.push_back({in_flight, row.achieved_per_s});
      }
    }
    return row;
  }

  void FitCurve(reports::CapacityReport& report) const {
    Result<analysis::UslFit> fit = analysis::FitUsl(points_, {.seed = order_.engine.seed});
    if (fit) {
      report.usl = *std::move(fit);
    } else {
      report.usl_reason = fit.error().message.substr(0, fit.error().message.find('\n'));
    }
  }

  const CapacityOrder& order_;
  const SystemClock clock_;
  std::vector<analysis::LoadPoint> points_;
  bool interrupted_ = false;
};

int ExitCodeOf(const reports::CapacityReport& report) {
  if (report.interrupted) {
    return kExitInterrupted;
  }
  switch (report.end) {
    case CapacityEnd::kFound:
      return kExitPass;
    case CapacityEnd::kNeverKept:
      return kExitFail;
    default:
      return kExitInconclusive;
  }
}

Result<int> Execute(const CapacityOrder& order) {
  const Result<reports::CapacityReport> report = CapacityRunner(order).Search();
  if (!report) {
    return tl::unexpected(report.error());
  }
  if (!order.json.empty()) {
    if (Status written = WriteJson(order.json, reports::CapacityJson(*report)); !written) {
      return tl::unexpected(written.error());
    }
  }
  if (!order.quiet && order.json != "-") {
    Print(reports::RenderCapacity(*report, TerminalOptions()));
  }
  return ExitCodeOf(*report);
}

}  // namespace

int CapacityMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("capacity", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Result<CapacityOrder> order = ReadOrder(*flags);
  if (!order) {
    return Complain("capacity", order.error());
  }
  const Result<int> code = Execute(*order);
  return code ? *code : Complain("capacity", code.error());
}

}  // namespace weir::cli
