#include "store/finished_runs.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "store/internal/schema.h"
#include "store/internal/sqlite.h"

namespace weir::store {

using internal::Connection;
using internal::Statement;

namespace {

constexpr std::size_t kListedMax = 1'000'000;

}  // namespace

Result<std::unique_ptr<FinishedRuns>> FinishedRuns::OpenForReading(const std::string& path) {
  auto connection = internal::OpenForReading(path, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  return std::unique_ptr<FinishedRuns>(new FinishedRuns(std::move(*connection)));
}

FinishedRuns::FinishedRuns(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

FinishedRuns::~FinishedRuns() = default;

// One statement sees one moment of the file.
Result<std::vector<FinishedRun>> FinishedRuns::List(std::size_t count) {
  Result<Statement> statement = connection_->Prepare(
      "SELECT run_id, scenario, build, started_at_ns, coalesce(duration_ns, 0) FROM run"
      " WHERE state = ?1 ORDER BY run_id DESC LIMIT ?2");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(static_cast<int>(RunState::kComplete),
                  static_cast<std::uint64_t>(std::min(count, kListedMax)));
  std::vector<FinishedRun> runs;
  const auto take = [&runs](Statement& row) {
    FinishedRun run;
    run.id = row.Integer(0);
    run.scenario = row.Text(1);
    run.build = row.Text(2);
    run.finished_at = WallTime(Nanos(row.Integer(3))) + Nanos(row.Integer(4));
    runs.push_back(std::move(run));
  };
  if (const Status all = internal::ForEachRow(*statement, take); !all) {
    return tl::unexpected(all.error());
  }
  if (statement->damaged()) {
    return Unavailable(
        fmt::format("cannot list the runs in the history '{}': a value is missing or out of range; "
                    "restore the file from a copy",
                    Printable(connection_->path())));
  }
  return runs;
}

Result<std::int64_t> FinishedRuns::ChangeCount() {
  return connection_->QueryInteger("PRAGMA data_version");
}

}  // namespace weir::store
