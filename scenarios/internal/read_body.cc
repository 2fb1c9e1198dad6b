#include "scenarios/internal/read_body.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/percent.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/json_body.h"
#include "scenarios/internal/slot_scope.h"
#include "scenarios/internal/source_file.h"
#include "scenarios/internal/values.h"
#include "scenarios/template.h"

namespace weir::scenarios::internal {
namespace {

using Kind = YamlNode::Kind;

constexpr std::array<std::string_view, 4> kBodies = {"body", "json", "form", "multipart"};
// Between the parts of a multipart body: no text of a person, and no file is likely to hold it.
constexpr std::string_view kBoundary = "weir-6f0c1d52b8e94a37-boundary";
constexpr std::size_t kPathBytesMax = 4000;
constexpr std::size_t kFileBytesMax = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kFieldsMax = 1000;

bool IsBefore(const YamlEntry& a, const YamlEntry& b) {
  return a.key.span.line != b.key.span.line ? a.key.span.line < b.key.span.line
                                            : a.key.span.column < b.key.span.column;
}

// A file is sent as it is: what looks like a slot in it is text.
std::string WithSlotsAsText(const std::string& bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t open = std::min(bytes.find("{{", at), bytes.size());
    out.append(bytes, at, open - at);
    out += open < bytes.size() ? "{{ '{{' }}" : "";
    at = open + 2;
  }
  return out;
}

// The bytes of a file beside the scenario.
std::string FileText(const YamlNode& file, std::string_view file_name, Diagnostics& diagnostics) {
  const std::optional<std::string> path = ReadName({file, "file"}, kPathBytesMax, diagnostics);
  if (!path) {
    return "";
  }
  const Result<std::string> bytes =
      ReadSourceFile(BesideScenario(*path, file_name), "body", kFileBytesMax);
  if (!bytes) {
    diagnostics.Add(file.span, bytes.error());
    return "";
  }
  return HasSlots(*bytes) ? WithSlotsAsText(*bytes) : *bytes;
}

std::string FromFile(const YamlNode& node, std::string_view file_name, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 1> kKnown = {"file"};
  const YamlNode* file = FindValue(node, "file");
  if (file == nullptr) {
    diagnostics.Add(node.span, "body is a map without 'file'",
                    "write 'body: { file: upload.bin }', or 'json:' for what is sent as JSON; put "
                    "a text that begins with '{' in quotes");
    return "";
  }
  CheckKeys(node, {"body", kKnown, {}}, diagnostics);
  return FileText(*file, file_name, diagnostics);
}

// As browsers write names in a multipart body (WHATWG, "multipart/form-data").
std::string QuotedName(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    out += c == '"' ? "%22" : c == '\n' ? "%0A" : c == '\r' ? "%0D" : std::string(1, c);
  }
  return out + '"';
}

std::string FilePart(const YamlEntry& part, std::string_view file_name, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 3> kKnown = {"file", "name", "type"};
  const YamlNode* file = FindValue(part.value, "file");
  if (!CheckKeys(part.value, {"part", kKnown, {}}, diagnostics) || file == nullptr) {
    diagnostics.Add(part.value.span, fmt::format("part '{}' names no file", part.key.text),
                    "write a text, or '{ file: photo.jpg, type: image/jpeg }'");
    return "";
  }
  std::string name = file->text.substr(file->text.rfind('/') + 1);
  std::string type = "application/octet-stream";
  if (const YamlNode* given = FindValue(part.value, "name")) {
    name = ReadName({*given, "name"}, kPathBytesMax, diagnostics).value_or("");
  }
  if (const YamlNode* given = FindValue(part.value, "type")) {
    type = ReadName({*given, "type"}, kPathBytesMax, diagnostics).value_or("");
  }
  return fmt::format("; filename={}\r\nContent-Type: {}\r\n\r\n{}", QuotedName(name), type,
                     FileText(*file, file_name, diagnostics));
}

