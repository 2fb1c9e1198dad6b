#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/record_sink.h"
#include "base/result.h"
#include "base/run.h"
#include "cli/flags.h"
#include "loadgen/engine.h"
#include "loadgen/script/wrk_script.h"
#include "scenarios/scenario.h"

/// `weir run --wrk-script`: what the flags say, and what `done` is told.
namespace weir::cli {

/// Adds `--wrk-script`.
void AddScriptFlag(po::options_description& options);

/// Null without --wrk-script. Else `words` are a URL and what the script is given; `scenario` and
/// `engine` become those of the script: its connections carry as many requests as it sends in one
/// go. Errors: kUsage, with the flag in front, and as WrkScript::Load.
Result<std::unique_ptr<loadgen::WrkScript>> ReadScript(const ParsedFlags& flags,
                                                       const std::vector<std::string>& words,
                                                       const scenarios::Target& target,
                                                       scenarios::Scenario& scenario,
                                                       loadgen::EngineOptions& engine);

/// Passes everything on, and keeps what `done` is told beside the sums.
class ScriptRates final : public RecordSink {
 public:
  explicit ScriptRates(RecordSink& next) : next_(next) {}

  void OnSecond(const SecondRecord& record) override;

  void OnResources(const ResourceSample& sample) override { next_.OnResources(sample); }

  RecordSink& next() const { return next_; }

  /// Requests that were answered, second by second.
  const std::vector<std::uint64_t>& answered() const { return answered_; }

 private:
  RecordSink& next_;
  std::vector<std::uint64_t> answered_;
};

/// What `done` of a script with so many threads is told of `run`.
loadgen::ScriptRun ScriptRunOf(const Run& run, const ScriptRates& rates, std::uint32_t threads);

}  // namespace weir::cli
