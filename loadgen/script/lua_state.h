#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"

struct lua_State;

namespace weir::loadgen {

/// A Lua interpreter (LuaJIT, with its compiler off: only interpreted code can be stopped) with the
/// standard libraries. Thread rule: one thread at a time; it may move from one to another.
class LuaState {
 public:
  /// How long a call may take.
  enum class Limit : std::uint8_t {
    kRequest,  ///< One of many: a second.
    kOnce,     ///< Loading, beginning, ending: 10 s.
  };

  LuaState();
  LuaState(const LuaState&) = delete;
  LuaState& operator=(const LuaState&) = delete;
  ~LuaState();

  lua_State* get() const { return state_; }

  /// Compiles and runs `text`; `name` is what its errors call it. Errors: as Call.
  Status Run(std::string_view text, const std::string& name);

  /// Calls what is on the stack below its `arguments`, as lua_pcall. Errors: kUsage, what Lua says,
  /// with file and line; then nothing is left of it on the stack. A call that exceeds its limit
  /// (and has a LuaWatchdog) fails.
  Status Call(int arguments, int results, Limit limit = Limit::kRequest);

 private:
  friend class LuaWatchdog;

  lua_State* state_;
  std::atomic<std::uint64_t> calls_{0};  ///< Begun and ended: odd during one.
  std::atomic<Limit> limit_{Limit::kOnce};
};

/// Ends calls that exceed their limit: makes them fail. One thread, which wakes ten times a second.
/// Thread rule: Watch from any thread.
class LuaWatchdog {
 public:
  /// Called, on the thread of the watchdog, when even failing does not end a call for three
  /// seconds: a library function of Lua goes on. Has to end the process: nothing else can.
  using Stuck = void (*)();

  explicit LuaWatchdog(Stuck stuck);
  LuaWatchdog(const LuaWatchdog&) = delete;
  LuaWatchdog& operator=(const LuaWatchdog&) = delete;
  ~LuaWatchdog();

  /// `state` outlives this.
  void Watch(LuaState& state);

 private:
  struct Watched {
    LuaState* state = nullptr;
    std::uint64_t call = 0;  ///< The one that was seen last,
    int ticks = 0;           ///< so often in a row.
  };

  void Loop();
  void Look(Watched& watched) const;

  const Stuck stuck_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;  // Guarded by mutex_, like the next.
  std::vector<Watched> watched_;
  std::thread thread_;
};

}  // namespace weir::loadgen
