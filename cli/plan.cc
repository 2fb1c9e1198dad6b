#include "cli/plan.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "cli/output_file.h"
#include "cli/terminal.h"
#include "loadgen/prepared.h"
#include "loadgen/preview.h"
#include "loadgen/schedule.h"
#include "scenarios/command_line.h"

namespace weir::cli {
namespace {

using scenarios::Action;
using scenarios::Command;
using scenarios::Flow;
using scenarios::Part;
using scenarios::Request;
using scenarios::Scenario;

// As wide as the plot of a terminal can be.
constexpr int kLevels = 120;

std::string NotesOf(const Request& request) {
  std::string notes;
  const auto add = [&notes](std::size_t count, std::string_view one, std::string_view many) {
    if (count > 0) {
      notes += fmt::format("{}{} {}", notes.empty() ? "" : ", ", count, count == 1 ? one : many);
    }
  };
  add(request.check.headers.size() + request.check.body.size() +
          (request.check.status.empty() ? 0U : 1U),
      "check", "checks");
  std::string names;
  for (const scenarios::Extraction& extraction : request.extractions) {
    names += (names.empty() ? "" : ", ") + extraction.variable;
  }
  return names.empty() ? notes
                       : fmt::format("{}{}takes {}", notes, notes.empty() ? "" : ", ", names);
}

// Adds the steps of the flows of `part`.
void AddSteps(const Scenario& scenario, const Part& part,
              std::vector<reports::PlannedStep>& steps) {
  const std::span<const Flow> flows =
      std::span(scenario.flows).subspan(part.flow_first, part.flow_count);
  double weights = 0;
  for (const Flow& flow : flows) {
    weights += flow.weight;
  }
  for (const Flow& flow : flows) {
    for (const Action& action : flow.actions) {
      if (const auto* request = std::get_if<Request>(&action)) {
        steps.push_back({flow.name, flow.weight / weights, request->name,
                         fmt::format("{} {}", request->method, request->path), NotesOf(*request)});
        if (request->redirects_max > 0) {
          steps.back().notes += fmt::format(
              "{}follows {} {}", steps.back().notes.empty() ? "" : ", ", request->redirects_max,
              request->redirects_max == 1 ? "redirect" : "redirects");
        }
      } else if (const auto* command = std::get_if<Command>(&action)) {
        steps.push_back({flow.name, flow.weight / weights, command->name,
                         scenarios::CommandLineText(command->argv), ""});
      }
    }
  }
}

// In even parts of the run's `duration`.
std::vector<double> LevelsOf(const Part& part, Nanos duration) {
  const Nanos span = duration / kLevels;
  std::vector<double> levels;
  double before = 0;
  for (int i = 0; i < kLevels && span > Nanos(0); ++i) {
    const Nanos begin = span * i - part.start;
    if (part.IsOpen()) {
      const double after = loadgen::PlannedArrivals(part.load, begin + span);
      levels.push_back((after - before) / Seconds(span));
      before = after;
    } else {
      const Nanos middle = begin + span / 2;
      levels.push_back(middle < Nanos(0) ? 0 : loadgen::UsersAt(part.load, middle));
    }
  }
  return levels;
}

double LevelAfter(const scenarios::Stage& stage, double share) {
  const auto* open = std::get_if<scenarios::OpenStage>(&stage);
  const double from =
      open != nullptr ? open->from.per_second() : std::get<scenarios::ClosedStage>(stage).from;
  const double to =
      open != nullptr ? open->to.per_second() : std::get<scenarios::ClosedStage>(stage).to;
  return share < 1 ? from + share * (to - from) : to;
}

Nanos DurationOf(const scenarios::Stage& stage) {
  return std::visit([](const auto& any) { return any.duration; }, stage);
}

enum class Limit : std::uint8_t { kJustBefore, kFromThere };

double LevelAt(const Part& part, Nanos at, Limit limit) {
  Nanos begin = part.start;
  for (const scenarios::Stage& stage : part.load.stages) {
    const Nanos end = begin + DurationOf(stage);
    const bool is_within =
        limit == Limit::kJustBefore ? begin < at && at <= end : begin <= at && at < end;
    if (is_within) {
      return LevelAfter(stage, Seconds(at - begin) / Seconds(end - begin));
    }
    begin = end;
  }
  return 0;
}

// The highest sum of what those of `parts` have that are `open`: levels are straight lines, so it
// is where a stage begins or ends.
double PeakOf(std::span<const Part> parts, bool open) {
  std::vector<Nanos> borders;
  for (const Part& part : parts) {
    borders.push_back(part.start);
    for (const scenarios::Stage& stage : part.load.stages) {
      borders.push_back(borders.back() + DurationOf(stage));
    }
  }
  double peak = 0;
  for (const Nanos border : borders) {
    for (const Limit limit : {Limit::kJustBefore, Limit::kFromThere}) {
      double sum = 0;
      for (const Part& part : parts) {
        sum += part.IsOpen() == open ? LevelAt(part, border, limit) : 0;
      }
      peak = std::max(peak, sum);
    }
  }
  return peak;
}

std::optional<double> RoundsOf(const Part& part) {
  if (part.IsOpen()) {
    return loadgen::PlannedArrivals(part.load, part.load.Duration());
  }
  return part.load.rounds_max > 0 ? std::optional(static_cast<double>(part.load.rounds_max))
                                  : std::nullopt;
}

// How often a condition holds, and how long a loop goes on, is not known beforehand.
bool CountsRequests(const Scenario& scenario) {
  return std::none_of(scenario.flows.begin(), scenario.flows.end(), [](const Flow& flow) {
    return std::any_of(flow.actions.begin(), flow.actions.end(), [](const Action& action) {
      return std::holds_alternative<scenarios::Jump>(action);
    });
  });
}

void AddLoads(const Scenario& scenario, reports::PlanReport& plan) {
  const std::vector<Part> parts = scenario.Parts();
  plan.open =
      std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.IsOpen(); });
  plan.peak = PeakOf(parts, plan.open);
  plan.level.assign(kLevels, 0);
  plan.rounds = 0;
  plan.requests = 0;
  for (const Part& part : parts) {
    const std::optional<double> rounds = RoundsOf(part);
    std::vector<reports::PlannedStep> steps;
    AddSteps(scenario, part, steps);
    double per_round = 0;
    for (const reports::PlannedStep& step : steps) {
      per_round += step.share;
    }
    plan.steps.insert(plan.steps.end(), steps.begin(), steps.end());
    plan.rounds = plan.rounds && rounds ? std::optional(*plan.rounds + *rounds) : std::nullopt;
    plan.requests =
        plan.rounds ? std::optional(*plan.requests + *rounds * per_round) : std::nullopt;
    std::vector<double> levels = LevelsOf(part, plan.duration);
    for (std::size_t i = 0; i < levels.size(); ++i) {
      plan.level[i] += part.IsOpen() == plan.open ? levels[i] : 0;
    }
    if (!scenario.parts.empty()) {
      plan.parts.push_back({part.name, part.start, part.load.InWords(), part.IsOpen(), rounds,
                            PeakOf({&part, 1}, part.IsOpen()), std::move(levels)});
    }
  }
  if (!CountsRequests(scenario)) {
    plan.requests.reset();
  }
}

