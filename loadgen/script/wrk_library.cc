#include "loadgen/script/wrk_library.h"

#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include <lua.hpp>
#include <netdb.h>
#include <sys/socket.h>

#include "base/check.h"
#include "loadgen/transport/address.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

constexpr const char* kAddressType = "weir.wrk.address";
constexpr const char* kThreadType = "weir.wrk.thread";
constexpr int kDepthMax = 10;
constexpr Nanos kConnectTimeoutOfScripts = 1s;

// What wrk's documentation says of these functions, in the language in which it says it.
constexpr std::string_view kPrelude = R"lua(
wrk = { method = "GET", path = "/", headers = {} }

function wrk.format(method, path, headers, body)
  headers = headers or wrk.headers
  body = body or wrk.body
  if headers["Host"] == nil then
    headers["Host"] = wrk.headers["Host"]
  end
  headers["Content-Length"] = body and #body
  local lines = { (method or wrk.method) .. " " .. (path or wrk.path) .. " HTTP/1.1" }
  for name, value in pairs(headers) do
    lines[#lines + 1] = name .. ": " .. tostring(value)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = body or ""
  return table.concat(lines, "\r\n")
end

function wrk.setup(thread)
  if type(setup) == "function" then
    setup(thread)
  end
end

function wrk.init(args)
  if wrk.headers["Host"] == nil then
    local host = wrk.host:find(":", 1, true) and "[" .. wrk.host .. "]" or wrk.host
    wrk.headers["Host"] = wrk.port and host .. ":" .. wrk.port or host
  end
  if type(init) == "function" then
    init(args)
  end
  local made = wrk.format()
  wrk.request = function() return made end
end
)lua";

// Plain data: what Lua collects is not destroyed.
struct Address {
  std::array<char, 64> text;
};

// What a script has of a thread.
struct ThreadHandle {
  ScriptThread* thread;
};

void PushAddress(lua_State* state, std::string_view text) {
  auto* made = static_cast<Address*>(lua_newuserdata(state, sizeof(Address)));
  const std::size_t length = std::min(text.size(), made->text.size() - 1);
  std::memcpy(made->text.data(), text.data(), length);
  made->text[length] = '\0';
  luaL_getmetatable(state, kAddressType);
  lua_setmetatable(state, -2);
}

int AddressText(lua_State* state) {
  const auto* address = static_cast<const Address*>(luaL_checkudata(state, 1, kAddressType));
  lua_pushstring(state, address->text.data());
  return 1;
}

// wrk.lookup(host, service)
int Lookup(lua_State* state) {
  const char* host = luaL_checkstring(state, 1);
  const char* service = luaL_optstring(state, 2, "http");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int status = getaddrinfo(host, service, &hints, &list); status != 0) {
    return luaL_error(state, "cannot resolve '%s', service '%s': %s", host, service,
                      gai_strerror(status));
  }
  lua_newtable(state);
  int count = 0;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    SocketAddress address;
    address.length = at->ai_addrlen;
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    PushAddress(state, address.Text());
    lua_rawseti(state, -2, ++count);
  }
  freeaddrinfo(list);
  return 1;
}

// wrk.connect(address)
int Connect(lua_State* state) {
  const auto* address = static_cast<const Address*>(luaL_checkudata(state, 1, kAddressType));
  const Result<SocketAddress> parsed = ParseSocketAddress(address->text.data());
  lua_pushboolean(
      state,
      parsed && FirstReachable({*parsed}, scenarios::Target(), kConnectTimeoutOfScripts) ? 1 : 0);
  return 1;
}

ScriptThread& ThreadAt(lua_State* state, int index) {
  return *static_cast<ThreadHandle*>(luaL_checkudata(state, index, kThreadType))->thread;
}

// thread:get(name). Raw: no function of the script runs.
int ThreadGet(lua_State* state) {
  const ScriptThread& thread = ThreadAt(state, 1);
  const char* name = luaL_checkstring(state, 2);
  lua_pushstring(thread.state, name);
  lua_rawget(thread.state, LUA_GLOBALSINDEX);
  const bool copied = CopyValue(thread.state, -1, state);
  const char* type = luaL_typename(thread.state, copied && thread.state == state ? -2 : -1);
  if (thread.state == state) {
    if (copied) {
      lua_remove(state, -2);
    }
  } else {
    lua_pop(thread.state, 1);
  }
  return copied ? 1 : luaL_error(state, "thread:get('%s'): a %s stays where it is", name, type);
}

