#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/monitor_client.h"
#include "cli/monitor_commands.h"
#include "cli/output_file.h"
#include "cli/terminal.h"

namespace weir::cli {
namespace {

using Json = nlohmann::json;

// Alerts that are printed; the rest is counted.
constexpr std::size_t kAlertsShown = 20;

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "monitor status";
  spec.usage = "weir monitor status [OPTIONS] [URL|FILE]";
  spec.about =
      "Asks a running 'weir monitor' how it is: the whole, each source with what became of its\n"
      "samples, each engine, each channel, the alerts, the outbox. FILE is that of the monitor;\n"
      "without either it asks http://127.0.0.1:8471. Exit code 0 while something works, 69 when\n"
      "nothing does, or nobody answers.";
  spec.examples =
      "  weir monitor status\n"
      "  weir monitor status monitor.yaml\n"
      "  weir monitor status --json --token-file token https://weir.example";
  spec.positionals = {"WHERE"};
  spec.json_file = JsonFile::kOnlyAfterEquals;
  AddMonitorFlags(spec.options);
  AddJsonFlag(spec.options);
  return spec;
}

std::string TextOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? Printable(found->get<std::string>()) : "";
}

std::uint64_t CountOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

Json PartOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() ? Json() : *found;
}

std::string Because(const Json& part) {
  const std::string reason = TextOf(part, "reason");
  return reason.empty() ? "" : ": " + reason;
}

std::string SourceLine(const Json& source) {
  const Json ledger = PartOf(source, "ledger");
  const bool stale =
      PartOf(source, "stale") == Json(true) && TextOf(source, "health") == "integrated";
  std::string text =
      fmt::format("source   {:<20} {:<11} {} offered = {} ingested + {} rejected + {} dropped{}\n",
                  TextOf(source, "name"), stale ? "stale" : TextOf(source, "health"),
                  CountOf(ledger, "offered"), CountOf(ledger, "ingested"),
                  CountOf(ledger, "rejected"), CountOf(ledger, "dropped"), Because(source));
  for (const Json& warning : PartOf(source, "warnings")) {
    text += warning.is_string()
                ? fmt::format("         warns: {}\n", Printable(warning.get<std::string>(), 300))
                : "";
  }
  return text;
}

std::string AlertLine(const Json& alert) {
  const Json labels = PartOf(alert, "labels");
  std::string rest;
  for (const auto& [name, value] : labels.items()) {
    if (name != "alertname" && value.is_string()) {
      rest += fmt::format(" {}={}", Printable(name), Printable(value.get<std::string>()));
    }
  }
  const std::string muted = TextOf(alert, "muted");
  const std::string by = TextOf(alert, "acknowledged_by");
  const std::size_t flaps = CountOf(alert, "flaps");
  const bool digested = PartOf(alert, "digested") == Json(true);
  return fmt::format("alert    {:<20} {:<11}{}{}{}{}{}\n", TextOf(labels, "alertname"),
                     TextOf(alert, "phase"), rest, muted == "not_muted" ? "" : " (" + muted + ")",
                     digested ? " (told in the digest)" : "",
                     flaps == 0 ? "" : fmt::format(" (flapping: began {} times)", flaps),
                     by.empty() ? "" : " (acknowledged by " + by + ")");
}

std::string RuleLine(const Json& marks) {
  const std::uint64_t noise = CountOf(marks, "noise");
  return PartOf(marks, "demoted") == Json(true)
             ? fmt::format("rule     {:<20} {} of {} marked noise, told in the digest\n",
                           TextOf(marks, "rule"), noise, noise + CountOf(marks, "useful"))
             : "";
}

// What users have that moves with the probe of a page.
std::string LinkWords(const Json& page) {
  std::string text;
  for (const Json& link : PartOf(page, "probe_links")) {
    const auto number = [&link](const char* key) {
      const Json value = PartOf(link, key);
      return value.is_number() ? value.get<double>() : 0;
    };
    const std::string what = TextOf(link, "outcome") == "lcp" ? "LCP" : "left";
    text += PartOf(link, "associated") == Json(true)
                ? fmt::format(", {} moves with it ({:.2f}, {:.2f} to {:.2f}; {:.0f} min)", what,
                              number("correlation"), number("low"), number("high"), number("rows"))
                : fmt::format(", {} not seen to move with it in {:.0f} min", what, number("rows"));
  }
  return text;
}

std::string PageLine(const Json& page) {
  const auto number = [&page](const char* key) -> std::optional<double> {
    const Json value = PartOf(page, key);
    return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
  };
  const auto said = [](std::string_view what, const std::optional<std::string>& value) {
    return fmt::format(", {} {}", what, value.value_or("n/a"));
  };
  const auto span = [](std::optional<double> seconds) {
    return seconds ? std::optional(FormatDuration(Nanos(std::llround(*seconds * 1e9))))
                   : std::nullopt;
  };
  std::optional<std::string> apdex;
  if (const auto score = number("apdex")) {
    apdex = fmt::format("{:.2f}", *score);
  }
  std::optional<std::string> left;
  if (const auto ratio = number("left_ratio")) {
    left = fmt::format("{:.1f} %", *ratio * 100);
  }
  std::optional<std::string> from = span(number("leave_from_s"));
  const auto low = span(number("leave_low_s"));
  const auto high = span(number("leave_high_s"));
  if (from && low && high) {
    *from += fmt::format(" ({} to {})", *low, *high);
  }
  const std::string segment = TextOf(page, "segment");
  const std::string probe = TextOf(page, "probe");
  return fmt::format(
      "{:<8} {:<20} {:.0f} views{}{}{}{}{}\n", segment.empty() ? "page" : "segment",
      segment.empty() ? TextOf(page, "page") : segment, number("views").value_or(0),
      said("Apdex", apdex), said("p75 of LCP", span(number("lcp_p75_s"))), said("left", left),
      said("more leave from an LCP of", from),
      probe.empty() ? "" : said("p50 of " + probe, span(number("probe_p50_s"))) + LinkWords(page));
}

