#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/verdict.h"
#include "monitor/alerts/label_matcher.h"

namespace weir::monitor {

/// What a text of an alert may name.
struct AlertFacts {
  double value = 0;
  const Labels& labels;
  std::optional<Interval> expected = {};   ///< Of a rule with an engine, where it has one.
  std::optional<double> probability = {};  ///< The same.
  std::string_view why = {};               ///< The same.
  std::string_view value_word = {};        ///< What `{{ value }}` is instead; empty: the number.
};

/// A text with slots `{{ value }}` and `{{ labels.NAME }}`, also written with `$` before the word
/// as in Prometheus; of rules with an engine also `{{ expected }}`, `{{ probability }}` and
/// `{{ why }}`. `{{ value | percent }}` writes 0.05 as 5 %. What is missing is empty.
/// Immutable; any thread.
class AlertText {
 public:
  AlertText() = default;

  /// Errors: kUsage: a slot that is none of these, or has no end.
  static Result<AlertText> Parse(std::string_view text);

  std::string Render(const AlertFacts& facts) const;

  friend bool operator==(const AlertText&, const AlertText&) = default;

 private:
  enum class Kind : std::uint8_t {
    kPlain,
    kValue,
    kPercent,
    kLabel,
    kExpected,
    kProbability,
    kWhy
  };

  struct Piece {
    Kind kind = Kind::kPlain;
    std::string text;  ///< kPlain: itself; kLabel: the name.

    friend bool operator==(const Piece&, const Piece&) = default;
  };

  static Result<Piece> ParseSlot(std::string_view slot);

  std::vector<Piece> pieces_;
};

/// Four significant digits at most: `0.05`, `1234`, `1.5e+06`, `NaN`.
std::string FormatAlertValue(double value);

/// As it is written in a file: `500ms`, `90s`, `5m`, `1h30m`, `3d`. `span` >= 0; what is smaller
/// than its first two units is cut off.
std::string FormatAlertSpan(Nanos span);

}  // namespace weir::monitor
