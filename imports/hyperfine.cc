#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "imports/internal/draft.h"

/// hyperfine --export-json. Each timing is a run of its own with one request: an execution of a
/// program shares nothing with the next, so runs of weir are what it is. Steps: one, called by the
/// scenario. build: the command, unless one is given; then the command names the scenario.
namespace weir::imports::internal {
namespace {

constexpr std::string_view kShape =
    R"(hyperfine --export-json writes {"results": [{"command": ..., "times": [seconds, ...]}]})";

Run RunOf(const ImportSource& source, const std::string& command, double seconds, bool failed,
          WallTime started_at) {
  Draft draft(source, "hyperfine", source.build.empty() ? "" : command);
  if (source.build.empty()) {
    draft.run().plan.build = Printable(command);
  }
  AddRequest(*draft.Step("command"), failed ? Outcome::kFailed : Outcome::kCompleted,
             seconds * 1e9);
  return draft.Finish(started_at, FromSeconds(std::min(seconds, 1e6)));
}

}  // namespace

Result<std::vector<Run>> ReadHyperfine(const ImportSource& source) {
  const Result<nlohmann::json> document = ParseJson(source, kShape);
  if (!document) {
    return tl::unexpected(document.error());
  }
  const nlohmann::json results =
      document->is_object() ? document->value("results", nlohmann::json()) : nlohmann::json();
  if (!results.is_array()) {
    return Wrong(source, 0, "it has no list 'results'", kShape);
  }
  std::vector<Run> runs;
  WallTime at = source.file_time;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const nlohmann::json& result = results[i];
    const std::string command = TextAt(result, "command");
    const auto times = result.is_object() ? result.find("times") : result.end();
    if (command.empty() || times == result.end() || !times->is_array()) {
      return Wrong(source, 0, fmt::format("result {} has no 'command' or no list 'times'", i + 1),
                   kShape);
    }
    const auto codes = result.find("exit_codes");
    for (std::size_t k = 0; k < times->size(); ++k) {
      const nlohmann::json& time = (*times)[k];
      if (!time.is_number() || !(time.get<double>() >= 0)) {
        return Wrong(source, 0,
                     fmt::format("result {}, time {} is {}", i + 1, k + 1, Found(time.dump())),
                     "times are seconds");
      }
      if (runs.size() >= kImportedRunsMax) {
        return Wrong(source, 0, fmt::format("it has more than {} timings", kImportedRunsMax),
                     "import fewer commands at a time");
      }
      const bool failed = codes != result.end() && codes->is_array() && k < codes->size() &&
                          (*codes)[k].is_number() && (*codes)[k].get<double>() != 0;
      runs.push_back(RunOf(source, command, time.get<double>(), failed, at));
      at += runs.back().duration;
    }
  }
  return runs;
}

}  // namespace weir::imports::internal
