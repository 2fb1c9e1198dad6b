#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// Texts with slots, which are filled in anew for each request:
/// `/products?page={{ random(1, 20) }}`. A slot holds one expression:
///
///     expression = name | data.column | 'text' | "text" | number | function(expression, ...)
///
/// `{{` without `}}` behind it is text like any other.
namespace weir::scenarios {

/// What an expression comes to.
enum class Filler : std::uint8_t {
  kText,         ///< `text` as it stands.
  kVariable,     ///< What an earlier step of the same round extracted as `text`.
  kColumn,       ///< Column `column` of the round's row of the data `text`.
  kRandom,       ///< random(low, high): a whole number, both ends included.
  kChoice,       ///< choice(a, b, ...): one of its arguments, each as likely.
  kUuid,         ///< uuid(): random (RFC 9562, version 4).
  kTimestamp,    ///< timestamp(): seconds since 1970.
  kTimestampMs,  ///< timestamp_ms(): milliseconds since 1970.
  kCounter,      ///< counter(): 1, 2, 3, ... over the rounds of all workers; one number a round.
  kConcat,       ///< concat(a, b, ...): one after the other.
  kBase64,       ///< base64(x): RFC 4648, section 4.
  kHmac,         ///< hmac(key, x): HMAC-SHA256 (RFC 2104) as lower-case hex.
  kUrlEncode,    ///< urlencode(x): all but unreserved characters (RFC 3986) as %XX.
  kJson,         ///< json(x): as it stands between the quotes of a JSON string (RFC 8259).
  kNumber,       ///< number(x): x itself; in `json:` its value stands without quotes.
};

struct Expression {
  Filler filler = Filler::kText;
  std::string text{};
  std::string column{};   ///< kColumn.
  std::int64_t low = 0;   ///< kRandom.
  std::int64_t high = 0;  ///< kRandom; >= low.
  std::vector<Expression> arguments{};
};

/// Its parts in order; a part of the text outside slots is kText.
using Template = std::vector<Expression>;

/// Whether there is a `{{` with a `}}` behind it.
bool HasSlots(std::string_view text);

/// Errors: kUsage, HintedError: what is no expression, unknown functions, wrong arguments.
Result<Template> ParseTemplate(std::string_view text);

/// Reads the inside of a slot. Errors: as ParseTemplate.
Result<Expression> ParseExpression(std::string_view text);

/// Calls `visit` with each stretch outside slots and the inside of the slot that follows it; the
/// last one is empty when none follows.
void ForEachPart(std::string_view text,
                 const std::function<void(std::string_view literal, std::string_view slot)>& visit);

/// `text` with every slot replaced by `stand_in`: for checks of what surrounds them.
std::string WithoutSlots(std::string_view text, std::string_view stand_in);

/// Calls `visit` with each kVariable and kColumn in it, however deep.
void ForEachName(const Expression& expression, const std::function<void(const Expression&)>& visit);
void ForEachName(const Template& whole, const std::function<void(const Expression&)>& visit);

/// Its value in a JSON text needs no quotes: random, counter, timestamps, number.
bool IsNumeric(const Expression& expression);

}  // namespace weir::scenarios