// thread:set(name, value)
int ThreadSet(lua_State* state) {
  const ScriptThread& thread = ThreadAt(state, 1);
  const char* name = luaL_checkstring(state, 2);
  luaL_checkany(state, 3);
  if (!CopyValue(state, 3, thread.state)) {
    return luaL_error(state, "thread:set('%s'): a %s stays where it is", name,
                      luaL_typename(state, 3));
  }
  lua_pushstring(thread.state, name);
  lua_insert(thread.state, -2);
  lua_rawset(thread.state, LUA_GLOBALSINDEX);
  return 0;
}

int ThreadStop(lua_State* state) {
  ThreadAt(state, 1).stopped = true;
  return 0;
}

int ThreadIndex(lua_State* state) {
  const ScriptThread& thread = ThreadAt(state, 1);
  const std::string_view name = luaL_checkstring(state, 2);
  if (name == "addr") {
    PushAddress(state, thread.address);
  } else if (name == "get") {
    lua_pushcfunction(state, &ThreadGet);
  } else if (name == "set") {
    lua_pushcfunction(state, &ThreadSet);
  } else if (name == "stop") {
    lua_pushcfunction(state, &ThreadStop);
  } else {
    lua_pushnil(state);
  }
  return 1;
}

int ThreadNewIndex(lua_State* state) {
  ScriptThread& thread = ThreadAt(state, 1);
  if (std::string_view(luaL_checkstring(state, 2)) != "addr") {
    return luaL_error(state, "only the addr of a thread can be set, not '%s'",
                      lua_tostring(state, 2));
  }
  thread.address =
      static_cast<const Address*>(luaL_checkudata(state, 3, kAddressType))->text.data();
  return 0;
}

void MakeType(lua_State* state, const char* name,
              std::initializer_list<std::pair<const char*, lua_CFunction>> functions) {
  luaL_newmetatable(state, name);
  for (const auto& [field, function] : functions) {
    lua_pushcfunction(state, function);
    lua_setfield(state, -2, field);
  }
  lua_pop(state, 1);
}

bool CopyAtDepth(lua_State* from, int index, lua_State* to, int depth);

// The table at `index`, absolute, of `from`.
bool CopyTable(lua_State* from, int index, lua_State* to, int depth) {
  if (depth == 0 || lua_checkstack(from, 4) == 0 || lua_checkstack(to, 4) == 0) {
    return false;
  }
  lua_newtable(to);
  const int made = lua_gettop(to);
  // In the same state, what is made must not come between key and table.
  lua_pushnil(from);
  while (lua_next(from, index) != 0) {
    const int value = lua_gettop(from);
    if (!CopyAtDepth(from, value - 1, to, depth - 1) || !CopyAtDepth(from, value, to, depth - 1)) {
      lua_settop(from, value - 2);
      lua_settop(to, made - 1);
      return false;
    }
    lua_rawset(to, made);
    lua_settop(from, value - 1);
  }
  return true;
}

bool CopyAtDepth(lua_State* from, int index, lua_State* to, int depth) {
  switch (lua_type(from, index)) {
    case LUA_TNIL:
      lua_pushnil(to);
      return true;
    case LUA_TBOOLEAN:
      lua_pushboolean(to, lua_toboolean(from, index));
      return true;
    case LUA_TNUMBER:
      lua_pushnumber(to, lua_tonumber(from, index));
      return true;
    case LUA_TSTRING: {
      std::size_t length = 0;
      const char* text = lua_tolstring(from, index, &length);
      lua_pushlstring(to, text, length);
      return true;
    }
    case LUA_TTABLE:
      return CopyTable(from, index, to, depth);
    default:
      return false;
  }
}

}  // namespace

bool CopyValue(lua_State* from, int index, lua_State* to) {
  const int absolute = index < 0 ? lua_gettop(from) + index + 1 : index;
  return CopyAtDepth(from, absolute, to, kDepthMax);
}

void PushThread(lua_State* state, ScriptThread& thread) {
  auto* made = static_cast<ThreadHandle*>(lua_newuserdata(state, sizeof(ThreadHandle)));
  made->thread = &thread;
  luaL_getmetatable(state, kThreadType);
  lua_setmetatable(state, -2);
}

void OpenWrkLibrary(lua_State* state) {
  MakeType(state, kAddressType, {{"__tostring", &AddressText}});
  MakeType(state, kThreadType, {{"__index", &ThreadIndex}, {"__newindex", &ThreadNewIndex}});
  WEIR_CHECK(luaL_loadbuffer(state, kPrelude.data(), kPrelude.size(), "=wrk") == 0);
  WEIR_CHECK(lua_pcall(state, 0, 0, 0) == 0);
  lua_getglobal(state, "wrk");
  lua_pushcfunction(state, &Lookup);
  lua_setfield(state, -2, "lookup");
  lua_pushcfunction(state, &Connect);
  lua_setfield(state, -2, "connect");
  lua_pop(state, 1);
}

}  // namespace weir::loadgen
