#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
/// it as it is: its part is then zero, and the answer was whole when it was told of.
struct ExchangeTimes {
  Instant written = Instant::min();       ///< The kernel had taken the whole request.
  Instant first_byte = Instant::max();    ///< The first bytes of the answer were there.
  Instant whole = Instant::max();         ///< The last byte was there, read or not.
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

/// An extraction with the place of its value among the variables of a round.
struct PlacedExtraction {
  const scenarios::Extraction& extraction;
  std::uint32_t variable = 0;
};

/// What the header lines of an answer say.
struct LineFindings {
  bool fit = true;          ///< The checks of headers hold.
  bool is_encoded = false;  ///< They name a Content-Encoding.
};

/// What an answer must be like, and what is taken out of it, compiled for the hot path: a status
/// check is one bit test. Immutable after construction; any number of threads may judge with it;
/// copies share what they hold.
class AnswerCheck {
 public:
  /// Refuses every answer; for what is assigned later.
  AnswerCheck() = default;

  /// Errors: kUsage when a regular expression or path is none.
  static Result<AnswerCheck> Create(const scenarios::Check& check,
                                    std::span<const PlacedExtraction> extractions = {});
  static Result<AnswerCheck> Create(const scenarios::Command& command);

  /// kNone when every check holds, else the first that does not: kStatus (of a program kExitCode),
  /// kCheckHeader, kCheckBody.
  RequestError Judge(const Answer& answer) const { return Judge(answer, LooksAt(answer.head)); }

  /// The same with what is known of its header lines.
  RequestError Judge(const Answer& answer, const LineFindings& lines) const;

  LineFindings LooksAt(std::string_view head) const;

  /// Whether there is anything to Take.
  bool takes() const { return takes_; }

  /// Puts what is extracted into its places. kCheckHeader or kCheckBody for the first that finds
  /// nothing there; a value is cut after kExtractedBytesMax.
  RequestError Take(const Answer& answer, std::span<std::string> variables) const;

  /// Somebody else wants the head too.
  void RequireHead() { needs_head_ = true; }

  /// Somebody else wants the body too.
  void RequireBody() { needs_body_ = true; }

  bool needs_head() const { return needs_head_; }

  bool needs_body() const { return needs_body_; }

 private:
  struct Texts;  // What looks into head and body; absent when only the status is checked.

  static Result<AnswerCheck> FromTexts(AnswerCheck made, const scenarios::Check& check,
                                       std::span<const PlacedExtraction> extractions);

  std::bitset<1000> status_ok_;
  RequestError wrong_status_ = RequestError::kStatus;
  bool takes_ = false;
  bool needs_head_ = false;
  bool needs_body_ = false;
  std::shared_ptr<const Texts> texts_;
};

/// The header lines that one check has seen last, and what was found in them. A server says the
/// same ones to nearly every request, and comparing them costs a tenth of looking into them. Keeps
/// its memory. Thread rule: one owner.
class KnownLines {
 public:
  static constexpr std::size_t kBytesMax = 1024;  ///< Longer ones are looked into each time.

  /// `check` is always the same.
  const LineFindings& Of(std::string_view head, const AnswerCheck& check) {
    if (__builtin_expect(!known_ || head != lines_, 0)) {
      findings_ = check.LooksAt(head);
      known_ = head.size() <= kBytesMax;
      lines_.assign(head.substr(0, kBytesMax));
    }
    return findings_;
  }

 private:
  std::string lines_;
  LineFindings findings_;
  bool known_ = false;
};

inline constexpr std::size_t kExtractedBytesMax = 64 * 1024;

}  // namespace weir::loadgen
