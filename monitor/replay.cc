#include "monitor/replay.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/alert_desk.h"
#include "monitor/own_samples.h"
#include "monitor/sources/run_series.h"
#include "monitor/sources/sample_lines.h"
#include "monitor/state_codec.h"
#include "store/deployments.h"
#include "store/finished_runs.h"
#include "store/history.h"

namespace weir::monitor {
namespace {

/// What a source brings, a look at a time.
using Looks = std::map<WallTime, Reading>;

constexpr std::string_view kHistoryBegins = "SQLite format 3";

// What a history says from its time on: a verdict, or what has happened.
struct Note {
  WallTime at{};
  std::optional<StandingVerdict> verdict;
  Happening happening;
};

// The lines of a file, or the runs, verdicts and deployments of a history, given to the sources and
// rules of the configuration.
class Recording {
 public:
  explicit Recording(const MonitorConfig& config)
      : config_(config), looks_(config.sources.size()), last_(config.sources.size()) {}

  Status Load(const std::string& path) {
    std::string begins(kHistoryBegins.size(), '\0');
    std::ifstream(path).read(begins.data(), static_cast<std::streamsize>(begins.size()));
    if (begins == kHistoryBegins) {
      notes_ = std::make_unique<std::vector<Note>>();
      return LoadHistory(path);
    }
    return LoadLines(path);
  }

  const std::vector<Looks>& looks() const { return looks_; }

  const SourceLedger& ledger() const { return ledger_; }

  // Ascending; null: not from a history.
  const std::vector<Note>* notes() const { return notes_.get(); }

  // Ascending, each once.
  std::vector<WallTime> NewsAt() const {
    std::vector<WallTime> all;
    for (std::size_t i = 0; notes_ != nullptr && i < notes_->size(); ++i) {
      if (all.empty() || all.back() < (*notes_)[i].at) {
        all.push_back((*notes_)[i].at);
      }
    }
    return all;
  }

 private:
  Status LoadHistory(const std::string& path) {
    auto store = store::Store::OpenForReading(path);
    auto deployments = store::Deployments::OpenForReading(path);
    auto finished = store::FinishedRuns::OpenForReading(path);
    if (!store || !deployments) {
      return tl::unexpected(store ? deployments.error() : store.error());
    }
    if (!finished) {
      return tl::unexpected(finished.error());
    }
    Status taken = TakeRuns(**store, **finished);
    taken = taken ? TakeVerdicts(**store) : taken;
    taken = taken ? TakeDeployments(**deployments) : taken;
    if (!taken) {
      return taken;
    }
    std::stable_sort(notes_->begin(), notes_->end(),
                     [](const Note& a, const Note& b) { return a.at < b.at; });
    if (ledger_.ingested == 0 && notes_->empty()) {
      return UsageError(fmt::format("{} has no finished run and no verdict", Printable(path, 300)));
    }
    return {};
  }

  Status TakeRuns(store::Store& store, store::FinishedRuns& finished_runs) {
    auto runs = finished_runs.List(kReplayRunsMax);
    if (!runs) {
      return tl::unexpected(runs.error());
    }
    std::sort(runs->begin(), runs->end(), [](const auto& a, const auto& b) {
      return std::tie(a.finished_at, a.id) < std::tie(b.finished_at, b.id);
    });
    RunBoard board;
    std::size_t samples = 0;
    for (const store::FinishedRun& finished : *runs) {
      const Result<Run> run = store.LoadRun(finished.id);
      if (!run) {
        return tl::unexpected(run.error());
      }
      board.Put(*run, finished.finished_at);
      notes_->push_back(
          {.at = finished.finished_at,
           .verdict = {},
           .happening = {
               .is_run = true, .subject = finished.scenario, .at = finished.finished_at}});
      Reading look = board.Look();
      look.past.clear();
      ledger_.Add(look.ledger);
      samples += look.samples.size();
      if (samples > kReplaySamplesMax) {
        return UsageError(
            fmt::format("the runs of the history have more than {} samples", kReplaySamplesMax));
      }
      AddLook(finished.finished_at, look);
    }
    return {};
  }

  // As a source tells them: of two that finished at once, the second comes with a later look.
  void AddLook(WallTime at, const Reading& look) {
    for (std::size_t i = 0; i < looks_.size(); ++i) {
      if (config_.sources[i].kind == SourceKind::kHistory) {
        const WallTime free =
            looks_[i].empty() ? at : looks_[i].rbegin()->first + config_.evaluate_every;
        looks_[i].emplace(std::max(at, free), look);
      }
    }
  }