std::string GateLines(const Json& gates) {
  std::string text;
  const Json standing = PartOf(gates, "standing");
  if (standing.is_object()) {
    text += fmt::format("gates    {:<20} {:<11} {} at {}: {}\n", TextOf(standing, "subject"),
                        TextOf(standing, "verdict"), TextOf(standing, "candidate"),
                        TextOf(standing, "at"), TextOf(standing, "reason"));
  }
  const Json deployments = PartOf(gates, "deployments");
  if (deployments.is_array() && !deployments.empty()) {
    const Json& newest = deployments.front();
    text += fmt::format("deploy   {:<20} {:<11} {} at {}, told by {}\n", TextOf(newest, "service"),
                        TextOf(newest, "phase"), TextOf(newest, "build"), TextOf(newest, "at"),
                        TextOf(newest, "source"));
  }
  return text;
}

std::string InText(const Json& status) {
  std::string text = TextOf(status, "health") + "\n";
  for (const Json& reason : PartOf(status, "reasons")) {
    text += reason.is_string() ? fmt::format("  {}\n", Printable(reason.get<std::string>())) : "";
  }
  for (const Json& source : PartOf(status, "sources")) {
    text += SourceLine(source);
  }
  for (const Json& engine : PartOf(status, "engines")) {
    const std::uint64_t rules = CountOf(engine, "rules");
    text += fmt::format("engine   {:<20} {:<11} {} rule{}{}\n", TextOf(engine, "name"),
                        TextOf(engine, "health"), rules, rules == 1 ? "" : "s", Because(engine));
  }
  for (const Json& channel : PartOf(status, "channels")) {
    const std::string trouble = TextOf(channel, "trouble");
    text += fmt::format("channel  {:<20} {:<11} {} delivered, {} attempts failed, {} given up{}\n",
                        TextOf(channel, "name"), TextOf(channel, "kind"),
                        CountOf(channel, "delivered"), CountOf(channel, "attempts_failed"),
                        CountOf(channel, "given_up"), trouble.empty() ? "" : ": " + trouble);
  }
  for (const Json& page : PartOf(status, "pages")) {
    text += PageLine(page);
  }
  text += GateLines(PartOf(status, "gates"));
  if (const std::string said = TextOf(PartOf(status, "forecasts"), "in_words"); !said.empty()) {
    text += fmt::format("forecasts {}\n", Printable(said));
  }
  const Json alerts = PartOf(status, "alerts");
  for (std::size_t i = 0; i < alerts.size() && i < kAlertsShown; ++i) {
    text += AlertLine(alerts[i]);
  }
  for (const Json& marks : PartOf(status, "marks")) {
    text += RuleLine(marks);
  }
  text += fmt::format("alerts   {} firing, {} pending\n", CountOf(status, "alerts_firing"),
                      CountOf(status, "alerts_pending"));
  const Json outbox = PartOf(status, "outbox");
  return text + fmt::format("outbox   {} waiting, {} delivered, {} given up\n",
                            CountOf(outbox, "waiting"), CountOf(outbox, "delivered"),
                            CountOf(outbox, "given_up"));
}

Result<int> Tell(const ParsedFlags& flags) {
  const std::vector<std::string> where = flags.Texts("WHERE");
  if (where.size() > 1) {
    return UsageError("name one monitor, by its URL or its file");
  }
  const Result<MonitorAddress> address =
      FindMonitor(where.empty() ? std::string() : where.front(), flags);
  if (!address) {
    return tl::unexpected(address.error());
  }
  const Result<std::string> body = AskMonitor(*address, "/api/v1/status");
  if (!body) {
    return tl::unexpected(body.error());
  }
  const Json status = Json::parse(*body, nullptr, false);
  if (!status.is_object() || TextOf(status, "schema") != "weir.monitor_status/1") {
    return Unavailable("what answers is no 'weir monitor' of this version");
  }
  if (flags.Has("json")) {
    if (Status written = WriteJson(flags.Text("json"), *body); !written) {
      return tl::unexpected(written.error());
    }
  } else {
    Print(InText(status));
  }
  const std::string health = TextOf(status, "health");
  const bool works = health == "integrated" || health == "degraded" || health == "starting";
  return static_cast<int>(works ? kExitPass : kExitUnavailable);
}

}  // namespace

int MonitorStatusMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("monitor status", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Result<int> told = Tell(*flags);
  return told ? *told : Complain("monitor status", told.error());
}

}  // namespace weir::cli
