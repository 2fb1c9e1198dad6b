#include "cli/deploy_desk.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/gate_collect.h"
#include "cli/selectors.h"

namespace weir::cli {
namespace {

using monitor::GateAnswer;
using monitor::GateQuestion;
using monitor::GateState;

// Waivers run out without anybody writing.
constexpr Nanos kKeptFor = std::chrono::seconds(30);

bool IsPlain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("._+-/:@=~").find(c) != std::string_view::npos;
}

// What may stand in a word from the network: names of builds and the like.
Status CheckWord(std::string_view what, std::string_view word) {
  if (!std::all_of(word.begin(), word.end(), IsPlain)) {
    return UsageError(fmt::format("{} '{}' has characters other than letters, digits and ._+-/:@=~",
                                  what, Printable(word, 80)));
  }
  return {};
}

Status CheckSelector(std::string_view what, std::string_view selector) {
  constexpr std::array<std::string_view, 10> kWords = {
      "build", "run",       "branch",    "tag",          "scenario",
      "last",  "last-pass", "last-warn", "last-verdict", "segment"};
  if (selector.size() > DeployDesk::kSelectorMax) {
    return UsageError(fmt::format("{} is too long", what));
  }
  while (!selector.empty()) {
    const std::size_t end = selector.find(' ');
    const std::string_view word = selector.substr(0, end);
    selector.remove_prefix(end == std::string_view::npos ? selector.size() : end + 1);
    const std::string_view key = word.substr(0, word.find(':'));
    if (Status plain = CheckWord(what, word); !plain) {
      return plain;
    }
    if (!word.empty() && std::find(kWords.begin(), kWords.end(), key) == kWords.end()) {
      return UsageError(fmt::format("{} may have the words {}, not '{}'", what,
                                    fmt::join(kWords, ", "), Printable(word, 80)));
    }
  }
  return {};
}

// How things stand before anything can be judged.
GateAnswer NothingYet(const GateQuestion& question, bool in_progress) {
  GateAnswer answer;
  answer.state = in_progress ? GateState::kRunning : GateState::kInconclusive;
  answer.reason = in_progress
                      ? fmt::format("the first run of {} is being recorded", question.candidate)
                      : fmt::format("no complete run of {} is in the history", question.candidate);
  return answer;
}

struct CandidateRuns {
  bool complete = false;
  bool in_progress = false;
};

Result<CandidateRuns> LookForRuns(store::Store& store, const GateQuestion& question) {
  Result<store::RunFilter> filter = ParseSelector(question.candidate);
  if (!filter) {
    return tl::unexpected(filter.error());
  }
  if (!question.scenario.empty() && !filter->scenario) {
    filter->scenario = question.scenario;
  }
  const auto heads = store.ListRuns(*filter);
  if (!heads) {
    return tl::unexpected(heads.error());
  }
  CandidateRuns found;
  for (const store::RunHead& head : *heads) {
    found.complete = found.complete || head.state == RunState::kComplete;
    found.in_progress = found.in_progress || head.in_progress;
  }
  return found;
}

}  // namespace

Result<std::unique_ptr<DeployDesk>> DeployDesk::Create(Options options, const Clock& clock) {
  GateCase gate_case;
  gate_case.policy = options.policy;
  gate_case.waivers = options.waivers;
  const Result<scenarios::GatePolicyFile> file = PolicyOf(gate_case);
  if (!file) {
    return tl::unexpected(file.error());
  }
  if (!file->baseline.empty() && options.baseline.empty()) {
    options.baseline = file->baseline;
  }
  if (options.baseline.empty() && NeedsBaseline(*file)) {
    options.baseline = "last-pass";
  }
  if (options.history.empty()) {
    options.history = file->history;
  }
  return std::unique_ptr<DeployDesk>(new DeployDesk(std::move(options), file->policy, clock));
}

Result<GateQuestion> DeployDesk::Resolve(const GateQuestion& question) const {
  for (const Status& fits :
       {CheckWord("rev", question.rev), CheckSelector("candidate", question.candidate),
        CheckSelector("baseline", question.baseline), CheckWord("scenario", question.scenario)}) {
    if (!fits) {
      return tl::unexpected(fits.error());
    }
  }
  if (question.candidate.empty() && question.rev.empty()) {
    return UsageError("which build is asked about? Give rev (its name) or candidate (a selector)");
  }
  GateQuestion resolved;
  resolved.service = question.service;
  resolved.rev = question.rev;
  resolved.candidate = question.candidate.empty() ? "build:" + question.rev : question.candidate;
  resolved.baseline = question.baseline.empty() ? options_.baseline : question.baseline;
  resolved.scenario = question.scenario.empty() ? options_.scenario : question.scenario;
  if (resolved.candidate.size() > kSelectorMax) {
    return UsageError("rev is too long");
  }
  return resolved;
}

