#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "loadgen/prepared.h"

namespace weir::loadgen {

/// The requests of one worker, as a script makes them (loadgen/script). Thread rule: the thread of
/// the worker while the run lasts.
class RequestScript {
 public:
  virtual ~RequestScript() = default;

  /// The next request, for round `round`; valid until the next call for the same round. Null: the
  /// script has failed or has stopped this worker, and nothing more is to be begun.
  virtual const PreparedRequest* Next(std::uint32_t round) = 0;

  /// What Next gave last for this round.
  virtual const PreparedRequest& RequestOf(std::uint32_t round) const = 0;

  /// How long a round pauses before its request. Asked for only if scenarios say a pause there.
  virtual Nanos Delay() = 0;

  /// An answer has come. Called only for requests that look further.
  virtual void OnAnswer(const Answer& answer) = 0;

  /// As Next, without asking for a request.
  virtual bool ended() const = 0;
};

/// All of a run's scripts. Whoever makes it knows how many workers there will be.
class ScriptHost {
 public:
  virtual ~ScriptHost() = default;

  virtual std::uint32_t workers() const = 0;

  /// Of worker `index`, below workers().
  virtual RequestScript& ScriptOf(std::uint32_t index) = 0;

  /// Where worker `index` connects ("127.0.0.1:8080", "[::1]:8080") instead of the first address of
  /// the target that answers; empty: there.
  virtual std::string AddressOf(std::uint32_t index) const = 0;

  /// Makes the one request of `scenario` stand for those of the scripts: what its answers are
  /// looked at for.
  virtual void Place(PreparedScenario& scenario) = 0;
};

}  // namespace weir::loadgen
