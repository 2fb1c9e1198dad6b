#include "monitor/live_monitor.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/own_samples.h"

namespace weir::monitor {
namespace {

// A clock that is set back by less stands still for as long.
constexpr Nanos kClockSlack = std::chrono::seconds(1);

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
  if (!alerts || !groups) {
    return tl::unexpected(!alerts ? alerts.error() : groups.error());
  }
  std::unique_ptr<LiveMonitor> monitor(new LiveMonitor(std::move(config), std::move(*book), parts));
  monitor->desk_.Restore({.alerts = std::move(*alerts), .groups = std::move(*groups)});
  if (Status started = monitor->StartThreads(); !started) {
    return tl::unexpected(started.error());
  }
  return monitor;
}

LiveMonitor::LiveMonitor(MonitorConfig config, std::unique_ptr<store::MonitorBook> book,
                         const Parts& parts)
    : config_(std::move(config)),
      parts_(parts),
      book_(std::move(book)),
      started_at_(parts.clock.Now()),
      started_at_wall_(parts.clock.WallNow()),
      desk_(config_) {}

Status LiveMonitor::StartThreads() {
  std::uint64_t seed = parts_.seed;
  for (const ChannelSpec& channel : config_.channels) {
    Result<std::unique_ptr<Sender>> sender = MakeSender(channel, parts_.clock);
    if (!sender) {
      return tl::unexpected(sender.error());
    }
    couriers_.push_back(std::make_unique<Courier>(
        channel, std::move(*sender), ++seed,
        Courier::Parts{.book = book_, .clock = parts_.clock, .log = parts_.log}));
  }
  for (const SourceSpec& source : config_.sources) {
    std::unique_ptr<Source> made;
    if (source.kind == SourceKind::kRum) {
      rum_ = std::make_unique<RumIntake>(source.origins, source.rum, parts_.clock);
      made = rum_->MakeSource();
    } else {
      made = MakeSource(source, parts_.clock);
    }
    pollers_.push_back(std::make_unique<Poller>(
        source, std::move(made),
        Poller::Parts{.clock = parts_.clock, .seed = ++seed, .arrived = [] {}}));
  }
  meters_.resize(pollers_.size());
  thread_ = std::thread([this] { Work(); });
  return {};
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
  for (const auto& poller : pollers_) {
    poller->Stop();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
  for (const auto& courier : couriers_) {
    courier->Stop();
  }
  couriers_.clear();
  pollers_.clear();
}

bool LiveMonitor::WaitUntil(Instant at) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, at - parts_.clock.Now(), [this] { return stopping_; });
}

void LiveMonitor::Work() {
  Instant next = parts_.clock.Now();
  do {
    Evaluate();
    const auto passed = (parts_.clock.Now() - next) / config_.evaluate_every;
    next += (passed + 1) * config_.evaluate_every;
  } while (WaitUntil(next));
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
  desk_.Hear(std::move(*said));
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
    const WallTime latest = desk_.Latest();
    back = latest > said ? latest - said : Nanos(0);
  }
  if (back > kClockSlack) {
    parts_.log(
        fmt::format("the clock was set back by {}; engines learn anew", FormatDuration(back)));
    const std::lock_guard lock(desk_mutex_);
    desk_.ClockSetBack(back);
    meters_.assign(meters_.size(), ServiceMeter());
    evaluated_at_wall_ = WallTime::min();
  }
  evaluated_at_ = now;
  clock_said_ = said;
  evaluated_at_wall_ = std::max(evaluated_at_wall_, said);
  return evaluated_at_wall_;
}

std::vector<SourceView> LiveMonitor::ViewsOf(const std::vector<SourceStatus>& statuses, Instant now,
                                             WallTime at) const {
  std::vector<SourceView> views;
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const WallTime came_at = statuses[i].good_at_wall.value_or(WallTime{});
    // A look from before the clock was set back has no time that could be compared.
    views.push_back({.reading = statuses[i].last_good.get(),
                     .at = came_at,
                     .stale = came_at > at || statuses[i].Stale(pollers_[i]->spec(), now)});
  }
  return views;
}

void LiveMonitor::Evaluate() {
  HearPeople();
  const Instant now = parts_.clock.Now();
  std::vector<SourceStatus> statuses;
  std::vector<SourceAge> ages;
  for (const auto& poller : pollers_) {
    statuses.push_back(poller->status());
    ages.push_back({poller->spec().name, now - statuses.back().good_at.value_or(started_at_)});
  }
  // After what came, which so cannot be later.
  const WallTime at = FollowClock(parts_.clock.Now());
  std::vector<SourceView> views = ViewsOf(statuses, now, at);
  const Reading own = OwnSamples(ages);
  views.push_back({.reading = &own, .at = at, .stale = false});
  store::MonitorChange change;
  {
    const std::lock_guard lock(desk_mutex_);
    change = desk_.Step(at, views);
    ++evaluations_;
    evaluation_took_ = parts_.clock.Now() - now;
    Measure(statuses);
  }
  Save(std::move(change));
  {
    const std::lock_guard lock(mutex_);
    ++evaluated_;
  }
  changed_.notify_all();
}

