#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "monitor/deploy_gate.h"

/// Flagger's webhooks: what is posted, and which code means what. Source: fluxcd/flagger,
/// pkg/controller/webhook.go and scheduler_hooks.go; docs/usage/webhooks.md there. A code up to 202
/// is a yes, so "still running" must not be 202; 429 and 5xx are retried, so verdicts are 4xx.
namespace weir::monitor {

enum class Hook : std::uint8_t {
  kConfirmRollout,
  kPreRollout,  ///< May be held until the answer is known.
  kRollout,
  kConfirmTrafficIncrease,
  kConfirmPromotion,
  kPostRollout,  ///< A yes to everything: it only tells of the end.
  kRollback,     ///< The other way round: a yes rolls back.
  kEvent,        ///< As kPostRollout.
};
inline constexpr std::size_t kHookCount = 8;

/// "confirm-rollout", ..., as in Flagger's webhook `type`.
std::string_view HookName(Hook hook);

std::optional<Hook> HookOf(std::string_view name);

/// What a `rollout` hook says while nothing can be said: it is asked once an interval, and a no
/// counts towards rolling back.
enum class Undecided : std::uint8_t { kKeepGoing, kFailedCheck };

/// The answer of `hook` in `state`: 200, 403 or 409.
int HookStatus(Hook hook, GateState state, Undecided rollout);

/// The answer of `hook` when the question could not be answered: 409, but 403 of kRollback.
int HookTroubleStatus(Hook hook);

/// What Flagger posts. Texts are untrusted, each at most kHookTextMax bytes.
struct HookCall {
  std::string name;  ///< Of the canary.
  std::string name_space;
  std::string phase;
  std::string checksum;  ///< Of the canary's revision.
  GateQuestion
      question;  ///< From these and the metadata service, rev, candidate, baseline, scenario.
  std::string event_message;  ///< Metadata eventMessage and eventType, of event hooks.
  std::string event_type;
  std::optional<WallTime> event_at;  ///< Metadata timestamp, milliseconds as text.
};

inline constexpr std::size_t kHookTextMax = 1024;

/// Errors: kUsage: no JSON object, a text that is none or too long, no name.
Result<HookCall> ReadHookCall(std::string_view body);

/// A mark that somebody posts to /api/v1/deployments: an object of texts.
struct MarkCall {
  std::string service;
  std::string build;
  std::string phase;
  std::string message;
};

/// Errors: as ReadHookCall; service and phase must be there, an unknown key is an error.
Result<MarkCall> ReadMarkCall(std::string_view body);

}  // namespace weir::monitor
