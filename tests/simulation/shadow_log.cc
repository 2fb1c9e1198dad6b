#include "tests/simulation/shadow_log.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/check.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

// What a user waits after a broken exchange; stated again here on purpose.
constexpr Nanos kPauseAfterBreak = 100ms;

Histogram HistogramOf(const std::vector<Nanos>& values) {
  Histogram histogram;
  for (const Nanos value : values) {
    histogram.Record(value);
  }
  return histogram;
}

void ExpectSame(const Histogram& actual, const std::vector<Nanos>& values) {
  const Histogram expected = HistogramOf(values);
  EXPECT_TRUE(actual == expected) << actual.count() << " recorded, " << expected.count()
                                  << " expected";
  EXPECT_EQ(actual.sum_ns(), expected.sum_ns());
  if (!actual.empty() && !expected.empty()) {
    EXPECT_EQ(actual.min_ns(), expected.min_ns());
    EXPECT_EQ(actual.max_ns(), expected.max_ns());
  }
}

}  // namespace

ShadowLog::ShadowLog(const loadgen::PreparedScenario& scenario, const Options& options)
    : scenario_(scenario), options_(options), places_(scenario.step_count) {
  for (std::uint32_t flow = 0; flow < scenario.flows.size(); ++flow) {
    Nanos pause{0};
    Nanos lead{0};
    Place* before = nullptr;
    for (const loadgen::PreparedAction& action : scenario.flows[flow].actions) {
      if (const auto* think = std::get_if<scenarios::Think>(&action)) {
        pause += think->mean;
        continue;
      }
      Place& place = places_[std::get<std::uint32_t>(action)];
      (before == nullptr ? lead : before->next.emplace()) = pause;
      place = {flow, before == nullptr, lead, Nanos(0), std::nullopt};
      before = &place;
      pause = Nanos(0);
    }
    WEIR_CHECK(before != nullptr);
    before->trail = pause;
  }
  if (scenario.open) {
    loadgen::ArrivalSchedule schedule(scenario.load, options.seed, options.slice);
    for (; schedule.Peek(); schedule.Pop()) {
      arrivals_.push_back(*schedule.Peek());
    }
  }
}

void ShadowLog::OnStop(Instant now) {
  turn_ = now;
  stopping_ = true;
}

void ShadowLog::OnStart(loadgen::ExchangeId id, const loadgen::PreparedRequest& request,
                        Instant now) {
  if (id >= exchanges_.size()) {
    Exchange fresh;
    fresh.next_due = options_.start + places_[request.step].lead;
    exchanges_.resize(id + std::size_t{1}, fresh);
  }
  Exchange& exchange = exchanges_[id];
  exchange.active = true;
  exchange.is_sent = false;
  exchange.step = request.step;
  exchange.started = now;
  first_starts_.emplace(request.step, now);
  exchange.due = DueOf(exchange);
  ++active_;
  ++started_;
  if (options_.due_known) {
    Nanos duration{0};
    for (const scenarios::Stage& stage : scenario_.load.stages) {
      duration += std::visit([](const auto& any) { return any.duration; }, stage);
    }
    EXPECT_LT(exchange.due, options_.start + duration) << "nothing is due after the load's end";
    EXPECT_LE(exchange.due, now) << "nothing starts before it is due";
  }
}

Instant ShadowLog::DueOf(const Exchange& exchange) {
  const Place& place = places_[exchange.step];
  if (!options_.due_known || !scenario_.open || !place.is_first) {
    return exchange.next_due;
  }
  // First come, first served: among first steps, the order of starts is the order of arrivals.
  EXPECT_LT(next_arrival_, arrivals_.size()) << "more rounds than arrivals";
  if (next_arrival_ >= arrivals_.size()) {
    return exchange.next_due;
  }
  const loadgen::Arrival& arrival = arrivals_[next_arrival_++];
  EXPECT_EQ(place.flow, loadgen::PickFlow(scenario_.parts[0].cumulative_weights, options_.seed,
                                          arrival.number));
  return options_.start + arrival.due + place.lead;
}

void ShadowLog::OnSent(loadgen::ExchangeId id, Instant now) {
  exchanges_[id].is_sent = true;
  exchanges_[id].sent = now;
}

void ShadowLog::OnAnswer(loadgen::ExchangeId id, RequestError error, Instant now, Instant whole) {
  const bool is_possible = whole >= exchanges_[id].sent && whole <= now;
  const Outcome outcome = error == RequestError::kNone ? Outcome::kCompleted : Outcome::kFailed;
  End(id, outcome, error, {now, is_possible ? whole : now});
  if (outcome == Outcome::kCompleted) {
    ++completed_by_second_[static_cast<std::uint32_t>((now - options_.start) / 1s)];
  }
}

void ShadowLog::OnBroken(loadgen::ExchangeId id, RequestError error, Instant now) {
  End(id, Outcome::kFailed, error, {now, now});
}