  Status TakeVerdicts(store::Store& store) {
    auto heads = store.ListVerdictHeads(0, kReplayVerdictsMax);
    if (!heads) {
      return tl::unexpected(heads.error());
    }
    for (auto head = heads->rbegin(); head != heads->rend(); ++head) {
      if (head->scenario.empty() && head->service.empty()) {
        continue;
      }
      notes_->push_back({.at = head->decided_at,
                         .verdict = StandingVerdict{.scenario = head->scenario,
                                                    .service = head->service,
                                                    .build = head->build,
                                                    .verdict = head->verdict,
                                                    .at = head->decided_at,
                                                    .why = head->reason},
                         .happening = {}});
    }
    return {};
  }

  Status TakeDeployments(store::Deployments& deployments) {
    auto marks = deployments.List({.count = store::kDeploymentsKept});
    if (!marks) {
      return tl::unexpected(marks.error());
    }
    for (auto mark = marks->rbegin(); mark != marks->rend(); ++mark) {
      notes_->push_back({.at = mark->at,
                         .verdict = {},
                         .happening = {.is_run = false, .subject = mark->service, .at = mark->at}});
    }
    return {};
  }

  Status LoadLines(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
      return UsageError(
          fmt::format("cannot read {}: is it there, and may you read it?", Printable(path, 300)));
    }
    for (std::string line; std::getline(file, line);) {
      Take(line);
    }
    if (ledger_.ingested == 0) {
      return UsageError(fmt::format(
          "{} has no sample for this monitor ({}); write lines such as {{\"timestamp\": "
          "1700000000, \"source\": \"{}\", \"metric\": \"errors\", \"value\": 1}}",
          Printable(path, 300), Rejections(),
          config_.sources.empty() ? "shop" : Printable(config_.sources.front().name)));
    }
    return {};
  }

  std::string Rejections() const {
    std::string text;
    for (const auto& [reason, count] : ledger_.rejected) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, reason);
    }
    return text.empty() ? "no lines" : "lines refused: " + text;
  }

  std::optional<std::size_t> SourceOf(const LineSample& line) const {
    if (line.source.empty()) {
      return config_.sources.size() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
    }
    const auto found =
        std::find_if(config_.sources.begin(), config_.sources.end(),
                     [&](const SourceSpec& spec) { return spec.name == line.source; });
    return found == config_.sources.end()
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(found - config_.sources.begin()));
  }

  void Take(std::string_view text) {
    auto line = lines_.Read(text);
    if (!line) {
      return ledger_.Reject(std::string(line.error()));
    }
    if (!*line) {
      return;
    }
    LineSample& read = **line;
    const std::optional<std::size_t> source = SourceOf(read);
    if (!source) {
      return ledger_.Reject("unknown_source");
    }
    if (!read.at) {
      return ledger_.Reject("no_time");
    }
    const std::vector<std::string>& queries = config_.sources[*source].queries;
    if (!queries.empty()) {
      const auto query = std::find(queries.begin(), queries.end(), read.query);
      if (query == queries.end()) {
        return ledger_.Reject("unknown_query");
      }
      read.sample.query = static_cast<std::size_t>(query - queries.begin());
    }
    if (last_[*source] && *read.at < *last_[*source]) {
      return ledger_.Reject("out_of_order");
    }
    last_[*source] = *read.at;
    Reading& look = looks_[*source][*read.at];
    const bool has_room = look.samples.size() < Reading::kSamplesMax;
    look.Ingest(std::move(read.sample));
    if (has_room) {
      ++ledger_.offered;
      ++ledger_.ingested;
    } else {
      ledger_.Drop("too_many_samples");
    }
  }

  const MonitorConfig& config_;
  SampleLines lines_;
  std::vector<Looks> looks_;
  std::vector<std::optional<WallTime>> last_;
  SourceLedger ledger_;
  std::unique_ptr<std::vector<Note>> notes_;
};

// What stands at an instant.
class Standing {
 public:
  explicit Standing(const std::vector<Note>* notes) : notes_(notes) {}

  HistoryView At(WallTime at) {
    if (notes_ == nullptr) {
      return {};
    }
    bool changed = false;
    for (; next_ < notes_->size() && (*notes_)[next_].at <= at; ++next_) {
      const Note& note = (*notes_)[next_];
      changed = true;
      if (note.verdict) {
        by_subject_[{note.verdict->scenario, note.verdict->service}] = *note.verdict;
      } else {
        happened_by_[{note.happening.is_run, note.happening.subject}] = note.happening;
      }
    }
    if (changed) {
      verdicts_.clear();
      happened_.clear();
      for (const auto& [subject, verdict] : by_subject_) {
        verdicts_.push_back(verdict);
      }
      for (const auto& [subject, happening] : happened_by_) {
        happened_.push_back(happening);
      }
    }
    return {.known = true, .verdicts = verdicts_, .happened = happened_};
  }

 private:
  const std::vector<Note>* notes_;
  std::size_t next_ = 0;
  std::map<std::pair<std::string, std::string>, StandingVerdict> by_subject_;
  std::map<std::pair<bool, std::string>, Happening> happened_by_;
  std::vector<StandingVerdict> verdicts_;
  std::vector<Happening> happened_;
};

