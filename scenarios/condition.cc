#include "scenarios/condition.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"

namespace weir::scenarios {
namespace {

using Comparison = Condition::Comparison;

constexpr std::string_view kForms = "write, for example, role == 'admin' or random(1, 100) <= 30";

// Where a comparison stands outside quotes, and how long it is.
struct Operator {
  std::size_t at = 0;
  std::size_t length = 0;
  Comparison comparison = Comparison::kEqual;
};

std::optional<Operator> OperatorAt(std::string_view text, std::size_t at) {
  const bool with_equals = text.substr(at + 1).starts_with('=');
  switch (text[at]) {
    case '<':
      return Operator{at, with_equals ? 2U : 1U,
                      with_equals ? Comparison::kLessOrEqual : Comparison::kLess};
    case '>':
      return Operator{at, with_equals ? 2U : 1U,
                      with_equals ? Comparison::kMoreOrEqual : Comparison::kMore};
    case '=':
    case '!':
      return with_equals ? std::optional(Operator{
                               at, 2, text[at] == '=' ? Comparison::kEqual : Comparison::kNotEqual})
                         : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Operator> FindOperator(std::string_view text) {
  char quote = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (quote != 0) {
      quote = text[at] == quote ? '\0' : quote;
    } else if (text[at] == '\'' || text[at] == '"') {
      quote = text[at];
    } else if (const std::optional<Operator> found = OperatorAt(text, at)) {
      return found;
    }
  }
  return std::nullopt;
}

std::optional<double> NumberOf(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

}  // namespace

Result<Condition> ParseCondition(std::string_view text) {
  if (HasSlots(text)) {
    return tl::unexpected(
        HintedError("a condition is an expression already", "leave the '{{' and '}}' out"));
  }
  const std::optional<Operator> found = FindOperator(text);
  if (!found) {
    return tl::unexpected(
        HintedError(fmt::format("'{}' compares nothing", Printable(text, 60)), kForms));
  }
  Result<Expression> left = ParseExpression(text.substr(0, found->at));
  Result<Expression> right = ParseExpression(text.substr(found->at + found->length));
  if (!left || !right) {
    return tl::unexpected((left ? right : left).error());
  }
  return Condition{*std::move(left), found->comparison, *std::move(right)};
}

bool Holds(Comparison comparison, std::string_view left, std::string_view right) {
  if (comparison == Comparison::kEqual || comparison == Comparison::kNotEqual) {
    return (left == right) == (comparison == Comparison::kEqual);
  }
  const std::optional<double> a = NumberOf(left);
  const std::optional<double> b = NumberOf(right);
  if (!a || !b) {
    return false;
  }
  switch (comparison) {
    case Comparison::kLess:
      return *a < *b;
    case Comparison::kLessOrEqual:
      return *a <= *b;
    case Comparison::kMore:
      return *a > *b;
    default:
      return *a >= *b;
  }
}

}  // namespace weir::scenarios