void ShadowLog::OnCancel(loadgen::ExchangeId id) {
  const Exchange& exchange = exchanges_[id];
  const Nanos timeout = scenario_.timeouts[scenario_.requests[exchange.step].timeout_class];
  const bool timed_out = !stopping_ && exchange.started + timeout <= turn_;
  End(id, timed_out ? Outcome::kTimedOut : Outcome::kUnfinished,
      timed_out ? RequestError::kTimeout : RequestError::kRunEnded, {turn_, turn_});
}

void ShadowLog::End(loadgen::ExchangeId id, Outcome outcome, RequestError error, Times times) {
  Exchange& exchange = exchanges_[id];
  exchange.active = false;
  --active_;
  const bool warm = exchange.due < options_.start + scenario_.load.warm_up;
  // Where due instants are not known, neither is the phase; all is summed under one.
  const Phase phase = options_.due_known && warm ? Phase::kWarmUp : Phase::kMeasure;
  Expected& expected = expected_[{exchange.step, phase, outcome}];
  ++expected.count;
  expected.send_lag.push_back(exchange.started - exchange.due);
  if (outcome != Outcome::kFailed || error == RequestError::kStatus) {
    expected.response.push_back(times.ended - exchange.due);
    if (exchange.is_sent) {
      expected.service.push_back(times.ended - exchange.sent);
    }
  }
  exchange.next_due = NextDue(exchange, outcome, error, times.told);
}

Instant ShadowLog::NextDue(const Exchange& exchange, Outcome outcome, RequestError error,
                           Instant now) const {
  const Place& place = places_[exchange.step];
  if (outcome == Outcome::kCompleted && place.next) {
    return now + *place.next;
  }
  const bool broken = outcome == Outcome::kFailed && error != RequestError::kStatus;
  const Nanos trail = outcome == Outcome::kCompleted ? place.trail : Nanos(0);
  return now + (broken ? kPauseAfterBreak : trail) + place.lead;
}

Instant ShadowLog::NextTimeout() const {
  Instant next = Instant::max();
  for (const Exchange& exchange : exchanges_) {
    if (exchange.active) {
      next =
          std::min(next, exchange.started +
                             scenario_.timeouts[scenario_.requests[exchange.step].timeout_class]);
    }
  }
  return next;
}

std::uint64_t ShadowLog::ArrivalsDueBy(Instant now) const {
  const auto after =
      std::upper_bound(arrivals_.begin(), arrivals_.end(), now - options_.start,
                       [](Nanos at, const loadgen::Arrival& arrival) { return at < arrival.due; });
  return static_cast<std::uint64_t>(after - arrivals_.begin());
}

Instant ShadowLog::DueOfArrival(std::uint64_t index) const {
  return index < arrivals_.size() ? options_.start + arrivals_[index].due : Instant::max();
}

void ShadowLog::Compare(const std::vector<StepRecord>& totals) const {
  std::map<Key, StepRecord> actual;
  for (const StepRecord& record : totals) {
    for (std::size_t i = 0; i < kOutcomeCount; ++i) {
      const auto outcome = static_cast<Outcome>(i);
      const Phase phase = options_.due_known ? record.phase : Phase::kMeasure;
      if (record.counts.of(outcome) > 0) {
        actual[{record.step, phase, outcome}].Merge(record);
      }
    }
  }
  for (const auto& [key, expected] : expected_) {
    CompareOne(key, expected, actual[key]);
  }
  for (const auto& [key, record] : actual) {
    const Outcome outcome = std::get<Outcome>(key);
    // What was dropped, or never got a connection, did not pass through the transport.
    if (outcome != Outcome::kDropped && outcome != Outcome::kUnfinished) {
      EXPECT_TRUE(expected_.contains(key)) << OutcomeName(outcome);
    }
  }
}

void ShadowLog::CompareOne(const Key& key, const Expected& expected,
                           const StepRecord& record) const {
  const Outcome outcome = std::get<Outcome>(key);
  SCOPED_TRACE(std::string(OutcomeName(outcome)) + " of step " +
               std::to_string(std::get<std::uint32_t>(key)) +
               (std::get<Phase>(key) == Phase::kWarmUp ? ", warm-up" : ", measured"));
  const bool some_waited = outcome == Outcome::kUnfinished && !options_.never_waits;
  if (some_waited) {
    EXPECT_GE(record.counts.of(outcome), expected.count);
    return;
  }
  EXPECT_EQ(record.counts.of(outcome), expected.count);
  const auto found = record.latency.find(outcome);
  ASSERT_NE(found, record.latency.end());
  ExpectSame(found->second.service, expected.service);
  if (options_.due_known) {
    ExpectSame(found->second.response, expected.response);
  }
  EXPECT_EQ(found->second.send_lag.count(), expected.count);
  if (options_.due_known && options_.never_waits) {
    ExpectSame(found->second.send_lag, expected.send_lag);
  }
}

}  // namespace weir::tests
