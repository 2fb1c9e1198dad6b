#include "scenarios/internal/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/template.h"

namespace weir::scenarios::internal {
namespace {

using Kind = YamlNode::Kind;

constexpr std::string_view kAnyName = "NAME";

bool Matches(std::string_view known, std::string_view key) {
  if (!known.ends_with(kAnyName)) {
    return known == key;
  }
  known.remove_suffix(kAnyName.size());
  return key.starts_with(known);
}

bool IsAmong(std::span<const std::string_view> names, std::string_view key) {
  return std::any_of(names.begin(), names.end(),
                     [key](std::string_view known) { return Matches(known, key); });
}

std::string Lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

std::string HintForKey(std::string_view key, std::span<const std::string_view> known) {
  std::string list;
  for (const std::string_view name : known) {
    list += list.empty() ? "" : ", ";
    list += name;
  }
  if (key == "<<") {
    return "maps are not merged; repeat the keys, or put them into 'defaults:'";
  }
  // A pasted text may be as long as the file; the distance to it is quadratic.
  const std::optional<std::string> near =
      key.size() > 40 ? std::nullopt : NearestWord(Lowered(key), known);
  return near ? fmt::format("did you mean '{}'? known keys: {}", *near, list)
              : fmt::format("known keys: {}", list);
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a single value";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "";
}

bool CheckScalar(Named value, Diagnostics& diagnostics) {
  if (value.node.kind == Kind::kScalar) {
    return true;
  }
  diagnostics.Add(
      value.node.span,
      fmt::format("{} must be a single value, not {}", value.name, KindName(value.node.kind)),
      value.node.kind == Kind::kMap ? "put a text that begins with '{' or holds ': ' in quotes"
                                    : fmt::format("write '{}: VALUE'", value.name));
  return false;
}

template <typename T>
std::optional<T> Placed(Named value, Result<T> result, Diagnostics& diagnostics) {
  if (!result) {
    diagnostics.Add(value.node.span, Explained(value.name, result.error()));
    return std::nullopt;
  }
  return *std::move(result);
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

Result<std::optional<double>> ParseQuantileName(std::string_view name) {
  if (name.size() < 2 || name[0] != 'p') {
    return std::nullopt;
  }
  std::string_view digits = Trimmed(name.substr(1));
  const bool in_brackets = digits.starts_with('(') && digits.ends_with(')');
  if (in_brackets) {
    digits = Trimmed(digits.substr(1, digits.size() - 2));
  }
  if (digits.empty() || digits.size() > 12 ||
      digits.find_first_not_of("0123456789.") != std::string_view::npos) {
    return std::nullopt;
  }
  // The usual name of the 99.9th percentile is p999. Shifted as text, so that the quantile is the
  // number nearest to what was written.
  const bool runs_on = !in_brackets && digits.size() > 2 && digits[0] != '0' && digits[0] != '1' &&
                       digits.find('.') == std::string_view::npos;
  const std::string shifted = runs_on ? fmt::format("0.{}", digits) : fmt::format("{}e-2", digits);
  double quantile = 0;
  const char* end = shifted.data() + shifted.size();
  const auto [rest, error] = std::from_chars(shifted.data(), end, quantile);
  if (error != std::errc() || rest != end) {
    return std::nullopt;
  }
  if (!(quantile > 0 && quantile < 1)) {
    return tl::unexpected(
        HintedError(fmt::format("percentile '{}' is out of range", Printable(name, 40)),
                    "write a number above 0 and below 100, for example p(99.9)"));
  }
  return quantile;
}

std::string SpanInWords(Nanos span) {
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 4> kUnits = {
      {{3'600'000'000'000, "h"}, {60'000'000'000, "min"}, {1'000'000'000, "s"}, {1'000'000, "ms"}}};
  for (const auto& [factor, name] : kUnits) {
    if (span.count() >= factor && span.count() % factor == 0) {
      return fmt::format("{} {}", span.count() / factor, name);
    }
  }
  return FormatDuration(span);
}

bool CheckKeys(const YamlNode& node, const KeySet& keys, Diagnostics& diagnostics) {
  if (node.kind != Kind::kMap) {
    diagnostics.Add(node.span,
                    fmt::format("{} must be a map, not {}", keys.where, KindName(node.kind)),
                    HintForKey("", keys.known));
    return false;
  }
  for (const YamlEntry& entry : node.entries) {
    const std::string& key = entry.key.text;
    if (IsAmong(keys.later, key)) {
      diagnostics.Add(entry.key.span,
                      fmt::format("'{}' in {}: this version does not have it", key, keys.where),
                      "remove it, or use a version of weir that has it");
    } else if (!IsAmong(keys.known, key)) {
      diagnostics.Add(entry.key.span,
                      fmt::format("unknown key '{}' in {}", Printable(key, 40), keys.where),
                      HintForKey(key, keys.known));
    } else if (entry.value.kind == Kind::kNull) {
      diagnostics.Add(entry.key.span, fmt::format("'{}' has no value", Printable(key, 40)),
                      "write a value or remove the key");
    }
  }
  return true;
}

const YamlEntry* Find(const YamlNode& map, std::string_view key) {
  for (const YamlEntry& entry : map.entries) {
    if (entry.key.text == key && entry.value.kind != Kind::kNull) {
      return &entry;
    }
  }
  return nullptr;
}

const YamlNode* FindValue(const YamlNode& map, std::string_view key) {
  const YamlEntry* entry = Find(map, key);
  return entry == nullptr ? nullptr : &entry->value;
}

std::optional<std::string> ReadName(Named value, std::size_t length_max, Diagnostics& diagnostics) {
  std::optional<std::string> text = ReadText(value, diagnostics);
  if (!text) {
    return std::nullopt;
  }
  const std::string_view trimmed = Trimmed(*text);
  if (trimmed.empty()) {
    diagnostics.Add(value.node.span, fmt::format("{} is empty", value.name), "write a short name");
    return std::nullopt;
  }
  const bool clean = std::none_of(trimmed.begin(), trimmed.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (!clean || trimmed.size() > length_max) {
    diagnostics.Add(value.node.span, fmt::format("{} is not a short text on one line", value.name),
                    fmt::format("use at most {} bytes and no line breaks", length_max));
    return std::nullopt;
  }
  return std::string(trimmed);
}

std::optional<std::string> ReadScalar(Named value, Diagnostics& diagnostics) {
  return CheckScalar(value, diagnostics) ? std::optional(value.node.text) : std::nullopt;
}

std::optional<std::string> ReadText(Named value, Diagnostics& diagnostics) {
  std::optional<std::string> text = ReadScalar(value, diagnostics);
  return text && RefuseSlots(value, *text, diagnostics) ? std::nullopt : text;
}

std::optional<Nanos> ReadDuration(Named value, NanosRange range, Diagnostics& diagnostics) {
  if (!CheckScalar(value, diagnostics)) {
    return std::nullopt;
  }
  return Placed(value, CheckedDuration(value.node.text, range), diagnostics);
}

std::optional<std::uint32_t> ReadCount(Named value, CountRange range, Diagnostics& diagnostics) {
  if (!CheckScalar(value, diagnostics)) {
    return std::nullopt;
  }
  return Placed(value, CheckedCount(value.node.text, range), diagnostics);
}

Result<Nanos> CheckedDuration(std::string_view text, NanosRange range) {
  Result<Nanos> span = ParseDuration(text);
  if (!span) {
    return span;
  }
  if (*span < range.low) {
    return tl::unexpected(HintedError(fmt::format("'{}' is too short", Printable(text, 40)),
                                      range.low > Nanos(1)
                                          ? fmt::format("at least {}", SpanInWords(range.low))
                                          : "it must be above 0, for example '30s'"));
  }
  if (*span > range.high) {
    return tl::unexpected(HintedError(fmt::format("'{}' is too long", Printable(text, 40)),
                                      fmt::format("at most {}", SpanInWords(range.high))));
  }
  return span;
}

Result<std::uint32_t> CheckedCount(std::string_view text, CountRange range) {
  const Result<std::uint64_t> count = ParseCount(text);
  if (!count) {
    return tl::unexpected(count.error());
  }
  if (*count < range.low || *count > range.high) {
    return tl::unexpected(HintedError(
        fmt::format("{} is out of range", *count),
        fmt::format("it must be from {} to {}", FormatCount(range.low), FormatCount(range.high))));
  }
  return static_cast<std::uint32_t>(*count);
}

Error Explained(std::string_view name, const Error& error) {
  const bool named = error.message.starts_with(name);
  std::string message = named ? error.message : fmt::format("{}: {}", name, error.message);
  // What base says ends with its advice; a semicolon before belongs to the text that it quotes.
  const std::size_t split = message.rfind("; ");
  if (split == std::string::npos || message.find('\n') != std::string::npos) {
    return Error{error.kind, std::move(message)};
  }
  return HintedError(message.substr(0, split), message.substr(split + 2));
}

bool RefuseSlots(Named value, std::string_view text, Diagnostics& diagnostics) {
  if (!HasSlots(text)) {
    return false;
  }
  diagnostics.Add(value.node.span, fmt::format("a slot '{{{{ }}}}' in {}", value.name),
                  "write a fixed value: slots are filled in paths, values of headers, 'body' and "
                  "'json'");
  return true;
}

}  // namespace weir::scenarios::internal
