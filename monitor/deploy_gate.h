#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/verdict.h"

/// The seam between the HTTP service and the gate: the service asks, whoever wires it up answers
/// with the code of `weir gate`, so that a deploy tool and a pipeline get the same verdict.
namespace weir::monitor {

/// How things stand with a build, as a deploy tool has to act on it.
enum class GateState : std::uint8_t {
  kPass,
  kWarn,          ///< Goes on, with a warning.
  kRunning,       ///< A run of it is being recorded right now.
  kInconclusive,  ///< Nobody can tell yet; also: a fail that waits to be confirmed.
  kFail,          ///< Confirmed, as far as the policy wants that.
};
inline constexpr std::size_t kGateStateCount = 5;

/// "pass", "warn", "running", "inconclusive", "fail".
std::string_view GateStateName(GateState state);

/// Of a verdict under the actions of its policy: what the policy lets through is kPass or kWarn,
/// what blocks or rolls back kFail, all that waits kInconclusive.
GateState StateOf(const GateResult& result);

/// What is asked. All of it comes from the network and is not trusted.
struct GateQuestion {
  std::string service = {};    ///< What is deployed, for messages and marks.
  std::string rev = {};        ///< Its build; `candidate` is build:REV without another.
  std::string candidate = {};  ///< Selectors as of `weir gate`; empty = the default.
  std::string baseline = {};
  std::string scenario = {};
  friend bool operator==(const GateQuestion&, const GateQuestion&) = default;
  friend auto operator<=>(const GateQuestion&, const GateQuestion&) = default;
};

struct GateAnswer {
  GateState state = GateState::kInconclusive;
  std::string reason;                   ///< One sentence.
  std::optional<GateResult> result;     ///< None: there was nothing to judge.
  std::optional<std::int64_t> verdict;  ///< Its number in the history, if it is recorded.
};

/// Thread rule: any thread may ask, several at a time.
class DeployGate {
 public:
  virtual ~DeployGate() = default;

  /// Errors: kUsage for a question that makes no sense, kUnavailable from the history.
  virtual Result<GateAnswer> Ask(const GateQuestion& question) = 0;
};

}  // namespace weir::monitor
