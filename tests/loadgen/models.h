#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "loadgen/prepared.h"
#include "scenarios/scenario.h"

/// Scenario models made by hand, so that tests of the load engine do not need the reader.
namespace weir::tests {

inline scenarios::Request GetStep(std::string name, std::string path = "/") {
  scenarios::Request request;
  request.name = std::move(name);
  request.path = std::move(path);
  return request;
}

inline scenarios::Scenario ScenarioOf(scenarios::Load load,
                                      std::vector<scenarios::Action> actions) {
  scenarios::Scenario scenario;
  scenario.name = "test";
  scenarios::Flow& flow = scenario.flows.emplace_back();
  flow.name = "flow";
  flow.actions = std::move(actions);
  scenario.load = std::move(load);
  return scenario;
}

inline scenarios::Scenario OneStepScenario(scenarios::Load load) {
  return ScenarioOf(std::move(load), {GetStep("get")});
}

inline scenarios::OpenStage OpenRamp(double from_per_s, double to_per_s, Nanos duration) {
  return {Rate::PerSecond(from_per_s), Rate::PerSecond(to_per_s), duration};
}

inline scenarios::Load OpenLoad(std::vector<scenarios::Stage> stages,
                                scenarios::Arrivals arrivals = scenarios::Arrivals::kUniform) {
  scenarios::Load load;
  load.arrivals = arrivals;
  load.stages = std::move(stages);
  return load;
}

inline scenarios::Load OpenLoad(double rate_per_s, Nanos duration,
                                scenarios::Arrivals arrivals = scenarios::Arrivals::kUniform) {
  return OpenLoad({OpenRamp(rate_per_s, rate_per_s, duration)}, arrivals);
}

inline scenarios::Load ClosedLoad(std::uint32_t users, Nanos duration) {
  scenarios::Load load;
  load.stages = {scenarios::ClosedStage{users, users, duration}};
  return load;
}

inline scenarios::Target LocalTarget(std::uint16_t port = 8080, std::string host = "127.0.0.1") {
  scenarios::Target target;
  target.host = std::move(host);
  target.port = port;
  return target;
}

/// For scenarios whose expressions are known to compile.
inline loadgen::PreparedScenario PreparedOf(const scenarios::Scenario& scenario,
                                            const scenarios::Target& target = LocalTarget()) {
  Result<loadgen::PreparedScenario> prepared = loadgen::Prepare(scenario, target);
  WEIR_CHECK(prepared.has_value());
  return std::move(*prepared);
}

}  // namespace weir::tests
