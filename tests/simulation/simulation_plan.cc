#include <utility>
#include <vector>

#include "tests/loadgen/models.h"
#include "tests/simulation/simulated_run.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;
using scenarios::Think;

// Draws the particulars of a plan; each is a small choice, so that seeds mix them all.
class PlanMaker {
 public:
  explicit PlanMaker(std::uint64_t seed) : rng_(Rng::ForPart(seed, 0)) { plan_.seed = seed; }

  SimulationPlan Make() {
    MakeSlice();
    const bool open = OneIn(2) || OneIn(5);
    scenarios::Load load = open ? MakeOpen() : MakeClosed();
    load.warm_up = OneIn(3) ? DurationOf(load) / 3 : 0ns;
    load.drain = Pick<Nanos>({0ns, 50ms, 1s, 5s});
    plan_.scenario.name = "simulated";
    plan_.scenario.load = std::move(load);
    MakeFlows();
    MakeTarget();
    plan_.lateness_mean = Pick<Nanos>({0ns, 20us, 1ms, 20ms});
    plan_.stall = OneIn(5) ? 0.005 : 0;
    plan_.swap_refused = OneIn(4) ? 0.5 : 0;
    if (OneIn(4)) {
      plan_.stop_after = FromSeconds(rng_.Uniform() * 1.2 * Seconds(plan_.scenario.Duration()));
    }
    MakeKnown(open);
    return std::move(plan_);
  }

  SimulationPlan MakeParts() {
    Make();
    scenarios::Scenario& scenario = plan_.scenario;
    const std::uint64_t parts = 2 + rng_.Below(3);
    scenario.flows.clear();
    for (std::uint64_t i = 0; i < parts; ++i) {
      scenarios::Part& part = scenario.parts.emplace_back();
      part.name = "part";
      part.start = OneIn(3) ? 0ns : FromSeconds(1.5 * rng_.Uniform());
      part.load = OneIn(2) ? MakeOpen() : MakeClosed();
      part.load.rounds_max = !part.IsOpen() && OneIn(3) ? 1 + rng_.Below(50) : 0;
      part.flow_first = static_cast<std::uint32_t>(scenario.flows.size());
      MakeFlows();
      part.flow_count = static_cast<std::uint32_t>(scenario.flows.size()) - part.flow_first;
    }
    scenario.load.stages.clear();
    scenario.load.rounds_max = 0;
    scenario.load.warm_up = OneIn(2) ? scenario.Duration() / 3 : 0ns;
    plan_.due_known = false;
    if (scenario.CountsRounds()) {
      plan_.stop_after.reset();  // It may be over before.
    }
    return std::move(plan_);
  }

 private:
  bool OneIn(std::uint64_t n) { return rng_.Below(n) == 0; }

  template <typename T>
  T Pick(const std::vector<T>& from) {
    return from[rng_.Below(from.size())];
  }

  double Chance() { return Pick<double>({0, 0, 0, 0, 0.01, 0.2}); }

  static Nanos DurationOf(const scenarios::Load& load) {
    scenarios::Scenario scenario;
    scenario.load = load;
    return scenario.Duration();
  }

  void MakeSlice() {
    plan_.slice.count = Pick<std::uint32_t>({1, 1, 2, 3});
    plan_.slice.index = static_cast<std::uint32_t>(rng_.Below(plan_.slice.count));
  }

  scenarios::Load MakeOpen() {
    std::vector<scenarios::Stage> stages;
    for (std::uint64_t i = 0, count = 1 + rng_.Below(3); i < count; ++i) {
      const double rate = Pick<double>({1, 20, 100, 300});
      const double to = OneIn(2) ? rate : Pick<double>({0, 50, 200});
      const bool upwards = OneIn(2);
      stages.emplace_back(OpenRamp(upwards ? to : rate, upwards ? rate : to,
                                   FromSeconds(0.05 + 0.9 * rng_.Uniform())));
    }
    scenarios::Load load = OpenLoad(std::move(stages), OneIn(2) ? scenarios::Arrivals::kPoisson
                                                                : scenarios::Arrivals::kUniform);
    load.in_flight_max = OneIn(3) ? Pick<std::uint32_t>({1, 3, 20}) : 1'000'000;
    return load;
  }

