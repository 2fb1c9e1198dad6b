#pragma once

#include <string>
#include <string_view>

namespace weir::reports {

/// The line that stands for a file which could not be analysed: schema "weir.analyze/1" with `file`
/// and `error`. Without a newline.
std::string AnalysisErrorJson(std::string_view file, std::string_view message);

}  // namespace weir::reports
