#include "scenarios/internal/read_data.h"

#include <array>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/read_extract.h"
#include "scenarios/internal/source_file.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {
namespace {

using Order = DataSource::Order;

constexpr std::size_t kSourcesMax = 20;
constexpr std::size_t kPathBytesMax = 4000;

void ReadFile(const YamlNode& node, std::string_view scenario, DataSource& source,
              Diagnostics& diagnostics) {
  const std::optional<std::string> file = ReadName({node, "file"}, kPathBytesMax, diagnostics);
  if (!file) {
    return;
  }
  source.file = BesideScenario(*file, scenario);
  if (file->ends_with(".jsonl") || file->ends_with(".ndjson")) {
    source.format = DataSource::Format::kJsonLines;
  } else if (!file->ends_with(".csv")) {
    diagnostics.Add(
        node.span,
        fmt::format("file '{}': its name does not say what it holds", Printable(*file, 60)),
        "end it with .csv (a header line, then rows) or .jsonl (an object a line)");
  }
}

void ReadOrder(const YamlNode& node, DataSource& source, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "order"}, diagnostics);
  if (text == "random") {
    source.order = Order::kRandom;
  } else if (text == "unique") {
    source.order = Order::kUnique;
    source.loops = false;
  } else if (text && *text != "sequential") {
    diagnostics.Add(node.span, fmt::format("order: '{}' is not known", Printable(*text, 40)),
                    "write 'sequential', 'random', or 'unique' (a user keeps a row of its own)");
  }
}

void ReadAtEnd(const YamlNode& node, DataSource& source, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "at_end"}, diagnostics);
  if (text == "loop" || text == "stop") {
    source.loops = text == "loop";
  } else if (text) {
    diagnostics.Add(node.span, fmt::format("at_end: '{}' is not known", Printable(*text, 40)),
                    "write 'loop' (begin again with the first row) or 'stop' (end the load)");
  }
}

}  // namespace

std::vector<DataSource> ReadData(const YamlNode& node, std::string_view file_name,
                                 Diagnostics& diagnostics) {
  std::vector<DataSource> data;
  if (node.kind != YamlNode::Kind::kMap || node.entries.size() > kSourcesMax) {
    diagnostics.Add(node.span, fmt::format("data must be a map of at most {}", kSourcesMax),
                    "write 'data: { users: { file: users.csv } }'");
    return data;
  }
  constexpr std::array<std::string_view, 3> kKnown = {"file", "order", "at_end"};
  for (const YamlEntry& entry : node.entries) {
    DataSource source;
    source.name = entry.key.text;
    if (!IsVariableName(source.name)) {
      diagnostics.Add(entry.key.span,
                      fmt::format("'{}' cannot be the name of data", Printable(source.name, 40)),
                      "use letters, digits and '_', a letter first");
    }
    if (!CheckKeys(entry.value, {"data", kKnown, {}}, diagnostics)) {
      continue;
    }
    if (const YamlNode* file = FindValue(entry.value, "file")) {
      ReadFile(*file, file_name, source, diagnostics);
    } else {
      diagnostics.Add(entry.key.span,
                      fmt::format("data '{}' has no file", Printable(source.name, 40)),
                      "add 'file: users.csv'");
    }
    if (const YamlNode* order = FindValue(entry.value, "order")) {
      ReadOrder(*order, source, diagnostics);
    }
    if (const YamlNode* at_end = FindValue(entry.value, "at_end")) {
      ReadAtEnd(*at_end, source, diagnostics);
    }
    data.push_back(std::move(source));
  }
  return data;
}

}  // namespace weir::scenarios::internal
