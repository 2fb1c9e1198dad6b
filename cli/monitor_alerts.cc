#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/text.h"
#include "cli/flags.h"
#include "cli/monitor_book_flags.h"
#include "cli/monitor_commands.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "monitor/alert_marks.h"
#include "monitor/interventions.h"
#include "monitor/state_codec.h"
#include "store/monitor_book.h"

namespace weir::cli {
namespace {

using Json = nlohmann::ordered_json;

// What is shown of an id: enough to tell a few thousand apart.
constexpr std::size_t kIdShown = 8;

FlagSpec AlertsSpec() {
  FlagSpec spec;
  spec.command = "monitor alerts";
  spec.usage = "weir monitor alerts [OPTIONS]";
  spec.about =
      "The alerts that are pending or fire, as the history has them: also while no monitor runs,\n"
      "then as they were last. With their ids, whether they flap, who looks after them, and what\n"
      "silences them.";
  spec.examples =
      "  weir monitor alerts\n"
      "  weir monitor alerts --ended\n"
      "  weir monitor alerts --json --store ops.db";
  spec.options.add_options()(
      "ended", "those that have ended instead, each of the 200 last within a week, to be marked");
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  return spec;
}

FlagSpec AckSpec() {
  FlagSpec spec;
  spec.command = "monitor ack";
  spec.usage = "weir monitor ack [OPTIONS] ALERT...";
  spec.about =
      "Says that somebody looks after alerts that fire: they are not repeated and not escalated\n"
      "any more, until they end. An ALERT is an id, or the beginning of one ('weir monitor\n"
      "alerts' lists them); or a matcher: then all alerts that all matchers match are meant.\n"
      "It stands in the history, and a monitor that runs on it obeys from its next evaluation.";
  spec.examples =
      "  weir monitor ack 3f9a21c0 --comment 'disk is being replaced'\n"
      "  weir monitor ack 'service=\"shop\"' 'severity=\"page\"'\n"
      "  weir monitor ack --undo 3f9a21c0";
  spec.positionals = {"ALERT"};
  AddSpeakerFlags(spec.options);
  spec.options.add_options()("undo", "nobody looks after them any more");
  AddStoreFlag(spec.options);
  return spec;
}

std::string InLabels(const monitor::Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (name != "alertname") {
      text += fmt::format(" {}={}", Printable(name), Printable(value));
    }
  }
  return text;
}

std::string Line(const monitor::AlertBook& book, const monitor::AlertInstance& alert,
                 WallTime now) {
  const bool ended = alert.state.phase == monitor::AlertPhase::kInactive;
  const WallTime since = ended ? alert.state.resolved_at.value_or(now) : alert.state.active_since;
  std::string text = fmt::format(
      "{}  {:<8} {:>9}  {}{}\n", monitor::AlertKey(alert.labels).substr(0, kIdShown),
      ended ? "ended" : AlertPhaseName(alert.state.phase), FormatDuration(now - since),
      Printable(monitor::LabelValue(alert.labels, "alertname")), InLabels(alert.labels));
  if (const monitor::AlertMark* mark = book.MarkOf(alert)) {
    text += fmt::format("          {} by {}{}\n", monitor::MarkName(mark->useful), mark->speaker.by,
                        mark->speaker.comment.empty() ? "" : ": " + mark->speaker.comment);
  }
  if (ended) {
    return text;
  }
  if (const auto flaps = book.flaps.find(alert.labels); flaps != book.flaps.end()) {
    text += fmt::format("          flapping: began {} times\n", flaps->second);
  }
  if (const monitor::Acknowledgement* said = book.Of(alert)) {
    const monitor::Speaker& speaker = said->speaker;
    text += fmt::format("          acknowledged by {} {} ago{}\n", speaker.by,
                        FormatDuration(now - said->at),
                        speaker.comment.empty() ? "" : ": " + speaker.comment);
  }
  if (const monitor::StoredSilence* silence = book.SilenceOf(alert.labels, now)) {
    text += fmt::format("          silenced by {} for {} more ({})\n", silence->speaker.by,
                        FormatDuration(silence->silence.ends_at - now), silence->id);
  }
  return text;
}

Json JsonOf(const monitor::AlertBook& book, const monitor::AlertInstance& alert, WallTime now) {
  const monitor::Acknowledgement* said = book.Of(alert);
  const monitor::StoredSilence* silence = book.SilenceOf(alert.labels, now);
  const monitor::AlertMark* mark = book.MarkOf(alert);
  const auto flaps = book.flaps.find(alert.labels);
  const auto at = [](const std::optional<WallTime>& when) {
    return when ? Json(FormatWallTime(*when)) : Json();
  };
  return {{"id", monitor::AlertKey(alert.labels)},
          {"labels", Json(alert.labels)},
          {"annotations", Json(alert.annotations)},
          {"phase", AlertPhaseName(alert.state.phase)},
          {"active_since", FormatWallTime(alert.state.active_since)},
          {"fired_at", at(alert.state.fired_at)},
          {"resolved_at", at(alert.state.resolved_at)},
          {"mark", mark == nullptr ? Json() : Json(monitor::MarkName(mark->useful))},
          {"marked_by", mark == nullptr ? Json() : Json(mark->speaker.by)},
          {"flaps", flaps == book.flaps.end() ? Json() : Json(flaps->second)},
          {"acknowledged_by", said == nullptr ? Json() : Json(said->speaker.by)},
          {"acknowledged_at", said == nullptr ? Json() : Json(FormatWallTime(said->at))},
          {"silence", silence == nullptr ? Json() : Json(silence->id)}};
}

Status ListAlerts(const ParsedFlags& flags) {
  const auto book = OpenBook(flags, BookUse::kRead);
  const Result<monitor::AlertBook> found =
      book ? monitor::LoadAlertBook(**book)
           : Result<monitor::AlertBook>(tl::unexpected(book.error()));
  if (!found) {
    return tl::unexpected(found.error());
  }
  const WallTime now = SystemClock().WallNow();
  const bool ended = flags.Has("ended");
  const std::vector<monitor::AlertInstance>& alerts = ended ? found->ended : found->alerts;
  if (flags.Has("json")) {
    Json json = {{"schema", "weir.monitor_alerts/1"}, {"alerts", Json::array()}};
    for (const monitor::AlertInstance& alert : alerts) {
      json["alerts"].push_back(JsonOf(*found, alert, now));
    }
    json["demoted_rules"] = found->demoted;
    return WriteJson(flags.Text("json"),
                     json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  std::string text;
  for (const monitor::AlertInstance& alert : alerts) {
    text += Line(*found, alert, now);
  }
  const auto rules = monitor::PrecisionOf(found->marks, now);
  std::string demoted;
  for (const std::string& rule : found->demoted) {
    const auto marks = rules.find(rule);
    demoted += marks == rules.end() ? "" : DemotedInWords(Printable(rule), marks->second) + "\n";
  }
  if (text.empty()) {
    text = ended ? "no alert has ended lately\n" : "no alert is pending or fires\n";
  }
  Print(text + demoted);
  return {};
}

Status Acknowledge(const ParsedFlags& flags) {
  monitor::AlertChoice choice;
  for (const std::string& text : flags.Texts("ALERT")) {
    (text.find('=') == std::string::npos ? choice.ids : choice.matchers).push_back(text);
  }
  const auto book = OpenBook(flags, BookUse::kChange);
  if (!book) {
    return tl::unexpected(book.error());
  }
  const Result<monitor::AlertBook> found = monitor::LoadAlertBook(**book);
  const Result<std::vector<monitor::AlertInstance>> chosen =
      found ? monitor::ChooseFiring(found->alerts, choice)
            : Result<std::vector<monitor::AlertInstance>>(tl::unexpected(found.error()));
  if (!chosen) {
    return tl::unexpected(chosen.error());
  }
  const bool undo = flags.Has("undo");
  Status done =
      undo ? monitor::TakeBack(**book, *chosen)
           : monitor::Acknowledge(**book, *chosen, ReadSpeaker(flags), SystemClock().WallNow());
  if (done) {
    Print(fmt::format("{} alert{} {}\n", chosen->size(), chosen->size() == 1 ? "" : "s",
                      undo ? "given back" : "acknowledged"));
  }
  return done;
}

}  // namespace

int MonitorAlertsMain(const Arguments& arguments) {
  return RunBookCommand(AlertsSpec(), arguments, &ListAlerts);
}

int MonitorAckMain(const Arguments& arguments) {
  return RunBookCommand(AckSpec(), arguments, &Acknowledge);
}

}  // namespace weir::cli
