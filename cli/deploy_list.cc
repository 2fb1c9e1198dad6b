#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/wall_time.h"
#include "cli/command.h"
#include "cli/deploy.h"
#include "cli/exit_codes.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "store/deployments.h"
#include "store/history.h"

namespace weir::cli {
namespace {

constexpr std::uint32_t kShownDefault = 20;
constexpr std::uint32_t kShownMax = 1000;

/// A mark that somebody left, or a verdict of a watch.
struct Entry {
  WallTime at{};
  std::string service;
  std::string build;
  std::string what;  ///< The phase of a mark, the name of a verdict.
  std::string by;
  std::string message;
  std::optional<std::int64_t> verdict;
};

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "deploy list";
  spec.usage = "weir deploy list [OPTIONS]";
  spec.about =
      "What the history knows of deployments, newest first: the marks that deploy tools, people\n"
      "and 'weir deploy watch' left, and the verdicts of watches with what they did. A verdict by\n"
      "its number: 'weir gate replay N' gives it again from the seconds that it rests on.";
  spec.examples =
      "  weir deploy list\n"
      "  weir deploy list --service shop -n 5 --json";
  auto add = spec.options.add_options();
  add("service", po::value<std::string>()->value_name("NAME"), "only of this one");
  add("count,n", po::value<std::string>()->value_name("N"), "at most so many; default 20");
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  return spec;
}

Result<std::uint32_t> ParseShown(std::string_view text) {
  const Result<std::uint64_t> count = ParseCount(text);
  if (!count || *count == 0 || *count > kShownMax) {
    return UsageError(fmt::format("it must be 1 to {}", FormatCount(kShownMax)));
  }
  return static_cast<std::uint32_t>(*count);
}

Status AddMarks(const std::string& path, const store::DeploymentFilter& filter,
                std::vector<Entry>& entries) {
  const auto store = store::Deployments::OpenForReading(path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const auto marks = (*store)->List(filter);
  if (!marks) {
    return tl::unexpected(marks.error());
  }
  for (const store::Deployment& mark : *marks) {
    entries.push_back({.at = mark.at,
                       .service = mark.service,
                       .build = mark.build,
                       .what = mark.phase,
                       .by = mark.source,
                       .message = mark.message,
                       .verdict = std::nullopt});
  }
  return {};
}

Status AddVerdicts(const std::string& path, const store::DeploymentFilter& filter,
                   std::vector<Entry>& entries) {
  const auto store = store::Store::OpenForReading(path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  // Most are of gates; those of watches are told by their record.
  return (*store)->VisitVerdicts([&](const store::StoredVerdict& verdict) {
    const auto read = verdict.result.design == "canary" && verdict.record
                          ? ParseWatchInputs(verdict.record->inputs)
                          : std::nullopt;
    if (!read || (filter.service && *filter.service != read->watch.service)) {
      return;
    }
    const GateResult& result = verdict.result;
    entries.push_back({.at = verdict.decided_at,
                       .service = read->watch.service,
                       .build = read->watch.build,
                       .what = std::string(VerdictName(result.verdict)),
                       .by = "weir deploy watch",
                       .message = fmt::format("{}; {}", result.reason, result.action_reason),
                       .verdict = verdict.id});
  });
}

std::string ListJson(const std::vector<Entry>& entries) {
  using Json = nlohmann::ordered_json;
  Json all = Json::array();
  for (const Entry& entry : entries) {
    Json one = {{"at", FormatWallTime(entry.at)},
                {"service", entry.service},
                {"build", entry.build},
                {"what", entry.what},
                {"by", entry.by},
                {"message", entry.message}};
    one["verdict"] = entry.verdict ? Json(*entry.verdict) : Json();
    if (!entry.verdict) {
      one["verdict_reason"] = "a mark, no verdict";
    }
    all.push_back(std::move(one));
  }
  const Json json = {{"schema", "weir.deployments/1"}, {"deployments", std::move(all)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string ListText(const std::vector<Entry>& entries) {
  if (entries.empty()) {
    return "no deployment is known\n";
  }
  std::string text;
  for (const Entry& entry : entries) {
    text += fmt::format(
        "{}  {:<16} {:<12} {:<13} {}{}{}\n", FormatWallTime(entry.at), Printable(entry.service, 60),
        Printable(entry.build, 40), Printable(entry.what, 40),
        entry.verdict ? fmt::format("verdict {}", *entry.verdict) : "by " + Printable(entry.by, 60),
        entry.message.empty() ? "" : ": ", Printable(entry.message, 300));
  }
  return text;
}

Result<int> List(const ParsedFlags& flags) {
  const auto count = ReadFlag<std::uint32_t>(flags, "count", ParseShown, kShownDefault);
  const auto path = StorePath(flags);
  if (!count || !path) {
    return tl::unexpected(count ? path.error() : count.error());
  }
  store::DeploymentFilter filter;
  filter.count = *count;
  if (flags.Has("service")) {
    filter.service = flags.Text("service");
  }
  std::vector<Entry> entries;
  for (const auto& add : {&AddMarks, &AddVerdicts}) {
    if (Status added = add(*path, filter, entries); !added) {
      return tl::unexpected(added.error());
    }
  }
  // What was done at the same moment as the verdict is its consequence and comes after it.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.at > b.at; });
  entries.resize(std::min<std::size_t>(entries.size(), *count));
  if (flags.Has("json")) {
    if (Status written = WriteJson(flags.Text("json"), ListJson(entries)); !written) {
      return tl::unexpected(written.error());
    }
  }
  if (flags.Text("json") != "-") {
    Print(ListText(entries));
  }
  return kExitPass;
}

}  // namespace

int DeployListMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("deploy list", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Result<int> code = List(*flags);
  return code ? *code : Complain("deploy list", code.error());
}

}  // namespace weir::cli
