#pragma once

#include <span>

#include "reports/internal/json.h"
#include "reports/run_row.h"

namespace weir::reports {

/// Rows as columns, which deflate to a quarter of what objects do; reports/web/src/rows.ts is the
/// way back. `rows` must be in order of start.
///
///   texts       every text of the columns below, once.
///   run, start  differences to the row before; `start` in ms.
///   scenario, build, branch, tag, target, load, environment, state, validity
///               index into `texts`; validity "" = not judged.
///   planned, completed, rate, passed, failed, unknown (thresholds), and kRowColumns by their key
///               as they are; null = not known.
///   bounds      bit i: kRowColumns[i] is a lower bound.
Json RowsToJson(std::span<const RunRow> rows);

}  // namespace weir::reports
