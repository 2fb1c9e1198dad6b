#include "store/run_timeline.h"

#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "store/history.h"
#include "store/internal/record_rows.h"
#include "store/internal/run_reader.h"
#include "store/internal/schema.h"
#include "store/internal/sqlite.h"

namespace weir::store {

using internal::Connection;
using internal::Statement;
using internal::Transaction;

namespace {

constexpr std::uint64_t kSecondsMax = std::numeric_limits<std::uint32_t>::max();

constexpr std::string_view kSelectErrors =
    "SELECT second, error, sum(requests) FROM step_record JOIN step_record_error USING (record_id)"
    " WHERE run_id = ? AND second IS NOT NULL GROUP BY second, error ORDER BY second, error";

constexpr std::string_view kSelectLag =
    "SELECT second, max(send_lag_max_ns) FROM step_record JOIN latency USING (record_id)"
    " WHERE run_id = ? AND second IS NOT NULL AND send_lag_max_ns IS NOT NULL"
    " GROUP BY second ORDER BY second";

// The rows of a statement about one run, each read by `read`.
template <typename Value, typename Read>
Result<std::vector<Value>> ReadRows(Connection& connection, std::string_view sql, RunId id,
                                    Read read) {
  std::vector<Value> values;
  bool damaged = false;
  if (const Status all = internal::ForEachOf(connection, sql, id, damaged,
                                             [&](Statement& row) { values.push_back(read(row)); });
      !all) {
    return tl::unexpected(all.error());
  }
  if (damaged) {
    return Unavailable(
        fmt::format("cannot read the seconds of run {} in the history '{}': a value is missing or "
                    "out of range; restore the file from a copy, or leave this run out",
                    id, Printable(connection.path())));
  }
  return values;
}

std::uint32_t SecondOf(Statement& row) {
  return static_cast<std::uint32_t>(row.Below(0, kSecondsMax));
}

}  // namespace

Result<std::unique_ptr<RunTimeline>> RunTimeline::OpenForReading(const std::string& path) {
  auto connection = internal::OpenForReading(path, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  return std::unique_ptr<RunTimeline>(new RunTimeline(std::move(*connection)));
}

RunTimeline::RunTimeline(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

RunTimeline::~RunTimeline() = default;

Status RunTimeline::VisitSteps(RunId id,
                               const std::function<void(std::uint32_t, StepRecord&)>& visit) {
  const Result<Transaction> snapshot = Transaction::Begin(*connection_, Transaction::Kind::kRead);
  if (!snapshot) {
    return tl::unexpected(snapshot.error());
  }
  const Result<std::size_t> step_count = internal::SelectStepCount(*connection_, id);
  if (!step_count) {
    return tl::unexpected(step_count.error());
  }
  return internal::ReadRecords(*connection_,
                               {.run = id,
                                .step_count = *step_count,
                                .scope = internal::RecordScope::kSeconds,
                                .depth = internal::RecordDepth::kResponseOnly},
                               visit);
}

Result<std::vector<ErrorSecond>> RunTimeline::Errors(RunId id) {
  return ReadRows<ErrorSecond>(*connection_, kSelectErrors, id, [](Statement& row) {
    return ErrorSecond{SecondOf(row), static_cast<RequestError>(row.Below(1, kRequestErrorCount)),
                       row.Count(2)};
  });
}

Result<std::vector<LagSecond>> RunTimeline::SendLag(RunId id) {
  return ReadRows<LagSecond>(*connection_, kSelectLag, id, [](Statement& row) {
    return LagSecond{SecondOf(row), row.Count(1)};
  });
}

}  // namespace weir::store
