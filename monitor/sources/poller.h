#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/rng.h"
#include "monitor/sources/source.h"

namespace weir::monitor {

/// How a source is.
enum class SourceHealth : std::uint8_t {
  kStarting,    ///< Not looked at yet.
  kIntegrated,  ///< Its last look succeeded.
  kDegraded,    ///< It failed; what is known is the last good look.
  kFailed,      ///< So often that its circuit is open.
};

/// What is known of a source.
struct SourceStatus {
  SourceHealth health = SourceHealth::kStarting;
  std::shared_ptr<const Reading> last_good;  ///< Shared: readers keep it while another comes.
  std::uint64_t looks = 0;
  std::uint64_t failures = 0;
  std::optional<Instant> good_at;
  std::optional<WallTime> good_at_wall;  ///< Of the last that had something new.
  Nanos look_took{0};                    ///< The last one.
  std::string trouble;                   ///< Of the last look; empty when it succeeded.
  SourceLedger ledger;                   ///< Of all looks, and of Count.

  /// Whether what is known is older than two intervals and a timeout.
  bool Stale(const SourceSpec& spec, Instant now) const;
};

/// Looks at a source on a thread of its own, as PollTiming says. Thread-safe. `clock` must outlive
/// it.
class Poller {
 public:
  struct Parts {
    const Clock& clock;
    std::uint64_t seed = 0;
    std::function<void()> arrived;  ///< Called on that thread after each look.
  };

  Poller(SourceSpec spec, std::unique_ptr<Source> source, Parts parts);

  /// Waits for a look that goes on: for the timeout and each query.
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  const SourceSpec& spec() const { return spec_; }

  SourceStatus status() const;

  /// Counts what came of the source besides its looks.
  void Count(const SourceLedger& ledger);

  /// Begins to end, without waiting for it.
  void Stop();

 private:
  void Work();
  void Note(tl::expected<Reading, SourceTrouble> result, Instant began);

  const SourceSpec spec_;
  const Clock& clock_;
  const std::function<void()> arrived_;
  Rng rng_;  // The thread's, as are the next two.
  std::unique_ptr<Source> source_;
  PollState poll_;

  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  SourceStatus status_;
  bool stopping_ = false;

  std::thread thread_;
};

/// "starting", "integrated", "degraded", "failed".
std::string_view SourceHealthName(SourceHealth health);

}  // namespace weir::monitor
