#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "store/internal/sqlite.h"

/// How a StepRecord becomes rows (step_record, step_record_error, latency,
/// latency_part, program_usage) and rows a StepRecord.
namespace weir::store::internal {

/// Writes records of one connection, with statements prepared once.
class RecordInserter {
 public:
  static Result<RecordInserter> Create(Connection& connection);

  /// `second` without a value: a total over the whole run. Inside the caller's transaction.
  Status Insert(RunId run, std::optional<std::uint32_t> second, const StepRecord& record);

 private:
  struct Statements {
    Statement record;
    Statement error;
    Statement latency;
    Statement part;
    Statement usage;
  };

  RecordInserter(Connection& connection, Statements statements);

  Status InsertLatency(std::int64_t record_id, Outcome outcome, const LatencySet& set);
  Status InsertParts(std::int64_t record_id, const StepRecord& record);

  Connection* connection_;
  Statements statements_;
};

/// Which records of a run.
enum class RecordScope : std::uint8_t {
  kTotals,   ///< Over the whole run; only finished runs have them.
  kSeconds,  ///< Of its seconds.
};

/// How much of each record to read: drawing seconds needs one histogram of three.
enum class RecordDepth : std::uint8_t { kAll, kResponseOnly };

struct RecordQuery {
  RunId run = 0;
  std::size_t step_count = 0;  ///< Steps of its plan: a record beyond them is damage.
  RecordScope scope = RecordScope::kTotals;
  RecordDepth depth = RecordDepth::kAll;
};

/// Calls `visit(second, record)` for each, ordered by (second, phase); several may have the same
/// (second, phase, step): they add up. `second` is 0 for totals. Errors: kUnavailable naming run,
/// second and step of what does not make sense.
Status ReadRecords(Connection& connection, const RecordQuery& query,
                   const std::function<void(std::uint32_t, StepRecord&)>& visit);

}  // namespace weir::store::internal
