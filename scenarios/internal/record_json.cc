#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/record_files.h"
#include "scenarios/internal/yaml_tree.h"

namespace weir::scenarios::internal {
namespace {

Json FromYaml(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return nullptr;
    case YamlNode::Kind::kScalar:
      return node.text;
    case YamlNode::Kind::kSequence: {
      Json list = Json::array();
      for (const YamlNode& item : node.items) {
        list.push_back(FromYaml(item));
      }
      return list;
    }
    case YamlNode::Kind::kMap: {
      Json map = Json::object();
      for (const YamlEntry& entry : node.entries) {
        map[entry.key.text] = FromYaml(entry.value);
      }
      return map;
    }
  }
  return nullptr;
}

}  // namespace

Json ParseJson(std::string_view text) {
  // What is deeper is cut off: writing it out again would take a stack as deep.
  constexpr int kDepthMax = 100;
  return Json::parse(
      text, [](int depth, Json::parse_event_t, Json&) { return depth < kDepthMax; },
      /*allow_exceptions=*/false);
}

Result<Json> ReadJsonOrYaml(std::string_view text, std::string_view what) {
  Json json = ParseJson(text);
  if (!json.is_discarded()) {
    return json;
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
    return UsageError(fmt::format("this is no {}: its JSON is broken or cut off", what));
  }
  Diagnostics diagnostics;
  const std::optional<YamlNode> root = ParseYaml(text, diagnostics);
  if (!root || !diagnostics.empty()) {
    return tl::unexpected(diagnostics.ToError(what, text));
  }
  return FromYaml(*root);
}

const Json* Member(const Json& object, std::string_view key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(std::string(key));
  return found == object.end() ? nullptr : &*found;
}

std::string TextOf(const Json& object, std::string_view key) {
  const Json* member = Member(object, key);
  if (member == nullptr) {
    return "";
  }
  return member->is_string()   ? member->get<std::string>()
         : member->is_number() ? member->dump()
                               : std::string();
}

double NumberOf(const Json& object, std::string_view key, double otherwise) {
  const std::string text = TextOf(object, key);
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && rest == text.data() + text.size() ? number : otherwise;
}

SplitUrl SplitOrigin(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return {"", std::string(url)};
  }
  const std::size_t end = std::min(url.find_first_of("/?#", scheme + 3), url.size());
  std::string path(url.substr(end));
  if (!path.starts_with('/')) {
    path.insert(0, "/");
  }
  return {std::string(url.substr(0, end)), path};
}

}  // namespace weir::scenarios::internal
