#include "target/behaviour.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace weir::target {
namespace {

constexpr std::uint64_t kLatencyStream = 0;
constexpr std::uint64_t kErrorStream = 1;

double NormalCdf(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

}  // namespace

LatencySource::LatencySource(const LatencyModel& model, const SlowTail& tail, std::uint64_t seed)
    : model_(model), tail_(tail), rng_(Rng::ForPart(seed, kLatencyStream)) {}

LatencySource::Draw LatencySource::DrawOne() {
  const auto typical_ns = static_cast<double>(model_.typical.count());
  switch (model_.shape) {
    case LatencyShape::kFixed:
      return {typical_ns, rng_.Uniform()};
    case LatencyShape::kExponential: {
      const double u = rng_.Uniform();
      return {typical_ns * -std::log1p(-u), u};
    }
    case LatencyShape::kLognormal: {
      const double z = rng_.Normal();
      // The rank costs an erfc, which only a tail needs.
      const double rank = tail_.quantile < 1 ? NormalCdf(z) : 0;
      return {typical_ns * std::exp(model_.sigma * z), rank};
    }
    case LatencyShape::kBimodal: {
      const double u = rng_.Uniform();
      const bool slow = u >= 1 - model_.slow_share;
      return {slow ? static_cast<double>(model_.slow.count()) : typical_ns, u};
    }
  }
  WEIR_CHECK(false);
}

Nanos LatencySource::Next() {
  const Draw draw = DrawOne();
  const bool in_tail = tail_.quantile < 1 && draw.rank >= tail_.quantile;
  const double value_ns = in_tail ? draw.value_ns * tail_.factor : draw.value_ns;
  const auto max_ns = static_cast<double>(kLatencyMax.count());
  return Nanos(std::llround(std::min(value_ns, max_ns)));
}

StallSchedule::StallSchedule(Instant epoch, Nanos stall, Nanos every)
    : epoch_(epoch), stall_(stall), every_(every) {
  WEIR_CHECK(stall == Nanos(0) || stall < every);
}

Instant StallSchedule::Release(Instant at) const {
  if (stall_ == Nanos(0)) {
    return at;
  }
  const Nanos phase = (at - epoch_) % every_;
  return phase < every_ - stall_ ? at : at + (every_ - phase);
}

Behaviour::Behaviour(const TargetOptions& options, Instant epoch)
    : latencies_(options.latency, options.slow_tail, options.seed),
      errors_(Rng::ForPart(options.seed, kErrorStream)),
      error_ratio_(options.error_ratio),
      stalls_(epoch, options.stall, options.every) {
  for (std::uint32_t i = 0; i < options.workers; ++i) {
    free_at_.push(epoch);
  }
}

// Arrivals come in order, so the worker that is free first takes the next one.
Nanos Behaviour::WaitForWorker(Instant arrival, Nanos service) {
  if (free_at_.empty()) {
    return Nanos(0);
  }
  const Instant begin = std::max(arrival, free_at_.top());
  free_at_.pop();
  free_at_.push(begin + service);
  return begin - arrival;
}

Plan Behaviour::Next(Instant arrival, int status_override) {
  const Nanos service = latencies_.Next();
  const Nanos planned = service + WaitForWorker(arrival, service);
  // Drawn for overridden requests too: the n-th request keeps the n-th draw.
  const bool error = errors_.Uniform() < error_ratio_;
  const int status = status_override != 0 ? status_override : error ? 500 : 200;
  return {planned, stalls_.Release(arrival + planned), status};
}

}  // namespace weir::target
