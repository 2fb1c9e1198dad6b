#include "scenarios/internal/read_pool.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {
namespace {

using namespace std::chrono_literals;

constexpr CountRange kMaxRange = {1, 1'000'000};
constexpr CountRange kRequestsRange = {1, 1'000'000'000};
constexpr NanosRange kLifetimeRange = {1ms, 24h};

// Reads key `name` of `map` with `parse`, if it is there.
template <typename T, typename Parse>
void ReadKey(const YamlNode& map, std::string_view name, Parse parse, T& out,
             Diagnostics& diagnostics) {
  const YamlNode* node = FindValue(map, name);
  if (node == nullptr) {
    return;
  }
  const std::optional<std::string> text = ReadText({*node, name}, diagnostics);
  if (!text) {
    return;
  }
  auto value = parse(Trimmed(*text));
  if (!value) {
    diagnostics.Add(node->span, Explained(name, value.error()));
    return;
  }
  out = *std::move(value);
}

Result<bool> ParseSwitch(std::string_view text) {
  if (text == "true" || text == "false") {
    return text == "true";
  }
  return tl::unexpected(
      HintedError(fmt::format("'{}' is neither true nor false", Printable(text, 40)),
                  "write 'true' or 'false'"));
}

void ReadSources(const YamlNode& node, Pool& pool, Diagnostics& diagnostics) {
  const bool list = node.kind == YamlNode::Kind::kSequence;
  if (list && (node.items.empty() || node.items.size() > kSourcesMax)) {
    diagnostics.Add(node.span, fmt::format("{} source addresses", node.items.size()),
                    fmt::format("write 1 to {}", kSourcesMax));
    return;
  }
  for (std::size_t i = 0; i < (list ? node.items.size() : 1); ++i) {
    const YamlNode& item = list ? node.items[i] : node;
    const std::optional<std::string> text = ReadText({item, "source"}, diagnostics);
    if (!text) {
      continue;
    }
    if (Result<std::string> address = ParseSourceAddress(Trimmed(*text))) {
      pool.sources.push_back(*std::move(address));
    } else {
      diagnostics.Add(item.span, Explained("source", address.error()));
    }
  }
}

}  // namespace

void ReadConnections(const YamlNode& node, Load& load, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kMap) {
    load.connections_max = ReadCount({node, "connections"}, kMaxRange, diagnostics);
    return;
  }
  constexpr std::array<std::string_view, 8> kKnown = {
      "max", "requests", "lifetime", "keep_alive", "open_rate", "source", "dns", "connect_to"};
  if (!CheckKeys(node, {"connections", kKnown, {}}, diagnostics)) {
    return;
  }
  Pool& pool = load.pool;
  if (const YamlNode* max = FindValue(node, "max")) {
    load.connections_max = ReadCount({*max, "max"}, kMaxRange, diagnostics);
  }
  if (const YamlNode* requests = FindValue(node, "requests")) {
    pool.requests_max = ReadCount({*requests, "requests"}, kRequestsRange, diagnostics).value_or(0);
  }
  if (const YamlNode* lifetime = FindValue(node, "lifetime")) {
    pool.lifetime =
        ReadDuration({*lifetime, "lifetime"}, kLifetimeRange, diagnostics).value_or(Nanos(0));
  }
  ReadKey(node, "keep_alive", ParseSwitch, pool.keep_alive, diagnostics);
  ReadKey(node, "open_rate", ParseRate, pool.open_rate, diagnostics);
  ReadKey(node, "dns", ParseDnsPolicy, pool.dns, diagnostics);
  ReadKey(node, "connect_to", ParseConnectTo, pool.connect_to, diagnostics);
  if (const YamlNode* source = FindValue(node, "source")) {
    ReadSources(*source, pool, diagnostics);
  }
  if (const Status fits = CheckPool(pool); !fits) {
    diagnostics.Add(FindValue(node, "requests")->span, fits.error());
  }
}

}  // namespace weir::scenarios::internal