// What is on the wire of HTTP/2 and what libcurl makes of a request is not for people to read.
Scenario AsPlainHttp(const Scenario& scenario) {
  Scenario plain = scenario;
  plain.connection = {};
  return plain;
}

}  // namespace

Result<reports::PlanReport> PlanScenario(const Scenario& scenario, const PlanOptions& options,
                                         const Clock& clock) {
  const std::optional<scenarios::Target>& target =
      options.target ? options.target : scenario.target;
  scenarios::Target nowhere;
  nowhere.host = "localhost";
  const Result<loadgen::PreparedScenario> prepared =
      loadgen::Prepare(AsPlainHttp(scenario), target.value_or(nowhere));
  if (!prepared) {
    return tl::unexpected(prepared.error());
  }
  reports::PlanReport plan;
  plan.scenario = scenario.name;
  plan.source = options.source;
  plan.target = scenario.RunsPrograms() ? "programs on this machine" : target ? target->Url() : "";
  plan.load = scenario.LoadInWords();
  plan.duration = scenario.Duration();
  plan.warm_up = scenario.load.warm_up;
  plan.warm_up_auto = scenario.load.warm_up_auto;
  AddLoads(scenario, plan);
  for (const Threshold& threshold : scenario.thresholds) {
    plan.thresholds.push_back(threshold.text);
  }
  const std::vector<StepName> names = scenario.StepNames();
  for (loadgen::PreviewedRequest& request :
       loadgen::PreviewRequests(*prepared, options.seed, clock.WallNow(), options.rendered)) {
    plan.first.push_back(
        {names[request.step].step, request.round, request.due, std::move(request.bytes)});
  }
  return plan;
}

Status PrintPlan(const reports::PlanReport& plan, const std::string& json, bool quiet) {
  if (!json.empty()) {
    if (Status written = WriteJson(json, reports::PlanJson(plan)); !written) {
      return written;
    }
  }
  if (!quiet && json != "-") {
    Print(reports::RenderPlan(plan, TerminalOptions()));
  }
  return {};
}

}  // namespace weir::cli
