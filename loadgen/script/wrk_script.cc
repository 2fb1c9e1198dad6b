#include "loadgen/script/wrk_script.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include <fmt/format.h>
#include <lua.hpp>

#include "base/check.h"
#include "base/text.h"
#include "loadgen/script/request_split.h"
#include "loadgen/transport/address.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

constexpr Nanos kConnectTimeoutOfScripts = 5s;
constexpr Nanos kDelayMax = std::chrono::hours(24);
constexpr std::size_t kFileBytesMax = std::size_t{64} * 1024 * 1024;

void SetText(lua_State* state, const char* name, const std::string& text) {
  lua_pushlstring(state, text.data(), text.size());
  lua_setfield(state, -2, name);
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Result<std::string> ReadScript(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) {
    return UsageError(fmt::format("cannot read the wrk script {}\n  hint: check the path", path));
  }
  std::string text;
  std::array<char, 16384> piece{};
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), file.get())) {
    text.append(piece.data(), got);
    if (text.size() > kFileBytesMax) {
      return UsageError(fmt::format("the wrk script {} is longer than 64 MiB", path));
    }
  }
  // As Lua does with a file that is its own program.
  if (text.starts_with('#')) {
    text.insert(0, "--");
  }
  return text;
}

Status InScript(const Status& failed) {
  return UsageError("wrk script: " + failed.error().message);
}

}  // namespace

bool WrkWorker::Defines(const char* name) const {
  lua_getglobal(lua_.get(), name);
  const bool is_function = lua_isfunction(lua_.get(), -1);
  lua_pop(lua_.get(), 1);
  return is_function;
}

Status WrkWorker::Begin() {
  lua_State* state = lua_.get();
  if (Status opened = owner_.Open(lua_); !opened) {
    return opened;
  }
  lua_getglobal(state, "wrk");
  PushThread(state, thread_);
  lua_setfield(state, -2, "thread");
  lua_pop(state, 1);

  lua_State* main = owner_.main_.get();
  lua_getglobal(main, "wrk");
  lua_getfield(main, -1, "setup");
  lua_remove(main, -2);
  PushThread(main, thread_);
  if (Status set_up = owner_.main_.Call(1, 0, LuaState::Limit::kOnce); !set_up) {
    return set_up;
  }

  lua_getglobal(state, "wrk");
  lua_getfield(state, -1, "init");
  lua_remove(state, -2);
  lua_newtable(state);
  int index = 0;
  lua_pushstring(state, owner_.options_.url.c_str());
  lua_rawseti(state, -2, index);
  for (const std::string& argument : owner_.options_.arguments) {
    lua_pushlstring(state, argument.data(), argument.size());
    lua_rawseti(state, -2, ++index);
  }
  if (Status begun = lua_.Call(1, 0, LuaState::Limit::kOnce); !begun) {
    return begun;
  }
  is_static_ = !Defines("request");
  const Result<std::string> first = Ask();
  return first ? Take(*first) : tl::unexpected(first.error());
}

// What `request` returns, or the one request of a script that has none.
Result<std::string> WrkWorker::Ask() {
  lua_State* state = lua_.get();
  lua_getglobal(state, "request");
  if (!lua_isfunction(state, -1)) {
    lua_pop(state, 1);
    lua_getglobal(state, "wrk");
    lua_getfield(state, -1, "request");
    lua_remove(state, -2);
  }
  if (Status called = lua_.Call(0, 1); !called) {
    return tl::unexpected(called.error());
  }
  std::size_t length = 0;
  const char* text = lua_tolstring(state, -1, &length);
  if (text == nullptr) {
    const std::string type = luaL_typename(state, -1);
    lua_pop(state, 1);
    return UsageError(
        fmt::format("{}: request() returned a {}, not a text\n  hint: return wrk.format(...)",
                    Printable(owner_.options_.path), type));
  }
  std::string taken(text, length);
  lua_pop(state, 1);
  return taken;
}

