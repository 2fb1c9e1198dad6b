#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "scenarios/template.h"

namespace weir::scenarios {

/// What `if:` and `while:` ask: `role == 'admin'`, `random(1, 100) <= 30`. Both sides are
/// expressions as in slots (scenarios/template.h).
struct Condition {
  enum class Comparison : std::uint8_t {
    kEqual,     ///< `==`: the same text.
    kNotEqual,  ///< `!=`
    kLess,      ///< `<`, and so on: as decimal numbers; does not hold when one side is none.
    kLessOrEqual,
    kMore,
    kMoreOrEqual,
  };
  Expression left;
  Comparison comparison = Comparison::kEqual;
  Expression right;
};

/// Errors: kUsage, HintedError: no comparison, a side that is no expression.
Result<Condition> ParseCondition(std::string_view text);

/// Whether it holds for these values of its sides.
bool Holds(Condition::Comparison comparison, std::string_view left, std::string_view right);

}  // namespace weir::scenarios
