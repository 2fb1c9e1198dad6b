#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/series.h"
#include "cli/series_builder.h"

/// The formats behind cli/series_file.h, each from text in memory that has no byte-order mark.
namespace weir::cli {

Result<SeriesTable> ParseCsvSeries(std::string_view text, const std::string& source,
                                   const SeriesFileOptions& options);

Result<SeriesTable> ParseJsonLinesSeries(std::string_view text, const std::string& source,
                                         const SeriesFileOptions& options);

Result<SeriesTable> ParseJsonArraySeries(std::string_view text, const std::string& source,
                                         const SeriesFileOptions& options);

}  // namespace weir::cli
