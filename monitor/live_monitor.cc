#include "monitor/live_monitor.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/live_report.h"
#include "monitor/own_samples.h"

namespace weir::monitor {
namespace {

// How soon a verdict, a deployment or a run is noticed; each time costs microseconds.
constexpr Nanos kNewsEvery = std::chrono::milliseconds(50);

std::vector<SourceView> ViewsOf(const Crew& crew, const std::vector<SourceStatus>& statuses,
                                Instant now, WallTime at) {
  std::vector<SourceView> views;
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const WallTime came_at = statuses[i].good_at_wall.value_or(WallTime{});
    // A look from before the clock was set back has no time that could be compared.
    views.push_back({.reading = statuses[i].last_good.get(),
                     .at = came_at,
                     .stale = came_at > at || statuses[i].Stale(crew.pollers[i]->spec(), now)});
  }
  return views;
}

}  // namespace

Result<std::unique_ptr<LiveMonitor>> LiveMonitor::Start(MonitorConfig config,
                                                        const std::string& store_path,
                                                        const Parts& parts) {
  auto book = store::MonitorBook::OpenForWriting(store_path);
  if (!book) {
    return tl::unexpected(book.error());
  }
  auto alerts = (*book)->LoadState(store::MonitorStateKind::kAlert);
  auto groups = (*book)->LoadState(store::MonitorStateKind::kGroup);
  auto forecasts = (*book)->LoadState(store::MonitorStateKind::kForecasts);
  if (!alerts || !groups || !forecasts) {
    return tl::unexpected(!alerts ? alerts.error() : !groups ? groups.error() : forecasts.error());
  }
  StoredMonitor stored{.alerts = std::move(*alerts), .groups = std::move(*groups)};
  for (const store::MonitorStateKind kind : kRestOfMonitor) {
    const auto rows = (*book)->LoadState(kind);
    if (!rows) {
      return tl::unexpected(rows.error());
    }
    stored.rest.insert(stored.rest.end(), rows->begin(), rows->end());
  }
  std::unique_ptr<LiveMonitor> monitor(new LiveMonitor(std::move(*book), store_path, parts));
  auto crew = monitor->maker_.Make(std::move(config), Crew());
  if (!crew) {
    return tl::unexpected(crew.error());
  }
  monitor->desk_ = std::make_unique<AlertDesk>((*crew)->config);
  stored.forecasts = std::move(*forecasts);
  monitor->desk_->Restore(stored);
  monitor->meters_.TakeOver(Crew(), **crew);
  monitor->crew_ = std::move(*crew);
  monitor->config_at_ = parts.clock.WallNow();
  monitor->thread_ = std::thread([self = monitor.get()] { self->Work(); });
  return monitor;
}

LiveMonitor::LiveMonitor(std::unique_ptr<store::MonitorBook> book, const std::string& store_path,
                         const Parts& parts)
    : parts_(parts),
      store_path_(store_path),
      book_(std::move(book)),
      maker_({.book = book_,
              .store_path = store_path_,
              .clock = parts.clock,
              .log = parts.log,
              .seed = parts.seed}),
      started_at_(parts.clock.Now()),
      started_at_wall_(parts.clock.WallNow()),
      scribe_(book_, parts.log),
      gate_reader_(store_path) {}

Status LiveMonitor::Reload(MonitorConfig config) {
  const std::shared_ptr<const Crew> before = crew();
  auto made = maker_.Make(std::move(config), *before);
  if (!made) {
    return tl::unexpected(made.error());
  }
  {
    const std::lock_guard step(step_mutex_);
    const std::lock_guard lock(desk_mutex_);
    TakeUpHistory(*before);
    auto desk = std::make_unique<AlertDesk>((*made)->config);
    desk->TakeOver(std::move(*desk_));
    desk_ = std::move(desk);
    meters_.TakeOver(*crew_, **made);
    crew_ = *made;
    scribe_.ChannelsChanged();
  }
  // All are told before one is waited for: with the last of `before`, at the end of this.
  StopLeaving(*before, **made);
  return {};
}

void LiveMonitor::NoteReload(std::string_view trouble) {
  const std::lock_guard lock(mutex_);
  // The rest of it points into the file.
  reload_trouble_ = trouble.substr(0, trouble.find('\n'));
  config_at_ = reload_trouble_.empty() ? parts_.clock.WallNow() : config_at_;
}

