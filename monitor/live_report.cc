#include "monitor/live_report.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

namespace weir::monitor {
namespace {

// It is asked by the source of beacons itself; rules look at what it finds.
EngineReport LookAtUx(const std::vector<AlertRule>& rules,
                      const std::vector<SourceReport>& sources) {
  std::vector<const SourceReport*> asked;
  for (const SourceReport& source : sources) {
    if (source.kind == SourceKind::kRum) {
      asked.push_back(&source);
    }
  }
  EngineReport engine = ReportEngine("ux", asked);
  if (asked.empty()) {
    engine.reason = "there is no source rum";
  }
  engine.rules = static_cast<std::size_t>(
      std::count_if(rules.begin(), rules.end(), [&sources](const AlertRule& rule) {
        return rule.source < sources.size() && sources[rule.source].kind == SourceKind::kRum;
      }));
  return engine;
}

std::vector<EngineReport> LookAtEngines(const std::vector<AlertRule>& rules,
                                        const std::vector<SourceReport>& sources,
                                        const std::string& gates_trouble) {
  // In the order of RuleEngineSpec.
  constexpr std::array<std::string_view, std::variant_size_v<RuleEngineSpec>> kNames = {
      "threshold", "burn_rate", "anomaly", "prediction", "gate"};
  std::array<std::vector<const SourceReport*>, kNames.size()> asked;
  std::size_t on_gates = 0;
  for (const AlertRule& rule : rules) {
    if (std::holds_alternative<GateSpec>(rule.engine)) {
      ++on_gates;
    } else if (rule.source < sources.size()) {
      asked[rule.engine.index()].push_back(&sources[rule.source]);
    }
  }
  std::vector<EngineReport> engines;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    engines.push_back(ReportEngine(kNames[i], asked[i]));
  }
  // Verdicts come from the history and from no source.
  EngineReport& gate = engines.back();
  gate.rules = on_gates;
  if (on_gates > 0) {
    gate.health = gates_trouble.empty() ? EngineHealth::kIntegrated : EngineHealth::kFailed;
    gate.reason = gates_trouble;
  }
  engines.push_back(LookAtUx(rules, sources));
  return engines;
}

}  // namespace

std::vector<SourceReport> LookAtSources(const Crew& crew, Instant now, Instant started_at) {
  std::vector<SourceReport> sources;
  for (const auto& poller : crew.pollers) {
    const SourceSpec& spec = poller->spec();
    SourceReport source{.name = spec.name, .kind = spec.kind, .status = poller->status()};
    source.stale = source.status.Stale(spec, now);
    source.history = crew.history ? crew.history->ReportOf(*poller) : HistoryReport();
    source.age = now - source.status.good_at.value_or(started_at);
    sources.push_back(std::move(source));
  }
  return sources;
}

void ReportCrew(const Crew& crew, MonitorReport& report) {
  report.engines = LookAtEngines(crew.config.rules, report.sources, report.gates.trouble);
  report.rules = crew.config.rules.size();
  for (const SourceReport& source : report.sources) {
    if (source.kind == SourceKind::kRum && source.Usable() && source.status.last_good) {
      report.pages = ReadPages(*source.status.last_good);
    }
  }
  for (std::size_t i = 0; i < crew.pollers.size(); ++i) {
    const SourceReport& source = report.sources[i];
    if (source.kind == SourceKind::kProbe && source.Usable() && source.status.last_good) {
      JoinProbe(source.name, crew.pollers[i]->spec().url, *source.status.last_good, report.pages);
    }
  }
  for (const auto& courier : crew.couriers) {
    report.channels.push_back(
        {courier->channel().name, courier->channel().kind, courier->counts()});
  }
}

void ReportDesk(const AlertDesk& desk, const MonitorConfig& config, MonitorReport& report) {
  report.alerts = desk.List(report.at, MonitorReport::kAlertsMax);
  desk.engine().Visit([&](const AlertInstance& alert) {
    const AlertRule& rule = config.rules[alert.rule];
    if (alert.state.phase == AlertPhase::kFiring &&
        (rule.source < config.sources.size() || std::holds_alternative<GateSpec>(rule.engine))) {
      ++report.engines[rule.engine.index()].firing;
    }
    report.pending += alert.state.phase == AlertPhase::kPending ? 1 : 0;
    report.firing += alert.state.phase == AlertPhase::kFiring ? 1 : 0;
  });
  report.forecasts = analysis::JudgeForecasts(desk.engine().forecasts());
  const bool foretells = std::any_of(
      config.rules.begin(), config.rules.end(),
      [](const AlertRule& rule) { return std::holds_alternative<PredictSpec>(rule.engine); });
  report.forecasts_trouble = foretells ? "" : "no rule foretells anything";
  report.precision = desk.Precision(report.at);
  for (const auto& [rule, precision] : desk.demoted()) {
    report.demoted.insert(rule);
  }
  report.groups = desk.groups().groups.size();
  report.series_left_out = desk.engine().series_left_out();
  report.notifications = desk.notifications();
}

}  // namespace weir::monitor
