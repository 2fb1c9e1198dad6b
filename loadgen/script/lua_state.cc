#include "loadgen/script/lua_state.h"

#include <fmt/format.h>
#include <lua.hpp>

#include "base/check.h"
#include "base/text.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 100ms;
constexpr int kRequestTicks = 10;
constexpr int kOnceTicks = 100;
constexpr int kGraceTicks = 30;

int TicksOf(LuaState::Limit limit) {
  return limit == LuaState::Limit::kRequest ? kRequestTicks : kOnceTicks;
}

// Every instruction from now on fails, so that no pcall of the script can go on.
void Fail(lua_State* state, lua_Debug* at) {
  lua_getinfo(state, "Sl", at);
  lua_pushfstring(state, "%s:%d: this takes too long: an endless loop?", at->short_src,
                  at->currentline);
  lua_error(state);
}

}  // namespace

LuaState::LuaState() : state_(luaL_newstate()) {
  WEIR_CHECK(state_ != nullptr);
  luaL_openlibs(state_);
  luaJIT_setmode(state_, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
}

LuaState::~LuaState() {
  lua_close(state_);
}

Status LuaState::Run(std::string_view text, const std::string& name) {
  if (luaL_loadbuffer(state_, text.data(), text.size(), ("@" + name).c_str()) != 0) {
    Status failed = UsageError(Printable(lua_tostring(state_, -1), 1000));
    lua_pop(state_, 1);
    return failed;
  }
  return Call(0, 0, Limit::kOnce);
}

Status LuaState::Call(int arguments, int results, Limit limit) {
  limit_.store(limit, std::memory_order_relaxed);
  // Not locked instructions: nobody else writes it.
  const std::uint64_t call = calls_.load(std::memory_order_relaxed) + 1;
  calls_.store(call, std::memory_order_release);
  const int status = lua_pcall(state_, arguments, results, 0);
  calls_.store(call + 1, std::memory_order_release);
  if (status == 0) {
    return {};
  }
  const char* text = lua_tostring(state_, -1);
  Status failed =
      UsageError(text != nullptr ? Printable(text, 1000)
                                 : fmt::format("error() was called with a {}, not a text",
                                               luaL_typename(state_, -1)));
  lua_pop(state_, 1);
  return failed;
}

LuaWatchdog::LuaWatchdog(Stuck stuck) : stuck_(stuck), thread_([this] { Loop(); }) {}

LuaWatchdog::~LuaWatchdog() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LuaWatchdog::Watch(LuaState& state) {
  const std::lock_guard lock(mutex_);
  watched_.push_back({&state});
}

void LuaWatchdog::Loop() {
  std::unique_lock lock(mutex_);
  while (!done_) {
    wake_.wait_for(lock, kTick);
    for (Watched& watched : watched_) {
      Look(watched);
    }
  }
}

void LuaWatchdog::Look(Watched& watched) const {
  const std::uint64_t call = watched.state->calls_.load(std::memory_order_acquire);
  const bool goes_on = call % 2 == 1 && call == watched.call;
  watched.ticks = goes_on ? watched.ticks + 1 : 0;
  watched.call = call;
  const int limit = TicksOf(watched.state->limit_.load(std::memory_order_relaxed));
  if (watched.ticks == limit) {
    // What LuaJIT's own interpreter does from its signal handler: the running code sees it.
    lua_sethook(watched.state->state_, &Fail, LUA_MASKCOUNT, 1);
  } else if (watched.ticks == limit + kGraceTicks) {
    stuck_();
  }
}

}  // namespace weir::loadgen
