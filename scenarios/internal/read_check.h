#pragma once

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// `check: { status: 200, header.content-type: /json/, body: items }`: status is `200`,
/// `[200, 201]`, `2xx` or `200..299`; header and body are a text, a /regex/ or a list of them.
Check ReadCheck(const YamlNode& node, Diagnostics& diagnostics);

/// The same of a program, into `command`: `check: { exit: 0, stdout: /items/ }`; exit is `0`,
/// `[0, 2]` or `0..3`.
void ReadCommandCheck(const YamlNode& node, Command& command, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
