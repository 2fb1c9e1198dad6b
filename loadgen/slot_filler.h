#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "loadgen/prepared.h"
#include "loadgen/slots.h"

namespace weir::loadgen {

/// The values of one worker's rounds, and their requests while they are under way. Does nothing for
/// a scenario without slots and extractions. Thread rule: the worker's thread.
class SlotFiller {
 public:
  /// `scenario` outlives this. `seed` is that of the run: workers need none of their own, because
  /// values follow from the number of the round.
  SlotFiller(const PreparedScenario& scenario, std::uint64_t seed);

  bool is_needed() const { return scenario_.fills_slots; }

  /// A user of a closed load, the n-th of all workers, goes his rounds as `round`. False: no row is
  /// left for him.
  bool BeginUser(std::uint32_t round, std::uint64_t user);

  /// Forgets the variables of `round` and chooses its rows. `number` counts rounds over all
  /// workers. False: the data have come to their end.
  bool BeginRound(std::uint32_t round, std::uint64_t number);

  /// `request` with its slots filled in, valid until the next Fill for this round.
  const PreparedRequest& Fill(std::uint32_t round, const PreparedRequest& request, WallTime now);

  /// What Fill gave last for this round.
  const PreparedRequest& FilledOf(std::uint32_t round) const { return rounds_[round]->wire; }

  std::span<std::string> VariablesOf(std::uint32_t round) {
    return rounds_[round]->values.variables;
  }

 private:
  struct Filled {
    RoundValues values;
    bool is_user = false;
    const RequestSlots* slots = nullptr;  // Of which `request` is made.
    scenarios::Request request;
    PreparedRequest wire;
  };

  Filled& At(std::uint32_t round);
  bool ChooseRow(std::size_t table, std::uint64_t number, RoundValues& values) const;

  const PreparedScenario& scenario_;
  std::uint64_t seed_;
  std::vector<std::unique_ptr<Filled>> rounds_;  // Their addresses stay.
};

}  // namespace weir::loadgen
