#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/read_flows.h"
#include "scenarios/internal/slot_scope.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

inline constexpr std::size_t kStepNameBytesMax = 100;

/// The tag by which steps say to which of several scenarios they belong.
inline constexpr std::string_view kScenarioTag = "scenario";

/// `apdex: 500ms`, or what stands in `otherwise`.
std::optional<Nanos> ReadApdex(const YamlNode& map, Diagnostics& diagnostics,
                               std::optional<Nanos> otherwise);

/// `timeout: 5s`, or what stands in `otherwise`.
std::optional<Nanos> ReadTimeout(const YamlNode& map, Diagnostics& diagnostics,
                                 std::optional<Nanos> otherwise);

/// `redirects: 5`, or what stands in `otherwise`.
std::uint32_t ReadRedirects(const YamlNode& map, Diagnostics& diagnostics, std::uint32_t otherwise);

/// Whether a step runs a program instead of sending a request.
bool IsProgram(const YamlEntry& verb);

/// Reads the steps of all flows, whose names must differ: flows, lists and blocks in
/// read_flows.cc, single requests and programs in read_request.cc.
class FlowReader {
 public:
  FlowReader(const FlowContext& context, Diagnostics& diagnostics)
      : defaults_(context.defaults),
        file_name_(context.file_name),
        diagnostics_(diagnostics),
        scope_{context.data, {}, &used_data_} {}

  FlowReader(const FlowReader&) = delete;
  FlowReader& operator=(const FlowReader&) = delete;

  /// Adds the list below `flows:`.
  void ReadFlows(const YamlNode& node, std::vector<Flow>& flows);

  std::vector<Action> ReadSteps(const YamlNode& node, SourceSpan owner);

  /// What is read from here on belongs to one of several scenarios: its steps get its tag.
  void BeginScenario(std::string name);

  /// Names of the data that slots named since the last BeginScenario.
  const std::set<std::string, std::less<>>& used_data() const { return used_data_; }

  /// A flow of this name is there; adds an error when there was one before.
  void TakeFlowName(const std::string& name, SourceSpan span);

 private:
  Flow ReadFlow(const YamlNode& node, std::size_t index);
  void ReadStep(const YamlNode& node, std::vector<Action>& actions);
  bool ReadBlock(const YamlNode& node, std::vector<Action>& actions);
  void ReadRepeat(const YamlNode& node, std::vector<Action>& actions);
  void ReadIf(const YamlNode& node, std::vector<Action>& actions);
  void ReadWhile(const YamlNode& node, std::vector<Action>& actions);
  void ReadBody(const YamlNode& node, std::string_view key, std::vector<Action>& actions);
  void ReadList(const YamlNode& list, std::vector<Action>& actions);
  std::string ReadCondition(const YamlEntry& entry);
  Request ReadRequest(const YamlNode& node, const YamlEntry& verb);
  void ReadProgram(const YamlNode& node, const YamlEntry& verb, std::vector<Action>& actions);
  void CheckKind(const YamlEntry& verb);
  bool ReadMethodAndPath(const YamlEntry& verb, Request& request);
  std::string ReadStepName(const YamlNode& node, const YamlEntry& verb, std::string usual);
  void TakeName(const std::string& name, SourceSpan span);
  void CheckContentLength(const YamlNode& node, const Request& request);
  void CheckSlots(const YamlNode& node, const YamlEntry& verb, Request& request);
  std::vector<Tag> TagsOf(const YamlNode& node);

  const StepDefaults& defaults_;
  std::string_view file_name_;
  Diagnostics& diagnostics_;
  std::set<std::string, std::less<>> used_data_;
  SlotScope scope_;
  std::string scenario_;  // Empty: there is only one.
  std::map<std::string, SourceSpan, std::less<>> step_names_;
  std::map<std::string, SourceSpan, std::less<>> flow_names_;
  std::size_t steps_ = 0;
  std::uint32_t loops_ = 0;   // Around the step that is read.
  std::uint32_t blocks_ = 0;  // The same, with each `if`.
  const YamlEntry* first_verb_ = nullptr;
  bool mixed_ = false;
};

}  // namespace weir::scenarios::internal