std::shared_ptr<const Crew> LiveMonitor::crew() const {
  const std::lock_guard lock(desk_mutex_);
  return crew_;
}

std::shared_ptr<RumIntake> LiveMonitor::rum() {
  return crew()->rum;
}

std::shared_ptr<OtlpIntake> LiveMonitor::otlp() {
  return crew()->otlp;
}

LiveMonitor::~LiveMonitor() {
  Stop();
}

void LiveMonitor::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  const std::shared_ptr<const Crew> last = crew();
  if (last == nullptr) {
    return;
  }
  for (const auto& poller : last->pollers) {
    poller->Stop();
  }
  if (last->history != nullptr) {
    last->history->Stop();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
  for (const auto& courier : last->couriers) {
    courier->Stop();
  }
}

bool LiveMonitor::WaitUntil(Instant at) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, at - parts_.clock.Now(), [this] { return stopping_; });
}

void LiveMonitor::Work() {
  Instant next = parts_.clock.Now();
  do {
    Evaluate();
    const Nanos every = crew()->config.evaluate_every;
    if (const Instant now = parts_.clock.Now(); now >= next) {
      next += ((now - next) / every + 1) * every;
    }
  } while (AwaitNext(next));
}

// Earlier when the history has news for a rule. False: it stops.
bool LiveMonitor::AwaitNext(Instant next) {
  while (crew()->asks_history) {
    const Instant soon = std::min(next, parts_.clock.Now() + kNewsEvery);
    if (!WaitUntil(soon)) {
      return false;
    }
    if (soon == next) {
      return true;
    }
    const std::lock_guard step(step_mutex_);
    if (HearGates()) {
      return true;
    }
  }
  return WaitUntil(next);
}

// Others write to the history through connections of their own; when they have, what people say may
// have changed.
void LiveMonitor::HearPeople() {
  const auto changes = book_.With([](store::MonitorBook& book) { return book.ChangeCount(); });
  if (!changes || heard_ == *changes) {
    return;
  }
  Result<AlertBook> said = book_.With([](store::MonitorBook& book) { return LoadSaid(book); });
  if (!said) {
    return;
  }
  heard_ = *changes;
  const std::lock_guard lock(desk_mutex_);
  desk_->Hear(std::move(*said));
}

// Others may write to the history all the time, as those that record runs do: what has not changed
// costs microseconds, and of verdicts only new ones are read.
bool LiveMonitor::HearGates() {
  std::optional<GateNews> news = gate_reader_.ReadIfChanged();
  if (!news) {
    return false;
  }
  const std::lock_guard lock(desk_mutex_);
  if (!news->trouble.empty()) {
    gates_version_ += news->trouble != gates_.trouble ? 1U : 0U;
    gates_.trouble = std::move(news->trouble);
    return false;
  }
  const bool is_new = news->standing != gates_.standing || news->happened != gates_.happened;
  // The history changes with all that the monitor itself writes.
  if (news->verdicts != gates_.verdicts || news->deployments != gates_.deployments ||
      !gates_.trouble.empty()) {
    ++gates_version_;
    ++trends_version_;
  }
  gates_ = std::move(*news);
  return is_new;
}

WallTime LiveMonitor::FollowClock() {
  const Instant now = parts_.clock.Now();
  const auto [at, set_back] = wall_.Follow(now, parts_.clock.WallNow(), [this] {
    const std::lock_guard lock(desk_mutex_);
    return desk_->Latest();
  });
  if (set_back > Nanos(0)) {
    parts_.log(
        fmt::format("the clock was set back by {}; engines learn anew", FormatDuration(set_back)));
    const std::lock_guard lock(desk_mutex_);
    desk_->ClockSetBack(set_back);
    meters_.Forget();
  }
  return at;
}

