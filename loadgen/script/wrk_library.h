#pragma once

#include <string>

struct lua_State;

/// What scripts find: the table `wrk`, threads and addresses. C functions for Lua and what puts
/// them there. Nothing here throws; errors are Lua's.
namespace weir::loadgen {

/// One of the script's threads as scripts see it: what `thread:get` and its like come to. Owned by
/// the worker; outlives every state that knows it.
struct ScriptThread {
  lua_State* state = nullptr;  ///< The environment of its own.
  std::string address;         ///< "127.0.0.1:8080".
  bool stopped = false;
};

/// Puts the table `wrk`, its functions and the types that they give into `state`. What is in the
/// table besides (host, path, headers, ...) is left to the caller.
void OpenWrkLibrary(lua_State* state);

/// Pushes `thread` as a script's object.
void PushThread(lua_State* state, ScriptThread& thread);

/// Pushes a copy of the value at `index` of `from` onto `to`: nil, booleans, numbers, texts and
/// tables of these. False, and nothing pushed, for anything else, tables in more than ten tables
/// included.
bool CopyValue(lua_State* from, int index, lua_State* to);

}  // namespace weir::loadgen
