#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "base/validity.h"

/// The sentences of a certificate: the number, the limit and the cure. Used by analysis/validity.cc
/// only.
namespace weir::analysis {

/// "12.3 %", "0.21 %", "100 %".
std::string PercentText(double ratio);

/// "1.23 ms" from nanoseconds.
std::string SpanText(double ns);

/// Why the generator did not keep up and what helps, as far as the evidence tells: "its busiest
/// thread was busy 99 % of the time; use more threads (--threads 2) or a lower rate".
std::string CauseAndCure(const GeneratorEvidence& generator);

}  // namespace weir::analysis
