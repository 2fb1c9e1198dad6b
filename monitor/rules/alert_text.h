#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "monitor/alerts/label_matcher.h"

namespace weir::monitor {

/// What a text of an alert may name.
struct AlertFacts {
  double value = 0;
  const Labels& labels;
};

/// A text with slots `{{ value }}` and `{{ labels.NAME }}`, also written with `$` before the word
/// as in Prometheus. `{{ value | percent }}` writes 0.05 as 5 %. A label that is missing is empty.
/// Immutable; any thread.
class AlertText {
 public:
  AlertText() = default;

  /// Errors: kUsage: a slot that is none of these, or has no end.
  static Result<AlertText> Parse(std::string_view text);

  std::string Render(const AlertFacts& facts) const;

 private:
  enum class Kind : std::uint8_t { kPlain, kValue, kPercent, kLabel };

  struct Piece {
    Kind kind = Kind::kPlain;
    std::string text;  ///< kPlain: itself; kLabel: the name.
  };

  static Result<Piece> ParseSlot(std::string_view slot);

  std::vector<Piece> pieces_;
};

/// Four significant digits at most: `0.05`, `1234`, `1.5e+06`, `NaN`.
std::string FormatAlertValue(double value);

}  // namespace weir::monitor
