#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "scenarios/gate_policy.h"
#include "scenarios/reader.h"

// Whatever the bytes are, there is either a scenario that keeps the promises of scenario.h or an
// error with a text.
namespace {

using weir::scenarios::Flow;
using weir::scenarios::Part;
using weir::scenarios::ReadGatePolicy;
using weir::scenarios::ReadScenario;
using weir::scenarios::Request;
using weir::scenarios::Scenario;

void CheckPromises(const Scenario& scenario) {
  WEIR_CHECK(!scenario.name.empty());
  WEIR_CHECK(!scenario.flows.empty());
  std::size_t flows = 0;
  for (const Part& part : scenario.Parts()) {
    WEIR_CHECK(!part.load.stages.empty());
    WEIR_CHECK(part.start.count() >= 0);
    WEIR_CHECK(part.name.empty() == scenario.parts.empty());
    WEIR_CHECK(part.flow_first == flows);
    WEIR_CHECK(part.flow_count > 0);
    flows += part.flow_count;
  }
  WEIR_CHECK(flows == scenario.flows.size());
  WEIR_CHECK(scenario.load.warm_up < scenario.Duration());
  WEIR_CHECK(!scenario.StepNames().empty());
  WEIR_CHECK(!scenario.LoadInWords().empty());
  for (const Flow& flow : scenario.flows) {
    WEIR_CHECK(flow.weight > 0);
    WEIR_CHECK(!flow.actions.empty());
    for (const auto& action : flow.actions) {
      if (const auto* request = std::get_if<Request>(&action)) {
        WEIR_CHECK(request->path.starts_with('/'));
        // Within slots there may be spaces; what they become is made safe when it is filled in.
        WEIR_CHECK(request->path.find_first_of(request->has_slots ? "\r\n" : "\r\n ") ==
                   std::string::npos);
        WEIR_CHECK(request->timeout.count() > 0);
        for (const auto& header : request->headers) {
          WEIR_CHECK(header.value.find_first_of("\r\n") == std::string::npos);
        }
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto scenario = ReadScenario(text, "fuzz.yaml");
  if (scenario) {
    CheckPromises(*scenario);
  } else {
    WEIR_CHECK(!scenario.error().message.empty());
  }
  const auto policy = ReadGatePolicy(text, "fuzz.yaml");
  WEIR_CHECK(policy.has_value() || !policy.error().message.empty());
  return 0;
}
