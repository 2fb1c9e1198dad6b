#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "loadgen/cookie_jar.h"
#include "loadgen/prepared.h"
#include "loadgen/replay_cursor.h"
#include "loadgen/slots.h"

namespace weir::loadgen {

/// Which round it is.
struct RoundKey {
  std::uint64_t number = 0;  ///< Over all workers, from 0, of its part of the run.
  std::uint32_t part = 0;    ///< Of the run.
  bool is_user = false;      ///< Of a user, for whom BeginUser was called; else an arrival.
};

/// The values of one worker's rounds (variables, rows, cookies, passes of loops), and their
/// requests while they are under way. Does nothing for a scenario without any of these. Thread
/// rule: the worker's thread.
class SlotFiller {
 public:
  /// `scenario` outlives this. `seed` is that of the run: workers need none of their own, because
  /// values follow from the number of the round.
  SlotFiller(const PreparedScenario& scenario, std::uint64_t seed);

  /// Where requests come from that are replayed; it outlives this.
  void ReplayFrom(const ReplayCursor* replay) { replay_ = replay; }

  bool is_needed() const { return scenario_.fills_slots; }

  /// A user of a closed load, the n-th of all workers in this part of the run, goes his rounds as
  /// `round`. False: no row is left for him.
  bool BeginUser(std::uint32_t round, std::uint64_t user, std::uint32_t part);

  /// Forgets the variables of `round` and chooses its rows. False: the data have come to their end.
  bool BeginRound(std::uint32_t round, const RoundKey& key);

  /// `request` with its slots filled in, valid until the next Fill for this round.
  const PreparedRequest& Fill(std::uint32_t round, const PreparedRequest& request, WallTime now);

  /// What Fill gave last for this round.
  const PreparedRequest& FilledOf(std::uint32_t round) const { return rounds_[round]->wire; }

  /// Whether the round goes on at `jump.to`.
  bool Jumps(std::uint32_t round, const PreparedJump& jump, WallTime now);

  /// Looks at the answer to what Fill gave last, before it is judged: keeps its cookies.
  void TakeCookies(std::uint32_t round, const PreparedRequest& request, const Answer& answer,
                   WallTime now);

  enum class Redirect : std::uint8_t {
    kNone,     ///< The answer is judged like any other.
    kFollow,   ///< `request.redirect` is next; Fill makes it.
    kTooMany,  ///< More than `request.redirects_max`.
    kNowhere,  ///< No Location, or one that leads to another origin.
  };

  /// Where the answer to what Fill gave last sends the round.
  Redirect RedirectOf(std::uint32_t round, const PreparedRequest& request, const Answer& answer);

  std::span<std::string> VariablesOf(std::uint32_t round) {
    return rounds_[round]->values.variables;
  }

 private:
  struct Filled {
    RoundValues values;
    CookieJar cookies;
    std::array<std::uint32_t, scenarios::kLoopsMax> passes{};
    std::uint32_t redirects = 0;          // Of the step, so far.
    scenarios::Request redirected;        // What is next of them.
    const RequestSlots* slots = nullptr;  // Of which `request` is made.
    scenarios::Request request;
    PreparedRequest wire;
  };

  Filled& At(std::uint32_t round);
  CookieOrigin OriginOf(const Filled& filled, const PreparedRequest& request) const;
  bool ChooseRow(std::size_t table, std::uint64_t number, RoundValues& values) const;

  const PreparedScenario& scenario_;
  std::uint64_t seed_;
  const ReplayCursor* replay_ = nullptr;
  std::vector<std::unique_ptr<Filled>> rounds_;  // Their addresses stay.
};

}  // namespace weir::loadgen
