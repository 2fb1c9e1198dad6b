#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/source_file.h"
#include "scenarios/internal/values.h"
#include "scenarios/internal/yaml_tree.h"

/// YAML files that people write, for readers outside this module: the tree with its places, and the
/// readers of its scalars, which add what is wrong to the diagnostics and go on.
namespace weir::scenarios {

using internal::CheckKeys;
using internal::CountRange;
using internal::FindValue;
using internal::KeySet;
using internal::Named;
using internal::NanosRange;
using internal::ReadCount;
using internal::ReadDuration;
using internal::ReadName;
using internal::ReadScalar;
using internal::ReadSourceFile;
using internal::ReadText;
using internal::YamlEntry;
using internal::YamlNode;

/// Parses `text` and hands its root to `read(root, into, diagnostics)`, which fills `into`. Errors:
/// kUsage, all that were found, with their places.
template <typename T, typename Reader>
Result<T> ReadYamlDocument(std::string_view text, std::string_view file_name, T into, Reader read) {
  const std::string_view yaml = internal::WithoutMark(text);
  Diagnostics diagnostics;
  if (const std::optional<YamlNode> root = internal::ParseYaml(yaml, diagnostics)) {
    read(*root, into, diagnostics);
  }
  if (!diagnostics.empty()) {
    return tl::unexpected(diagnostics.ToError(file_name, yaml));
  }
  return into;
}

}  // namespace weir::scenarios
