#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/run.h"
#include "imports/import.h"

/// What the readers share: a run that fills up, and errors that name the place.
namespace weir::imports::internal {

/// A complete run of `format`, to be filled. `name` is what the file calls it, for the scenario.
class Draft {
 public:
  Draft(const ImportSource& source, std::string_view format, std::string_view name);

  /// The record of a step, added when new. False when there are too many.
  StepRecord* Step(const std::string& name);

  /// A percentile, a mean or another number that the file has instead of the values.
  void Summary(std::string_view metric, double value);

  /// Another number that the file has.
  void Metric(const std::string& name, double value);

  /// Gives the run its times and ends the draft. `duration` > 0 or unknown (0: one second).
  Run Finish(WallTime started_at, Nanos duration);

  Run& run() { return run_; }

 private:
  Run run_;
  std::map<std::string, std::uint32_t> steps_;
};

/// Counts one request with its response time; nanoseconds beyond an hour saturate.
void AddRequest(StepRecord& record, Outcome outcome, double response_ns);

/// Counts requests of which no time is known.
void AddCounts(StepRecord& record, Outcome outcome, std::uint64_t count);

/// "PATH:LINE: WHAT\n  hint: FIX"; without line when it is 0.
tl::unexpected<Error> Wrong(const ImportSource& source, std::size_t line, const std::string& what,
                            std::string_view fix);

/// The JSON document, or why it is none, with the line.
Result<nlohmann::json> ParseJson(const ImportSource& source, std::string_view fix);

/// The number of a member that is one, finite; no value otherwise.
std::optional<double> NumberAt(const nlohmann::json& object, std::string_view key);

/// The text of a member that is one; empty otherwise.
std::string TextAt(const nlohmann::json& object, std::string_view key);

/// A count that was written as a number; no value when negative, not whole or above 10^15.
std::optional<std::uint64_t> CountAt(const nlohmann::json& object, std::string_view key);

/// The whole of `text` as a finite number.
std::optional<double> NumberIn(std::string_view text);

/// Up to 60 bytes of what was found, printable.
std::string Found(std::string_view text);

// The readers.
Result<std::vector<Run>> ReadGoogleBenchmark(const ImportSource& source);
Result<std::vector<Run>> ReadHyperfine(const ImportSource& source);
Result<std::vector<Run>> ReadK6(const ImportSource& source);
Result<std::vector<Run>> ReadJMeter(const ImportSource& source);
Result<std::vector<Run>> ReadVegeta(const ImportSource& source);
Result<std::vector<Run>> ReadHlog(const ImportSource& source);
Result<std::vector<Run>> ReadJUnit(const ImportSource& source);

}  // namespace weir::imports::internal