void LiveMonitor::Evaluate() {
  const std::lock_guard step(step_mutex_);
  const std::shared_ptr<const Crew> crew = this->crew();
  HearPeople();
  HearGates();
  const Instant now = parts_.clock.Now();
  std::vector<SourceStatus> statuses;
  std::vector<SourceAge> ages;
  for (const auto& poller : crew->pollers) {
    statuses.push_back(poller->status());
    ages.push_back({poller->spec().name, now - statuses.back().good_at.value_or(started_at_)});
  }
  // After what came, which so cannot be later.
  const WallTime at = FollowClock();
  std::vector<SourceView> views = ViewsOf(*crew, statuses, now, at);
  const Reading own = OwnSamples(ages);
  views.push_back({.reading = &own, .at = at, .stale = false});
  store::MonitorChange change;
  {
    const std::lock_guard lock(desk_mutex_);
    TakeUpHistory(*crew);
    change = desk_->Step(at, views,
                         {.known = gates_.trouble.empty(),
                          .verdicts = gates_.standing,
                          .happened = gates_.happened});
    ++evaluations_;
    evaluation_took_ = parts_.clock.Now() - now;
    const std::uint64_t tracks = desk_->engine().tracks_version();
    if (std::exchange(tracks_seen_, tracks) != tracks) {
      ++trends_version_;
    }
    trends_version_ += meters_.Take(*crew, statuses, parts_.clock.Now(), at);
  }
  const bool has_messages = scribe_.Write(std::move(change), [this] {
    const std::lock_guard lock(desk_mutex_);
    return desk_->Whole();
  });
  for (const auto& courier : crew->couriers) {
    if (has_messages) {
      courier->Wake();
    }
  }
  scribe_.GiveUpStrays(crew->config.channels, now, at);
  {
    const std::lock_guard lock(mutex_);
    ++evaluated_;
  }
  changed_.notify_all();
}

// With desk_mutex_ held.
void LiveMonitor::TakeUpHistory(const Crew& crew) {
  if (crew.history == nullptr) {
    return;
  }
  for (auto& [rule, learnt] : crew.history->TakeLearnt()) {
    desk_->TakeUp(rule, std::move(learnt));
  }
}

std::uint64_t LiveMonitor::Evaluations() {
  const std::lock_guard lock(mutex_);
  return evaluated_;
}

void LiveMonitor::AwaitEvaluation(std::uint64_t seen, Nanos longest) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest, [&] { return stopping_ || evaluated_ > seen; });
}

MonitorReport LiveMonitor::Report() {
  MonitorReport report;
  report.store_trouble = scribe_.trouble();
  {
    const std::lock_guard lock(mutex_);
    report.reload_trouble = reload_trouble_;
    report.config_at = config_at_;
  }
  const auto counts = book_.With([](store::MonitorBook& book) { return book.Counts(); });
  if (counts) {
    report.outbox = *counts;
  } else if (report.store_trouble.empty()) {
    report.store_trouble = counts.error().message;
  }
  const std::lock_guard lock(desk_mutex_);
  report.at = parts_.clock.WallNow();
  report.started_at = started_at_wall_;
  report.sources = LookAtSources(*crew_, parts_.clock.Now(), started_at_);
  report.services = meters_.Report(report.sources);
  report.gates = gates_;
  report.gates_version = gates_version_;
  ReportCrew(*crew_, report);
  ReportDesk(*desk_, crew_->config, report);
  report.trends_version = trends_version_;
  report.pipeline_latency = meters_.pipeline_latency();
  report.evaluations = evaluations_;
  report.evaluation_took = evaluation_took_;
  return report;
}

Trends LiveMonitor::GetTrends() {
  Trends trends;
  const std::lock_guard lock(desk_mutex_);
  trends.at = parts_.clock.WallNow();
  trends.version = trends_version_;
  PickSeries(desk_->engine(), SourceNames(crew_->config), trends);
  trends.services = meters_.Report(LookAtSources(*crew_, parts_.clock.Now(), started_at_));
  trends.gates = gates_;
  return trends;
}

std::optional<AlertStory> LiveMonitor::Tell(std::string_view key) {
  std::optional<AlertStory> story;
  {
    const std::lock_guard lock(desk_mutex_);
    story = BeginStory(*desk_, crew_->config, parts_.clock.WallNow(), key);
    if (!story) {
      return std::nullopt;
    }
    story->gates = gates_;
  }
  book_.With([&story](store::MonitorBook& book) { AddMessages(book, *story); });
  return story;
}

}  // namespace weir::monitor
