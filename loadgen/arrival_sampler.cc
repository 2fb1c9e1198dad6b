#include "loadgen/arrival_sampler.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <variant>

#include "loadgen/schedule.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

// Sent after the load, but no later than this: the last arrivals of a sound run.
constexpr Nanos kLateAtEnd = 50ms;

// A Poisson load has more arrivals than expected now and then.
constexpr std::uint64_t kKeptMax = 4 * ArrivalSampler::kPairsMax;

std::uint64_t StrideOf(const scenarios::Load& load) {
  if (!std::holds_alternative<scenarios::OpenStage>(load.stages.front())) {
    return 2;
  }
  const double measured =
      PlannedArrivals(load, load.Duration()) - PlannedArrivals(load, load.warm_up);
  const double stride = std::ceil(measured / static_cast<double>(ArrivalSampler::kPairsMax));
  return static_cast<std::uint64_t>(std::max(2.0, stride));
}

double RateAt(const scenarios::Load& load, Nanos at) {
  Nanos begin{0};
  for (const scenarios::Stage& stage : load.stages) {
    const auto& open = std::get<scenarios::OpenStage>(stage);
    if (at < begin + open.duration) {
      const double share = Seconds(at - begin) / Seconds(open.duration);
      return open.from.per_second() + share * (open.to.per_second() - open.from.per_second());
    }
    begin += open.duration;
  }
  return std::get<scenarios::OpenStage>(load.stages.back()).to.per_second();
}

Nanos MeanGap(const scenarios::Load& load, const SentArrival& a, const SentArrival& b) {
  // Between evenly spaced arrivals the planned gap is the mean one, on ramps too.
  if (load.arrivals == scenarios::Arrivals::kUniform) {
    return std::max(b.due - a.due, Nanos(1));
  }
  constexpr double kSlowest = 1e-6;
  return std::max(FromSeconds(1 / std::max(RateAt(load, a.due), kSlowest)), Nanos(1));
}

}  // namespace

ArrivalSampler::ArrivalSampler(const scenarios::Load& load)
    : stride_(StrideOf(load)), warm_up_(load.warm_up) {
  // All that an even load will need, so that nothing is allocated while it runs.
  kept_.reserve(2 * kPairsMax);
}

void ArrivalSampler::Consider(const SentArrival& arrival) {
  const std::uint64_t rest = arrival.number % stride_;
  next_ = rest == 0 ? arrival.number + 1 : arrival.number + stride_ - rest;
  if (rest <= 1 && arrival.due >= warm_up_ && kept_.size() < kKeptMax) {
    kept_.push_back(arrival);
  }
}

std::vector<ArrivalGap> GapsOf(std::vector<SentArrival> arrivals, const scenarios::Load& load) {
  std::sort(arrivals.begin(), arrivals.end(),
            [](const SentArrival& a, const SentArrival& b) { return a.number < b.number; });
  const std::uint64_t stride = StrideOf(load);
  const Nanos end = load.Duration();
  std::vector<ArrivalGap> gaps;
  for (std::size_t i = 1; i < arrivals.size(); ++i) {
    const SentArrival& a = arrivals[i - 1];
    const SentArrival& b = arrivals[i];
    if (a.number % stride != 0 || b.number != a.number + 1) {
      continue;
    }
    ArrivalGap gap;
    gap.mean = MeanGap(load, a, b);
    gap.sent = b.sent - a.sent;
    gap.in_time = b.sent < end || b.sent - b.due <= kLateAtEnd;
    gaps.push_back(gap);
  }
  return gaps;
}

}  // namespace weir::loadgen
