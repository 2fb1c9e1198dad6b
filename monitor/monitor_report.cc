#include "monitor/monitor_report.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/text.h"
#include "monitor/channels/alert_notice.h"
#include "monitor/state_codec.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::ordered_json;

// Of what others wrote, as it is told once a second.
constexpr std::size_t kSentenceMax = 300;

Json JsonOf(const std::optional<WallTime>& at) {
  return at ? Json(FormatMillis(*at)) : Json();
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

std::uint64_t Sum(const std::map<std::string, std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& item) { return sum + item.second; });
}

Json JsonOf(const SourceLedger& ledger) {
  return {{"offered", ledger.offered},
          {"ingested", ledger.ingested},
          {"rejected", Sum(ledger.rejected)},
          {"dropped", Sum(ledger.dropped)},
          {"rejected_by_reason", Json(ledger.rejected)},
          {"dropped_by_reason", Json(ledger.dropped)}};
}

Json JsonOf(const HistoryReport& history) {
  if (history.rules == 0) {
    return {};
  }
  return {{"rules", history.rules},
          {"learnt", history.learnt},
          {"samples", history.samples},
          {"trouble", TextOrNull(history.trouble)}};
}

Json JsonOf(const SourceReport& source) {
  const SourceStatus& status = source.status;
  return {{"name", source.name},
          {"kind", SourceKindName(source.kind)},
          {"health", SourceHealthName(status.health)},
          {"stale", source.stale},
          {"reason", TextOrNull(source.Trouble())},
          {"last_good_at", JsonOf(status.good_at_wall)},
          {"age_s", status.good_at ? Json(Seconds(source.age)) : Json()},
          {"looks", status.looks},
          {"failures", status.failures},
          {"series", status.last_good ? Json(status.last_good->samples.size()) : Json()},
          {"warnings", Json(source.Warnings())},
          {"history", JsonOf(source.history)},
          {"ledger", JsonOf(status.ledger)}};
}

Json JsonOf(const ChannelReport& channel) {
  const ChannelCounts& counts = channel.counts;
  return {{"name", channel.name},          {"kind", ChannelKindName(channel.kind)},
          {"delivered", counts.delivered}, {"attempts_failed", counts.attempts_failed},
          {"given_up", counts.given_up},   {"trouble", TextOrNull(counts.trouble)}};
}

Json JsonOf(const EngineReport& engine) {
  return {{"name", engine.name},
          {"health", EngineHealthName(engine.health)},
          {"rules", engine.rules},
          {"firing", engine.firing},
          {"reason", TextOrNull(engine.reason)}};
}

Json JsonOf(const AlertView& view) {
  const AlertInstance& alert = view.alert;
  const bool known = alert.value && std::isfinite(*alert.value);
  return {
      {"id", AlertKey(alert.labels)},
      {"labels", Json(alert.labels)},
      {"annotations", Json(alert.annotations)},
      {"phase", AlertPhaseName(alert.state.phase)},
      {"active_since", FormatMillis(alert.state.active_since)},
      {"fired_at", JsonOf(alert.state.fired_at)},
      {"value", known ? Json(*alert.value) : Json()},
      {"muted", MuteReasonName(view.muted)},
      {"digested", view.digested},
      {"mark", view.mark ? Json(MarkName(view.mark->useful)) : Json()},
      {"marked_by", view.mark ? Json(view.mark->speaker.by) : Json()},
      {"flaps", view.flaps > 0 ? Json(view.flaps) : Json()},
      {"acknowledged_by", view.acknowledged ? Json(view.acknowledged->speaker.by) : Json()},
      {"acknowledged_at", view.acknowledged ? Json(FormatMillis(view.acknowledged->at)) : Json()}};
}

Json JsonOf(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json();
}

