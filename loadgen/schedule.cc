#include "loadgen/schedule.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "base/check.h"

namespace weir::loadgen {
namespace {

using scenarios::ClosedStage;
using scenarios::OpenStage;

// L(t) - L(begin) after `t` seconds of a linear ramp.
double AreaAfter(double from, double to, double seconds, double t) {
  return from * t + (to - from) * t * t / (2 * seconds);
}

// The inverse: after how many seconds `area` has come. This form of the quadratic's root does not
// cancel and holds for a constant rate too.
double SecondsOfArea(double from, double to, double seconds, double area) {
  const double root = std::sqrt(std::max(0.0, from * from + 2 * (to - from) * area / seconds));
  return area <= 0 ? 0 : 2 * area / (from + root);
}

// A rate such as 1.1/s times its duration misses the whole number by a rounding error, which would
// plan one arrival too many at the very end.
double WholeIfNearly(double area) {
  const double whole = std::round(area);
  return std::fabs(area - whole) <= 1e-12 * whole ? whole : area;
}

}  // namespace

ArrivalSchedule::ArrivalSchedule(const scenarios::Load& load, std::uint64_t seed, WorkerSlice slice,
                                 PartPlace place)
    : arrivals_(load.arrivals),
      slice_(slice),
      part_(place.index),
      rng_(Rng::ForPart(SeedOfPart(seed, place.index), 0)) {
  WEIR_CHECK(slice.index < slice.count);
  Nanos begin = place.start;
  double area = 0;
  for (const scenarios::Stage& stage : load.stages) {
    const OpenStage& open = std::get<OpenStage>(stage);
    Segment segment;
    segment.begin = begin;
    segment.from_per_s = open.from.per_second();
    segment.to_per_s = open.to.per_second();
    segment.seconds = Seconds(open.duration);
    segment.area_begin = area;
    segment.area_end = WholeIfNearly(
        area + AreaAfter(segment.from_per_s, segment.to_per_s, segment.seconds, segment.seconds));
    begin += open.duration;
    area = segment.area_end;
    segments_.push_back(segment);
  }
  if (arrivals_ == scenarios::Arrivals::kPoisson) {
    area_ = rng_.Exponential();
  }
  for (std::uint32_t i = 0; i < slice_.index; ++i) {
    Advance();
  }
  if (const std::optional<Nanos> due = TimeOfArea(area_)) {
    next_ = Arrival{number_, *due, part_};
  }
}

void ArrivalSchedule::Advance() {
  ++number_;
  if (arrivals_ == scenarios::Arrivals::kPoisson) {
    area_ += rng_.Exponential();
  } else {
    area_ = static_cast<double>(number_);
  }
}

void ArrivalSchedule::Pop() {
  for (std::uint32_t i = 0; i < slice_.count; ++i) {
    Advance();
  }
  const std::optional<Nanos> due = TimeOfArea(area_);
  next_ = due ? std::optional<Arrival>(Arrival{number_, *due, part_}) : std::nullopt;
}

std::optional<Nanos> ArrivalSchedule::TimeOfArea(double area) {
  while (segment_ < segments_.size() && area >= segments_[segment_].area_end) {
    ++segment_;
  }
  if (segment_ == segments_.size()) {
    return std::nullopt;
  }
  const Segment& segment = segments_[segment_];
  const double seconds = SecondsOfArea(segment.from_per_s, segment.to_per_s, segment.seconds,
                                       area - segment.area_begin);
  // Rounding must not carry the last arrival out of its stage.
  const Nanos last = FromSeconds(segment.seconds) - Nanos(1);
  return segment.begin + std::min(FromSeconds(std::min(seconds, segment.seconds)), last);
}

void ArrivalMerge::Add(ArrivalSchedule schedule) {
  schedules_.push_back(std::move(schedule));
  Choose();
}

void ArrivalMerge::Choose() {
  next_ = nullptr;
  for (ArrivalSchedule& schedule : schedules_) {
    const std::optional<Arrival>& one = schedule.Peek();
    if (one && (next_ == nullptr || one->due < next_->Peek()->due)) {
      next_ = &schedule;
    }
  }
}

void ArrivalMerge::Stop(std::uint32_t part) {
  std::erase_if(schedules_,
                [part](const ArrivalSchedule& schedule) { return schedule.part() == part; });
  Choose();
}

bool ArrivalMerge::Has(std::uint32_t part) const {
  return std::any_of(schedules_.begin(), schedules_.end(), [part](const ArrivalSchedule& schedule) {
    return schedule.part() == part && schedule.Peek().has_value();
  });
}

std::uint64_t SeedOfPart(std::uint64_t seed, std::uint32_t part) {
  return part == 0 ? seed : Rng::ForPart(seed ^ 0x73636e72U, part).Next();
}

WorkerSlice SliceOfPart(WorkerSlice slice, std::uint32_t part) {
  return {(slice.index + part) % slice.count, slice.count};
}

double PlannedArrivals(const scenarios::Load& load, Nanos until) {
  double area = 0;
  Nanos begin{0};
  for (const scenarios::Stage& stage : load.stages) {
    const OpenStage& open = std::get<OpenStage>(stage);
    if (until > begin) {
      const double t = Seconds(std::min(until - begin, open.duration));
      area += AreaAfter(open.from.per_second(), open.to.per_second(), Seconds(open.duration), t);
    }
    begin += open.duration;
  }
  return area;
}

std::uint32_t UsersAt(const scenarios::Load& load, Nanos at) {
  Nanos begin{0};
  for (const scenarios::Stage& stage : load.stages) {
    const ClosedStage& closed = std::get<ClosedStage>(stage);
    if (at < begin + closed.duration) {
      const double share = Seconds(at - begin) / Seconds(closed.duration);
      const double users = closed.from + (static_cast<double>(closed.to) - closed.from) * share;
      return static_cast<std::uint32_t>(std::lround(users));
    }
    begin += closed.duration;
  }
  return 0;
}

std::uint32_t UsersMax(const scenarios::Load& load) {
  std::uint32_t users = 0;
  for (const scenarios::Stage& stage : load.stages) {
    const ClosedStage& closed = std::get<ClosedStage>(stage);
    users = std::max({users, closed.from, closed.to});
  }
  return users;
}

std::uint32_t UsersOf(std::uint32_t users, WorkerSlice slice) {
  return users / slice.count + (slice.index < users % slice.count ? 1 : 0);
}

std::uint32_t PickFlow(std::span<const double> cumulative_weights, std::uint64_t seed,
                       std::uint64_t number) {
  if (cumulative_weights.size() == 1) {
    return 0;
  }
  const double draw = Rng::ForPart(seed ^ 0x666c6f77U, number).Uniform();
  const auto at = std::upper_bound(cumulative_weights.begin(), cumulative_weights.end(), draw);
  const auto index = static_cast<std::size_t>(at - cumulative_weights.begin());
  return static_cast<std::uint32_t>(std::min(index, cumulative_weights.size() - 1));
}

}  // namespace weir::loadgen
