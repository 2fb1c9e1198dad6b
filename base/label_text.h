#pragma once

#include <string>
#include <string_view>

namespace weir {

/// The value of a label between its quotes: backslash, quote and end of line escaped, in the text
/// formats of Prometheus and OpenMetrics and in matchers alike. Thread-safe.
/// Source: Prometheus, exposition formats 0.0.4, "label_value".
std::string EscapedLabelValue(std::string_view value);

}  // namespace weir
