#pragma once

#include "base/result.h"
#include "store/figures.h"
#include "store/internal/sqlite.h"

/// How figures become rows (run_figures, figure) and come back. Called inside the caller's
/// transaction.
namespace weir::store::internal {

/// In place of those that are kept of the run.
Status ReplaceFigures(Connection& connection, const RunFigures& figures);

/// As Store::VisitFigures.
Status SelectFigures(Connection& connection, RunId first, int edition, const FiguresVisitor& visit);

}  // namespace weir::store::internal
