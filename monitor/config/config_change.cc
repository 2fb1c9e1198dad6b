#include "monitor/config/config_change.h"

#include <string_view>
#include <variant>

namespace weir::monitor {
namespace {

// weir's own source is the one beyond the last.
bool SameSource(const MonitorConfig& before, std::size_t a, const MonitorConfig& now,
                std::size_t b) {
  if (a >= before.sources.size() || b >= now.sources.size()) {
    return a >= before.sources.size() && b >= now.sources.size();
  }
  SourceSpec was = before.sources[a];
  was.queries = now.sources[b].queries;
  return was == now.sources[b];
}

std::string_view QueryOf(const MonitorConfig& config, std::size_t source, std::size_t query) {
  const bool has = source < config.sources.size() && query < config.sources[source].queries.size();
  return has ? std::string_view(config.sources[source].queries[query]) : "";
}

bool SameQueries(const MonitorConfig& before, const AlertRule& was, const MonitorConfig& now,
                 const AlertRule& is) {
  if (QueryOf(before, was.source, was.query) != QueryOf(now, is.source, is.query)) {
    return false;
  }
  if (const auto* burn = std::get_if<BurnRateSpec>(&is.engine)) {
    // Their numbers are part of what has been learnt.
    for (const std::size_t query : burn->queries) {
      if (QueryOf(before, was.source, query) != QueryOf(now, is.source, query)) {
        return false;
      }
    }
  }
  return true;
}

bool SameRule(const MonitorConfig& before, const AlertRule& was, const MonitorConfig& now,
              const AlertRule& is) {
  if (was.name != is.name || !SameSource(before, was.source, now, is.source)) {
    return false;
  }
  AlertRule alike = was;
  alike.source = is.source;
  alike.query = is.query;
  return alike == is && SameQueries(before, was, now, is);
}

}  // namespace

std::vector<std::optional<std::size_t>> SameRules(const MonitorConfig& before,
                                                  const MonitorConfig& now) {
  std::vector<std::optional<std::size_t>> same(now.rules.size());
  for (std::size_t i = 0; i < now.rules.size(); ++i) {
    for (std::size_t j = 0; j < before.rules.size() && !same[i]; ++j) {
      if (SameRule(before, before.rules[j], now, now.rules[i])) {
        same[i] = j;
      }
    }
  }
  return same;
}

}  // namespace weir::monitor