  scenarios::Load MakeClosed() {
    scenarios::Load load;
    const std::uint32_t users = Pick<std::uint32_t>({1, 2, 10, 100});
    const Nanos duration = FromSeconds(0.1 + 1.2 * rng_.Uniform());
    load.stages = {scenarios::ClosedStage{users, users, duration}};
    while (OneIn(3)) {
      load.stages.emplace_back(scenarios::ClosedStage{Pick<std::uint32_t>({0, 1, 50}),
                                                      Pick<std::uint32_t>({1, 20}),
                                                      FromSeconds(0.1 + 0.4 * rng_.Uniform())});
    }
    return load;
  }

  Think MakeThink() {
    Think think;
    think.distribution = Pick<Think::Distribution>(
        {Think::Distribution::kFixed, Think::Distribution::kFixed, Think::Distribution::kUniform,
         Think::Distribution::kExponential});
    think.mean = Pick<Nanos>({0ns, 1ms, 100ms});
    think.low = 1ms;
    think.high = 50ms;
    return think;
  }

  void MakeFlows() {
    const std::uint64_t flows = OneIn(3) ? 2 : 1;
    for (std::uint64_t f = 0; f < flows; ++f) {
      scenarios::Flow& flow = plan_.scenario.flows.emplace_back();
      flow.weight = 1 + static_cast<double>(rng_.Below(3));
      const bool leads = flows == 1 && OneIn(6);
      if (leads) {
        flow.actions.emplace_back(MakeThink());
      }
      for (std::uint64_t s = 0, steps = Pick<std::uint64_t>({1, 1, 2, 3}); s < steps; ++s) {
        scenarios::Request request = GetStep("step");
        request.timeout = Pick<Nanos>({20ms, 200ms, 5s});
        flow.actions.emplace_back(request);
        if (OneIn(4)) {
          flow.actions.emplace_back(MakeThink());
        }
      }
    }
  }

  void MakeTarget() {
    TransportScript& target = plan_.target;
    using Service = TransportScript::Service;
    target.service = Pick<Service>(
        {Service::kConstant, Service::kUniform, Service::kExponential, Service::kHeavyTail});
    target.service_mean = Pick<Nanos>({500us, 5ms, 50ms});
    target.connect_mean = Pick<Nanos>({0ns, 1ms, 100ms});
    target.start_cost_max = Pick<Nanos>({0ns, 5us, 300us});
    target.stall_period = OneIn(5) ? 500ms : 0ns;
    target.refused = OneIn(20) ? 1 : Chance();
    target.start_fails = Chance() / 4;
    target.reset = Chance();
    target.never_answers = Chance();
    target.wrong_status = Chance();
    target.closes_after = Chance();
    target.reads_late = OneIn(2);
    target.connections_max = OneIn(3) ? Pick<std::uint32_t>({1, 2, 10}) : 1'000'000;
    target.preconnect = OneIn(3) ? 5 : 0;
  }

  // What ShadowLog needs to tell due instants from outside.
  void MakeKnown(bool open) {
    const bool never_full = plan_.scenario.load.in_flight_max == 1'000'000;
    const bool steady_users = !open && plan_.scenario.load.stages.size() == 1;
    bool random_pause = false;
    for (const scenarios::Flow& flow : plan_.scenario.flows) {
      for (const scenarios::Action& action : flow.actions) {
        const auto* think = std::get_if<Think>(&action);
        random_pause = random_pause ||
                       (think != nullptr && think->distribution != Think::Distribution::kFixed);
      }
    }
    plan_.due_known = !random_pause && (open ? never_full : steady_users);
    plan_.never_waits = plan_.target.connections_max == 1'000'000;
  }

  SimulationPlan plan_;
  Rng rng_;
};

}  // namespace

SimulationPlan PlanOf(std::uint64_t seed) {
  return PlanMaker(seed).Make();
}

SimulationPlan PartsPlanOf(std::uint64_t seed) {
  return PlanMaker(seed).MakeParts();
}

}  // namespace weir::tests
