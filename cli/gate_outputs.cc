#include "cli/gate_outputs.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/core.h>

#include "base/text.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "reports/ci_outputs.h"

namespace weir::cli {
namespace {

constexpr std::size_t kStepSummaryBytesMax = 1024 * 1024;

Status AppendStepSummary(std::string text) {
  const char* path = std::getenv("GITHUB_STEP_SUMMARY");
  if (path == nullptr || *path == '\0') {
    return {};
  }
  std::error_code missing;
  const std::uintmax_t there = std::filesystem::file_size(path, missing);
  const std::size_t taken = missing ? 0 : static_cast<std::size_t>(there);
  if (taken + text.size() + 1 > kStepSummaryBytesMax) {
    // GitHub drops a summary that is too long as a whole.
    const std::string rest = "\nweir gate: the summary of this step is full\n";
    const std::size_t room =
        taken + rest.size() < kStepSummaryBytesMax ? kStepSummaryBytesMax - taken - rest.size() : 0;
    if (room == 0) {
      return {};
    }
    text = text.substr(0, text.rfind('\n', room)) + rest;
  }
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file << text << "\n";
  file.flush();
  if (!file) {
    return Unavailable(
        fmt::format("cannot append to '{}', which $GITHUB_STEP_SUMMARY names", Printable(path)));
  }
  return {};
}

std::string ScenarioOf(const ParsedFlags& flags, std::span<const Run> candidate) {
  return candidate.empty() ? flags.Text("scenario") : candidate.front().plan.scenario;
}

}  // namespace

void AddGateOutputFlags(po::options_description& options) {
  auto add = options.add_options();
  const auto file = [] { return po::value<std::string>()->value_name("FILE"); };
  add("junit", file(), "write the checks as JUnit XML (GitLab, Jenkins)");
  add("github", "annotations for GitHub Actions, and its step summary");
  add("markdown", file(), "write a comment for a merge request; its first line is a marker");
  add("gitlab-load-performance", file(), "write GitLab's load_performance report");
  add("gitlab-metrics", file(), "write GitLab's metrics report (OpenMetrics)");
}

Status WriteGateOutputs(const ParsedFlags& flags, const GateResult& result,
                        std::span<const Run> candidate) {
  const std::string scenario = ScenarioOf(flags, candidate);
  Status done;
  const auto write = [&](const char* flag, const auto& render) {
    if (done && flags.Has(flag)) {
      done = WriteFile(flags.Text(flag), render());
    }
  };
  write("junit", [&] { return reports::JUnitXml(result, scenario); });
  write("markdown", [&] { return reports::VerdictMarkdown(result, scenario); });
  write("gitlab-load-performance", [&] { return reports::GitLabLoadPerformance(candidate); });
  write("gitlab-metrics", [&] { return reports::GitLabMetrics(result, scenario); });
  if (done && flags.Has("github")) {
    Print(reports::GitHubAnnotations(result));
    done = AppendStepSummary(reports::VerdictMarkdown(result, scenario));
  }
  return done;
}

void WriteGateError(const ParsedFlags& flags, const Error& error) {
  if (flags.Has("junit")) {
    // The error itself is what is told; that its file could not be written, too, adds nothing.
    const Status written = WriteFile(flags.Text("junit"),
                                     reports::JUnitErrorXml(error.message, flags.Text("scenario")));
    static_cast<void>(written);
  }
  if (flags.Has("github")) {
    Print(fmt::format("::error title=weir gate::{}\n", Printable(error.message, 1000)));
  }
}

}  // namespace weir::cli
