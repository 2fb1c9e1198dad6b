#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/diagnostic.h"

namespace weir::scenarios::internal {

struct YamlEntry;

/// A YAML document as a plain tree with places, aliases resolved. Keys are scalars;
/// depth is at most kYamlDepthMax, the number of nodes at most kYamlNodesMax.
struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  SourceSpan span;
  std::string text;                ///< kScalar.
  bool plain = false;              ///< kScalar: written without quotes.
  std::vector<YamlNode> items;     ///< kSequence.
  std::vector<YamlEntry> entries;  ///< kMap, in their order.
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

inline constexpr int kYamlDepthMax = 64;
inline constexpr std::size_t kYamlNodesMax = 100'000;
inline constexpr std::size_t kYamlLineBytesMax = 256 * 1024;

/// Parses one document without a byte order mark. No value when it cannot be parsed; then at least
/// one error was added. Errors that leave a tree behind (duplicate keys, unknown tags) are added,
/// and the tree is returned for the rest to be judged. An empty document is kNull.
std::optional<YamlNode> ParseYaml(std::string_view text, Diagnostics& diagnostics);

/// What must be looked at before yaml-cpp sees the text, because it would take hundreds of
/// megabytes (long or deep [ ] and { }) or give a useless message (tabs, other encodings). False
/// when something was found and added.
bool GuardYaml(std::string_view text, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
