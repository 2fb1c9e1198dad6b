#include "imports/import.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "imports/internal/draft.h"
#include "imports/run_list.h"

namespace weir::imports {
namespace {

using internal::Wrong;

struct Known {
  ImportFormat format;
  std::string_view name;
  Result<std::vector<Run>> (*read)(const ImportSource& source);
};

Result<std::vector<Run>> ReadList(const ImportSource& source) {
  Result<std::vector<Run>> runs = ReadRunList(source.text, source.path);
  for (std::size_t i = 0; runs && i < runs->size(); ++i) {
    RunPlan& plan = (*runs)[i].plan;
    plan.build = source.build.empty() ? plan.build : source.build;
    plan.scenario = source.scenario.empty() ? plan.scenario : source.scenario;
  }
  return runs;
}

constexpr std::array<Known, 8> kKnown = {
    {{ImportFormat::kRunList, "run-list", ReadList},
     {ImportFormat::kGoogleBenchmark, "google-benchmark", internal::ReadGoogleBenchmark},
     {ImportFormat::kHyperfine, "hyperfine", internal::ReadHyperfine},
     {ImportFormat::kK6, "k6", internal::ReadK6},
     {ImportFormat::kJMeter, "jmeter", internal::ReadJMeter},
     {ImportFormat::kVegeta, "vegeta", internal::ReadVegeta},
     {ImportFormat::kHlog, "hlog", internal::ReadHlog},
     {ImportFormat::kJUnit, "junit", internal::ReadJUnit}}};

const Known& KnownOf(ImportFormat format) {
  return *std::find_if(kKnown.begin(), kKnown.end(),
                       [&](const Known& known) { return known.format == format; });
}

std::string FormatList() {
  std::string list;
  for (const Known& known : kKnown) {
    list += list.empty() ? "" : ", ";
    list += known.name;
  }
  return list;
}

bool Has(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// By members that the format always has and the others never.
std::optional<ImportFormat> DetectJson(std::string_view head) {
  if (Has(head, "\"runs\"") && (Has(head, "\"slot\"") || Has(head, "\"case\""))) {
    return ImportFormat::kRunList;
  }
  if (Has(head, "\"benchmarks\"") || Has(head, "\"library_build_type\"") ||
      Has(head, "\"num_cpus\"")) {
    return ImportFormat::kGoogleBenchmark;
  }
  if (Has(head, "\"exit_codes\"") || (Has(head, "\"results\"") && Has(head, "\"command\""))) {
    return ImportFormat::kHyperfine;
  }
  if (Has(head, "\"latencies\"") || (Has(head, "\"attack\"") && Has(head, "\"latency\""))) {
    return ImportFormat::kVegeta;
  }
  if (Has(head, "\"metrics\"") || Has(head, "\"root_group\"") || Has(head, "\"k6Version\"")) {
    return ImportFormat::kK6;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ImportFormatName(ImportFormat format) {
  return KnownOf(format).name;
}

Result<ImportFormat> ParseImportFormat(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Known& known : kKnown) {
    if (known.name == name) {
      return known.format;
    }
    names.push_back(known.name);
  }
  const auto near = name.size() > 40 ? std::nullopt : NearestWord(name, names);
  return UsageError(
      fmt::format("'{}' is not a format\n  hint: {}formats are {}", Printable(name, 40),
                  near ? fmt::format("did you mean '{}'? ", *near) : "", FormatList()));
}

std::optional<ImportFormat> DetectFormat(std::string_view text) {
  // Members may come in any order: names that a format always has lie near the beginning.
  constexpr std::size_t kLookedAt = 64 * 1024;
  const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  const std::string_view head =
      first == std::string_view::npos ? std::string_view() : text.substr(first, kLookedAt);
  if (head.starts_with('{') || head.starts_with('[')) {
    return DetectJson(head);
  }
  if (head.starts_with("#[") || head.starts_with("Tag=") || Has(head, "\"StartTimestamp\"")) {
    return ImportFormat::kHlog;
  }
  if (head.starts_with('<')) {
    return Has(head, "<testResults") ? std::optional(ImportFormat::kJMeter)
           : Has(head, "<testsuite") || Has(head, "<testcase") ? std::optional(ImportFormat::kJUnit)
                                                               : std::nullopt;
  }
  const std::string_view line = head.substr(0, head.find('\n'));
  if (Has(line, "elapsed") && Has(line, "timeStamp")) {
    return ImportFormat::kJMeter;
  }
  return std::nullopt;
}

Result<std::vector<Run>> ReadImport(const ImportSource& source,
                                    std::optional<ImportFormat> format) {
  if (source.text.size() > kImportBytesMax) {
    return Wrong(source, 0, fmt::format("the file is larger than {}", FormatBytes(kImportBytesMax)),
                 "split it, or sum it up with the tool that made it");
  }
  const std::optional<ImportFormat> found = format ? format : DetectFormat(source.text);
  if (!found) {
    return Wrong(source, 0, "none of the formats that weir reads is recognised in it",
                 fmt::format("name it with --format; formats are {}. Of vegeta's binary results, "
                             "pipe them through 'vegeta encode'",
                             FormatList()));
  }
  Result<std::vector<Run>> runs = KnownOf(*found).read(source);
  if (runs && runs->empty()) {
    return Wrong(source, 0, "there is no result in it",
                 "give a file of a run that measured something");
  }
  return runs;
}

}  // namespace weir::imports
