#include "loadgen/target_watch.h"

#include <utility>

#include <fmt/format.h>

#include "loadgen/resources.h"

namespace weir::loadgen {

TargetWatch::TargetWatch(std::vector<std::unique_ptr<WatchSource>> sources) {
  for (std::unique_ptr<WatchSource>& source : sources) {
    sources_.push_back({std::move(source), false});
  }
  thread_ = std::thread([this] { Serve(); });
}

TargetWatch::~TargetWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void TargetWatch::Ask(std::uint32_t second) {
  {
    const std::lock_guard lock(mutex_);
    if (asked_) {
      return;
    }
    asked_ = true;
    second_ = second;
  }
  changed_.notify_all();
}

std::vector<TargetSample> TargetWatch::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(samples_, {});
}

void TargetWatch::Await() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !asked_; });
}

std::vector<std::string> TargetWatch::TakeTroubles() {
  const std::lock_guard lock(mutex_);
  return std::exchange(troubles_, {});
}

void TargetWatch::Serve() {
  const InBackground behind_the_workers;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return asked_ || stopping_; });
    if (stopping_) {
      return;
    }
    TargetSample sample;
    std::vector<std::string> troubles;
    const std::uint32_t second = second_;
    lock.unlock();
    ReadAll(second, sample, troubles);
    lock.lock();
    if (!sample.values.empty()) {
      samples_.push_back(std::move(sample));
    }
    troubles_.insert(troubles_.end(), troubles.begin(), troubles.end());
    asked_ = false;
    changed_.notify_all();
  }
}

void TargetWatch::ReadAll(std::uint32_t second, TargetSample& sample,
                          std::vector<std::string>& troubles) {
  sample.second = second;
  for (Watched& watched : sources_) {
    Result<std::vector<TargetValue>> values = watched.source->Read();
    const bool failed = !values.has_value();
    if (failed != watched.failing) {
      troubles.push_back(
          failed ? fmt::format("second {}: {}; the run goes on without it", second,
                               values.error().message)
                 : fmt::format("second {}: {} answers again", second, watched.source->Name()));
    }
    watched.failing = failed;
    if (!failed) {
      sample.values.insert(sample.values.end(), values->begin(), values->end());
    }
  }
}

}  // namespace weir::loadgen
