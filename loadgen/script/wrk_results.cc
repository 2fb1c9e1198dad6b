#include "loadgen/script/wrk_results.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <lua.hpp>

namespace weir::loadgen {
namespace {

constexpr const char* kStatsType = "weir.wrk.stats";

// What a script has of a distribution.
struct StatsHandle {
  const ScriptStats* stats;
};

const ScriptStats& StatsAt(lua_State* state, int index) {
  return *static_cast<StatsHandle*>(luaL_checkudata(state, index, kStatsType))->stats;
}

void PushCount(lua_State* state, std::uint64_t count) {
  lua_pushnumber(state, static_cast<lua_Number>(count));
}

int StatsPercentile(lua_State* state) {
  const ScriptStats& stats = StatsAt(state, 1);
  const lua_Number percent = luaL_checknumber(state, 2);
  luaL_argcheck(state, percent >= 0 && percent <= 100, 2, "a percentile is from 0 to 100");
  PushCount(state, stats.Percentile(percent));
  return 1;
}

int StatsIndex(lua_State* state) {
  const ScriptStats& stats = StatsAt(state, 1);
  const std::string_view name = luaL_checkstring(state, 2);
  if (name == "min") {
    PushCount(state, stats.min());
  } else if (name == "max") {
    PushCount(state, stats.max());
  } else if (name == "mean") {
    lua_pushnumber(state, stats.mean());
  } else if (name == "stdev") {
    lua_pushnumber(state, stats.stdev());
  } else if (name == "percentile") {
    lua_pushcfunction(state, &StatsPercentile);
  } else {
    lua_pushnil(state);
  }
  return 1;
}

// stats(i): the i-th distinct value and its count; past the last, zeros.
int StatsCall(lua_State* state) {
  const ScriptStats& stats = StatsAt(state, 1);
  const lua_Integer index = luaL_checkinteger(state, 2);
  const bool there_is = index >= 1 && static_cast<std::size_t>(index) <= stats.values().size();
  const auto found = there_is ? stats.values()[static_cast<std::size_t>(index) - 1]
                              : std::pair<std::uint64_t, std::uint64_t>();
  PushCount(state, found.first);
  PushCount(state, found.second);
  return 2;
}

int StatsLength(lua_State* state) {
  PushCount(state, StatsAt(state, 1).values().size());
  return 1;
}

void SetCount(lua_State* state, const char* name, std::uint64_t count) {
  PushCount(state, count);
  lua_setfield(state, -2, name);
}

}  // namespace

void ScriptStats::Add(std::uint64_t value, std::uint64_t count) {
  count_ += count;
  if (!values_.empty() && values_.back().first == value) {
    values_.back().second += count;
  } else {
    values_.emplace_back(value, count);
  }
}

ScriptStats ScriptStats::OfLatency(const Histogram& latency) {
  ScriptStats made;
  latency.ForEachBucket([&](const Histogram::Bucket& bucket) {
    made.Add(std::min(bucket.highest_ns, latency.max_ns()) / 1000, bucket.count);
  });
  return made;
}

ScriptStats ScriptStats::OfValues(std::span<const std::uint64_t> values) {
  std::vector<std::uint64_t> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  ScriptStats made;
  for (const std::uint64_t value : sorted) {
    made.Add(value, 1);
  }
  return made;
}

double ScriptStats::mean() const {
  double sum = 0;
  for (const auto& [value, count] : values_) {
    sum += static_cast<double>(value) * static_cast<double>(count);
  }
  return count_ == 0 ? 0 : sum / static_cast<double>(count_);
}

double ScriptStats::stdev() const {
  const double centre = mean();
  double sum = 0;
  for (const auto& [value, count] : values_) {
    const double off = static_cast<double>(value) - centre;
    sum += off * off * static_cast<double>(count);
  }
  return count_ < 2 ? 0 : std::sqrt(sum / static_cast<double>(count_ - 1));
}

std::uint64_t ScriptStats::Percentile(double percent) const {
  const double rank = std::ceil(percent / 100 * static_cast<double>(count_));
  std::uint64_t seen = 0;
  for (const auto& [value, count] : values_) {
    seen += count;
    if (static_cast<double>(seen) >= rank) {
      return value;
    }
  }
  return max();
}

void PushStats(lua_State* state, const ScriptStats& stats) {
  auto* made = static_cast<StatsHandle*>(lua_newuserdata(state, sizeof(StatsHandle)));
  made->stats = &stats;
  if (luaL_newmetatable(state, kStatsType) != 0) {
    lua_pushcfunction(state, &StatsIndex);
    lua_setfield(state, -2, "__index");
    lua_pushcfunction(state, &StatsCall);
    lua_setfield(state, -2, "__call");
    lua_pushcfunction(state, &StatsLength);
    lua_setfield(state, -2, "__len");
  }
  lua_setmetatable(state, -2);
}

void PushSummary(lua_State* state, const ScriptRun& run) {
  lua_newtable(state);
  SetCount(state, "duration", run.duration_us);
  SetCount(state, "requests", run.requests);
  SetCount(state, "bytes", run.bytes);
  lua_newtable(state);
  SetCount(state, "connect", run.connect_errors);
  SetCount(state, "read", run.read_errors);
  SetCount(state, "write", 0);
  SetCount(state, "status", run.status_errors);
  SetCount(state, "timeout", run.timeouts);
  lua_setfield(state, -2, "errors");
}

}  // namespace weir::loadgen
