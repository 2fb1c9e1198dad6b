#include "reports/plan.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/json.h"
#include "reports/internal/text_layout.h"
#include "reports/series_plot.h"

namespace weir::reports {
namespace {

constexpr int kIndent = 2;
constexpr std::size_t kBytesShown = 2000;
constexpr int kPlotHeight = 6;

std::string Line(std::string_view name, std::string_view text, const TextOptions& options) {
  constexpr int kTextAt = 11;
  std::string wrapped = Wrapped(text, kTextAt, options);
  wrapped.erase(0, kTextAt);
  return fmt::format("{:<11}{}", name, wrapped);
}

std::string WholeCount(double value) {
  return FormatCount(static_cast<std::uint64_t>(std::llround(value)));
}

std::string PeakInWords(bool open, double peak) {
  return open ? FormatRate(peak) + " rounds" : fmt::format("{} users", WholeCount(peak));
}

std::string RenderFacts(const PlanReport& plan, const TextOptions& options) {
  std::string out = Line(
      "target", plan.target.empty() ? "not said: add --target URL" : Clean(plan.target), options);
  if (plan.parts.empty()) {
    out += Line("load", Clean(plan.load, 1000), options);
  }
  std::string time = FormatDuration(plan.duration);
  if (plan.warm_up_auto) {
    time += ", of it a warm-up that is found in the run";
  } else if (plan.warm_up > Nanos(0)) {
    time += fmt::format(", of it {} warm-up", FormatDuration(plan.warm_up));
  }
  out += Line("duration", time, options);
  if (plan.requests) {
    out += Line("requests",
                fmt::format("{} in {} rounds, if every step completes", WholeCount(*plan.requests),
                            WholeCount(*plan.rounds)),
                options);
  } else if (plan.rounds) {
    out += Line("requests",
                fmt::format("in {} rounds, as many as their branches and loops send",
                            WholeCount(*plan.rounds)),
                options);
  } else {
    out += Line("requests", "as many as the users get done", options);
  }
  out += Line("peak", PeakInWords(plan.open, plan.peak), options);
  return out;
}

std::string RenderParts(const PlanReport& plan, const TextOptions& options) {
  if (plan.parts.empty()) {
    return "";
  }
  TextTable table({{"scenario", Align::kLeft, 8},
                   {"start"},
                   {"load", Align::kLeft, 16, Cut::kMiddle},
                   {"rounds"},
                   {"peak"}});
  for (const PlannedPart& part : plan.parts) {
    table.AddRow({{Clean(part.name)},
                  {part.start == Nanos(0) ? "0s" : FormatDuration(part.start)},
                  {Clean(part.load, 1000)},
                  {part.rounds ? WholeCount(*part.rounds) : "n/a"},
                  {PeakInWords(part.open, part.peak)}});
  }
  return "\n" + table.Render(kIndent, options);
}

std::string RenderLevel(std::string title, const std::vector<double>& level, bool open,
                        const PlanReport& plan, const TextOptions& options) {
  const SeriesPlot plot = {.title = std::move(title),
                           .unit = open ? "per_s" : "",
                           .values = level,
                           .x_first = "0",
                           .x_last = FormatDuration(plan.duration),
                           .height = kPlotHeight};
  return "\n" + RenderPlot(plot, options);
}

std::string_view LevelTitle(bool open) {
  return open ? "rounds per second" : "users";
}

// The sum, where there is something to add up, and each by itself.
std::string RenderLevels(const PlanReport& plan, const TextOptions& options) {
  if (plan.level.size() <= 1) {
    return "";
  }
  const auto summed = std::count_if(plan.parts.begin(), plan.parts.end(),
                                    [&](const auto& part) { return part.open == plan.open; });
  std::string out;
  if (plan.parts.empty() || summed > 1) {
    out += RenderLevel(
        fmt::format("{}{}", LevelTitle(plan.open), plan.parts.empty() ? "" : ", all together"),
        plan.level, plan.open, plan, options);
  }
  for (const PlannedPart& part : plan.parts) {
    out += RenderLevel(fmt::format("{}: {}", Clean(part.name), LevelTitle(part.open)), part.level,
                       part.open, plan, options);
  }
  return out;
}

std::string RenderSteps(const PlanReport& plan, const TextOptions& options) {
  const bool with_flows = std::any_of(plan.steps.begin(), plan.steps.end(),
                                      [](const PlannedStep& step) { return step.share < 1; }) ||
                          plan.parts.size() > 1;
  std::vector<TextColumn> columns;
  if (with_flows) {
    columns.push_back({"flow", Align::kLeft, 8});
    columns.push_back({"share"});
  }
  columns.push_back({"step", Align::kLeft, 12});
  columns.push_back({"request", Align::kLeft, 16, Cut::kMiddle});
  columns.push_back({"", Align::kLeft, 12});
  TextTable table(std::move(columns));
  for (const PlannedStep& step : plan.steps) {
    std::vector<Cell> cells;
    if (with_flows) {
      cells.push_back({Clean(step.flow)});
      cells.push_back({fmt::format("{:.1f} %", 100 * step.share)});
    }
    cells.push_back({Clean(step.step)});
    cells.push_back({Clean(step.request)});
    cells.push_back({Clean(step.notes), Style::kFaint});
    table.AddRow(std::move(cells));
  }
  return "\n" + table.Render(kIndent, options);
}

// The bytes line by line, so that a head looks like one.
std::string RenderBytes(std::string_view bytes, const TextOptions& options) {
  std::string out;
  std::string_view rest = bytes.substr(0, kBytesShown);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    out += line.empty() ? "\n" : Wrapped(Clean(line, kBytesShown), 2 * kIndent, options);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (bytes.size() > kBytesShown) {
    out += Wrapped(fmt::format("... {} more", FormatBytes(bytes.size() - kBytesShown)), 2 * kIndent,
                   options);
  }
  return out;
}

std::string RenderFirst(const PlanReport& plan, const TextOptions& options) {
  std::string out;
  std::optional<std::uint64_t> round;
  for (const RenderedRequest& request : plan.first) {
    const std::string when = request.due              ? "due at " + FormatDuration(*request.due)
                             : round == request.round ? "after the one before"
                                                      : "when its user begins";
    round = request.round;
    out += "\n" +
           Painted(fmt::format("round {}, {}: {}", request.round + 1, Clean(request.step), when),
                   Style::kTitle, options) +
           "\n" + RenderBytes(request.bytes, options);
  }
  return out;
}

}  // namespace

std::string RenderPlan(const PlanReport& plan, const TextOptions& options) {
  const TextOptions checked = Checked(options);
  const Mark mark = PassMark(checked.charset);
  std::string out = fmt::format("{} {}\n", Painted(mark.text, mark.style, checked),
                                Clean(fmt::format("{}: {} is valid", plan.source, plan.scenario)));
  out += RenderFacts(plan, checked);
  out += RenderParts(plan, checked);
  out += RenderSteps(plan, checked);
  for (const std::string& threshold : plan.thresholds) {
    out += (&threshold == plan.thresholds.data() ? "\n" : "") +
           Line(&threshold == plan.thresholds.data() ? "demands" : "", Clean(threshold), checked);
  }
  out += RenderLevels(plan, checked);
  return out + RenderFirst(plan, checked);
}

std::string PlanJson(const PlanReport& plan) {
  Json json = {{"schema", "weir.plan/1"},
               {"scenario", plan.scenario},
               {"source", plan.source},
               {"target", plan.target},
               {"load", plan.load},
               {"open", plan.open},
               {"duration_s", Seconds(plan.duration)},
               {"warm_up_s", Seconds(plan.warm_up)},
               {"warm_up_auto", plan.warm_up_auto}};
  constexpr std::string_view kUsers = "users do as many as they get done";
  PutKnown(json, "rounds", plan.rounds, kUsers);
  PutKnown(json, "requests", plan.requests,
           plan.rounds ? "branches and loops send as many as they do" : kUsers);
  json[plan.open ? "peak_per_s" : "peak_users"] = plan.peak;
  json[plan.open ? "level_per_s" : "level_users"] = plan.level;
  if (!plan.parts.empty()) {
    json["scenarios"] = Json::array();
  }
  for (const PlannedPart& part : plan.parts) {
    Json one = {{"name", part.name}, {"start_s", Seconds(part.start)}, {"load", part.load}};
    PutKnown(one, "rounds", part.rounds, kUsers);
    one[part.open ? "peak_per_s" : "peak_users"] = part.peak;
    one[part.open ? "level_per_s" : "level_users"] = part.level;
    json["scenarios"].push_back(std::move(one));
  }
  json["steps"] = Json::array();
  for (const PlannedStep& step : plan.steps) {
    json["steps"].push_back({{"flow", step.flow},
                             {"share", step.share},
                             {"step", step.step},
                             {"request", step.request},
                             {"notes", step.notes}});
  }
  json["thresholds"] = plan.thresholds;
  json["first"] = Json::array();
  for (const RenderedRequest& request : plan.first) {
    Json one = {{"step", request.step}, {"round", request.round}};
    PutKnown(one, "due_s", request.due ? std::optional(Seconds(*request.due)) : std::nullopt,
             "it follows the one before");
    one["bytes"] = request.bytes;
    json["first"].push_back(std::move(one));
  }
  return JsonText(json, JsonLayout::kPretty);
}

}  // namespace weir::reports
