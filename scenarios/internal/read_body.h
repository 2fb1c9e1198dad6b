#pragma once

#include <string_view>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// The entry of a step that says its body: `body`, `json` or `form`; null without one.
const YamlEntry* FindBody(const YamlNode& step);

/// Sets the body of `request`, slots as they are written, and its content type unless it has one.
/// `body: text`, `body: { file: F }` (as it is, beside `file_name`), `json: ANYTHING`,
/// `form: { name: text }` (application/x-www-form-urlencoded, WHATWG URL, section 5.2, but a space
/// is %20).
void ReadBody(const YamlNode& step, std::string_view file_name, Request& request,
              Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
