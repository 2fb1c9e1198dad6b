#include "cli/selectors.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::cli {
namespace {

constexpr std::string_view kWords = "build:X, run:N, branch:X, tag:X, scenario:X, last:N";

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 15 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Of at most 15 digits, which IsNumber has seen to.
std::int64_t NumberOf(const std::string& digits) {
  return static_cast<std::int64_t>(ParseCount(digits).value_or(0));
}

Status AddWord(store::RunFilter& filter, const std::string& word) {
  const std::size_t colon = word.find(':');
  const std::string key = word.substr(0, colon);
  const std::string value = colon == std::string::npos ? std::string() : word.substr(colon + 1);
  if (colon == std::string::npos) {
    if (word == "last") {
      filter.last = 1;
    } else if (IsNumber(word)) {
      filter.ids.push_back(NumberOf(word));
    } else {
      filter.build = word;
    }
    return {};
  }
  if ((key == "run" || key == "last") && !IsNumber(value)) {
    return UsageError(
        fmt::format("selector '{}' needs a number, for example '{}:5'", Printable(word), key));
  }
  if (key == "build") {
    filter.build = value;
  } else if (key == "branch") {
    filter.branch = value;
  } else if (key == "tag") {
    filter.tag = value;
  } else if (key == "scenario") {
    filter.scenario = value;
  } else if (key == "run") {
    filter.ids.push_back(NumberOf(value));
  } else if (key == "last") {
    filter.last = static_cast<std::size_t>(NumberOf(value));
  } else {
    return UsageError(
        fmt::format("unknown selector '{}'\n  hint: selectors are {}", Printable(word), kWords));
  }
  return {};
}

Result<std::string> WhatThereIs(store::Store& store, const store::RunFilter& filter) {
  store::RunFilter all;
  all.scenario = filter.scenario;
  const Result<std::vector<store::RunHead>> heads = store.ListRuns(all);
  if (!heads) {
    return tl::unexpected(heads.error());
  }
  std::set<std::string> builds;
  for (const store::RunHead& head : *heads) {
    if (head.state == RunState::kComplete && !head.build.empty() && builds.size() < 20) {
      builds.insert(head.build);
    }
  }
  if (builds.empty()) {
    return std::string("no complete run with a build is recorded");
  }
  const std::vector<std::string_view> views(builds.begin(), builds.end());
  if (filter.build) {
    if (const auto nearest = NearestWord(*filter.build, views)) {
      return fmt::format("did you mean build:{}?", *nearest);
    }
  }
  return fmt::format("builds with complete runs: {}", fmt::join(builds, ", "));
}

}  // namespace

Result<store::RunFilter> ParseSelector(std::string_view text) {
  store::RunFilter filter;
  bool any = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" ,"), text.size());
    if (end > 0) {
      if (Status added = AddWord(filter, std::string(text.substr(0, end))); !added) {
        return tl::unexpected(added.error());
      }
      any = true;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!any) {
    return UsageError(fmt::format("a selector is empty\n  hint: selectors are {}", kWords));
  }
  return filter;
}

Result<std::vector<Run>> SelectRuns(store::Store& store, const std::string& selector,
                                    const std::string& scenario) {
  const Result<store::RunFilter> filter = ParseSelector(selector);
  if (!filter) {
    return tl::unexpected(filter.error());
  }
  return SelectRuns(store, *filter, {.selector = selector, .scenario = scenario});
}

Result<std::vector<Run>> SelectRuns(store::Store& store, store::RunFilter filter,
                                    const SelectorWords& words) {
  filter.state = RunState::kComplete;
  if (!words.scenario.empty()) {
    filter.scenario = words.scenario;
  }
  Result<std::vector<Run>> runs = store.LoadRuns(filter);
  if (!runs || !runs->empty()) {
    return runs;
  }
  const Result<std::string> hint = WhatThereIs(store, filter);
  if (!hint) {
    return tl::unexpected(hint.error());
  }
  return UsageError(fmt::format(
      "no complete run matches '{}'{}\n  hint: {}", Printable(words.selector),
      words.scenario.empty() ? "" : " of scenario '" + Printable(words.scenario) + "'", *hint));
}

Result<RunId> SelectRun(store::Store& store, const std::string& selector) {
  Result<store::RunFilter> filter = ParseSelector(selector);
  if (!filter) {
    return tl::unexpected(filter.error());
  }
  filter->last = filter->last.value_or(1);
  const Result<std::vector<store::RunHead>> heads = store.ListRuns(*filter);
  if (!heads) {
    return tl::unexpected(heads.error());
  }
  if (heads->empty()) {
    return UsageError(fmt::format("no run matches '{}'\n  hint: 'weir history' lists the runs",
                                  Printable(selector)));
  }
  return heads->front().id;
}

std::vector<RunId> IdsOf(const std::vector<Run>& runs) {
  std::vector<RunId> ids;
  ids.reserve(runs.size());
  for (const Run& run : runs) {
    ids.push_back(run.id);
  }
  return ids;
}

}  // namespace weir::cli
