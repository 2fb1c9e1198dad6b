#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/monitor_commands.h"
#include "cli/terminal.h"
#include "monitor/replay.h"

namespace weir::cli {
namespace {

using Json = nlohmann::json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string_view ChangeOf(const monitor::AlertInstance& alert, WallTime at) {
  if (alert.state.fired_at == at) {
    return "fired";
  }
  if (alert.state.resolved_at == at) {
    return "resolved";
  }
  return monitor::AlertPhaseName(alert.state.phase);
}

std::string SummaryOf(const monitor::AlertInstance& alert) {
  return std::string(monitor::LabelValue(alert.annotations, "summary"));
}

std::string InWords(const monitor::Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (name != "alertname") {
      text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ", ", name, value);
    }
  }
  return text.empty() ? "" : " {" + text + "}";
}

std::string LinesOf(const monitor::ReplayStep& step) {
  std::string text;
  const std::string at = FormatWallTime(step.at);
  for (const monitor::AlertInstance& alert : step.alerts) {
    const std::string summary = SummaryOf(alert);
    text += Printable(fmt::format("{}  {:<9}{}{}{}", at, ChangeOf(alert, step.at),
                                  monitor::LabelValue(alert.labels, "alertname"),
                                  InWords(alert.labels), summary.empty() ? "" : ": " + summary)) +
            "\n";
  }
  for (const store::OutboxMessage& message : step.messages) {
    text +=
        Printable(fmt::format("{}  {:<9}{} {}", at, "message", message.channel, message.event_id)) +
        "\n";
  }
  return text;
}

std::string JsonOf(const monitor::ReplayStep& step) {
  std::string text;
  for (const monitor::AlertInstance& alert : step.alerts) {
    text += Dump({{"at_ns", CountNs(step.at)},
                  {"alert", ChangeOf(alert, step.at)},
                  {"labels", alert.labels},
                  {"annotations", alert.annotations},
                  {"value", alert.value ? Json(*alert.value) : Json()}});
  }
  for (const store::OutboxMessage& message : step.messages) {
    text += Dump({{"at_ns", CountNs(step.at)},
                  {"message", message.event_id},
                  {"channel", message.channel},
                  {"dedup_key", message.dedup_key},
                  {"payload", message.payload}});
  }
  return text;
}

std::string JsonOf(const monitor::ReplayTotals& totals) {
  return Dump({{"schema", "weir.monitor_replay/1"},
               {"from_ns", CountNs(totals.from)},
               {"to_ns", CountNs(totals.to)},
               {"evaluations", totals.evaluations},
               {"fired", totals.fired},
               {"resolved", totals.resolved},
               {"messages", totals.messages},
               {"samples",
                {{"offered", totals.ledger.offered},
                 {"ingested", totals.ledger.ingested},
                 {"rejected", totals.ledger.rejected},
                 {"dropped", totals.ledger.dropped}}}});
}

std::string InWords(const monitor::ReplayTotals& totals) {
  std::string text = fmt::format(
      "{} to {}: {} evaluations, {} alerts fired, {} resolved, {} messages; {} samples offered, {} "
      "taken",
      FormatWallTime(totals.from), FormatWallTime(totals.to), totals.evaluations, totals.fired,
      totals.resolved, totals.messages, totals.ledger.offered, totals.ledger.ingested);
  for (const auto* counts : {&totals.ledger.rejected, &totals.ledger.dropped}) {
    for (const auto& [reason, count] : *counts) {
      text += fmt::format(", {} {}", count, reason);
    }
  }
  return text + "\n";
}

}  // namespace

Status ReplayMonitor(const monitor::MonitorConfig& config, const MonitorReplay& replay) {
  const auto totals =
      monitor::Replay(config, replay.path, [&replay](const monitor::ReplayStep& step) {
        Print(replay.json ? JsonOf(step) : LinesOf(step));
      });
  if (!totals) {
    return tl::unexpected(totals.error());
  }
  Print(replay.json ? JsonOf(*totals) : InWords(*totals));
  return {};
}

}  // namespace weir::cli
