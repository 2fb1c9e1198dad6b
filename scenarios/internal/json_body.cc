#include "scenarios/internal/json_body.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "scenarios/internal/slot_scope.h"
#include "scenarios/template.h"

namespace weir::scenarios::internal {
namespace {

using Kind = YamlNode::Kind;

std::string Quoted(const std::string& text) {
  // The file was checked to be UTF-8, but escapes in quotes may make anything.
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::size_t DigitsAt(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
  return end - std::min(at, end);
}

// The grammar of RFC 8259, section 6.
bool IsJsonNumber(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = DigitsAt(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) {
    return false;
  }
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = DigitsAt(text, at + 1);
    if (fraction == 0) {
      return false;
    }
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
      ++at;
    }
    const std::size_t exponent = DigitsAt(text, at);
    if (exponent == 0) {
      return false;
    }
    at += exponent;
  }
  return at == text.size();
}

bool IsJsonLiteral(const YamlNode& node) {
  return node.plain && (node.text == "true" || node.text == "false" || IsJsonNumber(node.text));
}

// A slot within a text gives what may stand between quotes; a number alone stands without them.
std::string QuotedWithSlots(const std::string& text) {
  const Result<Template> parsed = ParseTemplate(text);
  if (!HasSlots(text) || !parsed) {
    return Quoted(text);
  }
  if (parsed->size() == 1 && IsNumeric(parsed->front())) {
    return text;
  }
  std::string out = "\"";
  ForEachPart(text, [&out](std::string_view literal, std::string_view slot) {
    const std::string quoted = Quoted(std::string(literal));
    out += quoted.substr(1, quoted.size() - 2);
    if (!slot.empty()) {
      out += fmt::format("{{{{ json({}) }}}}", slot);
    }
  });
  return out + '"';
}

void Append(const YamlNode& node, std::string& out) {
  switch (node.kind) {
    case Kind::kNull:
      out += "null";
      break;
    case Kind::kScalar:
      out += IsJsonLiteral(node) ? node.text : QuotedWithSlots(node.text);
      break;
    case Kind::kSequence:
      out += '[';
      for (const YamlNode& item : node.items) {
        out += &item == &node.items.front() ? "" : ",";
        Append(item, out);
      }
      out += ']';
      break;
    case Kind::kMap:
      out += '{';
      for (const YamlEntry& entry : node.entries) {
        out += &entry == &node.entries.front() ? "" : ",";
        out += Quoted(entry.key.text);
        out += ':';
        Append(entry.value, out);
      }
      out += '}';
      break;
  }
}

// Whether every slot in it is an expression; those that are not are added.
bool AreSlotsValid(const YamlNode& node, Diagnostics& diagnostics) {
  bool valid = true;
  if (node.kind == Kind::kScalar) {
    valid = ReadSlottedText({node, "json"}, diagnostics).has_value();
  }
  for (const YamlNode& item : node.items) {
    valid = AreSlotsValid(item, diagnostics) && valid;
  }
  for (const YamlEntry& entry : node.entries) {
    valid = !RefuseSlots({entry.key, "a name in json"}, entry.key.text, diagnostics) && valid;
    valid = AreSlotsValid(entry.value, diagnostics) && valid;
  }
  return valid;
}

}  // namespace

std::optional<std::string> ReadJson(Named value, Diagnostics& diagnostics) {
  const YamlNode& node = value.node;
  if (!AreSlotsValid(node, diagnostics)) {
    return std::nullopt;
  }
  const std::string_view text = Trimmed(node.text);
  if (node.kind == Kind::kScalar && (text.starts_with('{') || text.starts_with('[')) &&
      nlohmann::json::accept(text)) {
    diagnostics.Add(node.span, fmt::format("{} is a text that itself is JSON", value.name),
                    "remove the quotes around it, or send the text with 'body:'");
    return std::nullopt;
  }
  std::string out;
  Append(node, out);
  return out;
}

}  // namespace weir::scenarios::internal