// The monitor at work.
class Player {
 public:
  Player(const MonitorConfig& config, const Recording& recording)
      : config_(config),
        desk_(config),
        looks_(recording.looks()),
        standing_(recording.notes()),
        is_history_(recording.notes() != nullptr) {
    for (const Looks& looks : looks_) {
      next_.push_back(looks.begin());
    }
  }

  ReplayStep Step(WallTime at) {
    std::vector<SourceAge> ages;
    std::vector<SourceView> views;
    started_at_ = started_at_.value_or(at);
    for (std::size_t i = 0; i < looks_.size(); ++i) {
      while (next_[i] != looks_[i].end() && next_[i]->first <= at) {
        ++next_[i];
      }
      const bool any = next_[i] != looks_[i].begin();
      const auto look = any ? std::prev(next_[i]) : looks_[i].end();
      const WallTime good_at = any ? look->first : *started_at_;
      const SourceSpec& spec = config_.sources[i];
      ages.push_back({spec.name, Lasts(spec) ? Nanos(0) : at - good_at});
      views.push_back({.reading = any ? &look->second : nullptr,
                       .at = any ? good_at : WallTime{},
                       .stale = !any || (!Lasts(spec) &&
                                         at - good_at > 2 * spec.timing.interval + spec.timeout)});
    }
    const Reading own = OwnSamples(ages);
    views.push_back({.reading = &own, .at = at, .stale = false});
    store::MonitorChange change = desk_.Step(at, views, standing_.At(at));
    ReplayStep step{.at = at, .alerts = {}, .messages = std::move(change.messages)};
    for (const store::MonitorStateRow& row : change.rows) {
      if (row.kind != store::MonitorStateKind::kAlert) {
        continue;
      }
      if (std::optional<AlertInstance> alert = DecodeAlert(row.value)) {
        step.alerts.push_back(std::move(*alert));
      }
    }
    return step;
  }

 private:
  // The newest runs hold until others come; sources that the history says nothing of are not
  // looked at.
  bool Lasts(const SourceSpec& spec) const {
    return is_history_ || spec.kind == SourceKind::kHistory;
  }

  const MonitorConfig& config_;
  AlertDesk desk_;
  const std::vector<Looks>& looks_;
  Standing standing_;
  const bool is_history_;
  std::vector<Looks::const_iterator> next_;
  std::optional<WallTime> started_at_;
};

}  // namespace

Result<ReplayTotals> Replay(const MonitorConfig& config, const std::string& path,
                            const std::function<void(const ReplayStep&)>& each) {
  Recording recording(config);
  if (Status loaded = recording.Load(path); !loaded) {
    return tl::unexpected(loaded.error());
  }
  ReplayTotals totals;
  totals.ledger = recording.ledger();
  std::optional<WallTime> from;
  for (const Looks& looks : recording.looks()) {
    if (!looks.empty()) {
      from = std::min(from.value_or(looks.begin()->first), looks.begin()->first);
      totals.to = std::max(totals.to, looks.rbegin()->first);
    }
  }
  if (recording.notes() != nullptr && !recording.notes()->empty()) {
    from = std::min(from.value_or(recording.notes()->front().at), recording.notes()->front().at);
    totals.to = std::max(totals.to, recording.notes()->back().at);
  }
  totals.from = *from;
  const auto steps = static_cast<std::uint64_t>((totals.to - totals.from) / config.evaluate_every);
  if (steps > kReplayStepsMax) {
    return UsageError(fmt::format(
        "{} spans {}, which is {} evaluations of 'evaluate_every: {}'; write a longer one",
        Printable(path, 300), FormatAlertSpan(totals.to - totals.from), steps,
        FormatAlertSpan(config.evaluate_every)));
  }
  Player player(config, recording);
  const auto evaluate = [&](WallTime at) {
    const ReplayStep step = player.Step(at);
    ++totals.evaluations;
    totals.messages += step.messages.size();
    for (const AlertInstance& alert : step.alerts) {
      totals.fired += alert.state.fired_at == step.at ? 1U : 0U;
      totals.resolved += alert.state.resolved_at == step.at ? 1U : 0U;
    }
    if (!step.alerts.empty() || !step.messages.empty()) {
      each(step);
    }
  };
  // News of a history is judged at once.
  const std::vector<WallTime> news = recording.NewsAt();
  auto next = news.begin();
  // One more than the span holds, so that the last sample is judged, too.
  for (std::uint64_t i = 0; i <= steps + 1; ++i) {
    const WallTime at = totals.from + static_cast<Nanos::rep>(i) * config.evaluate_every;
    for (; next != news.end() && *next <= at; ++next) {
      if (*next < at) {
        evaluate(*next);
      }
    }
    evaluate(at);
  }
  return totals;
}

}  // namespace weir::monitor
