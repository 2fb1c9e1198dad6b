#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "loadgen/request_script.h"
#include "loadgen/script/lua_state.h"
#include "loadgen/script/wrk_library.h"
#include "loadgen/script/wrk_results.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

class WrkScript;

/// One thread of a wrk script: its environment, and its requests while they are under way.
class WrkWorker final : public RequestScript {
 public:
  explicit WrkWorker(WrkScript& owner) : owner_(owner) { thread_.state = lua_.get(); }

  const PreparedRequest* Next(std::uint32_t round) override;

  const PreparedRequest& RequestOf(std::uint32_t round) const override { return *rounds_[round]; }

  Nanos Delay() override;
  void OnAnswer(const Answer& answer) override;
  bool ended() const override;

 private:
  friend class WrkScript;

  Status Begin();
  Result<std::string> Ask();
  Status Take(const std::string& text);
  bool Defines(const char* name) const;
  void PushHeaders(std::string_view head) const;

  WrkScript& owner_;
  LuaState lua_;
  ScriptThread thread_;
  bool is_static_ = false;              ///< The first text is all that there will be.
  std::string text_;                    ///< What came last, ...
  std::vector<PreparedRequest> queue_;  ///< the requests in it,
  std::size_t taken_ = 0;               ///< and how many of them have been begun.
  std::vector<std::unique_ptr<PreparedRequest>> rounds_;  ///< Their addresses stay.
};

/// A script in Lua for wrk (https://github.com/wg/wrk): `setup`, `init`, `delay`, `request`,
/// `response`, `done` and `wrk.*`, in an environment for each thread and one for setup and done.
/// docs/wrk-scripts.md says where the meaning differs. Life: Load, then an engine that runs with
/// it, then Done. Thread rule: one thread, but for what the workers call while the engine runs.
class WrkScript final : public ScriptHost {
 public:
  struct Options {
    std::string path;  ///< Of the file.
    std::string url;   ///< As given; the script's args[0].
    scenarios::Target target;
    scenarios::Request request;  ///< What is sent when the script does not say.
    std::vector<std::string> arguments;
    std::uint32_t threads = 1;
    LuaWatchdog::Stuck stuck = nullptr;  ///< As LuaWatchdog; must be given.
  };

  /// Reads and runs the file, then `setup` and `init` of each thread, and asks the first for a
  /// request. Errors: kUsage, with file and line (a script that fails, does not end, or gives what
  /// is no request), kUnavailable (the target).
  static Result<std::unique_ptr<WrkScript>> Load(const Options& options);

  std::uint32_t workers() const override { return static_cast<std::uint32_t>(workers_.size()); }

  RequestScript& ScriptOf(std::uint32_t index) override { return *workers_[index]; }

  std::string AddressOf(std::uint32_t index) const override;
  void Place(PreparedScenario& scenario) override;

  /// How many requests the script sends in one go: on one connection, without waiting for answers.
  std::uint32_t depth() const { return depth_; }

  /// The file as it was read.
  const std::string& text() const { return text_; }

  /// Called once, on the worker's thread, when the script fails during the run. Set it before.
  void OnFailure(std::function<void()> call) { on_failure_ = std::move(call); }

  /// How it failed, if it did: as Load.
  Status failure() const;

  /// Calls `done`, if there is one. Errors: as Load.
  Status Done(const ScriptRun& run);

 private:
  friend class WrkWorker;

  explicit WrkScript(const Options& options) : options_(options), watchdog_(options.stuck) {}

  Status Open(LuaState& lua);
  Status BeginThreads();
  void Fail(const Error& error);

  const Options options_;
  std::string text_;
  std::string default_address_;
  LuaState main_;
  std::vector<std::unique_ptr<WrkWorker>> workers_;
  std::uint32_t depth_ = 1;
  bool delays_ = false;
  bool hears_ = false;  ///< Wants the answers.
  PreparedRequest model_;
  std::function<void()> on_failure_;
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  std::optional<Error> failure_;  ///< Guarded by mutex_.
  LuaWatchdog watchdog_;          ///< The last member: gone before what it watches.
};

}  // namespace weir::loadgen
