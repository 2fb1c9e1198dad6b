#include "store/internal/figure_rows.h"

#include <fmt/format.h>

#include "base/text.h"

namespace weir::store::internal {
namespace {

constexpr std::string_view kSelect =
    "SELECT run_id, step, name, value, error, lower_bound FROM run_figures"
    " LEFT JOIN figure USING (run_id) WHERE run_id >= ? AND edition = ?"
    " ORDER BY run_id, step, name";

tl::unexpected<Error> Damaged(const Connection& connection, RunId run) {
  return Unavailable(
      fmt::format("cannot read the figures of run {} in the history '{}': a value is of the wrong "
                  "kind; delete its row in run_figures, and they are computed anew",
                  run, Printable(connection.path())));
}

Status Forget(Connection& connection, RunId run) {
  for (const std::string_view sql :
       {"DELETE FROM figure WHERE run_id = ?", "DELETE FROM run_figures WHERE run_id = ?"}) {
    Result<Statement> statement = connection.Prepare(sql);
    if (!statement) {
      return tl::unexpected(statement.error());
    }
    if (Status done = statement->Bind(run).Run(); !done) {
      return done;
    }
  }
  return {};
}

}  // namespace

Status ReplaceFigures(Connection& connection, const RunFigures& figures) {
  if (Status forgotten = Forget(connection, figures.run); !forgotten) {
    return forgotten;
  }
  Result<Statement> head =
      connection.Prepare("INSERT INTO run_figures (run_id, edition) VALUES (?,?)");
  Result<Statement> row = connection.Prepare(
      "INSERT INTO figure (run_id, step, name, value, error, lower_bound) VALUES (?,?,?,?,?,?)");
  if (!head || !row) {
    return tl::unexpected(!head ? head.error() : row.error());
  }
  if (Status inserted = head->Bind(figures.run, figures.edition).Run(); !inserted) {
    return inserted;
  }
  for (const Figure& figure : figures.figures) {
    row->Bind(figures.run, figure.step, figure.name, figure.value, figure.error,
              figure.lower_bound);
    if (Status inserted = row->Run(); !inserted) {
      return inserted;
    }
  }
  return {};
}

Status SelectFigures(Connection& connection, RunId first, int edition,
                     const FiguresVisitor& visit) {
  Result<Statement> rows = connection.Prepare(kSelect);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  rows->Bind(first, edition);
  RunFigures found{.run = 0, .edition = edition, .figures = {}};
  while (true) {
    const Result<bool> row = rows->Step();
    if (!row) {
      return tl::unexpected(row.error());
    }
    const RunId run = *row ? rows->Integer(0) : 0;
    if (run != found.run) {
      if (found.run != 0) {
        visit(found);
      }
      found.run = run;
      found.figures.clear();
    }
    if (!*row) {
      return {};
    }
    if (rows->IsNull(1)) {
      continue;  // A run of which nothing could be read off.
    }
    found.figures.push_back({.step = rows->Text(1),
                             .name = rows->Text(2),
                             .value = rows->MaybeReal(3),
                             .error = rows->MaybeReal(4),
                             .lower_bound = rows->Below(5, 2) == 1});
    if (rows->damaged()) {
      return Damaged(connection, run);
    }
  }
}

}  // namespace weir::store::internal
