#include "store/triage.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "store/history.h"
#include "store/internal/schema.h"
#include "store/internal/sqlite.h"

namespace weir::store {

using internal::Connection;
using internal::Statement;
using internal::Transaction;

namespace {

constexpr std::array<std::string_view, kTriageStateCount> kStateNames = {"new", "acknowledged",
                                                                         "expected", "fixed"};

Status Insert(Statement& statement, const TriageNote& note) {
  statement.Bind(CountNs(note.at), note.scenario, note.load, note.step, note.metric, note.run,
                 static_cast<int>(note.state), note.by, note.why);
  return statement.Run();
}

TriageNote NoteOf(Statement& row) {
  TriageNote note;
  note.id = row.Integer(0);
  note.at = WallTime(Nanos(row.Integer(1)));
  note.scenario = row.Text(2);
  note.load = row.Text(3);
  note.step = row.Text(4);
  note.metric = row.Text(5);
  note.run = row.Integer(6);
  note.state = static_cast<TriageState>(row.Below(7, kTriageStateCount));
  note.by = row.Text(8);
  note.why = row.Text(9);
  return note;
}

}  // namespace

std::string_view TriageStateName(TriageState state) {
  return kStateNames[static_cast<std::size_t>(state)];
}

std::optional<TriageState> TriageStateOf(std::string_view name) {
  for (std::size_t i = 0; i < kStateNames.size(); ++i) {
    if (kStateNames[i] == name) {
      return static_cast<TriageState>(i);
    }
  }
  return std::nullopt;
}

Result<std::unique_ptr<TriageBook>> TriageBook::OpenForWriting(const std::string& path) {
  auto connection = internal::OpenForWriting(path, WriteOptions{}, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  return std::unique_ptr<TriageBook>(new TriageBook(std::move(*connection)));
}

Result<std::unique_ptr<TriageBook>> TriageBook::OpenForReading(const std::string& path) {
  auto connection = internal::OpenForReading(path, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  return std::unique_ptr<TriageBook>(new TriageBook(std::move(*connection)));
}

TriageBook::TriageBook(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

TriageBook::~TriageBook() = default;

Status TriageBook::Append(const std::vector<TriageNote>& notes) {
  Result<Transaction> transaction = Transaction::Begin(*connection_, Transaction::Kind::kWrite);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  Result<Statement> insert = connection_->Prepare(
      "INSERT INTO triage (at_ns, scenario, load, step, metric, run_id, state, by, why)"
      " VALUES (?,?,?,?,?,?,?,?,?)");
  Result<Statement> prune = connection_->Prepare("DELETE FROM triage WHERE triage_id <= ?");
  if (!insert || !prune) {
    return tl::unexpected(!insert ? insert.error() : prune.error());
  }
  for (const TriageNote& note : notes) {
    if (Status inserted = Insert(*insert, note); !inserted) {
      return inserted;
    }
  }
  prune->Bind(connection_->LastInsertId() - static_cast<std::int64_t>(kTriageNotesKept));
  if (Status pruned = prune->Run(); !pruned) {
    return pruned;
  }
  return transaction->Commit();
}

// One statement sees one moment of the file.
Result<std::vector<TriageNote>> TriageBook::List() {
  Result<Statement> statement = connection_->Prepare(
      "SELECT triage_id, at_ns, scenario, load, step, metric, run_id, state, by, why FROM triage"
      " ORDER BY triage_id DESC");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  std::vector<TriageNote> notes;
  if (const Status all =
          internal::ForEachRow(*statement, [&](Statement& row) { notes.push_back(NoteOf(row)); });
      !all) {
    return tl::unexpected(all.error());
  }
  if (statement->damaged()) {
    return Unavailable(
        fmt::format("cannot read what was said of regressions in the history '{}': a value is "
                    "missing or out of range; restore the file from a copy",
                    Printable(connection_->path())));
  }
  return notes;
}

}  // namespace weir::store
