#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/command_line.h"
#include "scenarios/internal/flow_reader.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/read_auth.h"
#include "scenarios/internal/read_body.h"
#include "scenarios/internal/read_check.h"
#include "scenarios/internal/read_command.h"
#include "scenarios/internal/read_extract.h"
#include "scenarios/internal/read_headers.h"
#include "scenarios/internal/read_tags.h"
#include "scenarios/internal/slot_scope.h"
#include "scenarios/internal/values.h"
#include "scenarios/template.h"

namespace weir::scenarios::internal {
namespace {

constexpr NanosRange kTimeoutRange = {Nanos(1), std::chrono::hours(1)};
constexpr NanosRange kApdexRange = {Nanos(1), std::chrono::hours(1)};
constexpr CountRange kRedirectsRange = {0, 20};

}  // namespace

std::optional<Nanos> ReadApdex(const YamlNode& map, Diagnostics& diagnostics,
                               std::optional<Nanos> otherwise) {
  const YamlNode* apdex = FindValue(map, "apdex");
  return apdex == nullptr ? otherwise : ReadDuration({*apdex, "apdex"}, kApdexRange, diagnostics);
}

std::optional<Nanos> ReadTimeout(const YamlNode& map, Diagnostics& diagnostics,
                                 std::optional<Nanos> otherwise) {
  const YamlNode* timeout = FindValue(map, "timeout");
  return timeout == nullptr ? otherwise
                            : ReadDuration({*timeout, "timeout"}, kTimeoutRange, diagnostics);
}

std::uint32_t ReadRedirects(const YamlNode& map, Diagnostics& diagnostics,
                            std::uint32_t otherwise) {
  const YamlNode* redirects = FindValue(map, "redirects");
  return redirects == nullptr ? otherwise
                              : ReadCount({*redirects, "redirects"}, kRedirectsRange, diagnostics)
                                    .value_or(otherwise);
}

void FlowReader::ReadProgram(const YamlNode& node, const YamlEntry& verb,
                             std::vector<Action>& actions) {
  Command command = ReadCommand(node, verb, diagnostics_);
  command.timeout = ReadTimeout(node, diagnostics_, defaults_.timeout.value_or(command.timeout))
                        .value_or(command.timeout);
  if (!command.argv.empty()) {
    const bool by_shell = verb.key.text == "shell";
    command.name =
        ReadStepName(node, verb, by_shell ? command.argv.back() : CommandLineText(command.argv));
    command.tags = TagsOf(node);
    actions.emplace_back(std::move(command));
  }
}

Request FlowReader::ReadRequest(const YamlNode& node, const YamlEntry& verb) {
  Request request;
  if (ReadMethodAndPath(verb, request) || FindValue(node, "name") != nullptr) {
    request.name = ReadStepName(node, verb, fmt::format("{} {}", request.method, request.path));
  }
  request.tags = TagsOf(node);
  request.timeout = ReadTimeout(node, diagnostics_, defaults_.timeout.value_or(request.timeout))
                        .value_or(request.timeout);
  request.redirects_max = ReadRedirects(node, diagnostics_, defaults_.redirects_max);
  if (request.redirects_max > 0) {
    TakeName(request.name + " (redirected)", verb.value.span);
  }
  request.apdex = ReadApdex(node, diagnostics_, defaults_.apdex);
  if (const YamlNode* headers = FindValue(node, "headers")) {
    request.headers = ReadHeaders(*headers, diagnostics_);
  }
  if (const YamlEntry* auth = Find(node, "auth")) {
    ReadAuth(*auth, request.headers, diagnostics_);
  }
  request.headers = MergedHeaders(std::move(request.headers), defaults_.headers);
  internal::ReadBody(node, file_name_, request, diagnostics_);
  CheckContentLength(node, request);
  if (const YamlNode* check = FindValue(node, "check")) {
    request.check = ReadCheck(*check, diagnostics_);
  }
  CheckSlots(node, verb, request);
  if (const YamlNode* extract = FindValue(node, "extract")) {
    request.extractions = ReadExtractions(*extract, diagnostics_);
    for (const Extraction& extraction : request.extractions) {
      scope_.variables.insert(extraction.variable);
    }
  }
  return request;
}

std::vector<Tag> FlowReader::TagsOf(const YamlNode& node) {
  std::vector<Tag> tags = ReadTags(node, diagnostics_);
  if (scenario_.empty()) {
    return tags;
  }
  const auto behind = std::find_if(tags.begin(), tags.end(),
                                   [](const Tag& tag) { return tag.name >= kScenarioTag; });
  if (behind != tags.end() && behind->name == kScenarioTag) {
    diagnostics_.Add(FindValue(node, "tags")->span,
                     fmt::format("steps of 'scenarios' have the tag '{}' already", kScenarioTag),
                     "give this one another name");
    return tags;
  }
  tags.insert(behind, {std::string(kScenarioTag), scenario_});
  return tags;
}

// Of the whole request: headers may come from the defaults, which do not know what is extracted.
void FlowReader::CheckSlots(const YamlNode& node, const YamlEntry& verb, Request& request) {
  const YamlNode* headers = FindValue(node, "headers");
  const YamlNode* auth = FindValue(node, "auth");
  const YamlEntry* body = FindBody(node);
  const auto check = [&](Named value, std::string_view text) {
    request.has_slots = request.has_slots || HasSlots(text);
    CheckSlotNames(value, text, scope_, diagnostics_);
  };
  check({verb.value, "path"}, request.path);
  for (const Header& header : request.headers) {
    const YamlNode* value = headers == nullptr ? nullptr : FindValue(*headers, header.name);
    if (value == nullptr && auth != nullptr && header.name == kAuthorization) {
      value = auth;
    }
    check({value == nullptr ? verb.value : *value, header.name}, header.value);
  }
  if (body != nullptr) {
    check({body->value, body->key.text}, request.body);
  }
}

bool FlowReader::ReadMethodAndPath(const YamlEntry& verb, Request& request) {
  const std::optional<std::string> text =
      ReadSlottedText({verb.value, verb.key.text}, diagnostics_);
  if (!text) {
    return false;
  }
  std::string_view path = Trimmed(*text);
  if (verb.key.text == "request") {
    const std::size_t space = std::min(path.find(' '), path.size());
    request.method = std::string(path.substr(0, space));
    path = Trimmed(path.substr(space));
    if (const Status valid = CheckMethod(request.method); !valid) {
      diagnostics_.Add(verb.value.span, valid.error());
      return false;
    }
    if (path.empty()) {
      diagnostics_.Add(verb.value.span, "the request names no path",
                       fmt::format("write '{} /path'", request.method));
      return false;
    }
  } else {
    request.method = verb.key.text;
    std::transform(request.method.begin(), request.method.end(), request.method.begin(),
                   [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  }
  if (const Status valid = CheckPath(WithoutSlots(path, "0")); !valid) {
    diagnostics_.Add(verb.value.span, valid.error());
    return false;
  }
  request.path = std::string(path);
  return true;
}

std::string FlowReader::ReadStepName(const YamlNode& node, const YamlEntry& verb,
                                     std::string usual) {
  SourceSpan span = verb.value.span;
  const YamlNode* name = FindValue(node, "name");
  if (name != nullptr) {
    span = name->span;
    usual = ReadName({*name, "name of a step"}, kStepNameBytesMax, diagnostics_).value_or("");
    if (usual.empty()) {
      return usual;
    }
  } else {
    usual = Printable(usual, kStepNameBytesMax);
  }
  TakeName(usual, span);
  return usual;
}

// Results are booked under it.
void FlowReader::TakeName(const std::string& name, SourceSpan span) {
  if (const auto [first, is_new] = step_names_.emplace(name, span); !is_new) {
    diagnostics_.Add(span,
                     fmt::format("two steps are called '{}', here and in line {}",
                                 Printable(name, 60), first->second.line),
                     "give one of them a name of its own with 'name:'");
  }
}

void FlowReader::CheckContentLength(const YamlNode& node, const Request& request) {
  const Header* length = FindHeader(request.headers, "content-length");
  if (length != nullptr && HasSlots(request.body)) {
    diagnostics_.Add(node.span, "content-length is set, but the body has slots",
                     "leave the header out: weir sends the right one");
  } else if (length != nullptr && length->value != std::to_string(request.body.size())) {
    diagnostics_.Add(node.span,
                     fmt::format("content-length is set to '{}', but the body has {} bytes",
                                 Printable(length->value, 20), request.body.size()),
                     "leave the header out: weir sends the right one");
  }
}

}  // namespace weir::scenarios::internal
