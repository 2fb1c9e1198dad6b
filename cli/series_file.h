#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/series.h"
#include "cli/series_builder.h"

namespace weir::cli {

/// Reads a file of series; "-" is standard input. Three formats, told apart by the first character
/// that is not blank:
/// - CSV with a header: `timestamp,value`, or `value` alone; more value columns are more metrics.
///   Commas, or semicolons or tabs if the header has no comma; quotes, CRLF and a byte-order mark
///   are understood. An empty cell is a missing value; a row may leave out cells at its end.
/// - JSON lines: one object a line, `{"timestamp":"2026-11-23T12:00:00Z","value":1.5}`.
/// - a JSON array of such objects or numbers; null is a missing value.
/// The columns of JSON are the keys of the first object. See SeriesBuilder for times and labels.
///
/// Errors: kUnavailable when the file cannot be read; kUsage with file, line, column and what was
/// found when it is not one of these formats or beyond the limits of `options`. Memory: the file
/// once, and 8 bytes a number. Cost: about 20 ns a cell.
Result<SeriesTable> ReadSeriesFile(const std::string& path, const SeriesFileOptions& options);

/// The same for text that is in memory; `source` is its name in messages.
Result<SeriesTable> ParseSeries(std::string_view text, const std::string& source,
                                const SeriesFileOptions& options);

}  // namespace weir::cli
