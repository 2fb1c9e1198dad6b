#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What a gate demands of a candidate compared with its baseline: plain data between the reader
/// of policy files (scenarios), the gate itself (analysis) and the command line.
namespace weir {

/// One demand.
struct GateCriterion {
  enum class Kind : std::uint8_t { kResponseBody, kResponseQuantile, kThroughput, kErrorRate };
  Kind kind = Kind::kResponseBody;
  double quantile = 0;      ///< For kResponseQuantile, in (0, 1).
  double tolerance = 0.02;  ///< Ratio of the baseline; for kErrorRate an absolute difference of
                            ///< ratios.
  std::string step;         ///< Empty = the whole run.
  friend bool operator==(const GateCriterion&, const GateCriterion&) = default;
};

/// What an invalid run (base/validity.h) does to a verdict.
enum class OnInvalid : std::uint8_t {
  kInconclusive,  ///< Nothing can be said while one of the runs is invalid.
  kWarn,          ///< It counts like any other, and a warning says so.
};

struct GatePolicy {
  std::vector<GateCriterion> criteria;  ///< Empty = the default policy of analysis.
  double alpha = 0.05;                  ///< False-fail rate of the whole verdict, in (0, 0.5].
  OnInvalid on_invalid = OnInvalid::kInconclusive;
  friend bool operator==(const GatePolicy&, const GatePolicy&) = default;
};

}  // namespace weir
