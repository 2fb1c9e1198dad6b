#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "monitor/channels/channel_spec.h"
#include "monitor/shared_book.h"
#include "monitor/unsaved_change.h"
#include "store/monitor_book.h"

namespace weir::monitor {

/// Writes down what steps have changed; while the book takes nothing, keeps it until it does.
/// Thread rule: one owner, but for trouble.
class Scribe {
 public:
  /// `book` must outlive it. `log`: printable.
  Scribe(SharedBook& book, std::function<void(std::string_view line)> log)
      : book_(book), log_(std::move(log)) {}

  /// Writes it, with what could not be written before; `whole` as UnsavedChange::Get has it. True:
  /// there are new messages in the outbox.
  bool Write(store::MonitorChange change,
             const std::function<std::vector<store::MonitorStateRow>()>& whole);

  /// Messages of channels that are none of `channels` wait, for the channel may come back, but not
  /// for ever. Looks for them every 10 min.
  void GiveUpStrays(const std::vector<ChannelSpec>& channels, Instant now, WallTime at);

  /// There are other channels: looks for strays with the next call.
  void ChannelsChanged() { strays_at_ = {}; }

  /// Why nothing is written down; empty: it is. Any thread.
  std::string trouble() const;

 private:
  SharedBook& book_;
  const std::function<void(std::string_view line)> log_;
  UnsavedChange unsaved_;
  Instant strays_at_{};  // When they were looked for last.

  mutable std::mutex mutex_;  // Guards what follows.
  std::string trouble_;
};

}  // namespace weir::monitor
