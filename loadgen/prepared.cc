#include "loadgen/prepared.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "loadgen/program_path.h"
#include "loadgen/schedule.h"

namespace weir::loadgen {
namespace {

using scenarios::Request;

std::uint32_t ClassOf(std::vector<Nanos>& timeouts, Nanos timeout) {
  const auto found = std::find(timeouts.begin(), timeouts.end(), timeout);
  const auto index = static_cast<std::uint32_t>(found - timeouts.begin());
  if (found == timeouts.end()) {
    timeouts.push_back(timeout);
  }
  return index;
}

// What preparing a step needs beside the step.
struct StepContext {
  const Wire& wire;
  SlotNames& names;
  PreparedScenario& prepared;

  std::uint32_t next() const { return static_cast<std::uint32_t>(prepared.requests.size()); }
};

Result<AnswerCheck> CheckOf(const Request& request, SlotNames& names) {
  std::vector<PlacedExtraction> placed;
  for (const scenarios::Extraction& extraction : request.extractions) {
    placed.push_back({extraction, names.IndexOfVariable(extraction.variable)});
  }
  return AnswerCheck::Create(request.check, placed);
}

Status Add(const StepContext& context, const Request& request) {
  Result<AnswerCheck> check = CheckOf(request, context.names);
  if (!check) {
    return tl::unexpected(check.error());
  }
  PreparedRequest made{.check = std::move(*check)};
  made.is_head = request.method == "HEAD";
  made.step = context.next();
  made.timeout_class = ClassOf(context.prepared.timeouts, request.timeout);
  const bool keeps_cookies = context.prepared.cookies != scenarios::Cookies::kNone;
  const bool follows = request.redirects_max > 0;
  const bool replays = context.prepared.replay != nullptr;
  const bool is_filled = request.has_slots || keeps_cookies || follows || replays;
  if (is_filled) {
    Result<RequestSlots> slots = context.names.Resolve(request);
    if (!slots) {
      return UsageError(fmt::format("step '{}': {}", request.name, slots.error().message));
    }
    slots->is_replayed = replays;
    made.slots = std::make_shared<const RequestSlots>(*std::move(slots));
  } else {
    context.wire.Make(request, made);
  }
  const bool has_values = made.check.takes() || keeps_cookies || follows;
  // A body may be compressed: its headers say so.
  made.looks_further = has_values || made.check.needs_body();
  if (keeps_cookies || follows || made.check.needs_body()) {
    made.check.RequireHead();
  }
  context.prepared.fills_slots = context.prepared.fills_slots || is_filled || has_values;
  made.redirects_max = request.redirects_max;
  made.redirect = context.next() + 1;
  context.prepared.requests.push_back(made);
  if (follows) {
    // Whatever is sent on from there goes to itself again.
    made.step = context.next();
    made.slots = std::make_shared<const RequestSlots>(RequestSlots{.is_redirect = true});
    context.prepared.requests.push_back(std::move(made));
  }
  return {};
}

Status Add(const StepContext& context, const scenarios::Jump& jump, PreparedFlow& flow) {
  PreparedJump made{.kind = jump.kind, .to = jump.to, .loop = jump.loop, .times = jump.times};
  if (jump.kind == scenarios::Jump::Kind::kUnless) {
    const Result<scenarios::Condition> condition = scenarios::ParseCondition(jump.condition);
    if (!condition) {
      return tl::unexpected(condition.error());
    }
    Result<PlacedCondition> placed = context.names.Resolve(*condition);
    if (!placed) {
      return UsageError(fmt::format("'{}': {}", jump.condition, placed.error().message));
    }
    made.condition = static_cast<std::uint32_t>(context.prepared.conditions.size());
    context.prepared.conditions.push_back(*std::move(placed));
  }
  context.prepared.fills_slots = true;
  flow.actions.emplace_back(made);
  return {};
}

Status Add(const StepContext& context, const scenarios::Command& command) {
  Result<AnswerCheck> check = AnswerCheck::Create(command);
  if (!check) {
    return tl::unexpected(check.error());
  }
  Result<std::string> path = FindProgram(command.argv.front());
  if (!path) {
    return tl::unexpected(path.error());
  }
  PreparedRequest made{.check = std::move(*check)};
  made.step = context.next();
  made.timeout_class = ClassOf(context.prepared.timeouts, command.timeout);
  made.program =
      std::make_shared<const PreparedProgram>(PreparedProgram{*std::move(path), command.argv});
  context.prepared.requests.push_back(std::move(made));
  return {};
}

PreparedPart PartOf(const scenarios::Part& part, const scenarios::Scenario& scenario) {
  PreparedPart made;
  made.start = part.start;
  made.load = part.load;
  made.load.warm_up = std::max(scenario.load.warm_up - part.start, Nanos(0));
  made.open = part.IsOpen();
  made.flow_first = part.flow_first;
  const std::span<const scenarios::Flow> flows =
      std::span(scenario.flows).subspan(part.flow_first, part.flow_count);
  const double weight_sum =
      std::accumulate(flows.begin(), flows.end(), 0.0,
                      [](double sum, const scenarios::Flow& flow) { return sum + flow.weight; });
  double weight = 0;
  for (const scenarios::Flow& flow : flows) {
    weight += flow.weight;
    made.cumulative_weights.push_back(weight / weight_sum);
  }
  made.cumulative_weights.back() = 1;
  for (std::uint32_t table = 0; table < scenario.data.size(); ++table) {
    if (std::find(part.data.begin(), part.data.end(), scenario.data[table].name) !=
        part.data.end()) {
      made.tables.push_back(table);
    }
  }
  return made;
}

void AddParts(const scenarios::Scenario& scenario, PreparedScenario& prepared) {
  prepared.open = false;
  double most = -1;
  for (const scenarios::Part& part : scenario.Parts()) {
    const PreparedPart& made = prepared.parts.emplace_back(PartOf(part, scenario));
    if (!made.open) {
      continue;
    }
    prepared.open = true;
    const double measured = PlannedArrivals(made.load, made.load.Duration()) -
                            PlannedArrivals(made.load, made.load.warm_up);
    if (measured > most) {
      most = measured;
      prepared.sampled_part = static_cast<std::uint32_t>(prepared.parts.size() - 1);
    }
  }
}

Status AddFlow(const StepContext& context, const scenarios::Flow& flow) {
  PreparedFlow& made = context.prepared.flows.emplace_back();
  for (const scenarios::Action& action : flow.actions) {
    if (const auto* think = std::get_if<scenarios::Think>(&action)) {
      made.actions.emplace_back(*think);
      continue;
    }
    if (const auto* jump = std::get_if<scenarios::Jump>(&action)) {
      if (Status added = Add(context, *jump, made); !added) {
        return added;
      }
      continue;
    }
    made.actions.emplace_back(context.next());
    const auto* command = std::get_if<scenarios::Command>(&action);
    if (Status added =
            command != nullptr ? Add(context, *command) : Add(context, std::get<Request>(action));
        !added) {
      return added;
    }
  }
  return {};
}

}  // namespace

Result<PreparedScenario> Prepare(const scenarios::Scenario& scenario,
                                 const scenarios::Target& target) {
  PreparedScenario prepared;
  prepared.load = scenario.load;
  AddParts(scenario, prepared);
  prepared.cookies = scenario.cookies;
  prepared.replay = scenario.replay;
  prepared.wires.push_back({target, scenario.load.pool.keep_alive,
                            scenario.connection.protocol == scenarios::Protocol::kHttp2,
                            scenario.connection.client != scenarios::Client::kNative});
  for (const scenarios::DataSource& source : scenario.data) {
    Result<DataTable> table = DataTable::Open(source);
    if (!table) {
      return tl::unexpected(table.error());
    }
    prepared.tables.push_back(*std::move(table));
  }
  SlotNames names(scenario.data, prepared.tables);
  for (const scenarios::Flow& flow : scenario.flows) {
    if (Status added = AddFlow({prepared.wires.front(), names, prepared}, flow); !added) {
      return tl::unexpected(added.error());
    }
  }
  prepared.variables = names.variables();
  prepared.step_count = static_cast<std::uint32_t>(prepared.requests.size());
  return prepared;
}

Result<PreparedScenario> PreparePair(const scenarios::Scenario& scenario,
                                     const std::array<scenarios::Target, kSidesMax>& targets) {
  if (!scenario.IsOpen()) {
    return UsageError(
        "requests in pairs need an open load: users would wait for one target and not for the "
        "other\n  hint: say a rate (--rate, or 'rate:' in the stages)");
  }
  Result<PreparedScenario> pair = Prepare(scenario, targets[0]);
  Result<PreparedScenario> other = Prepare(scenario, targets[1]);
  if (!pair || !other) {
    return tl::unexpected((pair ? other : pair).error());
  }
  const std::uint32_t steps = pair->step_count;
  for (PreparedRequest& request : other->requests) {
    request.step += steps;
    request.side = 1;
    request.redirect += steps;
    pair->requests.push_back(std::move(request));
  }
  for (PreparedFlow& flow : other->flows) {
    for (PreparedAction& action : flow.actions) {
      if (auto* request = std::get_if<std::uint32_t>(&action)) {
        *request += steps;
      }
    }
    pair->flows.push_back(std::move(flow));
  }
  pair->wires.push_back(other->wires.front());
  pair->step_count = 2 * steps;
  pair->sides = 2;
  return pair;
}

}  // namespace weir::loadgen
