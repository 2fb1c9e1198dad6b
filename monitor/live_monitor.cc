#include "monitor/live_monitor.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/config/config_change.h"
#include "monitor/own_samples.h"

namespace weir::monitor {
namespace {

// How soon a verdict, a deployment or a run is noticed; each time costs microseconds.
constexpr Nanos kNewsEvery = std::chrono::milliseconds(50);

// A clock that is set back by less stands still for as long.
constexpr Nanos kClockSlack = std::chrono::seconds(1);

constexpr Nanos kStraysEvery = std::chrono::minutes(10);
constexpr Nanos kStraysKept = std::chrono::hours(24);

// The one that was made for it, if there is one.
std::shared_ptr<Courier> FindCourier(const std::vector<std::shared_ptr<Courier>>& couriers,
                                     const ChannelSpec& channel) {
  const auto found = std::find_if(couriers.begin(), couriers.end(), [&](const auto& courier) {
    return courier->channel() == channel;
  });
  return found == couriers.end() ? nullptr : *found;
}

std::shared_ptr<Courier> FindCourier(const std::vector<std::shared_ptr<Courier>>& couriers,
                                     std::string_view name) {
  const auto found = std::find_if(couriers.begin(), couriers.end(), [&](const auto& courier) {
    return courier->channel().name == name;
  });
  return found == couriers.end() ? nullptr : *found;
}

std::shared_ptr<Poller> FindPoller(const std::vector<std::shared_ptr<Poller>>& pollers,
                                   const SourceSpec& source) {
  const auto found = std::find_if(pollers.begin(), pollers.end(),
                                  [&](const auto& poller) { return poller->spec() == source; });
  return found == pollers.end() ? nullptr : *found;
}

template <typename T>
bool Contains(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// As DescribeRule takes them, with weir's own source behind them.
std::vector<std::string_view> NamesOf(const std::vector<SourceSpec>& sources) {
  std::vector<std::string_view> names;
  for (const SourceSpec& source : sources) {
    names.push_back(source.name);
  }
  names.push_back("weir");
  return names;
}

bool AsksHistory(const AlertRule& rule) {
  return std::holds_alternative<GateSpec>(rule.engine) ||
         (rule.after && rule.after->kind != TriggerKind::kAlert);
}

bool TellsOfUsers(SourceKind kind) {
  return kind == SourceKind::kProbe || kind == SourceKind::kAccessLog;
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
  auto crew = monitor->MakeCrew(std::move(config), Crew());
  if (!crew) {
    return tl::unexpected(crew.error());
  }
  monitor->desk_ = std::make_unique<AlertDesk>((*crew)->config);
  stored.forecasts = std::move(*forecasts);
  monitor->desk_->Restore(stored);
  monitor->meters_.resize((*crew)->pollers.size());
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
      seed_(parts.seed),
      started_at_(parts.clock.Now()),
      started_at_wall_(parts.clock.WallNow()),
      gate_reader_(store_path) {}

// Those of `before` that are the same go on, the others begin.
Result<std::shared_ptr<const LiveMonitor::Crew>> LiveMonitor::MakeCrew(MonitorConfig config,
                                                                       const Crew& before) {
  auto crew = std::make_shared<Crew>();
  crew->config = std::move(config);
  for (SourceSpec& source : crew->config.sources) {
    if (source.kind == SourceKind::kHistory && source.path.empty()) {
      source.path = store_path_;
    }
  }
  crew->asks_history =
      std::any_of(crew->config.rules.begin(), crew->config.rules.end(), AsksHistory);
  // All senders first: one that cannot be made leaves everything as it was.
  std::vector<std::unique_ptr<Sender>> senders;
  for (const ChannelSpec& channel : crew->config.channels) {
    if (FindCourier(before.couriers, channel) != nullptr) {
      senders.emplace_back();
      continue;
    }
    Result<std::unique_ptr<Sender>> sender = MakeSender(channel, parts_.clock);
    if (!sender) {
      return tl::unexpected(sender.error());
    }
    senders.push_back(std::move(*sender));
  }
  for (std::size_t i = 0; i < senders.size(); ++i) {
    const ChannelSpec& channel = crew->config.channels[i];
    crew->couriers.push_back(
        senders[i] == nullptr
            ? FindCourier(before.couriers, channel)
            : std::make_shared<Courier>(
                  channel, std::move(senders[i]), ++seed_,
                  Courier::Parts{.book = book_,
                                 .clock = parts_.clock,
                                 .log = parts_.log,
                                 .after = FindCourier(before.couriers, channel.name)}));
  }
  for (const SourceSpec& source : crew->config.sources) {
    if (auto same = FindPoller(before.pollers, source)) {
      crew->pollers.push_back(std::move(same));
      crew->rum = source.kind == SourceKind::kRum ? before.rum : crew->rum;
      crew->otlp = source.kind == SourceKind::kOtlp ? before.otlp : crew->otlp;
      continue;
    }
    std::unique_ptr<Source> made;
    if (source.kind == SourceKind::kRum) {
      crew->rum = std::make_shared<RumIntake>(source.origins, source.rum, parts_.clock);
      made = crew->rum->MakeSource();
    } else if (source.kind == SourceKind::kOtlp) {
      crew->otlp = std::make_shared<OtlpIntake>(parts_.clock);
      made = crew->otlp->MakeSource();
    } else {
      made = MakeSource(source, parts_.clock);
    }
    crew->pollers.push_back(std::make_shared<Poller>(
        source, std::move(made),
        Poller::Parts{.clock = parts_.clock, .seed = ++seed_, .arrived = [] {}}));
  }
  crew->history = MakeHistory(*crew, before);
  return std::shared_ptr<const Crew>(std::move(crew));
}

// For rules that are new, and those that had not learnt from the past yet.
std::shared_ptr<HistoryLearner> LiveMonitor::MakeHistory(const Crew& crew,
                                                         const Crew& before) const {
  const auto same = SameRules(before.config, crew.config);
  std::vector<HistoryLearner::Lesson> lessons;
  for (std::size_t i = 0; i < crew.config.rules.size(); ++i) {
    const AlertRule& rule = crew.config.rules[i];
    const bool has_learnt =
        same[i] && (before.history == nullptr || before.history->HasLearnt(*same[i]));
    if (has_learnt || rule.source >= crew.config.sources.size()) {
      continue;
    }
    const SourceSpec& source = crew.config.sources[rule.source];
    if (PlanHistory(rule, source, HistoryLesson::kInstantsMax)) {
      lessons.push_back({{.rule = i, .spec = rule, .query = source.queries.at(rule.query)},
                         crew.pollers[rule.source]});
    }
  }
  return lessons.empty() ? nullptr
                         : std::make_shared<HistoryLearner>(std::move(lessons), parts_.clock);
}

Status LiveMonitor::Reload(MonitorConfig config) {
  const std::shared_ptr<const Crew> before = crew();
  auto made = MakeCrew(std::move(config), *before);
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
    meters_ = MetersFor(**made);
    crew_ = *made;
    strays_at_ = {};
  }
  // All are told before one is waited for: with the last of `before`, at the end of this.
  for (const auto& poller : before->pollers) {
    if (!Contains((*made)->pollers, poller)) {
      poller->Stop();
    }
  }
  if (before->history != nullptr) {
    before->history->Stop();
  }
  for (const auto& courier : before->couriers) {
    if (!Contains((*made)->couriers, courier)) {
      courier->Stop();
    }
  }
  return {};
}

void LiveMonitor::NoteReload(std::string_view trouble) {
  const std::lock_guard lock(mutex_);
  // The rest of it points into the file.
  reload_trouble_ = trouble.substr(0, trouble.find('\n'));
  config_at_ = reload_trouble_.empty() ? parts_.clock.WallNow() : config_at_;
}

std::shared_ptr<const LiveMonitor::Crew> LiveMonitor::crew() const {
  const std::lock_guard lock(desk_mutex_);
  return crew_;
}

std::shared_ptr<RumIntake> LiveMonitor::rum() {
  return crew()->rum;
}

std::shared_ptr<OtlpIntake> LiveMonitor::otlp() {
  return crew()->otlp;
}

// With desk_mutex_ held: those of sources that go on, else new ones.
std::vector<ServiceMeter> LiveMonitor::MetersFor(const Crew& crew) const {
  std::vector<ServiceMeter> meters(crew.pollers.size());
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const auto old = std::find(crew_->pollers.begin(), crew_->pollers.end(), crew.pollers[i]);
    if (old != crew_->pollers.end()) {
      meters[i] = meters_[static_cast<std::size_t>(old - crew_->pollers.begin())];
    }
  }
  return meters;
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

Nanos LiveMonitor::EvaluateEvery() const {
  return crew()->config.evaluate_every;
}

void LiveMonitor::Work() {
  Instant next = parts_.clock.Now();
  do {
    Evaluate();
    const Nanos every = EvaluateEvery();
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
    gates_.trouble = std::move(news->trouble);
    return false;
  }
  const bool is_new = news->standing != gates_.standing || news->happened != gates_.happened;
  gates_ = std::move(*news);
  ++trends_version_;
  return is_new;
}

// The time of this evaluation by the clock of the wall, which may be set back. By little: time
// stands still until it has caught up. By more: what is remembered is moved along with it.
WallTime LiveMonitor::FollowClock(Instant now) {
  const WallTime said = parts_.clock.WallNow();
  Nanos back{0};
  if (clock_said_ != WallTime::min()) {
    back = clock_said_ + (now - evaluated_at_) - said;
  } else {
    const std::lock_guard lock(desk_mutex_);
    // It may have been set back while no monitor was there to see it.
    const WallTime latest = desk_->Latest();
    back = latest > said ? latest - said : Nanos(0);
  }
  if (back > kClockSlack) {
    parts_.log(
        fmt::format("the clock was set back by {}; engines learn anew", FormatDuration(back)));
    const std::lock_guard lock(desk_mutex_);
    desk_->ClockSetBack(back);
    meters_.assign(meters_.size(), ServiceMeter());
    evaluated_at_wall_ = WallTime::min();
  }
  evaluated_at_ = now;
  clock_said_ = said;
  evaluated_at_wall_ = std::max(evaluated_at_wall_, said);
  return evaluated_at_wall_;
}

std::vector<SourceView> LiveMonitor::ViewsOf(const Crew& crew,
                                             const std::vector<SourceStatus>& statuses, Instant now,
                                             WallTime at) const {
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
  const WallTime at = FollowClock(parts_.clock.Now());
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
    Measure(*crew, statuses);
  }
  Save(*crew, std::move(change));
  GiveUpStrays(*crew, now, at);
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

// With desk_mutex_ held.
void LiveMonitor::Measure(const Crew& crew, const std::vector<SourceStatus>& statuses) {
  const Instant now = parts_.clock.Now();
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const SourceStatus& status = statuses[i];
    if (status.last_good == nullptr || !status.good_at || !status.good_at_wall) {
      continue;
    }
    if (TellsOfUsers(crew.pollers[i]->spec().kind) && *status.good_at_wall <= evaluated_at_wall_) {
      const auto& trend = meters_[i].trend();
      const WallTime newest = trend.empty() ? WallTime::min() : trend.back().at;
      meters_[i].Take(*status.good_at_wall, *status.last_good);
      if (!trend.empty() && trend.back().at != newest) {
        ++trends_version_;
      }
    }
    if (*status.good_at > newest_look_) {
      newest_look_ = *status.good_at;
      pipeline_latency_ = now - newest_look_;
    }
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

std::vector<SourceReport> LiveMonitor::LookAtSources(const Crew& crew, Instant now) const {
  std::vector<SourceReport> sources;
  for (const auto& poller : crew.pollers) {
    const SourceSpec& spec = poller->spec();
    SourceReport source{.name = spec.name, .kind = spec.kind, .status = poller->status()};
    source.stale = source.status.Stale(spec, now);
    source.history = crew.history ? crew.history->ReportOf(*poller) : HistoryReport();
    source.age = now - source.status.good_at.value_or(started_at_);
    sources.push_back(std::move(source));
  }
  return sources;
}

// It is asked by the source of beacons itself; rules look at what it finds.
EngineReport LiveMonitor::LookAtUx(const Crew& crew, const std::vector<SourceReport>& sources) {
  std::vector<const SourceReport*> asked;
  for (const SourceReport& source : sources) {
    if (source.kind == SourceKind::kRum) {
      asked.push_back(&source);
    }
  }
  EngineReport engine = ReportEngine("ux", asked);
  if (asked.empty()) {
    engine.reason = "there is no source rum";
  }
  engine.rules = static_cast<std::size_t>(
      std::count_if(crew.config.rules.begin(), crew.config.rules.end(), [&](const AlertRule& rule) {
        return rule.source < sources.size() && sources[rule.source].kind == SourceKind::kRum;
      }));
  return engine;
}

// With desk_mutex_ held.
std::vector<EngineReport> LiveMonitor::LookAtEngines(
    const Crew& crew, const std::vector<SourceReport>& sources) const {
  // In the order of RuleEngineSpec.
  constexpr std::array<std::string_view, std::variant_size_v<RuleEngineSpec>> kNames = {
      "threshold", "burn_rate", "anomaly", "prediction", "gate"};
  std::array<std::vector<const SourceReport*>, kNames.size()> asked;
  std::size_t on_gates = 0;
  for (const AlertRule& rule : crew.config.rules) {
    if (std::holds_alternative<GateSpec>(rule.engine)) {
      ++on_gates;
    } else if (rule.source < sources.size()) {
      asked[rule.engine.index()].push_back(&sources[rule.source]);
    }
  }
  std::vector<EngineReport> engines;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    engines.push_back(ReportEngine(kNames[i], asked[i]));
  }
  // Verdicts come from the history and from no source.
  EngineReport& gate = engines.back();
  gate.rules = on_gates;
  if (on_gates > 0) {
    gate.health = gates_.trouble.empty() ? EngineHealth::kIntegrated : EngineHealth::kFailed;
    gate.reason = gates_.trouble;
  }
  engines.push_back(LookAtUx(crew, sources));
  return engines;
}

MonitorReport LiveMonitor::Report() {
  MonitorReport report;
  {
    const std::lock_guard lock(mutex_);
    report.store_trouble = store_trouble_;
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
  ReportCrew(*crew_, report);
  const MonitorConfig& config = crew_->config;
  report.alerts = desk_->List(report.at, MonitorReport::kAlertsMax);
  desk_->engine().Visit([&](const AlertInstance& alert) {
    const AlertRule& rule = config.rules[alert.rule];
    if (alert.state.phase == AlertPhase::kFiring &&
        (rule.source < config.sources.size() || std::holds_alternative<GateSpec>(rule.engine))) {
      ++report.engines[rule.engine.index()].firing;
    }
    report.pending += alert.state.phase == AlertPhase::kPending ? 1 : 0;
    report.firing += alert.state.phase == AlertPhase::kFiring ? 1 : 0;
  });
  report.services = ServicesOf(report.sources);
  report.gates = gates_;
  report.trends_version = trends_version_;
  report.forecasts = analysis::JudgeForecasts(desk_->engine().forecasts());
  const bool foretells = std::any_of(
      config.rules.begin(), config.rules.end(),
      [](const AlertRule& rule) { return std::holds_alternative<PredictSpec>(rule.engine); });
  report.forecasts_trouble = foretells ? "" : "no rule foretells anything";
  report.pipeline_latency = pipeline_latency_;
  report.precision = desk_->Precision(report.at);
  for (const auto& [rule, precision] : desk_->demoted()) {
    report.demoted.insert(rule);
  }
  report.groups = desk_->groups().groups.size();
  report.series_left_out = desk_->engine().series_left_out();
  report.notifications = desk_->notifications();
  report.evaluations = evaluations_;
  report.evaluation_took = evaluation_took_;
  return report;
}

// With desk_mutex_ held.
std::vector<ServiceReport> LiveMonitor::ServicesOf(const std::vector<SourceReport>& sources) const {
  std::vector<ServiceReport> services;
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    const SourceReport& source = sources[i];
    if (TellsOfUsers(source.kind)) {
      const auto& trend = meters_[i].trend();
      services.push_back({source.name, source.kind, source.stale, {trend.begin(), trend.end()}});
    }
  }
  return services;
}

Trends LiveMonitor::GetTrends() {
  Trends trends;
  const std::lock_guard lock(desk_mutex_);
  trends.at = parts_.clock.WallNow();
  trends.version = trends_version_;
  PickSeries(desk_->engine(), NamesOf(crew_->config.sources), trends);
  trends.services = ServicesOf(LookAtSources(*crew_, parts_.clock.Now()));
  trends.gates = gates_;
  return trends;
}

std::optional<AlertStory> LiveMonitor::Tell(std::string_view key) {
  AlertStory story;
  story.at = parts_.clock.WallNow();
  std::vector<std::string> dedup_keys;
  {
    const std::lock_guard lock(desk_mutex_);
    std::optional<AlertEvidence> evidence = desk_->EvidenceOf(story.at, key);
    if (!evidence) {
      return std::nullopt;
    }
    story.evidence = std::move(*evidence);
    story.gates = gates_;
    const std::vector<std::string_view> names = NamesOf(crew_->config.sources);
    desk_->engine().VisitSeries([&](const SeriesView& view) {
      if (view.alert.labels != story.evidence.view.alert.labels) {
        return;
      }
      story.trend = TrendOf(view, crew_->config.rules[view.alert.rule], names);
      if (view.track != nullptr) {
        story.beginning = view.track->beginning();
      }
    });
  }
  for (const AlertGroup& group : story.evidence.groups) {
    dedup_keys.push_back(group.dedup_key);
  }
  auto messages = book_.With([&](store::MonitorBook& book) {
    return book.ListMessagesOf(dedup_keys, story.evidence.view.alert.state.active_since,
                               AlertStory::kMessagesMax);
  });
  if (messages) {
    story.messages = std::move(*messages);
  } else {
    story.messages_trouble = messages.error().message;
  }
  return story;
}

void LiveMonitor::ReportCrew(const Crew& crew, MonitorReport& report) const {
  report.sources = LookAtSources(crew, parts_.clock.Now());
  report.engines = LookAtEngines(crew, report.sources);
  report.rules = crew.config.rules.size();
  for (const SourceReport& source : report.sources) {
    if (source.kind == SourceKind::kRum && source.Usable() && source.status.last_good) {
      report.pages = ReadPages(*source.status.last_good);
    }
  }
  for (const auto& courier : crew.couriers) {
    report.channels.push_back(
        {courier->channel().name, courier->channel().kind, courier->counts()});
  }
}

// Messages of channels that the configuration no longer has wait, for the channel may come back,
// but not for ever.
void LiveMonitor::GiveUpStrays(const Crew& crew, Instant now, WallTime at) {
  if (strays_at_ != Instant() && now - strays_at_ < kStraysEvery) {
    return;
  }
  strays_at_ = now;
  std::vector<std::string> channels;
  for (const ChannelSpec& channel : crew.config.channels) {
    channels.push_back(channel.name);
  }
  const auto given_up = book_.With([&](store::MonitorBook& book) {
    return book.GiveUpStrays(channels, {.created_before = at - kStraysKept, .at = at});
  });
  if (given_up && *given_up > 0) {
    parts_.log(
        fmt::format("{} messages are given up: their channel is no longer in the file", *given_up));
  }
}

void LiveMonitor::Save(const Crew& crew, store::MonitorChange change) {
  const std::size_t lost = unsaved_.Add(std::move(change));
  if (lost > 0) {
    parts_.log(fmt::format("{} messages are lost: too many wait", lost));
  }
  if (unsaved_.empty()) {
    return;
  }
  const store::MonitorChange& all = unsaved_.Get([this] {
    const std::lock_guard lock(desk_mutex_);
    return desk_->Whole();
  });
  const Status saved = book_.With([&all](store::MonitorBook& book) { return book.Commit(all); });
  const std::string trouble = saved ? "" : saved.error().message;
  std::string before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(store_trouble_, trouble);
  }
  if (!saved) {
    if (before.empty()) {
      parts_.log(fmt::format("alerts wait until they can be written down: {}", trouble));
    }
    return;
  }
  if (!before.empty()) {
    parts_.log("the history takes alerts again");
  }
  const bool has_messages = unsaved_.has_messages();
  unsaved_.Clear();
  for (const auto& courier : crew.couriers) {
    if (has_messages) {
      courier->Wake();
    }
  }
}

}  // namespace weir::monitor
