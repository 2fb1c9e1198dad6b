#include "monitor/sources/poller.h"

#include <utility>

#include "base/check.h"

namespace weir::monitor {

bool SourceStatus::Stale(const SourceSpec& spec, Instant now) const {
  return !good_at || now - *good_at > 2 * spec.timing.interval + spec.timeout;
}

Poller::Poller(SourceSpec spec, std::unique_ptr<Source> source, Parts parts)
    : spec_(std::move(spec)),
      clock_(parts.clock),
      arrived_(std::move(parts.arrived)),
      rng_(parts.seed),
      source_(std::move(source)),
      thread_([this] { Work(); }) {}

Poller::~Poller() {
  Stop();
  thread_.join();
}

void Poller::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

SourceStatus Poller::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Poller::Count(const SourceLedger& ledger) {
  const std::lock_guard lock(mutex_);
  status_.ledger.Add(ledger);
}

void Poller::Note(tl::expected<Reading, SourceTrouble> result, Instant began) {
  const Instant now = clock_.Now();
  poll_ = result ? AfterSuccess(spec_.timing, began, now)
                 : AfterFailure(spec_.timing, poll_, now, rng_, result.error().retry_after);
  const std::lock_guard lock(mutex_);
  ++status_.looks;
  status_.look_took = now - began;
  if (result) {
    status_.health = SourceHealth::kIntegrated;
    status_.good_at = now;
    status_.trouble.clear();
    if (result->unchanged && status_.last_good != nullptr) {
      return;
    }
    status_.ledger.Add(result->ledger);
    status_.good_at_wall = clock_.WallNow();
    status_.last_good = std::make_shared<const Reading>(std::move(*result));
    return;
  }
  ++status_.failures;
  status_.trouble = std::move(result.error().message);
  status_.health = poll_.circuit(spec_.timing) == CircuitState::kOpen ? SourceHealth::kFailed
                                                                      : SourceHealth::kDegraded;
}

void Poller::Work() {
  while (true) {
    const Instant began = clock_.Now();
    Note(source_->Read(), began);
    arrived_();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, poll_.next - clock_.Now(), [this] { return stopping_; });
    if (stopping_) {
      return;
    }
  }
}

std::string_view SourceHealthName(SourceHealth health) {
  switch (health) {
    case SourceHealth::kStarting:
      return "starting";
    case SourceHealth::kIntegrated:
      return "integrated";
    case SourceHealth::kDegraded:
      return "degraded";
    case SourceHealth::kFailed:
      return "failed";
  }
  WEIR_CHECK(false);
}

}  // namespace weir::monitor
