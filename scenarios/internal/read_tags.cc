#include "scenarios/internal/read_tags.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/threshold.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::size_t kTagsMax = 16;

}  // namespace

std::vector<Tag> ReadTags(const YamlNode& step, Diagnostics& diagnostics) {
  std::vector<Tag> tags;
  const YamlNode* node = FindValue(step, "tags");
  if (node == nullptr) {
    return tags;
  }
  if (node->kind != YamlNode::Kind::kMap || node->entries.size() > kTagsMax) {
    diagnostics.Add(node->span, fmt::format("tags must be at most {} names with values", kTagsMax),
                    "write 'tags: { kind: api }'");
    return tags;
  }
  for (const YamlEntry& entry : node->entries) {
    if (!IsTagWord(entry.key.text) || entry.value.kind != YamlNode::Kind::kScalar ||
        !IsTagWord(entry.value.text)) {
      diagnostics.Add(entry.key.span, fmt::format("'{}' is no tag", Printable(entry.key.text, 60)),
                      "names and values are 1 to 64 letters, digits, '_', '-', '.' or '/'");
      continue;
    }
    tags.push_back({entry.key.text, entry.value.text});
  }
  std::sort(tags.begin(), tags.end(), [](const Tag& x, const Tag& y) { return x.name < y.name; });
  return tags;
}

}  // namespace weir::scenarios::internal
