#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// What a step has unless it says otherwise.
struct StepDefaults {
  std::optional<Nanos> timeout;  ///< None = what Request and Command have by themselves.
  std::vector<Header> headers;
  std::optional<Nanos> apdex;
  std::uint32_t redirects_max = 0;
};

/// `defaults: { timeout: 5s, headers: { accept: application/json } }`.
StepDefaults ReadDefaults(const YamlNode& node, Diagnostics& diagnostics);

/// What the steps of all flows share.
struct FlowContext {
  const StepDefaults& defaults;
  std::span<const DataSource> data;
  std::string_view file_name;  ///< Of the scenario: files of bodies are beside it.
};

/// The list below `flows:`.
std::vector<Flow> ReadFlows(const YamlNode& node, const FlowContext& context,
                            Diagnostics& diagnostics);

/// The list below a bare `steps:`: one flow called "main".
std::vector<Flow> ReadBareSteps(const YamlNode& node, const FlowContext& context,
                                Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
