#include <utility>

#include <fmt/core.h>

#include "base/text.h"
#include "cli/duet.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "reports/verdict_json.h"
#include "reports/verdict_text.h"
#include "scenarios/gate_policy.h"
#include "store/history.h"

namespace weir::cli {

Result<std::optional<GatePolicy>> ReadDuetPolicy(const ParsedFlags& flags) {
  if (!flags.Has("policy")) {
    return std::optional<GatePolicy>();
  }
  Result<scenarios::GatePolicyFile> file = scenarios::ReadGatePolicyFile(flags.Text("policy"));
  if (!file) {
    return tl::unexpected(file.error());
  }
  return std::optional(std::move(file->policy));
}

Result<std::string> ReadDuetStore(const ParsedFlags& flags) {
  return flags.Has("no-store") ? std::string() : StorePath(flags);
}

Status StoreVerdict(const std::string& path, const GateResult& result, WallTime now) {
  auto store = store::Store::OpenForWriting(path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const auto id = (*store)->AppendVerdict(result, now);
  return id ? Status() : Status(tl::unexpected(id.error()));
}

Status SayDuet(const ParsedFlags& flags, const GateResult& result, std::size_t pairs) {
  if (flags.Has("json")) {
    if (Status written = WriteJson(flags.Text("json"), reports::VerdictJson(result)); !written) {
      return written;
    }
  }
  if (!flags.Has("quiet") && flags.Text("json") != "-") {
    fmt::print("{} pairs\n", FormatCount(pairs));
    Print(reports::RenderVerdictText(result, TerminalOptions()));
  }
  return {};
}

}  // namespace weir::cli
