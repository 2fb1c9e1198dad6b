#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "imports/gbench_report.h"
#include "imports/import.h"

// Whatever the bytes are, and whichever tool they are taken to come from, there are runs that add
// up or an error with a text.
namespace {

using weir::Run;
using weir::imports::ImportFormat;

void CheckError(const weir::Error& error) {
  WEIR_CHECK(error.kind == weir::ErrorKind::kUsage);
  WEIR_CHECK(!error.message.empty());
}

void CheckRun(const Run& run) {
  WEIR_CHECK(!run.plan.scenario.empty());
  WEIR_CHECK(run.plan.steps.size() <= weir::imports::kStepsMax);
  WEIR_CHECK(run.duration >= weir::Nanos(0));
  for (const weir::StepRecord& record : run.totals) {
    WEIR_CHECK(record.step < run.plan.steps.size());
    WEIR_CHECK(record.counts.Balanced());
  }
  for (const weir::TargetMetric& metric : run.target_metrics) {
    WEIR_CHECK(std::isfinite(metric.last));
  }
}

void CheckImport(std::string_view text, std::optional<ImportFormat> format) {
  const weir::imports::ImportSource source = {.path = "fuzz", .text = text};
  const weir::Result<std::vector<Run>> runs = weir::imports::ReadImport(source, format);
  if (!runs) {
    return CheckError(runs.error());
  }
  WEIR_CHECK(!runs->empty());
  WEIR_CHECK(runs->size() <= weir::imports::kImportedRunsMax);
  for (const Run& run : *runs) {
    CheckRun(run);
  }
}

void CheckBenchmarks(std::string_view text) {
  const weir::Result<Run> run = weir::imports::ReadGoogleBenchmark(text, "fuzz");
  if (!run) {
    return CheckError(run.error());
  }
  WEIR_CHECK(!run->measurements.empty());
  for (const weir::Measurement& measurement : run->measurements) {
    WEIR_CHECK(measurement.step < run->plan.steps.size());
    WEIR_CHECK(!measurement.values.empty());
    for (const double value : measurement.values) {
      WEIR_CHECK(std::isfinite(value));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckImport(text, std::nullopt);
  for (const ImportFormat format :
       {ImportFormat::kRunList, ImportFormat::kGoogleBenchmark, ImportFormat::kHyperfine,
        ImportFormat::kK6, ImportFormat::kJMeter, ImportFormat::kVegeta, ImportFormat::kHlog,
        ImportFormat::kJUnit}) {
    CheckImport(text, format);
  }
  CheckBenchmarks(text);
  return 0;
}
