#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "base/time.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

/// What it took to open the connection of an exchange.
struct OpeningTimes {
  Nanos dns{0};
  Nanos tls{0};  ///< What is left between start and send is the TCP handshake.
};

/// Instants of an exchange that only the transport sees. A transport that does not know one leaves
/// it as it is: its part is then zero.
struct ExchangeTimes {
  Instant written = Instant::min();       ///< The kernel had taken the whole request.
  Instant first_byte = Instant::max();    ///< The first bytes of the answer were there.
  const OpeningTimes* opening = nullptr;  ///< Null: not known, or the connection was open already.
};

/// What a program used, as far as it is known.
struct ProgramUsage {
  std::array<std::optional<std::uint64_t>, kUsageMetricCount> values;  ///< By UsageMetric.

  std::optional<std::uint64_t>& of(UsageMetric metric) {
    return values[static_cast<std::size_t>(metric)];
  }
};

/// An answer as the checks see it; views are valid during the call only.
struct Answer {
  int status = 0;         ///< Of a program: its exit code.
  std::string_view head;  ///< Header lines "Name: value\n"; empty unless Prepared::needs_head.
  std::string_view body;  ///< Empty unless Prepared::needs_body.
  std::uint64_t bytes_received = 0;  ///< Head and body, as on the wire.
  ExchangeTimes times;
  const ProgramUsage* usage = nullptr;  ///< Of a program; null for a request.
};

/// What an answer must be like, compiled for the hot path: a status check is one bit test.
/// Immutable after construction; any number of threads may judge with it.
class AnswerCheck {
 public:
  /// Errors: kUsage when a regular expression does not compile.
  static Result<AnswerCheck> Create(const scenarios::Check& check);
  static Result<AnswerCheck> Create(const scenarios::Command& command);

  AnswerCheck(AnswerCheck&&) noexcept;
  AnswerCheck& operator=(AnswerCheck&&) noexcept;
  ~AnswerCheck();

  /// kNone when every check holds, else the first that does not: kStatus (of a program kExitCode),
  /// kCheckHeader, kCheckBody.
  RequestError Judge(const Answer& answer) const;

  bool needs_head() const;
  bool needs_body() const;

 private:
  struct Texts;  // Header and body matchers; absent when only the status is checked.

  AnswerCheck();

  static Result<AnswerCheck> FromTexts(AnswerCheck made, const scenarios::Check& check);

  std::bitset<1000> status_ok_;
  RequestError wrong_status_ = RequestError::kStatus;
  std::unique_ptr<const Texts> texts_;
};

/// A program as it will be executed.
struct PreparedProgram {
  std::string path;               ///< Found, so that no sample pays for the search.
  std::vector<std::string> argv;  ///< Its own name first.
};

/// A request rendered before the run: one buffer with head and body, sent as it is.
struct PreparedRequest {
  std::string bytes;
  bool is_head = false;  ///< Its answer has no body whatever its headers say.
  AnswerCheck check;
  std::uint32_t step = 0;           ///< Index of StepRecord.
  std::uint32_t timeout_class = 0;  ///< Index into PreparedScenario::timeouts.
  std::size_t body_bytes = 0;       ///< At the end of `bytes`.
  std::string h2_headers{};         ///< Its header block for HTTP/2; empty for other protocols.
  /// As the scenario has it, for libcurl, which makes its own bytes; null for other clients.
  std::unique_ptr<const scenarios::Request> source{};
  std::unique_ptr<const PreparedProgram> program{};  ///< Instead of all bytes; null for requests.
  std::uint8_t side = 0;  ///< Of a pair of targets, the one that it goes to.

  std::string_view body() const {
    return std::string_view(bytes).substr(bytes.size() - body_bytes);
  }
};

/// An action of a flow: a request (index into PreparedScenario::requests) or a pause.
using PreparedAction = std::variant<std::uint32_t, scenarios::Think>;

struct PreparedFlow {
  std::vector<PreparedAction> actions;
};

/// Targets that a run may have: a duet has two.
inline constexpr std::size_t kSidesMax = 2;

/// Everything about a scenario that can be computed before the run. Immutable while it runs; shared
/// by all workers. Of a pair of targets, `requests`, `flows` and steps are first those of side 0,
/// then, in the same order, those of side 1.
struct PreparedScenario {
  std::vector<PreparedRequest> requests;
  std::vector<PreparedFlow> flows;
  std::vector<double> cumulative_weights;  ///< Of the flows; ascends, ends at 1.
  std::vector<Nanos> timeouts;             ///< Distinct request timeouts.
  scenarios::Load load;
  bool open = true;
  std::uint32_t step_count = 0;
  std::uint32_t sides = 1;

  /// Flows and steps of one side.
  std::uint32_t flow_count() const { return static_cast<std::uint32_t>(flows.size()) / sides; }
};

/// Renders `scenario` against `target`. Errors: kUsage (regular expressions), kUnavailable (a
/// program that is not there).
Result<PreparedScenario> Prepare(const scenarios::Scenario& scenario,
                                 const scenarios::Target& target);

/// Renders `scenario` against both targets: each arrival becomes a round of either side. Errors: as
/// Prepare, and kUsage for a closed load, whose users would not arrive in pairs.
Result<PreparedScenario> PreparePair(const scenarios::Scenario& scenario,
                                     const std::array<scenarios::Target, kSidesMax>& targets);

}  // namespace weir::loadgen
