#include "cli/plan.h"

#include <algorithm>
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

std::vector<reports::PlannedStep> StepsOf(const Scenario& scenario) {
  double weights = 0;
  for (const Flow& flow : scenario.flows) {
    weights += flow.weight;
  }
  std::vector<reports::PlannedStep> steps;
  for (const Flow& flow : scenario.flows) {
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
  return steps;
}

void AddLevels(const Scenario& scenario, reports::PlanReport& plan) {
  const Nanos part = plan.duration / kLevels;
  double before = 0;
  for (int i = 0; i < kLevels && part > Nanos(0); ++i) {
    if (plan.open) {
      const double after = loadgen::PlannedArrivals(scenario.load, part * (i + 1));
      plan.level.push_back((after - before) / Seconds(part));
      before = after;
    } else {
      plan.level.push_back(loadgen::UsersAt(scenario.load, part * i + part / 2));
    }
  }
}

void AddCounts(const Scenario& scenario, reports::PlanReport& plan) {
  if (plan.open) {
    plan.rounds = loadgen::PlannedArrivals(scenario.load, plan.duration);
    for (const scenarios::Stage& stage : scenario.load.stages) {
      const auto& rates = std::get<scenarios::OpenStage>(stage);
      plan.peak = std::max({plan.peak, rates.from.per_second(), rates.to.per_second()});
    }
  } else {
    plan.peak = loadgen::UsersMax(scenario.load);
    if (scenario.load.rounds_max > 0) {
      plan.rounds = static_cast<double>(scenario.load.rounds_max);
    }
  }
  // How often a condition holds, and how long a loop goes on, is not known beforehand.
  const bool counts =
      std::none_of(scenario.flows.begin(), scenario.flows.end(), [](const Flow& flow) {
        return std::any_of(flow.actions.begin(), flow.actions.end(), [](const Action& action) {
          return std::holds_alternative<scenarios::Jump>(action);
        });
      });
  if (plan.rounds && counts) {
    double steps = 0;
    for (const reports::PlannedStep& step : plan.steps) {
      steps += step.share;
    }
    plan.requests = *plan.rounds * steps;
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
  plan.open = scenario.IsOpen();
  plan.duration = scenario.Duration();
  plan.warm_up = scenario.load.warm_up;
  plan.warm_up_auto = scenario.load.warm_up_auto;
  plan.steps = StepsOf(scenario);
  AddCounts(scenario, plan);
  AddLevels(scenario, plan);
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
