#include "monitor/config/config_reader.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/http_post.h"

namespace weir::monitor {

using scenarios::FindValue;
using scenarios::YamlEntry;
using scenarios::YamlNode;
using Kind = YamlNode::Kind;

namespace {

constexpr std::size_t kTextBytesMax = 10'000;
constexpr std::size_t kLabelsMax = 100;
constexpr std::string_view kFromFile = "file:";

std::string FirstLine(std::string text) {
  text.resize(std::min(text.size(), text.find_first_of("\r\n")));
  return text;
}

bool HasControl(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool ConfigReader::IsListOfMaps(scenarios::Named list, std::size_t count_max) const {
  if (list.node.kind != Kind::kSequence || list.node.items.size() > count_max) {
    diagnostics.Add(list.node.span,
                    fmt::format("{} must be a list of at most {}", list.name, count_max),
                    "begin each with '- '");
    return false;
  }
  return true;
}

std::string ConfigReader::TextOf(const YamlNode& map, std::string_view key) const {
  const YamlNode* node = FindValue(map, key);
  if (node == nullptr) {
    return {};
  }
  std::string text = scenarios::ReadScalar({*node, key}, diagnostics).value_or("");
  if (text.size() > kTextBytesMax) {
    diagnostics.Add(node->span, fmt::format("{} is longer than {} bytes", key, kTextBytesMax),
                    "shorten it");
    return {};
  }
  return text;
}

void ConfigReader::ReadSpan(const YamlNode& map, std::string_view key, Nanos low,
                            Nanos& value) const {
  if (const YamlNode* node = FindValue(map, key)) {
    value = scenarios::ReadDuration({*node, key}, {.low = low, .high = kConfigSpanMax}, diagnostics)
                .value_or(value);
  }
}

void ConfigReader::ReadFlag(const YamlNode& map, std::string_view key, bool& value) const {
  const YamlNode* node = FindValue(map, key);
  if (node == nullptr) {
    return;
  }
  const std::string text = TextOf(map, key);
  if (text != "true" && text != "false") {
    diagnostics.Add(node->span, fmt::format("{} is neither true nor false", key));
  }
  value = text == "true";
}

std::optional<double> ConfigReader::ReadNumber(const YamlNode& map, std::string_view key) const {
  const YamlNode* node = FindValue(map, key);
  if (node == nullptr) {
    return std::nullopt;
  }
  std::string text = TextOf(map, key);
  const bool percent = text.ends_with('%');
  text.resize(text.size() - (percent ? 1 : 0));
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    diagnostics.Add(node->span, fmt::format("{} is not a number", key),
                    fmt::format("for example '{}: 0.05' or '{}: 5%'", key, key));
    return std::nullopt;
  }
  return percent ? value / 100 : value;
}

Labels ConfigReader::ReadLabels(const YamlNode& map, std::string_view key) const {
  Labels labels;
  const YamlNode* node = FindValue(map, key);
  if (node == nullptr) {
    return labels;
  }
  if (node->kind != Kind::kMap || node->entries.size() > kLabelsMax) {
    diagnostics.Add(node->span, fmt::format("{} must be a map of names to texts", key),
                    fmt::format("for example '{}: {{ severity: page }}'", key));
    return labels;
  }
  for (const YamlEntry& entry : node->entries) {
    const std::string& name = entry.key.text;
    // The reader of matchers knows what a name of a label is.
    if (!LabelMatcher::Create({.name = name, .op = {}, .value = ""}) ||
        name.find(':') != std::string::npos) {
      diagnostics.Add(entry.key.span, fmt::format("'{}' is not a name here", Printable(name, 40)),
                      "write letters, digits and '_'");
    } else if (const auto text = scenarios::ReadScalar({entry.value, name}, diagnostics)) {
      labels.insert_or_assign(name, *text);
    }
  }
  return labels;
}

std::vector<std::string> ConfigReader::ReadWords(const YamlNode& map, std::string_view key) const {
  std::vector<std::string> words;
  const YamlNode* node = FindValue(map, key);
  if (node == nullptr) {
    return words;
  }
  if (node->kind != Kind::kSequence) {
    words.push_back(TextOf(map, key));
    return words;
  }
  for (const YamlNode& item : node->items) {
    if (const auto text = scenarios::ReadScalar({item, key}, diagnostics)) {
      words.push_back(*text);
    }
  }
  return words;
}

std::vector<LabelMatcher> ConfigReader::ReadMatchers(const YamlNode& map,
                                                     std::string_view key) const {
  std::vector<LabelMatcher> matchers;
  const YamlNode* node = FindValue(map, key);
  if (node == nullptr) {
    return matchers;
  }
  for (const std::string& text : ReadWords(map, key)) {
    Result<LabelMatcher> matcher = LabelMatcher::Parse(text);
    if (matcher) {
      matchers.push_back(std::move(*matcher));
    } else {
      diagnostics.Add(node->span, matcher.error().message);
    }
  }
  return matchers;
}

std::string ConfigReader::ReadUrl(const YamlNode& node, std::string_view key) const {
  std::string url = scenarios::ReadScalar({node, key}, diagnostics).value_or("");
  if (url.starts_with(kFromFile)) {
    const Result<std::string> text = access.read_secret(url.substr(kFromFile.size()));
    if (!text) {
      diagnostics.Add(node.span, text.error().message);
      return {};
    }
    url = FirstLine(*text);
  }
  if (!url.empty() && !CheckUrl(url)) {
    diagnostics.Add(node.span, fmt::format("{} is no http or https address", key),
                    "write one, or 'file:PATH' of a file that holds it");
  }
  while (url.ends_with('/')) {
    url.pop_back();
  }
  return url;
}

std::string ConfigReader::ReadSecret(const YamlNode& map, std::string_view key) const {
  const YamlNode* node = FindValue(map, key);
  if (node == nullptr) {
    return {};
  }
  const Result<std::string> text = access.read_secret(TextOf(map, key));
  if (!text) {
    diagnostics.Add(node->span, text.error().message);
    return {};
  }
  std::string secret = FirstLine(*text);
  if (secret.empty() || HasControl(secret)) {
    diagnostics.Add(node->span,
                    fmt::format("the first line of the file that {} names is no secret", key),
                    "write the secret alone on the first line");
  }
  return secret;
}

}  // namespace weir::monitor