Status WrkWorker::Take(const std::string& text) {
  taken_ = 0;
  // Many scripts say the same each time.
  if (text == text_ && !queue_.empty()) {
    return {};
  }
  text_ = text;
  std::string_view left = text_;
  std::size_t count = 0;
  do {
    const Result<SplitRequest> split = SplitFirst(left);
    if (!split) {
      return UsageError(
          fmt::format("{}: request() returned no HTTP request: {}\n  hint: return wrk.format(...)",
                      Printable(owner_.options_.path), split.error().message));
    }
    if (count == scenarios::kPipelineMax) {
      return UsageError(fmt::format("{}: request() returned more than {} requests at a time",
                                    Printable(owner_.options_.path), scenarios::kPipelineMax));
    }
    if (queue_.size() <= count) {
      queue_.push_back(owner_.model_);
    }
    PreparedRequest& made = queue_[count++];
    made.bytes = left.substr(0, split->bytes);
    made.is_head = split->is_head;
    left.remove_prefix(split->bytes);
  } while (!left.empty());
  queue_.resize(count, owner_.model_);
  return {};
}

const PreparedRequest* WrkWorker::Next(std::uint32_t round) {
  if (ended()) {
    return nullptr;
  }
  if (taken_ == queue_.size()) {
    if (is_static_) {
      taken_ = 0;
    } else {
      const Result<std::string> text = Ask();
      const Status taken = text ? Take(*text) : tl::unexpected(text.error());
      if (!taken) {
        owner_.Fail(taken.error());
        return nullptr;
      }
    }
  }
  while (rounds_.size() <= round) {
    rounds_.push_back(std::make_unique<PreparedRequest>(owner_.model_));
  }
  PreparedRequest& made = *rounds_[round];
  const PreparedRequest& next = queue_[taken_++];
  made.bytes = next.bytes;
  made.is_head = next.is_head;
  return &made;
}

Nanos WrkWorker::Delay() {
  if (ended()) {
    return Nanos(0);
  }
  lua_State* state = lua_.get();
  lua_getglobal(state, "delay");
  if (const Status called = lua_.Call(0, 1); !called) {
    owner_.Fail(called.error());
    return Nanos(0);
  }
  const bool is_number = lua_isnumber(state, -1) != 0;
  const double delay_ms = lua_tonumber(state, -1);
  const std::string type = luaL_typename(state, -1);
  lua_pop(state, 1);
  if (!is_number || !std::isfinite(delay_ms) || delay_ms < 0) {
    owner_.Fail(Error{ErrorKind::kUsage,
                      fmt::format("{}: delay() returned {}, not a number of milliseconds",
                                  Printable(owner_.options_.path),
                                  is_number ? fmt::format("{}", delay_ms) : "a " + type)});
    return Nanos(0);
  }
  return FromSeconds(std::min(delay_ms / 1000, Seconds(kDelayMax)));
}

// Lines "Name: value\n", as a table.
void WrkWorker::PushHeaders(std::string_view head) const {
  lua_State* state = lua_.get();
  lua_newtable(state);
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    lua_pushlstring(state, line.data(), colon);
    lua_pushlstring(state, value.data(), value.size());
    lua_rawset(state, -3);
  }
}

void WrkWorker::OnAnswer(const Answer& answer) {
  if (ended()) {
    return;
  }
  lua_State* state = lua_.get();
  lua_getglobal(state, "response");
  if (!lua_isfunction(state, -1)) {
    // The script has heard enough.
    lua_pop(state, 1);
    return;
  }
  lua_pushinteger(state, answer.status);
  PushHeaders(answer.head);
  lua_pushlstring(state, answer.body.data(), answer.body.size());
  if (const Status called = lua_.Call(3, 0); !called) {
    owner_.Fail(called.error());
  }
}

bool WrkWorker::ended() const {
  return thread_.stopped || owner_.failed_.load(std::memory_order_relaxed);
}

