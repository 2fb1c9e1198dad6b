#include "loadgen/preview.h"

#include <memory>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/check.h"
#include "loadgen/replay_cursor.h"
#include "loadgen/schedule.h"
#include "loadgen/slot_filler.h"

namespace weir::loadgen {
namespace {

constexpr int kJumpsMax = 100'000;   // Loops whose requests no condition lets through.
constexpr std::uint32_t kRound = 0;  // One after the other, they share a place.

std::string BytesOf(const PreparedRequest& request) {
  return request.program == nullptr ? request.bytes
                                    : fmt::format("{}", fmt::join(request.program->argv, " "));
}

class Preview {
 public:
  Preview(const PreparedScenario& scenario, std::uint64_t seed, WallTime now)
      : scenario_(scenario), seed_(seed), now_(now), filler_(scenario, seed) {
    if (scenario.replay != nullptr) {
      replay_ = std::make_unique<ReplayCursor>(*scenario.replay, seed, WorkerSlice());
      filler_.ReplayFrom(replay_.get());
    }
  }

  // Null when nothing is replayed.
  ReplayCursor* replay() { return replay_.get(); }

  // False: there is no such round.
  bool AddRound(std::uint64_t number, std::optional<Nanos> due, std::size_t count) {
    if (!filler_.BeginRound(kRound, number) || (replay_ != nullptr && !replay_->Load(number))) {
      return false;
    }
    if (filler_.is_needed()) {
      const auto variables = filler_.VariablesOf(kRound);
      for (std::size_t i = 0; i < variables.size(); ++i) {
        variables[i] = fmt::format("({})", scenario_.variables[i]);
      }
    }
    const std::uint32_t flow = replay_ != nullptr
                                   ? replay_->flow()
                                   : PickFlow(scenario_.cumulative_weights, seed_, number);
    const std::vector<PreparedAction>& actions = scenario_.flows[flow].actions;
    int jumps = 0;
    for (std::size_t at = 0; at < actions.size() && requests_.size() < count;) {
      const PreparedAction& action = actions[at++];
      const auto* index = std::get_if<std::uint32_t>(&action);
      if (const auto* jump = std::get_if<PreparedJump>(&action);
          jump != nullptr && ++jumps < kJumpsMax && filler_.Jumps(kRound, *jump, now_)) {
        at = jump->to;
      }
      if (index == nullptr) {
        continue;
      }
      const PreparedRequest& request = scenario_.requests[*index];
      const PreparedRequest& wire =
          request.slots == nullptr ? request : filler_.Fill(kRound, request, now_);
      requests_.push_back({request.step, number, std::exchange(due, std::nullopt), BytesOf(wire)});
    }
    return true;
  }

  std::vector<PreviewedRequest>& requests() { return requests_; }

 private:
  const PreparedScenario& scenario_;
  std::uint64_t seed_;
  WallTime now_;
  SlotFiller filler_;
  std::unique_ptr<ReplayCursor> replay_;
  std::vector<PreviewedRequest> requests_;
};

}  // namespace

std::vector<PreviewedRequest> PreviewRequests(const PreparedScenario& scenario, std::uint64_t seed,
                                              WallTime now, std::size_t count) {
  WEIR_CHECK(scenario.sides == 1);
  Preview preview(scenario, seed, now);
  if (scenario.replay != nullptr && scenario.replay->facts().is_timed) {
    ReplayCursor& replay = *preview.replay();
    for (; replay.Peek() && preview.requests().size() < count; replay.Pop()) {
      if (!preview.AddRound(replay.Peek()->number, replay.Peek()->due, count)) {
        break;
      }
    }
    return std::move(preview.requests());
  }
  if (!scenario.open) {
    const std::uint64_t rounds = scenario.load.rounds_max == 0 ? count : scenario.load.rounds_max;
    for (std::uint64_t number = 0; number < rounds && preview.requests().size() < count; ++number) {
      if (!preview.AddRound(number, std::nullopt, count)) {
        break;
      }
    }
    return std::move(preview.requests());
  }
  ArrivalSchedule schedule(scenario.load, seed, {});
  for (; schedule.Peek() && preview.requests().size() < count; schedule.Pop()) {
    if (!preview.AddRound(schedule.Peek()->number, schedule.Peek()->due, count)) {
      break;
    }
  }
  return std::move(preview.requests());
}

}  // namespace weir::loadgen
