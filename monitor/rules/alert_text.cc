#include "monitor/rules/alert_text.h"

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::monitor {
namespace {

constexpr std::string_view kLabelsDot = "labels.";

constexpr std::array<std::pair<std::string_view, Nanos>, 6> kUnits = {
    {{"d", std::chrono::hours(24)},
     {"h", std::chrono::hours(1)},
     {"m", std::chrono::minutes(1)},
     {"s", std::chrono::seconds(1)},
     {"ms", std::chrono::milliseconds(1)},
     {"us", std::chrono::microseconds(1)}}};

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::string FormatAlertValue(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  return fmt::format("{:.4g}", value);
}

std::string FormatAlertSpan(Nanos span) {
  std::string text;
  int parts = 0;
  for (const auto& [name, unit] : kUnits) {
    const auto count = span / unit;
    parts += count > 0 || parts > 0 ? 1 : 0;
    if (count > 0 && parts <= 2) {
      text += fmt::format("{}{}", count, name);
    }
    span -= count * unit;
  }
  return text.empty() ? "0" : text;
}

Result<AlertText::Piece> AlertText::ParseSlot(std::string_view slot) {
  const std::string_view whole = Trim(slot);
  const std::string_view inner = whole.starts_with('$') ? whole.substr(1) : whole;
  if (inner == "value") {
    return Piece{Kind::kValue, ""};
  }
  constexpr std::array<std::pair<std::string_view, Kind>, 3> kOfEngines = {
      {{"expected", Kind::kExpected}, {"probability", Kind::kProbability}, {"why", Kind::kWhy}}};
  for (const auto& [name, kind] : kOfEngines) {
    if (inner == name) {
      return Piece{kind, ""};
    }
  }
  if (const std::size_t pipe = inner.find('|'); pipe != std::string_view::npos &&
                                                Trim(inner.substr(0, pipe)) == "value" &&
                                                Trim(inner.substr(pipe + 1)) == "percent") {
    return Piece{Kind::kPercent, ""};
  }
  if (inner.starts_with(kLabelsDot) && inner.size() > kLabelsDot.size() &&
      inner.find_first_of(" |(", kLabelsDot.size()) == std::string_view::npos) {
    return Piece{Kind::kLabel, std::string(inner.substr(kLabelsDot.size()))};
  }
  return UsageError(
      fmt::format("'{{{{ {} }}}}' is not known here; write {{{{ value }}}}, "
                  "{{{{ value | percent }}}} or {{{{ labels.NAME }}}}; of an engine also "
                  "{{{{ expected }}}}, {{{{ probability }}}} or {{{{ why }}}}",
                  Printable(whole, 60)));
}

Result<AlertText> AlertText::Parse(std::string_view text) {
  AlertText parsed;
  while (!text.empty()) {
    const std::size_t open = text.find("{{");
    if (open != 0) {
      parsed.pieces_.push_back({Kind::kPlain, std::string(text.substr(0, open))});
    }
    if (open == std::string_view::npos) {
      break;
    }
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) {
      return UsageError("a slot '{{' has no end; write '}}' after it");
    }
    Result<Piece> slot = ParseSlot(text.substr(open + 2, close - open - 2));
    if (!slot) {
      return tl::unexpected(slot.error());
    }
    parsed.pieces_.push_back(std::move(*slot));
    text.remove_prefix(close + 2);
  }
  return parsed;
}

std::string AlertText::Render(const AlertFacts& facts) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    switch (piece.kind) {
      case Kind::kPlain:
        text += piece.text;
        break;
      case Kind::kValue:
        text += facts.value_word.empty() ? FormatAlertValue(facts.value)
                                         : std::string(facts.value_word);
        break;
      case Kind::kPercent:
        text += FormatAlertValue(facts.value * 100) + " %";
        break;
      case Kind::kLabel:
        text += LabelValue(facts.labels, piece.text);
        break;
      case Kind::kExpected:
        text += facts.expected ? fmt::format("{} to {}", FormatAlertValue(facts.expected->low),
                                             FormatAlertValue(facts.expected->high))
                               : "";
        break;
      case Kind::kProbability:
        text += facts.probability ? fmt::format("{:.0f} %", *facts.probability * 100) : "";
        break;
      case Kind::kWhy:
        text += facts.why;
        break;
    }
  }
  return text;
}

}  // namespace weir::monitor
