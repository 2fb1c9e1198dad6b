#include "scenarios/request_log.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/internal/base64.h"
#include "scenarios/internal/draft.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/replay_files.h"
#include "scenarios/internal/utf8.h"
#include "scenarios/json_text.h"

namespace weir::scenarios {
namespace {

using internal::EqualsIgnoringCase;

// What stands before `end`, which is then cut off with it; nothing when there is no `end`.
std::optional<std::string_view> CutFront(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return front;
}

void AppendString(std::string_view text, std::string& out) {
  out += '"';
  AppendJsonText(text, out);
  out += '"';
}

// The header fields, each with the end of its line; the empty line behind them is cut off too.
std::optional<std::string_view> CutHead(std::string_view& text) {
  constexpr std::string_view kLineEnd = "\r\n";
  const std::size_t at = text.starts_with(kLineEnd) ? 0 : text.find("\r\n\r\n");
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view head = text.substr(0, at == 0 ? 0 : at + kLineEnd.size());
  text.remove_prefix(head.size() + kLineEnd.size());
  return head;
}

// What weir says when nobody says anything.
bool IsDefault(std::string_view name, std::string_view value) {
  return (EqualsIgnoringCase(name, "user-agent") && value == "weir") ||
         (EqualsIgnoringCase(name, "accept") && value == "*/*");
}

struct Field {
  std::string_view name;
  std::string value;
};

// False: the head cannot be said.
bool ReadFields(std::string_view head, bool keeps_secrets, std::vector<Field>& fields) {
  while (!head.empty()) {
    const std::optional<std::string_view> line = CutFront(head, "\r\n");
    std::string_view value = line.value_or("");
    const std::optional<std::string_view> name = CutFront(value, ":");
    if (!name || EqualsIgnoringCase(*name, "transfer-encoding")) {
      return false;
    }
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    if (internal::IsSetByTransport(*name) || IsDefault(*name, value) ||
        (internal::IsSecret(*name) && !keeps_secrets)) {
      continue;
    }
    if (!internal::CheckHeaderName(*name) || !internal::CheckHeaderValue(*name, value) ||
        !internal::IsUtf8(value)) {
      return false;
    }
    const std::string_view field_name = *name;
    const auto same = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
      return EqualsIgnoringCase(field.name, field_name);
    });
    if (same == fields.end()) {
      fields.push_back({field_name, std::string(value)});
    } else {
      same->value += EqualsIgnoringCase(field_name, "cookie") ? "; " : ", ";
      same->value += value;
    }
  }
  return true;
}

}  // namespace

bool AppendRequestLine(WallTime due, std::string_view wire, bool keeps_secrets, std::string& out) {
  const std::optional<std::string_view> method = CutFront(wire, " ");
  const std::optional<std::string_view> path = CutFront(wire, " HTTP/1.1\r\n");
  const std::optional<std::string_view> head = CutHead(wire);
  std::vector<Field> fields;
  if (!method || !path || !head || !internal::CheckMethod(*method) || !internal::CheckPath(*path) ||
      !ReadFields(*head, keeps_secrets, fields)) {
    return false;
  }
  const std::size_t before = out.size();
  fmt::format_to(std::back_inserter(out), "{{\"at_ns\": {}, \"method\": ", CountNs(due));
  AppendString(*method, out);
  out += ", \"path\": ";
  AppendString(*path, out);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    out += i == 0 ? ", \"headers\": {" : ", ";
    AppendString(fields[i].name, out);
    out += ": ";
    AppendString(fields[i].value, out);
  }
  out += fields.empty() ? "" : "}";
  if (!wire.empty() && internal::IsUtf8(wire)) {
    out += ", \"body\": ";
    AppendString(wire, out);
  } else if (!wire.empty()) {
    out += ", \"body_base64\": ";
    AppendString(internal::EncodeBase64(wire), out);
  }
  out += "}\n";
  const bool fits = out.size() - before <= internal::kRequestLineBytesMax;
  out.resize(fits ? out.size() : before);
  return fits;
}

}  // namespace weir::scenarios
