#include "scenarios/internal/read_headers.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/slot_scope.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {
namespace {

using Kind = YamlNode::Kind;

constexpr std::size_t kHeadersMax = 100;

}  // namespace

std::vector<Header> ReadHeaders(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Header> headers;
  if (node.kind != Kind::kMap || node.entries.size() > kHeadersMax) {
    diagnostics.Add(node.span, fmt::format("headers must be a map of at most {}", kHeadersMax),
                    "write 'headers: { accept: application/json }'");
    return headers;
  }
  for (const YamlEntry& entry : node.entries) {
    const std::string& name = entry.key.text;
    const Status name_valid = CheckHeaderName(name);
    if (!name_valid) {
      diagnostics.Add(entry.key.span, name_valid.error());
    }
    if (entry.value.kind == Kind::kNull) {
      diagnostics.Add(entry.key.span, fmt::format("header '{}' has no value", Printable(name, 40)),
                      "write '' for an empty one, or remove it");
      continue;
    }
    const std::optional<std::string> value =
        ReadSlottedText({entry.value, "value of a header"}, diagnostics);
    if (!value || !name_valid) {
      continue;
    }
    const std::string trimmed(Trimmed(*value));
    if (const Status valid = CheckHeaderValue(name, trimmed); !valid) {
      diagnostics.Add(entry.value.span, valid.error());
      continue;
    }
    const bool is_new = std::none_of(headers.begin(), headers.end(), [&name](const Header& other) {
      return EqualsIgnoringCase(other.name, name);
    });
    const bool same_spelling =
        std::any_of(headers.begin(), headers.end(),
                    [&name](const Header& other) { return other.name == name; });
    if (!is_new && !same_spelling) {
      diagnostics.Add(
          entry.key.span,
          fmt::format("header '{}' is set twice: their case does not count", Printable(name, 40)),
          "remove one of the two");
      continue;
    }
    headers.push_back(Header{name, trimmed});
  }
  return headers;
}

const Header* FindHeader(const std::vector<Header>& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(), [name](const Header& header) {
    return EqualsIgnoringCase(header.name, name);
  });
  return found == headers.end() ? nullptr : &*found;
}

std::vector<Header> MergedHeaders(std::vector<Header> own, const std::vector<Header>& defaults) {
  const std::size_t count = own.size();
  for (const Header& header : defaults) {
    const auto end = own.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::none_of(own.begin(), end, [&header](const Header& other) {
          return EqualsIgnoringCase(other.name, header.name);
        })) {
      own.push_back(header);
    }
  }
  return own;
}

}  // namespace weir::scenarios::internal
