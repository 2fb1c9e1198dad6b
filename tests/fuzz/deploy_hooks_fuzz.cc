#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "monitor/deploy_hooks.h"

// Whatever a deploy tool, or somebody who claims to be one, posts to a hook: there is a call that
// keeps the promises of its header, or an error that the caller may be told.
namespace {

using weir::monitor::HookCall;
using weir::monitor::kHookTextMax;
using weir::monitor::MarkCall;

void CheckError(const weir::Error& error) {
  WEIR_CHECK(error.kind == weir::ErrorKind::kUsage);
  WEIR_CHECK(!error.message.empty());
}

void CheckShort(const std::string& text) {
  WEIR_CHECK(text.size() <= kHookTextMax);
}

void CheckHook(std::string_view body) {
  const weir::Result<HookCall> call = weir::monitor::ReadHookCall(body);
  if (!call) {
    return CheckError(call.error());
  }
  WEIR_CHECK(!call->name.empty());
  WEIR_CHECK(!call->question.service.empty());
  for (const std::string* text :
       {&call->name, &call->name_space, &call->phase, &call->checksum, &call->event_message,
        &call->event_type, &call->question.rev, &call->question.candidate, &call->question.baseline,
        &call->question.scenario}) {
    CheckShort(*text);
  }
}

void CheckMark(std::string_view body) {
  const weir::Result<MarkCall> call = weir::monitor::ReadMarkCall(body);
  if (!call) {
    return CheckError(call.error());
  }
  WEIR_CHECK(!call->service.empty());
  WEIR_CHECK(!call->phase.empty());
  for (const std::string* text : {&call->service, &call->build, &call->phase, &call->message}) {
    CheckShort(*text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  CheckHook(body);
  CheckMark(body);
  return 0;
}
