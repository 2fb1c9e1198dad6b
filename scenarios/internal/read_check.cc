#include "scenarios/internal/read_check.h"

#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {
namespace {

using Kind = YamlNode::Kind;

constexpr std::size_t kPatternBytesMax = 500;
constexpr std::size_t kListMax = 100;
constexpr std::string_view kHeaderLead = "header.";

// Which numbers there are.
struct CodeRange {
  int low;
  int high;
};

constexpr CodeRange kStatuses = {100, 599};
constexpr CodeRange kExits = {0, 255};

std::optional<int> ParseCode(std::string_view text, CodeRange known) {
  int status = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const bool whole = error == std::errc() && rest == text.data() + text.size();
  return whole && status >= known.low && status <= known.high ? std::optional(status)
                                                              : std::nullopt;
}

std::optional<StatusRange> ParseCodeRange(std::string_view text, CodeRange known) {
  const std::size_t dots = text.find("..");
  const std::optional<int> first = ParseCode(Trimmed(text.substr(0, dots)), known);
  const std::optional<int> last =
      dots == std::string_view::npos ? first : ParseCode(Trimmed(text.substr(dots + 2)), known);
  if (!first || !last || *first > *last) {
    return std::nullopt;
  }
  return StatusRange{*first, *last};
}

std::optional<StatusRange> ParseStatusRange(std::string_view text) {
  if (text.size() == 3 && (text.ends_with("xx") || text.ends_with("XX")) && text[0] >= '1' &&
      text[0] <= '5') {
    const int first = (text[0] - '0') * 100;
    return StatusRange{first, first + 99};
  }
  return ParseCodeRange(text, kStatuses);
}

void ReadStatus(const YamlNode& node, std::vector<StatusRange>& ranges, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "status"}, diagnostics);
  if (!text) {
    return;
  }
  const std::optional<StatusRange> range = ParseStatusRange(Trimmed(*text));
  if (!range) {
    diagnostics.Add(node.span, fmt::format("'{}' is not a status", Printable(*text, 40)),
                    "write 200, [200, 201], 2xx or 200..299; statuses go from 100 to 599");
    return;
  }
  ranges.push_back(*range);
}

void ReadExit(const YamlNode& node, std::vector<StatusRange>& ranges, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "exit"}, diagnostics);
  if (!text) {
    return;
  }
  const std::optional<StatusRange> range = ParseCodeRange(Trimmed(*text), kExits);
  if (!range) {
    diagnostics.Add(node.span, fmt::format("'{}' is not an exit code", Printable(*text, 40)),
                    "write 0, [0, 2] or 0..3; exit codes go from 0 to 255");
    return;
  }
  ranges.push_back(*range);
}

bool LooksLikeFlags(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  const std::string_view flags = text.substr(slash + 1);
  return slash > 1 && !flags.empty() && flags.size() <= 3 &&
         flags.find_first_not_of("gimsuy") == std::string_view::npos;
}

// Why `pattern` is not a regular expression, or nothing. RE2 as in loadgen, which matches with it
// in a time linear in the answer, whatever the pattern.
std::optional<std::string> RegexFault(const std::string& pattern) {
  const re2::RE2 compiled(pattern, re2::RE2::Quiet);
  return compiled.ok() ? std::nullopt : std::optional(Printable(compiled.error(), 80));
}

std::optional<Matcher> ReadMatcher(Named value, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText(value, diagnostics);
  if (!text) {
    return std::nullopt;
  }
  const auto refuse = [&](std::string message, std::string hint) {
    diagnostics.Add(value.node.span, fmt::format("{}: {}", value.name, message), std::move(hint));
    return std::nullopt;
  };
  if (text->empty()) {
    return refuse("an empty text is contained in every answer", "write what the answer must hold");
  }
  if (!text->starts_with('/') || text->size() < 2) {
    return Matcher{Matcher::Kind::kContains, *text};
  }
  if (!text->ends_with('/')) {
    return LooksLikeFlags(*text)
               ? refuse("a regular expression takes no flags",
                        "end it with '/'; for any case begin it with '(?i)', as in /(?i)items/")
               : std::optional(Matcher{Matcher::Kind::kContains, *text});
  }
  const std::string pattern = text->substr(1, text->size() - 2);
  if (pattern.empty()) {
    return refuse("empty regular expression", "write what the answer must match, as in /items/");
  }
  if (pattern.size() > kPatternBytesMax) {
    return refuse(
        fmt::format("regular expression of {} bytes", pattern.size()),
        fmt::format("use at most {} bytes; several checks may be a list", kPatternBytesMax));
  }
  if (const std::optional<std::string> fault = RegexFault(pattern)) {
    return refuse(fmt::format("this is not a regular expression ({})", *fault),
                  "correct or shorten it; for a plain text leave out the '/' around it");
  }
  return Matcher{Matcher::Kind::kRegex, pattern};
}

// A value or a list of them.
std::span<const YamlNode> OneOrMany(const YamlNode& node, std::string_view name,
                                    Diagnostics& diagnostics) {
  if (node.kind != Kind::kSequence) {
    return {&node, 1};
  }
  if (node.items.empty() || node.items.size() > kListMax) {
    diagnostics.Add(node.span, fmt::format("{} is a list of {}", name, node.items.size()),
                    fmt::format("list from 1 to {} values", kListMax));
    return {};
  }
  return node.items;
}

}  // namespace

Check ReadCheck(const YamlNode& node, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 3> kKnown = {"status", "header.NAME", "body"};
  Check check;
  if (!CheckKeys(node, {"check", kKnown, {}}, diagnostics)) {
    return check;
  }
  for (const YamlEntry& entry : node.entries) {
    const std::string_view key = entry.key.text;
    if (entry.value.kind == Kind::kNull) {
      continue;
    }
    if (key == "status") {
      for (const YamlNode& item : OneOrMany(entry.value, key, diagnostics)) {
        ReadStatus(item, check.status, diagnostics);
      }
    } else if (key == "body") {
      for (const YamlNode& item : OneOrMany(entry.value, key, diagnostics)) {
        if (std::optional<Matcher> matcher = ReadMatcher({item, key}, diagnostics)) {
          check.body.push_back(*std::move(matcher));
        }
      }
    } else if (key.starts_with(kHeaderLead)) {
      const std::string name(key.substr(kHeaderLead.size()));
      if (const Status valid = CheckHeaderName(name); !valid) {
        diagnostics.Add(entry.key.span, valid.error());
      }
      for (const YamlNode& item : OneOrMany(entry.value, key, diagnostics)) {
        if (std::optional<Matcher> matcher = ReadMatcher({item, key}, diagnostics)) {
          check.headers.push_back({name, *std::move(matcher)});
        }
      }
    }
  }
  return check;
}

void ReadCommandCheck(const YamlNode& node, Command& command, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 2> kKnown = {"exit", "stdout"};
  if (!CheckKeys(node, {"check", kKnown, {}}, diagnostics)) {
    return;
  }
  for (const YamlEntry& entry : node.entries) {
    const std::string_view key = entry.key.text;
    if (entry.value.kind == Kind::kNull || (key != "exit" && key != "stdout")) {
      continue;
    }
    for (const YamlNode& item : OneOrMany(entry.value, key, diagnostics)) {
      if (key == "exit") {
        ReadExit(item, command.exits, diagnostics);
      } else if (std::optional<Matcher> matcher = ReadMatcher({item, key}, diagnostics)) {
        command.output.push_back(*std::move(matcher));
      }
    }
  }
}

}  // namespace weir::scenarios::internal
