#include "monitor/scribe.h"

#include <utility>

#include <fmt/format.h>

namespace weir::monitor {
namespace {

constexpr Nanos kStraysEvery = std::chrono::minutes(10);
constexpr Nanos kStraysKept = std::chrono::hours(24);

}  // namespace

bool Scribe::Write(store::MonitorChange change,
                   const std::function<std::vector<store::MonitorStateRow>()>& whole) {
  const std::size_t lost = unsaved_.Add(std::move(change));
  if (lost > 0) {
    log_(fmt::format("{} messages are lost: too many wait", lost));
  }
  if (unsaved_.empty()) {
    return false;
  }
  const store::MonitorChange& all = unsaved_.Get(whole);
  const Status saved = book_.With([&all](store::MonitorBook& book) { return book.Commit(all); });
  const std::string trouble = saved ? "" : saved.error().message;
  std::string before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(trouble_, trouble);
  }
  if (!saved) {
    if (before.empty()) {
      log_(fmt::format("alerts wait until they can be written down: {}", trouble));
    }
    return false;
  }
  if (!before.empty()) {
    log_("the history takes alerts again");
  }
  const bool has_messages = unsaved_.has_messages();
  unsaved_.Clear();
  return has_messages;
}

void Scribe::GiveUpStrays(const std::vector<ChannelSpec>& channels, Instant now, WallTime at) {
  if (strays_at_ != Instant() && now - strays_at_ < kStraysEvery) {
    return;
  }
  strays_at_ = now;
  std::vector<std::string> names;
  names.reserve(channels.size());
  for (const ChannelSpec& channel : channels) {
    names.push_back(channel.name);
  }
  const auto given_up = book_.With([&](store::MonitorBook& book) {
    return book.GiveUpStrays(names, {.created_before = at - kStraysKept, .at = at});
  });
  if (given_up && *given_up > 0) {
    log_(
        fmt::format("{} messages are given up: their channel is no longer in the file", *given_up));
  }
}

std::string Scribe::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace weir::monitor
