#pragma once

#include <string_view>

namespace weir::scenarios {

/// The JSON schema (draft 2020-12) of scenario files, for editors: keys, their forms and what they
/// mean. What only the whole file can tell (names that exist, stages of one kind) is left to
/// ReadScenario. Its keys are compared with those that ReadScenario knows in
/// tests/scenarios/schema_test.cc.
std::string_view ScenarioSchema();

}  // namespace weir::scenarios
