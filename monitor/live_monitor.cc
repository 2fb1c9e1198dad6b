#include "monitor/live_monitor.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "monitor/own_samples.h"

namespace weir::monitor {
namespace {

// Changes that wait for a store that does not take them; then the oldest messages go.
constexpr std::size_t kUnsavedMessagesMax = 10'000;

bool IsEmpty(const store::MonitorChange& change) {
  return change.rows.empty() && change.messages.empty();
}

template <typename T>
void Append(std::vector<T>& to, std::vector<T> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
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
    pollers_.push_back(std::make_unique<Poller>(source, parts_.clock, ++seed, [] {}));
  }
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

void LiveMonitor::Evaluate() {
  const Instant now = parts_.clock.Now();
  const WallTime at = parts_.clock.WallNow();
  std::vector<SourceStatus> statuses;
  std::vector<SourceAge> ages;
  for (const auto& poller : pollers_) {
    statuses.push_back(poller->status());
    ages.push_back({poller->spec().name, now - statuses.back().good_at.value_or(started_at_)});
  }
  std::vector<SourceView> views;
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    views.push_back({.reading = statuses[i].last_good.get(),
                     .at = statuses[i].good_at_wall.value_or(WallTime{}),
                     .stale = statuses[i].Stale(pollers_[i]->spec(), now)});
  }
  const Reading own = OwnSamples(ages);
  views.push_back({.reading = &own, .at = at, .stale = false});
  Save(desk_.Step(at, views));
}

void LiveMonitor::Save(store::MonitorChange change) {
  Append(unsaved_.rows, std::move(change.rows));
  Append(unsaved_.messages, std::move(change.messages));
  if (IsEmpty(unsaved_)) {
    return;
  }
  const Status saved =
      book_.With([this](store::MonitorBook& book) { return book.Commit(unsaved_); });
  if (!saved) {
    if (!std::exchange(store_failing_, true)) {
      parts_.log(
          fmt::format("alerts wait until they can be written down: {}", saved.error().message));
    }
    if (unsaved_.messages.size() > kUnsavedMessagesMax) {
      const auto surplus =
          static_cast<std::ptrdiff_t>(unsaved_.messages.size() - kUnsavedMessagesMax);
      unsaved_.messages.erase(unsaved_.messages.begin(), unsaved_.messages.begin() + surplus);
      parts_.log(fmt::format("{} messages are lost: too many wait", surplus));
    }
    return;
  }
  if (std::exchange(store_failing_, false)) {
    parts_.log("the history takes alerts again");
  }
  const bool has_messages = !unsaved_.messages.empty();
  unsaved_ = {};
  for (const auto& courier : couriers_) {
    if (has_messages) {
      courier->Wake();
    }
  }
}

}  // namespace weir::monitor