Json JsonOf(const ServiceReport& service) {
  Json trend = {{"at", Json::array()},
                {"p50_s", Json::array()},
                {"p90_s", Json::array()},
                {"rate_per_s", Json::array()},
                {"error_ratio", Json::array()}};
  for (const ServiceFigures& look : service.trend) {
    trend["at"].push_back(FormatMillis(look.at));
    trend["p50_s"].push_back(JsonOf(look.p50_s));
    trend["p90_s"].push_back(JsonOf(look.p90_s));
    trend["rate_per_s"].push_back(JsonOf(look.rate_per_s));
    trend["error_ratio"].push_back(JsonOf(look.error_ratio));
  }
  return {{"source", service.source},
          {"kind", SourceKindName(service.kind)},
          {"stale", service.stale},
          {"trend", std::move(trend)}};
}

Json JsonOf(const PageLink& link) {
  return {{"outcome", Printable(link.outcome)},
          {"rows", link.rows},
          {"correlation", JsonOf(std::optional(link.correlation))},
          {"low", JsonOf(std::optional(link.low))},
          {"high", JsonOf(std::optional(link.high))},
          {"associated", link.associated}};
}

Json JsonOf(const PageFigures& page) {
  Json links = Json::array();
  for (const PageLink& link : page.links) {
    links.push_back(JsonOf(link));
  }
  return {{"page", page.page},
          {"segment", page.segment},
          {"views", page.views},
          {"apdex", JsonOf(page.apdex)},
          {"lcp_p75_s", JsonOf(page.lcp_p75_s)},
          {"inp_p75_s", JsonOf(page.inp_p75_s)},
          {"cls_p75", JsonOf(page.cls_p75)},
          {"left_ratio", JsonOf(page.left_ratio)},
          {"leave_from_s", JsonOf(page.leave_from_s)},
          {"leave_low_s", JsonOf(page.leave_low_s)},
          {"leave_high_s", JsonOf(page.leave_high_s)},
          {"probe", Printable(page.probe)},
          {"probe_p50_s", JsonOf(page.probe_p50_s)},
          {"probe_links", std::move(links)}};
}

Json JsonOf(const GateVerdict& verdict) {
  return {{"id", verdict.id},
          {"at", FormatMillis(verdict.at)},
          {"subject", Printable(verdict.subject, kSentenceMax)},
          {"candidate", Printable(verdict.candidate, kSentenceMax)},
          {"verdict", VerdictName(verdict.verdict)},
          {"action", GateActionName(verdict.action)},
          {"reason", Printable(verdict.reason, kSentenceMax)}};
}

Json JsonOf(const store::Deployment& deployment) {
  return {{"at", FormatMillis(deployment.at)},
          {"service", Printable(deployment.service, kSentenceMax)},
          {"build", Printable(deployment.build, kSentenceMax)},
          {"phase", Printable(deployment.phase, kSentenceMax)},
          {"source", Printable(deployment.source, kSentenceMax)},
          {"message", Printable(deployment.message, kSentenceMax)}};
}

template <typename T>
Json ListOf(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) {
    list.push_back(JsonOf(item));
  }
  return list;
}

Json MarksJson(const MonitorReport& report) {
  Json list = Json::array();
  for (const auto& [rule, found] : report.precision) {
    list.push_back({{"rule", rule},
                    {"useful", found.useful},
                    {"noise", found.noise},
                    {"precision", found.Share()},
                    {"low", found.IsLow()},
                    {"demoted", report.demoted.contains(rule)}});
  }
  return list;
}

Json JsonOf(const GateNews& gates) {
  const GateVerdict* standing = WorstStanding(gates.verdicts);
  return {{"standing", standing == nullptr ? Json() : JsonOf(*standing)},
          {"verdicts", ListOf(gates.verdicts)},
          {"deployments", ListOf(gates.deployments)},
          {"trouble", TextOrNull(gates.trouble)}};
}