Result<std::unique_ptr<WrkScript>> WrkScript::Load(const Options& options) {
  std::unique_ptr<WrkScript> made(new WrkScript(options));
  Result<std::string> text = ReadScript(options.path);
  if (!text) {
    return tl::unexpected(text.error());
  }
  made->text_ = *std::move(text);
  const Result<std::vector<SocketAddress>> found = Resolve(options.target);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const Result<SocketAddress> first =
      FirstReachable(*found, options.target, kConnectTimeoutOfScripts);
  if (!first) {
    return tl::unexpected(first.error());
  }
  made->default_address_ = first->Text();
  made->watchdog_.Watch(made->main_);
  if (const Status opened = made->Open(made->main_); !opened) {
    return tl::unexpected(InScript(opened).error());
  }
  if (const Status begun = made->BeginThreads(); !begun) {
    return tl::unexpected(InScript(begun).error());
  }
  return made;
}

// An environment that has run the file.
Status WrkScript::Open(LuaState& lua) {
  lua_State* state = lua.get();
  OpenWrkLibrary(state);
  const scenarios::Target& target = options_.target;
  const bool tls = target.scheme == scenarios::Target::Scheme::kHttps;
  lua_getglobal(state, "wrk");
  SetText(state, "scheme", tls ? "https" : "http");
  SetText(state, "host", target.host);
  if (target.port != (tls ? 443 : 80)) {
    SetText(state, "port", std::to_string(target.port));
  }
  SetText(state, "method", options_.request.method);
  SetText(state, "path",
          options_.request.below_base ? target.base_path + options_.request.path
                                      : options_.request.path);
  if (!options_.request.body.empty()) {
    SetText(state, "body", options_.request.body);
  }
  lua_getfield(state, -1, "headers");
  for (const scenarios::Header& header : options_.request.headers) {
    SetText(state, header.name.c_str(), header.value);
  }
  lua_pop(state, 2);
  return lua.Run(text_, options_.path);
}

Status WrkScript::BeginThreads() {
  for (std::uint32_t i = 0; i < options_.threads; ++i) {
    WrkWorker& worker = *workers_.emplace_back(std::make_unique<WrkWorker>(*this));
    worker.thread_.address = default_address_;
    watchdog_.Watch(worker.lua_);
    if (Status begun = worker.Begin(); !begun) {
      return begun;
    }
  }
  depth_ = static_cast<std::uint32_t>(workers_.front()->queue_.size());
  delays_ = workers_.front()->Defines("delay");
  hears_ = workers_.front()->Defines("response");
  return {};
}

std::string WrkScript::AddressOf(std::uint32_t index) const {
  const std::string& address = workers_[index]->thread_.address;
  return address == default_address_ ? std::string() : address;
}

void WrkScript::Place(PreparedScenario& scenario) {
  PreparedRequest& request = scenario.requests.front();
  request.slots = std::make_shared<const RequestSlots>();
  request.looks_further = hears_;
  if (hears_) {
    request.check.RequireHead();
    request.check.RequireBody();
  }
  if (delays_) {
    std::vector<PreparedAction>& actions = scenario.flows.front().actions;
    actions.insert(actions.begin(), scenarios::Think());
  }
  model_ = request;
  for (const std::unique_ptr<WrkWorker>& worker : workers_) {
    for (PreparedRequest& made : worker->queue_) {
      PreparedRequest placed = model_;
      placed.bytes = std::move(made.bytes);
      placed.is_head = made.is_head;
      made = std::move(placed);
    }
  }
}

void WrkScript::Fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) {
      return;
    }
    failure_ = error;
  }
  failed_.store(true, std::memory_order_relaxed);
  if (on_failure_) {
    on_failure_();
  }
}

Status WrkScript::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_ ? InScript(tl::unexpected(*failure_)) : Status();
}

Status WrkScript::Done(const ScriptRun& run) {
  lua_State* state = main_.get();
  lua_getglobal(state, "done");
  if (!lua_isfunction(state, -1)) {
    lua_pop(state, 1);
    return {};
  }
  const ScriptStats latency = ScriptStats::OfLatency(run.latency);
  const ScriptStats rates = ScriptStats::OfValues(run.rates_per_s);
  PushSummary(state, run);
  PushStats(state, latency);
  PushStats(state, rates);
  const Status called = main_.Call(3, 0, LuaState::Limit::kOnce);
  std::fflush(stdout);
  return called ? called : InScript(called);
}

}  // namespace weir::loadgen