// With desk_mutex_ held.
void LiveMonitor::Measure(const std::vector<SourceStatus>& statuses) {
  const Instant now = parts_.clock.Now();
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const SourceStatus& status = statuses[i];
    if (status.last_good == nullptr || !status.good_at || !status.good_at_wall) {
      continue;
    }
    if (TellsOfUsers(pollers_[i]->spec().kind) && *status.good_at_wall <= evaluated_at_wall_) {
      meters_[i].Take(*status.good_at_wall, *status.last_good);
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

std::vector<SourceReport> LiveMonitor::LookAtSources(Instant now) const {
  std::vector<SourceReport> sources;
  for (const auto& poller : pollers_) {
    const SourceSpec& spec = poller->spec();
    SourceReport source{.name = spec.name, .kind = spec.kind, .status = poller->status()};
    source.stale = source.status.Stale(spec, now);
    source.age = now - source.status.good_at.value_or(started_at_);
    sources.push_back(std::move(source));
  }
  return sources;
}

// It is asked by the source of beacons itself; rules look at what it finds.
EngineReport LiveMonitor::LookAtUx(const std::vector<SourceReport>& sources) const {
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
      std::count_if(config_.rules.begin(), config_.rules.end(), [&](const AlertRule& rule) {
        return rule.source < sources.size() && sources[rule.source].kind == SourceKind::kRum;
      }));
  return engine;
}

std::vector<EngineReport> LiveMonitor::LookAtEngines(
    const std::vector<SourceReport>& sources) const {
  // In the order of RuleEngineSpec.
  constexpr std::array<std::string_view, std::variant_size_v<RuleEngineSpec>> kNames = {
      "threshold", "burn_rate", "anomaly", "prediction"};
  std::array<std::vector<const SourceReport*>, kNames.size()> asked;
  for (const AlertRule& rule : config_.rules) {
    if (rule.source < sources.size()) {
      asked[rule.engine.index()].push_back(&sources[rule.source]);
    }
  }
  std::vector<EngineReport> engines;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    engines.push_back(ReportEngine(kNames[i], asked[i]));
  }
  engines.push_back(LookAtUx(sources));
  return engines;
}

MonitorReport LiveMonitor::Report() {
  MonitorReport report;
  report.at = parts_.clock.WallNow();
  report.started_at = started_at_wall_;
  report.sources = LookAtSources(parts_.clock.Now());
  report.engines = LookAtEngines(report.sources);
  report.rules = config_.rules.size();
  for (const SourceReport& source : report.sources) {
    if (source.kind == SourceKind::kRum && source.Usable() && source.status.last_good) {
      report.pages = ReadPages(*source.status.last_good);
    }
  }
  for (const auto& courier : couriers_) {
    report.channels.push_back(
        {courier->channel().name, courier->channel().kind, courier->counts()});
  }
  {
    const std::lock_guard lock(mutex_);
    report.store_trouble = store_trouble_;
  }
  const auto counts = book_.With([](store::MonitorBook& book) { return book.Counts(); });
  if (counts) {
    report.outbox = *counts;
  } else if (report.store_trouble.empty()) {
    report.store_trouble = counts.error().message;
  }
  const std::lock_guard lock(desk_mutex_);
  report.alerts = desk_.List(report.at, MonitorReport::kAlertsMax);
  desk_.engine().Visit([this, &report](const AlertInstance& alert) {
    if (alert.state.phase == AlertPhase::kFiring && alert.rule < config_.rules.size() &&
        config_.rules[alert.rule].source < config_.sources.size()) {
      ++report.engines[config_.rules[alert.rule].engine.index()].firing;
    }
    report.pending += alert.state.phase == AlertPhase::kPending ? 1 : 0;
    report.firing += alert.state.phase == AlertPhase::kFiring ? 1 : 0;
  });
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    const SourceReport& source = report.sources[i];
    if (TellsOfUsers(source.kind)) {
      const auto& trend = meters_[i].trend();
      report.services.push_back(
          {source.name, source.kind, source.stale, {trend.begin(), trend.end()}});
    }
  }
  report.pipeline_latency = pipeline_latency_;
  report.groups = desk_.groups().groups.size();
  report.series_left_out = desk_.engine().series_left_out();
  report.notifications = desk_.notifications();
  report.evaluations = evaluations_;
  report.evaluation_took = evaluation_took_;
  return report;
}

void LiveMonitor::Save(store::MonitorChange change) {
  const std::size_t lost = unsaved_.Add(std::move(change));
  if (lost > 0) {
    parts_.log(fmt::format("{} messages are lost: too many wait", lost));
  }
  if (unsaved_.empty()) {
    return;
  }
  const store::MonitorChange& all = unsaved_.Get([this] {
    const std::lock_guard lock(desk_mutex_);
    return desk_.Whole();
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
  for (const auto& courier : couriers_) {
    if (has_messages) {
      courier->Wake();
    }
  }
}

}  // namespace weir::monitor
