#include "loadgen/evidence.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <unistd.h>

#include "loadgen/resources.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

// Shorter stretches say more about the scheduler's slices than about load.
constexpr Nanos kSpanMin = 200ms;

}  // namespace

void EvidenceCollector::Shares::Add(double share) {
  const auto percent = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * 100));
  ++counts_[percent];
  ++total_;
}

std::optional<double> EvidenceCollector::Shares::AtRank(double rank) const {
  if (total_ == 0) {
    return std::nullopt;
  }
  std::uint32_t seen = 0;
  for (std::size_t percent = 0; percent < counts_.size(); ++percent) {
    seen += counts_[percent];
    if (seen >= rank * total_) {
      return static_cast<double>(percent) / 100;
    }
  }
  return 1;
}

EvidenceCollector::EvidenceCollector(std::uint32_t workers, const Clock& clock)
    : clock_(clock),
      tids_(workers),
      finished_(workers),
      last_usage_(workers),
      before_(workers),
      last_(clock.Now()),
      begun_(last_),
      ticks_before_(ReadMachineTicks()),
      throttled_before_(ReadThrottled()) {}

void EvidenceCollector::RegisterWorker(std::uint32_t index) {
  tids_[index].store(gettid(), std::memory_order_relaxed);
}

void EvidenceCollector::FinishWorker(std::uint32_t index) {
  last_usage_[index] = ReadThreadUsage(gettid());
  finished_[index].store(true, std::memory_order_release);
}

void EvidenceCollector::SampleIfNone() {
  if (busy_.empty()) {
    Sample(Counts::kYes);
  }
}

void EvidenceCollector::Sample(Counts counts) {
  const Instant now = clock_.Now();
  const Nanos span = now - last_;
  if (span < kSpanMin) {
    return;
  }
  last_ = now;
  AddWorkers(span, counts);
}

void EvidenceCollector::AddWorkers(Nanos span, Counts counts) {
  std::optional<double> busiest;
  double idle = 0;
  double wait = 0;
  for (std::size_t i = 0; i < tids_.size(); ++i) {
    const int tid = tids_[i].load(std::memory_order_relaxed);
    std::optional<ThreadUsage> usage;
    if (finished_[i].load(std::memory_order_acquire)) {
      usage = last_usage_[i];
    } else if (tid != 0) {
      usage = ReadThreadUsage(tid);
    }
    if (!usage) {
      continue;
    }
    const double ran = Seconds(usage->cpu - before_[i].cpu) / Seconds(span);
    const double waited = Seconds(usage->wait - before_[i].wait) / Seconds(span);
    before_[i] = *usage;
    if (!busiest || ran > *busiest) {
      busiest = ran;
      idle = 1 - ran - waited;
    }
    wait = std::max(wait, waited);
  }
  if (busiest && counts == Counts::kYes) {
    busy_.Add(*busiest);
    idle_.Add(idle);
    wait_.Add(wait);
  }
}

void EvidenceCollector::Conclude(GeneratorEvidence& evidence) const {
  constexpr double kOneInTen = 0.1;
  evidence.workers = static_cast<std::uint32_t>(tids_.size());
  evidence.cores = static_cast<std::uint32_t>(AllowedCpus().size());
  evidence.worker_busy = busy_.AtRank(1 - kOneInTen);
  evidence.worker_idle = idle_.AtRank(kOneInTen);
  evidence.worker_wait = wait_.AtRank(1 - kOneInTen);
  const std::optional<MachineTicks> ticks = ReadMachineTicks();
  if (ticks && ticks_before_ && ticks->total > ticks_before_->total) {
    evidence.steal = static_cast<double>(ticks->steal - ticks_before_->steal) /
                     static_cast<double>(ticks->total - ticks_before_->total);
  }
  const std::optional<Nanos> throttled = ReadThrottled();
  const double seconds = Seconds(clock_.Now() - begun_);
  if (throttled && throttled_before_ && seconds > 0) {
    evidence.throttled = std::min(1.0, Seconds(*throttled - *throttled_before_) / seconds);
  }
}

}  // namespace weir::loadgen
