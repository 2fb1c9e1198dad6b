#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/internal/json.h"

/// What the JSON of all engines of `weir analyze` has in common.
namespace weir::reports {

/// {"schema":"weir.analyze/1","file":...,"engine":...}: what a line begins with.
Json AnalysisHead(std::string_view file, std::string_view engine);

/// An array of numbers, each the shortest text that reads back; null for what is not finite.
Json NumberArray(std::span<const double> values);

/// Sets "warnings" to the array of texts, which may be empty.
void PutWarnings(Json& object, std::span<const std::string> warnings);

/// The line, without a newline.
std::string AnalysisLine(const Json& object);

}  // namespace weir::reports
