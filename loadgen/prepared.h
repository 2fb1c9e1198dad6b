#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "loadgen/answer_check.h"
#include "loadgen/data_table.h"
#include "loadgen/slots.h"
#include "loadgen/wire.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

/// A program as it will be executed.
struct PreparedProgram {
  std::string path;               ///< Found, so that no sample pays for the search.
  std::vector<std::string> argv;  ///< Its own name first.
};

/// A request rendered before the run, or if it has slots, before it is sent: one buffer with head
/// and body.
struct PreparedRequest {
  std::string bytes{};
  bool is_head = false;  ///< Its answer has no body whatever its headers say.
  AnswerCheck check;
  std::uint32_t step = 0;           ///< Index of StepRecord.
  std::uint32_t timeout_class = 0;  ///< Index into PreparedScenario::timeouts.
  std::size_t body_bytes = 0;       ///< At the end of `bytes`.
  std::string h2_headers{};         ///< Its header block for HTTP/2; empty for other protocols.
  /// As the scenario has it, for libcurl, which makes its own bytes; null for other clients.
  std::shared_ptr<const scenarios::Request> source{};
  std::shared_ptr<const PreparedProgram> program{};  ///< Instead of all bytes; null for requests.
  std::uint8_t side = 0;  ///< Of a pair of targets, the one that it goes to.
  /// Its answers are not only judged: something is extracted, cookies are kept, redirects followed,
  /// a script hears of them, or their bodies, which may be encoded, are looked into.
  bool looks_further = false;
  std::uint32_t redirects_max = 0;
  std::uint32_t redirect = 0;  ///< If any are followed: index of the request that stands for them.
  /// What is to be filled in before it can be sent; null: nothing.
  std::shared_ptr<const RequestSlots> slots{};
  bool is_filled = false;  ///< Its bytes are for one exchange: nothing of it may be kept.

  std::string_view body() const {
    return std::string_view(bytes).substr(bytes.size() - body_bytes);
  }
};

/// scenarios::Jump with its condition as an index into PreparedScenario::conditions.
struct PreparedJump {
  scenarios::Jump::Kind kind = scenarios::Jump::Kind::kAlways;
  std::uint32_t to = 0;
  std::uint32_t condition = 0;
  std::uint32_t loop = 0;
  std::uint32_t times = 0;
};

/// An action of a flow: a request (index into PreparedScenario::requests), a pause or a jump.
using PreparedAction = std::variant<std::uint32_t, scenarios::Think, PreparedJump>;

struct PreparedFlow {
  std::vector<PreparedAction> actions;
};

/// scenarios::Part as it is run; a scenario without parts is one.
struct PreparedPart {
  Nanos start{0};
  scenarios::Load load;  ///< Its stages, arrivals and rounds, and how much of them is warm-up.
  bool open = true;
  std::uint32_t flow_first = 0;            ///< Of its flows, on side 0.
  std::vector<double> cumulative_weights;  ///< Of its flows; ascends, ends at 1.
  std::vector<std::uint32_t> tables;       ///< Of which its rounds have rows.
};

/// Targets that a run may have: a duet has two.
inline constexpr std::size_t kSidesMax = 2;

/// Everything about a scenario that can be computed before the run. Immutable while it runs; shared
/// by all workers. Of a pair of targets, `requests`, `flows` and steps are first those of side 0,
/// then, in the same order, those of side 1.
struct PreparedScenario {
  std::vector<PreparedRequest> requests;
  std::vector<PreparedFlow> flows;
  std::vector<PreparedPart> parts;  ///< At least one.
  std::uint32_t sampled_part = 0;   ///< The open one of which arrivals are kept: it has the most.
  std::vector<Nanos> timeouts;      ///< Distinct request timeouts.
  scenarios::Load load;             ///< What all parts have in common.
  bool open = true;                 ///< Some part is.
  std::uint32_t step_count = 0;
  std::uint32_t sides = 1;
  std::vector<Wire> wires;             ///< By side: how requests with slots become bytes.
  std::vector<DataTable> tables;       ///< In the order of Scenario::data.
  std::vector<std::string> variables;  ///< Names of what a round has, by index.
  std::vector<PlacedCondition> conditions;
  scenarios::Cookies cookies = scenarios::Cookies::kNone;
  std::shared_ptr<const scenarios::ReplaySource> replay;  ///< Where requests come from; or null.
  bool fills_slots = false;  ///< Rounds have values: slots, extractions, cookies, redirects, jumps.

  /// Flows and steps of one side.
  std::uint32_t flow_count() const { return static_cast<std::uint32_t>(flows.size()) / sides; }
};

/// Renders `scenario` against `target`. Errors: kUsage (regular expressions, data that is not there
/// or not what slots ask for), kUnavailable (a program that is not there).
Result<PreparedScenario> Prepare(const scenarios::Scenario& scenario,
                                 const scenarios::Target& target);

/// Renders `scenario` against both targets: each arrival becomes a round of either side. Errors: as
/// Prepare, and kUsage for a closed load, whose users would not arrive in pairs.
Result<PreparedScenario> PreparePair(const scenarios::Scenario& scenario,
                                     const std::array<scenarios::Target, kSidesMax>& targets);

}  // namespace weir::loadgen
