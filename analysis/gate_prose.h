#pragma once

#include <string>
#include <string_view>

#include "base/gate_policy.h"
#include "base/verdict.h"

/// The sentences of the gate, from the numbers of a check.
namespace weir::analysis {

/// "response_time.body", "response_time.p99", "throughput", "error_rate"; with its scope in braces,
/// as GateCheck::metric.
std::string MetricName(const GateCriterion& criterion);

/// The metric of the check without the scope; lives as long as the check.
std::string_view BareMetric(const GateCheck& check);

/// " (part first_byte, during 10s..40s)" for a metric with a scope in braces; else empty.
std::string ScopeInWords(std::string_view metric);

/// The reason of a check whose values, change, interval, tolerance and verdict are set. `aside`
/// is put inside the parentheses with the numbers; empty = nothing.
std::string ReasonOf(const GateCheck& check, const std::string& aside);

/// "p99 of step 'list'", "p99 (part first_byte, during 10s..40s)", "mean response time (p5 to
/// p95)", "throughput", "the error rate".
std::string SubjectOf(const GateCheck& check);

/// A tolerance as in "the tolerance of 5 %": ratios in percent, error rates in percentage points.
std::string ToleranceOf(const GateCheck& check);

/// A value of a check in its unit: "12.1 ms", "500/s", "0.12 %".
std::string ValueText(double value, const std::string& unit);

}  // namespace weir::analysis