// RFC 7578.
std::string FromParts(const YamlNode& node, std::string_view file_name, Diagnostics& diagnostics) {
  if (node.kind != Kind::kMap || node.entries.empty() || node.entries.size() > kFieldsMax) {
    diagnostics.Add(node.span, fmt::format("multipart must be a map of 1 to {} parts", kFieldsMax),
                    "write 'multipart: { title: red, photo: { file: photo.jpg } }'");
    return "";
  }
  std::string out;
  for (const YamlEntry& part : node.entries) {
    std::string rest;
    if (part.value.kind == Kind::kMap) {
      rest = FilePart(part, file_name, diagnostics);
    } else {
      rest = "\r\n\r\n" + ReadSlottedText({part.value, part.key.text}, diagnostics).value_or("");
    }
    out += fmt::format("--{}\r\nContent-Disposition: form-data; name={}{}\r\n", kBoundary,
                       QuotedName(part.key.text), rest);
  }
  return fmt::format("{}--{}--\r\n", out, kBoundary);
}

std::string FromFields(const YamlNode& node, Diagnostics& diagnostics) {
  if (node.kind != Kind::kMap || node.entries.size() > kFieldsMax) {
    diagnostics.Add(node.span, fmt::format("form must be a map of at most {} fields", kFieldsMax),
                    "write 'form: { name: ann, colour: red }'");
    return "";
  }
  std::string out;
  for (const YamlEntry& field : node.entries) {
    const std::optional<std::string> value =
        ReadSlottedText({field.value, field.key.text}, diagnostics);
    if (!value) {
      continue;
    }
    out += out.empty() ? "" : "&";
    AppendPercentEncoded(field.key.text, kUnreservedCharacters, out);
    out += '=';
    ForEachPart(*value, [&out](std::string_view literal, std::string_view slot) {
      AppendPercentEncoded(literal, kUnreservedCharacters, out);
      out += slot.empty() ? "" : fmt::format("{{{{ urlencode({}) }}}}", slot);
    });
  }
  return out;
}

void SetType(Request& request, std::string_view type) {
  const bool has = std::any_of(
      request.headers.begin(), request.headers.end(),
      [](const Header& header) { return EqualsIgnoringCase(header.name, "content-type"); });
  if (!has) {
    request.headers.push_back(Header{"content-type", std::string(type)});
  }
}

}  // namespace

const YamlEntry* FindBody(const YamlNode& step) {
  const YamlEntry* first = nullptr;
  for (const std::string_view key : kBodies) {
    const YamlEntry* entry = Find(step, key);
    if (entry != nullptr && (first == nullptr || IsBefore(*entry, *first))) {
      first = entry;
    }
  }
  return first;
}

void ReadBody(const YamlNode& step, std::string_view file_name, Request& request,
              Diagnostics& diagnostics) {
  const YamlEntry* first = FindBody(step);
  for (const std::string_view key : kBodies) {
    const YamlEntry* entry = Find(step, key);
    if (entry != nullptr && entry != first) {
      diagnostics.Add(entry->key.span,
                      fmt::format("step has both '{}' and '{}'", first->key.text, key),
                      "keep one of the two");
      return;
    }
  }
  if (first == nullptr) {
    return;
  }
  if (first->key.text == "json") {
    request.body = ReadJson({first->value, "json"}, diagnostics).value_or("");
    SetType(request, "application/json");
  } else if (first->key.text == "form") {
    request.body = FromFields(first->value, diagnostics);
    SetType(request, "application/x-www-form-urlencoded");
  } else if (first->key.text == "multipart") {
    request.body = FromParts(first->value, file_name, diagnostics);
    SetType(request, fmt::format("multipart/form-data; boundary={}", kBoundary));
  } else if (first->value.kind == Kind::kMap) {
    request.body = FromFile(first->value, file_name, diagnostics);
  } else {
    request.body = ReadSlottedText({first->value, "body"}, diagnostics).value_or("");
  }
}

}  // namespace weir::scenarios::internal
