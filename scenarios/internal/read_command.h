#pragma once

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// A step that runs a program: `command: prog --flag 'a b'`, `command: [prog, --flag, "a b"]`, or
/// `shell: "a | b"` for a line that /bin/sh is to run; with `check: { exit: 0, stdout: /items/ }`.
/// Reads what of it is not common to all steps: not its name, timeout and think time. An empty
/// `argv` means that an error was added.
Command ReadCommand(const YamlNode& step, const YamlEntry& verb, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
