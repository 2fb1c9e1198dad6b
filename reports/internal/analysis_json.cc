#include "reports/internal/analysis_json.h"

#include <cmath>

#include "reports/analysis_json.h"

namespace weir::reports {

Json AnalysisHead(std::string_view file, std::string_view engine) {
  return {{"schema", "weir.analyze/1"}, {"file", file}, {"engine", engine}};
}

Json NumberArray(std::span<const double> values) {
  Json array = Json::array();
  for (const double value : values) {
    array.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
  }
  return array;
}

void PutWarnings(Json& object, std::span<const std::string> warnings) {
  Json array = Json::array();
  for (const std::string& warning : warnings) {
    array.push_back(warning);
  }
  object["warnings"] = std::move(array);
}

std::string AnalysisLine(const Json& object) {
  return JsonText(object, JsonLayout::kCompact);
}

std::string AnalysisErrorJson(std::string_view file, std::string_view message) {
  return AnalysisLine({{"schema", "weir.analyze/1"}, {"file", file}, {"error", message}});
}

}  // namespace weir::reports