Result<GateAnswer> DeployDesk::Ask(const GateQuestion& question) {
  const Result<GateQuestion> resolved = Resolve(question);
  if (!resolved) {
    return tl::unexpected(resolved.error());
  }
  const std::lock_guard lock(mutex_);
  Result<GateAnswer> answer = Look(*resolved);
  if (!answer && answer.error().kind != ErrorKind::kUsage) {
    // A file that was replaced or mended is another one.
    store_.reset();
    answers_.clear();
  }
  return answer;
}

Result<GateAnswer> DeployDesk::Look(const GateQuestion& question) {
  if (store_ == nullptr) {
    auto opened = store::Store::OpenForReading(options_.store_path);
    if (!opened) {
      return tl::unexpected(opened.error());
    }
    auto changes = store::Deployments::OpenForReading(options_.store_path);
    if (!changes) {
      return tl::unexpected(changes.error());
    }
    store_ = std::move(*opened);
    changes_ = std::move(*changes);
  }
  const Result<std::int64_t> change = changes_->ChangeCount();
  if (!change) {
    return tl::unexpected(change.error());
  }
  const Instant now = clock_.Now();
  if (answers_.size() >= kAnswersMax && answers_.count(question) == 0) {
    answers_.clear();
  }
  const auto found = answers_.find(question);
  if (found != answers_.end() && found->second.change == *change &&
      now - found->second.at < kKeptFor) {
    return found->second.answer;
  }
  Kept kept = found == answers_.end() ? Kept{} : found->second;
  Result<GateAnswer> answer = JudgeAnew(question, kept);
  if (answer) {
    kept.change = *change;
    kept.at = now;
    kept.answer = *answer;
    answers_[question] = std::move(kept);
  }
  return answer;
}

Result<GateAnswer> DeployDesk::JudgeAnew(const GateQuestion& question, Kept& kept) {
  const Result<CandidateRuns> runs = LookForRuns(*store_, question);
  if (!runs) {
    return tl::unexpected(runs.error());
  }
  if (!runs->complete) {
    kept.content.clear();
    return NothingYet(question, runs->in_progress);
  }
  GateCase gate_case;
  gate_case.policy = options_.policy;
  gate_case.waivers = options_.waivers;
  gate_case.candidate.selector = question.candidate;
  gate_case.baseline.selector = question.baseline;
  gate_case.history.selector = options_.history;
  gate_case.decided_at = clock_.WallNow();
  if (Status found = CollectCase(*store_, question.scenario, policy_, gate_case); !found) {
    return tl::unexpected(found.error());
  }
  GateAnswer answer = kept.answer;
  if (std::string content = ContentOf(gate_case); content != kept.content) {
    Result<GateResult> result = Judge(gate_case);
    if (!result) {
      return tl::unexpected(result.error());
    }
    answer = {.state = monitor::StateOf(*result),
              .reason = result->action_reason.empty() ? result->reason : result->action_reason,
              .result = *result,
              .verdict = std::nullopt};
    const Result<std::int64_t> id = RecordCase(options_.store_path, gate_case, *result);
    if (!id) {
      return tl::unexpected(id.error());
    }
    answer.verdict = *id;
    kept.content = std::move(content);
    if (options_.judged) {
      options_.judged(question, answer, gate_case.decided_at);
    }
  } else {
    answer.state = monitor::StateOf(*answer.result);
  }
  if (answer.state == GateState::kInconclusive && runs->in_progress) {
    answer.state = GateState::kRunning;
  }
  return answer;
}

// Complete runs never change, so their numbers stand for them.
std::string DeployDesk::ContentOf(const GateCase& gate_case) const {
  std::string content;
  for (const GateSide* side : {&gate_case.candidate, &gate_case.baseline, &gate_case.history}) {
    for (const Run& run : side->runs) {
      content += fmt::format("{} ", run.id);
    }
    content += "/ ";
  }
  const auto holding =
      std::count_if(policy_.waivers.begin(), policy_.waivers.end(),
                    [&](const Waiver& waiver) { return waiver.until > gate_case.decided_at; });
  return content + fmt::format("waivers {}", holding);
}

}  // namespace weir::cli
