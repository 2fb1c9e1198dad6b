#include "scenarios/internal/read_extract.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/values.h"
#include "scenarios/json_path.h"

namespace weir::scenarios::internal {
namespace {

using Source = Extraction::Source;

constexpr std::size_t kExtractionsMax = 50;
constexpr std::size_t kPatternBytesMax = 500;
constexpr std::size_t kVariableBytesMax = 60;
constexpr std::string_view kForms =
    "write 'json $.items[0].id', 'regex /id=(\\d+)/', 'header location', 'cookie session' or "
    "'status'";

Status CheckRegex(const std::string& pattern) {
  const re2::RE2 compiled(pattern, re2::RE2::Quiet);
  if (!compiled.ok()) {
    return tl::unexpected(HintedError(
        fmt::format("this is not a regular expression ({})", Printable(compiled.error(), 80)),
        "correct or shorten it"));
  }
  if (compiled.NumberOfCapturingGroups() > 1) {
    return tl::unexpected(HintedError("a regular expression with several groups",
                                      "keep one pair of brackets, around what is to be taken; "
                                      "others begin with '(?:'"));
  }
  return {};
}

// `json`, `regex`, `header` or `cookie`, then what is looked for.
Result<Extraction> ParseExtraction(std::string_view text) {
  const std::size_t space = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, space);
  Extraction extraction;
  extraction.pattern = std::string(Trimmed(text.substr(space)));
  std::string& pattern = extraction.pattern;
  if (text == "status") {
    extraction.source = Source::kStatus;
    return extraction;
  }
  if (pattern.empty() || pattern.size() > kPatternBytesMax) {
    return tl::unexpected(HintedError(
        fmt::format("'{}' does not say what is to be taken", Printable(text, 40)), kForms));
  }
  Status valid;
  if (word == "json") {
    extraction.source = Source::kJson;
    if (const Result<JsonPath> path = ParseJsonPath(pattern); !path) {
      valid = tl::unexpected(path.error());
    }
  } else if (word == "regex") {
    extraction.source = Source::kRegex;
    if (pattern.size() > 2 && pattern.starts_with('/') && pattern.ends_with('/')) {
      pattern = pattern.substr(1, pattern.size() - 2);
    }
    valid = CheckRegex(pattern);
  } else if (word == "header" || word == "cookie") {
    extraction.source = word == "header" ? Source::kHeader : Source::kCookie;
    valid = CheckHeaderName(pattern);
  } else {
    valid = tl::unexpected(
        HintedError(fmt::format("nothing is taken from '{}'", Printable(word, 40)), kForms));
  }
  if (!valid) {
    return tl::unexpected(valid.error());
  }
  return extraction;
}

}  // namespace

bool IsVariableName(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && name.size() <= kVariableBytesMax && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::vector<Extraction> ReadExtractions(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Extraction> extractions;
  if (node.kind != YamlNode::Kind::kMap || node.entries.size() > kExtractionsMax) {
    diagnostics.Add(node.span, fmt::format("extract must be a map of at most {}", kExtractionsMax),
                    "write 'extract: { product: json $.items[0].id }'");
    return extractions;
  }
  for (const YamlEntry& entry : node.entries) {
    if (!IsVariableName(entry.key.text)) {
      diagnostics.Add(
          entry.key.span,
          fmt::format("'{}' cannot be the name of a variable", Printable(entry.key.text, 40)),
          "use letters, digits and '_', a letter first");
      continue;
    }
    const std::optional<std::string> text = ReadText({entry.value, "extract"}, diagnostics);
    if (!text) {
      continue;
    }
    Result<Extraction> extraction = ParseExtraction(Trimmed(*text));
    if (!extraction) {
      diagnostics.Add(entry.value.span,
                      Explained(fmt::format("extract '{}'", entry.key.text), extraction.error()));
      continue;
    }
    extraction->variable = entry.key.text;
    extractions.push_back(*std::move(extraction));
  }
  return extractions;
}

}  // namespace weir::scenarios::internal
