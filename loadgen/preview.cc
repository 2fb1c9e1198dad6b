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
  bool AddRound(const Arrival& round, std::optional<Nanos> due, std::size_t count) {
    const std::uint64_t number = round.number;
    const PreparedPart& part = scenario_.parts[round.part];
    if (!filler_.BeginRound(kRound, {number, round.part}) ||
        (replay_ != nullptr && !replay_->Load(number))) {
      return false;
    }
    if (filler_.is_needed()) {
      const auto variables = filler_.VariablesOf(kRound);
      for (std::size_t i = 0; i < variables.size(); ++i) {
        variables[i] = fmt::format("({})", scenario_.variables[i]);
      }
    }
    const std::uint32_t flow =
        replay_ != nullptr ? replay_->flow()
                           : part.flow_first + PickFlow(part.cumulative_weights,
                                                        SeedOfPart(seed_, round.part), number);
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

struct PartOfRun {
  const PreparedScenario& scenario;
  std::uint64_t seed;
  std::uint32_t index;
};

// Its first rounds, until there are `count` requests.
void AddPart(Preview& preview, const PartOfRun& of, std::size_t count) {
  const PreparedPart& part = of.scenario.parts[of.index];
  if (!part.open) {
    const std::uint64_t rounds = part.load.rounds_max == 0 ? count : part.load.rounds_max;
    for (std::uint64_t number = 0; number < rounds && preview.requests().size() < count; ++number) {
      if (!preview.AddRound({number, part.start, of.index}, std::nullopt, count)) {
        break;
      }
    }
    return;
  }
  ArrivalSchedule schedule(part.load, of.seed, {}, {of.index, part.start});
  for (; schedule.Peek() && preview.requests().size() < count; schedule.Pop()) {
    if (!preview.AddRound(*schedule.Peek(), schedule.Peek()->due, count)) {
      break;
    }
  }
}

}  // namespace

std::vector<PreviewedRequest> PreviewRequests(const PreparedScenario& scenario, std::uint64_t seed,
                                              WallTime now, std::size_t count) {
  WEIR_CHECK(scenario.sides == 1);
  Preview preview(scenario, seed, now);
  if (scenario.replay != nullptr && scenario.replay->facts().is_timed) {
    ReplayCursor& replay = *preview.replay();
    for (; replay.Peek() && preview.requests().size() < count; replay.Pop()) {
      if (!preview.AddRound(*replay.Peek(), replay.Peek()->due, count)) {
        break;
      }
    }
    return std::move(preview.requests());
  }
  const auto parts = static_cast<std::uint32_t>(scenario.parts.size());
  for (std::uint32_t part = 0; part < parts; ++part) {
    // As evenly as whole numbers go: each is to be seen.
    AddPart(preview, {scenario, seed, part}, count * (part + 1) / parts);
  }
  return std::move(preview.requests());
}

}  // namespace weir::loadgen
