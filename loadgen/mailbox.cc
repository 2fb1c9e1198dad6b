#include "loadgen/mailbox.h"

#include <utility>

namespace weir::loadgen {

Mailbox::Mailbox(Bell& bell, std::uint32_t step_count, bool with_warm_up) : bell_(bell) {
  for (int i = 0; i < kSpareSets; ++i) {
    empty_.push_back(std::make_unique<RecordSet>(step_count, with_warm_up));
  }
  full_.reserve(kSpareSets + 1);
}

std::unique_ptr<RecordSet> Mailbox::Swap(std::unique_ptr<RecordSet> full) {
  const std::lock_guard lock(bell_.mutex);
  if (empty_.empty()) {
    ++late_swaps_;
    return full;
  }
  full_.push_back(std::move(full));
  std::unique_ptr<RecordSet> empty = std::move(empty_.back());
  empty_.pop_back();
  bell_.rung.notify_one();
  return empty;
}

void Mailbox::Last(std::unique_ptr<RecordSet> full) {
  const std::lock_guard lock(bell_.mutex);
  full_.push_back(std::move(full));
  closed_ = true;
  bell_.rung.notify_one();
}

std::vector<std::unique_ptr<RecordSet>> Mailbox::TakeAll() {
  // The memory is exchanged with the sets, so that the worker never has to ask for any.
  std::vector<std::unique_ptr<RecordSet>> taken;
  taken.reserve(kSpareSets + 1);
  const std::lock_guard lock(bell_.mutex);
  taken.swap(full_);
  return taken;
}

void Mailbox::GiveBack(std::unique_ptr<RecordSet> empty) {
  const std::lock_guard lock(bell_.mutex);
  empty_.push_back(std::move(empty));
}

std::uint64_t Mailbox::late_swaps() {
  const std::lock_guard lock(bell_.mutex);
  return late_swaps_;
}

}  // namespace weir::loadgen