Json ForecastsJson(const MonitorReport& report) {
  const analysis::ForecastCalibration& found = report.forecasts;
  const bool known = report.forecasts_trouble.empty() &&
                     found.verdict != analysis::CalibrationVerdict::kTooFew && found.right_ratio;
  const auto ratio = static_cast<double>(found.right) / static_cast<double>(found.due);
  Json bins = Json::array();
  for (const analysis::CalibrationBin& bin : found.bins) {
    bins.push_back({{"from", bin.low},
                    {"to", bin.high},
                    {"forecasts", bin.count},
                    {"crossed", bin.happened},
                    {"stated", bin.stated},
                    {"chance_low", bin.chance.low},
                    {"chance_high", bin.chance.high}});
  }
  return {{"verdict", analysis::CalibrationVerdictName(found.verdict)},
          {"in_words",
           report.forecasts_trouble.empty() ? DescribeForecasts(found) : report.forecasts_trouble},
          {"due", found.due},
          {"right", found.right},
          {"right_ratio", known ? Json(ratio) : Json()},
          {"right_low", known ? Json(found.right_ratio->low) : Json()},
          {"right_high", known ? Json(found.right_ratio->high) : Json()},
          {"stated", known ? Json(found.confidence) : Json()},
          {"bands", found.bands},
          {"in_bands", found.in_bands},
          {"bins", std::move(bins)}};
}

}  // namespace

std::string DescribeForecasts(const analysis::ForecastCalibration& forecasts) {
  using analysis::CalibrationVerdict;
  if (forecasts.verdict == CalibrationVerdict::kTooFew || !forecasts.right_ratio) {
    return fmt::format("{} of the {} forecasts that are needed have come due", forecasts.due,
                       analysis::kForecastsDueMin);
  }
  const std::string_view verdict =
      forecasts.verdict == CalibrationVerdict::kOverconfident ? "overconfident"
      : forecasts.verdict == CalibrationVerdict::kTooCautious ? "too cautious"
                                                              : "as they say";
  return fmt::format("{}: {} of {} came true (95 %: {:.0f} to {:.0f} %), they said {:.0f} %",
                     verdict, forecasts.right, forecasts.due, forecasts.right_ratio->low * 100,
                     forecasts.right_ratio->high * 100, forecasts.confidence * 100);
}

std::string SourceReport::Trouble() const {
  if (Works()) {
    return {};
  }
  return status.trouble.empty() ? "no samples yet" : status.trouble;
}

std::vector<std::string> SourceReport::Warnings() const {
  std::vector<std::string> warnings =
      status.last_good ? status.last_good->warnings : std::vector<std::string>();
  if (!history.trouble.empty()) {
    warnings.push_back(fmt::format("{} of {} rules have not learnt from its past: {}",
                                   history.rules - history.learnt, history.rules, history.trouble));
  }
  return warnings;
}

Diagnosis Diagnose(const MonitorReport& report) {
  Diagnosis diagnosis;
  std::size_t usable = 0;
  bool starting = false;
  for (const SourceReport& source : report.sources) {
    const SourceHealth health = source.status.health;
    starting = starting || health == SourceHealth::kStarting;
    if (source.Usable()) {
      ++usable;
    }
    if (source.Works()) {
      continue;
    }
    diagnosis.reasons.push_back(
        fmt::format("source {} is {}: {}", source.name,
                    health == SourceHealth::kIntegrated ? "stale" : SourceHealthName(health),
                    source.Trouble()));
  }
  for (const ChannelReport& channel : report.channels) {
    if (!channel.counts.trouble.empty()) {
      diagnosis.reasons.push_back(
          fmt::format("channel {}: {}", channel.name, channel.counts.trouble));
    }
  }
  if (report.series_left_out > 0) {
    diagnosis.reasons.push_back(
        fmt::format("rules have left out {} samples, as a rule takes {} series at most",
                    report.series_left_out, RuleEngine::kSeriesMax));
  }
  if (!report.reload_trouble.empty()) {
    diagnosis.reasons.push_back("the file was not taken when it was read again: " +
                                report.reload_trouble);
  }
  if (!report.gates.trouble.empty()) {
    diagnosis.reasons.push_back("verdicts and deployments are not known: " + report.gates.trouble);
  }
  if (!report.store_trouble.empty()) {
    diagnosis.reasons.push_back(report.store_trouble);
  }
  const bool none_is_usable = usable == 0 && !report.sources.empty();
  if (!report.store_trouble.empty() || (none_is_usable && !starting)) {
    diagnosis.health = MonitorHealth::kFailed;
  } else if (starting) {
    diagnosis.health = MonitorHealth::kStarting;
  } else if (!diagnosis.reasons.empty()) {
    diagnosis.health = MonitorHealth::kDegraded;
  }
  return diagnosis;
}

