#include "cli/baseline.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "analysis/segment.h"
#include "base/text.h"
#include "cli/git.h"
#include "cli/selectors.h"

namespace weir::cli {
namespace {

constexpr std::size_t kCommitsMax = 100;
// More runs of one level add little and cost time.
constexpr std::size_t kSegmentRunsMax = 30;
// Abbreviated hashes shorter than this may mean several commits.
constexpr std::size_t kHashPrefixMin = 7;
constexpr std::uint64_t kVerdictsMax = 1'000;

/// How the runs are found, beside what the plain words demand.
enum class Way : std::uint8_t { kPlain, kVerdicts, kMergeBase, kSegment };

struct Request {
  Way way = Way::kPlain;
  Verdict worst = Verdict::kPass;
  std::size_t verdicts = 1;
  std::string branch = "main";
  store::RunFilter filter;
};

struct VerdictWord {
  std::string_view word;
  Verdict worst;
};

constexpr std::array<VerdictWord, 3> kVerdictWords = {{{"last-pass", Verdict::kPass},
                                                       {"last-warn", Verdict::kWarn},
                                                       {"last-verdict", Verdict::kFail}}};

/// The way that a word names; no value when it names none.
Result<std::optional<Request>> ReadWay(const std::string& word) {
  const std::size_t colon = word.find(':');
  const std::string key = word.substr(0, colon);
  const std::string value = colon == std::string::npos ? std::string() : word.substr(colon + 1);
  Request request;
  if (word == "segment") {
    request.way = Way::kSegment;
    return request;
  }
  if (key == "merge-base") {
    request.way = Way::kMergeBase;
    request.branch = colon == std::string::npos ? "main" : value;
    return request;
  }
  const auto* known = std::find_if(kVerdictWords.begin(), kVerdictWords.end(),
                                   [&](const VerdictWord& each) { return each.word == key; });
  if (known == kVerdictWords.end()) {
    return std::optional<Request>();
  }
  request.way = Way::kVerdicts;
  request.worst = known->worst;
  const Result<std::uint64_t> count = ParseCount(colon == std::string::npos ? "1" : value);
  if (!count || *count == 0 || *count > kVerdictsMax) {
    return UsageError(fmt::format("selector '{}' needs a number from 1 to {}, for example '{}:3'",
                                  Printable(word), kVerdictsMax, key));
  }
  request.verdicts = *count;
  return request;
}

Result<Request> ReadRequest(const std::string& selector) {
  Request request;
  std::string plain;
  for (std::size_t at = 0; at < selector.size();) {
    const std::size_t end = std::min(selector.find_first_of(" ,", at), selector.size());
    const std::string word = selector.substr(at, end - at);
    at = end + 1;
    const Result<std::optional<Request>> way = ReadWay(word);
    if (!way) {
      return tl::unexpected(way.error());
    }
    if (!*way) {
      plain += word + " ";
    } else if (request.way != Way::kPlain) {
      return UsageError(
          fmt::format("'{}' is a second way to find the baseline\n  hint: write one "
                      "of last-pass, last-warn, last-verdict, merge-base, segment",
                      Printable(word)));
    } else {
      request = **way;
    }
  }
  if (request.way == Way::kPlain || plain.find_first_not_of(' ') != std::string::npos) {
    const Result<store::RunFilter> filter = ParseSelector(plain);
    if (!filter) {
      return tl::unexpected(filter.error());
    }
    request.filter = *filter;
  }
  return request;
}

Result<Baseline> Load(store::Store& store, const store::RunFilter& filter, Baseline baseline) {
  Result<std::vector<Run>> runs = store.LoadRuns(filter);
  if (!runs) {
    return tl::unexpected(runs.error());
  }
  baseline.runs = std::move(*runs);
  return baseline;
}

Result<Baseline> FromVerdicts(store::Store& store, const Request& request) {
  const Result<std::vector<RunId>> ids =
      store.JudgedRuns({.worst = request.worst,
                        .verdicts = request.verdicts,
                        .scenario = request.filter.scenario.value_or(""),
                        .except = request.filter.except});
  if (!ids) {
    return tl::unexpected(ids.error());
  }
  if (ids->empty()) {
    return Baseline{.runs = {},
                    .notes = {request.worst == Verdict::kPass
                                  ? "no verdict of the past is a pass, so there is no baseline yet"
                                  : "no verdict of the past is good enough to be a baseline"}};
  }
  store::RunFilter filter = request.filter;
  filter.ids = *ids;
  return Load(store, filter, {});
}

bool IsCommit(const std::string& build, const std::string& hash) {
  return build.size() >= kHashPrefixMin && hash.starts_with(build);
}

Result<Baseline> FromMergeBase(store::Store& store, const Request& request) {
  const Result<std::vector<std::string>> commits = MergeBaseAndBefore(request.branch, kCommitsMax);
  if (!commits) {
    return tl::unexpected(commits.error());
  }
  const Result<std::vector<store::RunHead>> heads = store.ListRuns(request.filter);
  if (!heads) {
    return tl::unexpected(heads.error());
  }
  for (std::size_t behind = 0; behind < commits->size(); ++behind) {
    const std::string& hash = (*commits)[behind];
    store::RunFilter filter = request.filter;
    for (const store::RunHead& head : *heads) {
      if (IsCommit(head.build, hash)) {
        filter.ids.push_back(head.id);
      }
    }
    if (filter.ids.empty()) {
      continue;
    }
    std::string note = fmt::format("the baseline is commit {}, the merge base of HEAD and '{}'",
                                   hash.substr(0, 12), Printable(request.branch));
    if (behind > 0) {
      note = fmt::format(
          "the merge base of HEAD and '{}' has no runs; the baseline is commit {}, "
          "{} before it",
          Printable(request.branch), hash.substr(0, 12), behind);
    }
    return Load(store, filter, {.runs = {}, .notes = {std::move(note)}});
  }
  return UsageError(fmt::format(
      "no complete run has a build that is the merge base of HEAD and '{}' ({}) or one of the {} "
      "commits before it\n  hint: record runs of that branch with --build $(git rev-parse HEAD)",
      Printable(request.branch), commits->front().substr(0, 12), commits->size() - 1));
}

Result<Baseline> FromSegment(store::Store& store, const Request& request) {
  store::RunFilter filter = request.filter;
  filter.last = {};
  Result<std::vector<store::RunHead>> heads = store.ListRuns(filter);
  if (!heads || heads->empty()) {
    return heads ? Result<Baseline>(UsageError(
                       "there is no complete run to find a segment in\n"
                       "  hint: record runs of the baseline first; 'weir history' lists them"))
                 : Result<Baseline>(tl::unexpected(heads.error()));
  }
  std::reverse(heads->begin(), heads->end());
  std::vector<Series> metrics(2);
  metrics[0].name = "p50";
  metrics[1].name = "p99";
  const auto value = [](const std::optional<std::uint64_t>& ns) {
    return ns ? static_cast<double>(*ns) : std::numeric_limits<double>::quiet_NaN();
  };
  for (const store::RunHead& head : *heads) {
    metrics[0].values.push_back(value(head.response_p50_ns));
    metrics[1].values.push_back(value(head.response_p99_ns));
  }
  const analysis::Segment segment = analysis::NewestSegment(metrics);
  filter.last = request.filter.last.value_or(kSegmentRunsMax);
  for (std::size_t i = segment.first; i < heads->size(); ++i) {
    filter.ids.push_back((*heads)[i].id);
  }
  Baseline baseline;
  baseline.notes.push_back(
      segment.moved.empty()
          ? fmt::format("no change point in {} runs: the baseline is the newest {} of them",
                        heads->size(), std::min(*filter.last, heads->size()))
          : fmt::format("{} moved at run {}: the baseline is from there on", segment.moved,
                        (*heads)[segment.first].id));
  baseline.notes.insert(baseline.notes.end(), segment.warnings.begin(), segment.warnings.end());
  return Load(store, filter, std::move(baseline));
}

}  // namespace

Result<Baseline> SelectBaseline(store::Store& store, const std::string& selector,
                                const std::string& scenario, std::span<const Run> candidate) {
  Result<Request> request = ReadRequest(selector);
  if (!request) {
    return tl::unexpected(request.error());
  }
  store::RunFilter& filter = request->filter;
  const bool named = filter.build || !filter.ids.empty();
  if (!named) {
    for (const Run& run : candidate) {
      filter.except.push_back(run.id);
    }
  }
  if (request->way == Way::kPlain) {
    Result<std::vector<Run>> runs = SelectRuns(store, filter, {selector, scenario});
    return runs ? Result<Baseline>(Baseline{.runs = std::move(*runs), .notes = {}})
                : Result<Baseline>(tl::unexpected(runs.error()));
  }
  filter.state = RunState::kComplete;
  if (!filter.scenario) {
    filter.scenario =
        !scenario.empty() || candidate.empty() ? scenario : candidate.front().plan.scenario;
  }
  switch (request->way) {
    case Way::kVerdicts:
      return FromVerdicts(store, *request);
    case Way::kMergeBase:
      return FromMergeBase(store, *request);
    case Way::kPlain:
    case Way::kSegment:
      break;
  }
  return FromSegment(store, *request);
}

}  // namespace weir::cli
