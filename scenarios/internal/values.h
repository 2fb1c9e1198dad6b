#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/rate.h"
#include "base/result.h"
#include "base/time.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"

/// Maps and scalars of a file that a person wrote. What is wrong is added to the diagnostics and
/// the value is absent; reading goes on, so that all errors of a file are found at once.
namespace weir::scenarios::internal {

/// Without spaces and tabs at both ends.
std::string_view Trimmed(std::string_view text);

/// `p(95)`, `p95`, `p99.9`, `p999` as a quantile in (0, 1); nothing for a text of another form.
/// Errors: kUsage, when the form is right and the number out of range.
Result<std::optional<double>> ParseQuantileName(std::string_view name);

/// "1 h", "90 s", "250 ms": a plan is named as it was planned where that is short.
std::string SpanInWords(Nanos span);

/// Which keys a map may have.
struct KeySet {
  std::string_view where;                   ///< "check", for messages.
  std::span<const std::string_view> known;  ///< "header.NAME" stands for any "header.x".
  std::span<const std::string_view> later;  ///< Known to later versions: refused by name.
};

/// Adds an error for a node that is no map, for every key that is not known and for every known
/// one without a value. False when it is no map.
bool CheckKeys(const YamlNode& node, const KeySet& keys, Diagnostics& diagnostics);

/// The entry of `key`; null when absent or without a value.
const YamlEntry* Find(const YamlNode& map, std::string_view key);

/// The same, for its value.
const YamlNode* FindValue(const YamlNode& map, std::string_view key);

/// A value with the name that messages call it by.
struct Named {
  const YamlNode& node;
  std::string_view name;
};

/// A text without line breaks and `{{ }}`, not empty, at most `length_max` bytes.
std::optional<std::string> ReadName(Named value, std::size_t length_max, Diagnostics& diagnostics);

/// Any scalar.
std::optional<std::string> ReadScalar(Named value, Diagnostics& diagnostics);

/// Any scalar without slots `{{ }}`: what it says is the same for every request.
std::optional<std::string> ReadText(Named value, Diagnostics& diagnostics);

/// A duration from `low` to `high`, both included.
struct NanosRange {
  Nanos low{0};
  Nanos high{0};
};

std::optional<Nanos> ReadDuration(Named value, NanosRange range, Diagnostics& diagnostics);

/// A count from `low` to `high`, both included.
struct CountRange {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
};

std::optional<std::uint32_t> ReadCount(Named value, CountRange range, Diagnostics& diagnostics);

/// The same for a text that has no node of its own. Errors: kUsage, HintedError.
Result<Nanos> CheckedDuration(std::string_view text, NanosRange range);
Result<std::uint32_t> CheckedCount(std::string_view text, CountRange range);

/// `error` with "name: " before its message; what it says to write becomes its hint.
Error Explained(std::string_view name, const Error& error);

/// Adds an error when `text` holds slots where none are filled in.
bool RefuseSlots(Named value, std::string_view text, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