EngineReport ReportEngine(std::string_view name, const std::vector<const SourceReport*>& sources) {
  EngineReport report{.name = std::string(name),
                      .health = EngineHealth::kNotUsed,
                      .rules = sources.size(),
                      .reason = "no rule asks it"};
  if (sources.empty()) {
    return report;
  }
  const auto broken = std::find_if_not(sources.begin(), sources.end(),
                                       [](const SourceReport* source) { return source->Works(); });
  if (broken == sources.end()) {
    report.health = EngineHealth::kIntegrated;
    report.reason.clear();
    return report;
  }
  const bool some_are_usable = std::any_of(
      sources.begin(), sources.end(), [](const SourceReport* source) { return source->Usable(); });
  report.health = some_are_usable ? EngineHealth::kDegraded : EngineHealth::kFailed;
  report.reason = fmt::format("source {}: {}", (*broken)->name, (*broken)->Trouble());
  return report;
}

std::string ReportJson(const MonitorReport& report, JsonLayout layout, GatesInJson gates) {
  const Diagnosis diagnosis = Diagnose(report);
  Json json = {{"schema", "weir.monitor_status/1"},
               {"at", FormatMillis(report.at)},
               {"started_at", FormatMillis(report.started_at)},
               {"config",
                {{"taken_at", FormatMillis(report.config_at)}, {"trouble", report.reload_trouble}}},
               {"health", MonitorHealthName(diagnosis.health)},
               {"reasons", diagnosis.reasons},
               {"sources", ListOf(report.sources)},
               {"services", ListOf(report.services)},
               {"pages", ListOf(report.pages)},
               {"gates", gates == GatesInJson::kTold ? JsonOf(report.gates) : Json()},
               {"engines", ListOf(report.engines)},
               {"channels", ListOf(report.channels)},
               {"alerts", ListOf(report.alerts)},
               {"marks", MarksJson(report)},
               {"alerts_pending", report.pending},
               {"alerts_firing", report.firing},
               {"rules", report.rules},
               {"groups", report.groups},
               {"forecasts", ForecastsJson(report)},
               {"trends", {{"version", report.trends_version}}},
               {"evaluations", report.evaluations},
               {"evaluation_took_s", Seconds(report.evaluation_took)},
               {"pipeline_latency_s",
                report.pipeline_latency ? Json(Seconds(*report.pipeline_latency)) : Json()},
               {"notifications", report.notifications},
               {"outbox",
                {{"waiting", report.outbox.waiting},
                 {"delivered", report.outbox.delivered},
                 {"given_up", report.outbox.given_up},
                 {"oldest_waiting_at", JsonOf(report.outbox.oldest_waiting)}}}};
  if (gates == GatesInJson::kLeftOut) {
    json.erase("gates");
  }
  return json.dump(layout == JsonLayout::kIndented ? 2 : -1, ' ', false,
                   Json::error_handler_t::replace) +
         "\n";
}

std::string_view MonitorHealthName(MonitorHealth health) {
  switch (health) {
    case MonitorHealth::kStarting:
      return "starting";
    case MonitorHealth::kIntegrated:
      return "integrated";
    case MonitorHealth::kDegraded:
      return "degraded";
    case MonitorHealth::kFailed:
      return "failed";
  }
  WEIR_CHECK(false);
}

std::string_view EngineHealthName(EngineHealth health) {
  switch (health) {
    case EngineHealth::kNotUsed:
      return "not_used";
    case EngineHealth::kIntegrated:
      return "integrated";
    case EngineHealth::kDegraded:
      return "degraded";
    case EngineHealth::kFailed:
      return "failed";
  }
  WEIR_CHECK(false);
}

}  // namespace weir::monitor
