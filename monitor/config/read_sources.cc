#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/config/config_reader.h"

namespace weir::monitor {

using scenarios::FindValue;
using scenarios::Named;
using scenarios::YamlNode;

namespace {

constexpr std::size_t kNameBytesMax = 100;
constexpr Nanos kShortest = std::chrono::milliseconds(100);

SourceSpec ReadSource(const ConfigReader& reader, const YamlNode& node) {
  constexpr std::array<std::string_view, 8> kKnown = {
      "name",    "prometheus",         "scrape",    "host", "interval",
      "timeout", "authorization_file", "down_after"};
  SourceSpec spec;
  if (!CheckKeys(node, {"source", kKnown, {}}, reader.diagnostics)) {
    return spec;
  }
  const YamlNode* name = FindValue(node, "name");
  if (name == nullptr) {
    reader.diagnostics.Add(node.span, "a source has no name", "write 'name: shop'");
  } else {
    spec.name = ReadName({*name, "name"}, kNameBytesMax, reader.diagnostics).value_or("");
  }
  int kinds = 0;
  if (const YamlNode* url = FindValue(node, "prometheus")) {
    spec.kind = SourceKind::kPrometheus;
    spec.url = reader.ReadUrl(*url, "prometheus");
    ++kinds;
  }
  if (const YamlNode* url = FindValue(node, "scrape")) {
    spec.kind = SourceKind::kScrape;
    spec.url = reader.ReadUrl(*url, "scrape");
    ++kinds;
  }
  if (FindValue(node, "host") != nullptr) {
    spec.kind = SourceKind::kHost;
    const std::string root = reader.TextOf(node, "host");
    spec.root = root == "/" || root == "true" ? "" : root;
    ++kinds;
  }
  if (kinds != 1) {
    reader.diagnostics.Add(node.span, "a source is one of prometheus, scrape and host",
                           "write 'prometheus: URL', 'scrape: URL' or 'host: /'");
  }
  reader.ReadSpan(node, "interval", kShortest, spec.timing.interval);
  reader.ReadSpan(node, "timeout", kShortest, spec.timeout);
  if (const YamlNode* down = FindValue(node, "down_after");
      down != nullptr && down->text == "never") {
    spec.down_after = Nanos(0);
  } else {
    reader.ReadSpan(node, "down_after", kShortest, spec.down_after);
  }
  spec.authorization = reader.ReadSecret(node, "authorization_file");
  return spec;
}

}  // namespace

void ConfigReader::ReadSources(const YamlNode& list) const {
  if (!IsListOfMaps({list, "sources"}, MonitorConfig::kSourcesMax)) {
    return;
  }
  for (const YamlNode& node : list.items) {
    SourceSpec spec = ReadSource(*this, node);
    for (const SourceSpec& other : config.sources) {
      if (other.name == spec.name && !spec.name.empty()) {
        diagnostics.Add(node.span, fmt::format("there are two sources '{}'", Printable(spec.name)),
                        "give each its own name");
      }
    }
    config.sources.push_back(std::move(spec));
  }
}

}  // namespace weir::monitor
