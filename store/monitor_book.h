#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

/// What a live monitor must not lose: the state of its rules and groups, and the messages that wait
/// to be delivered.
namespace weir::store {

namespace internal {
class Connection;
}  // namespace internal

/// What a piece of state is about. Never renumber.
enum class MonitorStateKind : std::uint8_t {
  kAlert = 0,            ///< One alert of a rule.
  kGroup = 1,            ///< One group of alerts: what was told of it.
  kSilence = 2,          ///< A silence.
  kAcknowledgement = 3,  ///< Somebody looks after an alert.
  kMark = 4,             ///< Whether an episode of an alert was useful.
  kEnded = 5,            ///< The last episode of an alert, over.
  kDigest = 6,           ///< What goes into the next digest of a receiver.
  kDemoted = 7,          ///< A rule of which digests tell.
  kForecasts = 8,        ///< How forecasts have come true.
};

/// One piece of state: a text that the monitor alone understands, under a key.
struct MonitorStateRow {
  MonitorStateKind kind = MonitorStateKind::kAlert;
  std::string key;
  std::string value;  ///< In MonitorChange: empty = the row goes.
};

/// Never renumber.
enum class DeliveryState : std::uint8_t { kWaiting = 0, kDelivered = 1, kGivenUp = 2 };

/// A message for one channel. `event_id` names it for good: sent twice, it is the same.
struct OutboxMessage {
  std::int64_t id = 0;
  std::string event_id;
  std::string dedup_key;  ///< Of what it is about: messages with one key arrive in their order.
  std::string channel;
  std::string payload;
  WallTime created_at{};
  WallTime due_at{};  ///< Not to be tried before.
  std::uint32_t attempts = 0;
  DeliveryState state = DeliveryState::kWaiting;
  std::string error = {};                 ///< Of the last attempt; empty = none failed.
  std::optional<WallTime> ended_at = {};  ///< Delivered or given up.
};

/// One step of a monitor: all of it is written, or nothing.
struct MonitorChange {
  std::vector<MonitorStateRow> rows;
  std::vector<OutboxMessage> messages;  ///< One whose event and channel are there already: skipped.
  bool replaces_state = false;          ///< What is not in `rows` goes, but what people said.
};

/// What came of an attempt to deliver.
struct DeliveryOutcome {
  std::int64_t id = 0;
  DeliveryState state = DeliveryState::kDelivered;  ///< kWaiting: again at `due_at`.
  WallTime at{};
  WallTime due_at{};
  std::string error = {};
};

/// How many messages are in which state.
struct OutboxCounts {
  std::uint64_t waiting = 0;
  std::uint64_t delivered = 0;
  std::uint64_t given_up = 0;
  std::optional<WallTime> oldest_waiting;
};

/// The monitor's part of a history, over a connection of its own. Durable when a call returns.
/// Errors and thread rule: as Store (store/history.h).
class MonitorBook {
 public:
  /// Of the messages that are delivered or given up, the newest so many are kept as a log.
  static constexpr std::size_t kLoggedMax = 10'000;

  /// As Store::OpenForWriting and Store::OpenForReading.
  static Result<std::unique_ptr<MonitorBook>> OpenForWriting(const std::string& path);
  static Result<std::unique_ptr<MonitorBook>> OpenForReading(const std::string& path);

  ~MonitorBook();
  MonitorBook(const MonitorBook&) = delete;
  MonitorBook& operator=(const MonitorBook&) = delete;

  /// In the order of their keys.
  Result<std::vector<MonitorStateRow>> LoadState(MonitorStateKind kind);

  /// One transaction. Needs OpenForWriting.
  Status Commit(const MonitorChange& change);

  /// The first message of `channel` to be tried: of each dedup key the oldest that waits, of those
  /// the one that is due first; perhaps not before its due_at. Nothing when none waits.
  Result<std::optional<OutboxMessage>> NextFor(std::string_view channel);

  /// Writes down what came of it, and deletes the oldest log beyond kLoggedMax.
  Status Record(const DeliveryOutcome& outcome);

  struct StrayLimits {
    WallTime created_before{};
    WallTime at{};  ///< Now.
  };

  /// Gives up the messages that wait for a channel that is not among `channels` and were made
  /// before an instant; returns how many. Needs OpenForWriting.
  Result<std::uint64_t> GiveUpStrays(std::span<const std::string> channels,
                                     const StrayLimits& limits);

  Result<OutboxCounts> Counts();

  /// The newest `count` messages, newest first.
  Result<std::vector<OutboxMessage>> ListMessages(std::size_t count);

  /// The newest `count` messages with one of these dedup keys made at `since` or later, newest
  /// first.
  Result<std::vector<OutboxMessage>> ListMessagesOf(std::span<const std::string> dedup_keys,
                                                    WallTime since, std::size_t count);

  /// As Deployments::ChangeCount.
  Result<std::int64_t> ChangeCount();

 private:
  explicit MonitorBook(std::unique_ptr<internal::Connection> connection);

  std::unique_ptr<internal::Connection> connection_;
};

}  // namespace weir::store
