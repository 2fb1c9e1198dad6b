// How often rules with engines are right, on labelled episodes of simulated live metrics. Half of
// the episodes (the even seeds) were for choosing the defaults; the figures of docs/monitoring.md
// and the limits here are those of the other half. WEIR_EPISODES, WEIR_EPISODE_FIRST: other ones.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "tests/monitor/one_rule.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{1'700'000'000s};
constexpr int kLearn = 3000;   // Values of 15 s before an episode: half a day.
constexpr int kEpisode = 240;  // An hour.
constexpr std::size_t kMetrics = 5;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  if (text != nullptr) {
    std::from_chars(text, text + std::strlen(text), otherwise);
  }
  return otherwise;
}

/// A live metric in its usual state, and with one of its faults.
class Metric {
 public:
  Metric(std::size_t kind, Rng& rng) : kind_(kind), rng_(rng), phase_(6.28 * rng.Uniform()) {
    scale_ = std::exp(2 * rng.Normal());
    swing_ = rng.Below(2) == 0 ? 0.0 : 0.1 + 0.2 * rng.Uniform();
    requests_ = 200 + static_cast<double>(rng.Below(800));
    size_ = 0.7 + 0.6 * rng.Uniform();
    ramp_ = rng.Below(3) == 0 ? 40.0 : 1.0;
  }

  /// `since`: values since the fault began; negative: none.
  double Next(int number, int since) {
    const double fault = since < 0 ? 0 : size_ * std::min(1.0, (since + 1) / ramp_);
    memory_ = 0.7 * memory_ + 0.71 * rng_.Normal();
    // A day has 5,760 values.
    const double day = 1 + swing_ * std::sin(phase_ + 6.283 * number / 5760);
    switch (kind_) {
      case 0:  // A latency: skewed, with memory; it doubles.
        return scale_ * day * std::exp(0.08 * memory_ + 0.05 * rng_.Normal()) * (1 + 1.2 * fault);
      case 1:  // Requests a second: counts; half of them stay away.
        return Count(requests_ * day * (1 - std::min(0.6 * fault, 0.95)));
      case 2:  // The share of requests that fail, of few; it rises to some 5 %.
        return Count(requests_ * (0.002 + 0.05 * fault)) / requests_;
      case 3:  // Busy processors: bounded, with memory.
        return std::clamp(0.35 * day + 0.03 * memory_ + 0.4 * fault, 0.0, 1.0);
      default:  // A queue: mostly empty, with bursts; it fills.
        return Count(3 * std::exp(0.4 * memory_) * (1 + 8 * fault));
    }
  }

 private:
  // Poisson, by the normal distribution where that is the same.
  double Count(double mean) {
    if (mean > 50) {
      return std::max(0.0, std::round(mean + std::sqrt(mean) * rng_.Normal()));
    }
    double count = -1;
    for (double sum = 0; sum < mean; sum -= std::log(1 - rng_.Uniform())) {
      ++count;
    }
    return std::max(count, 0.0);
  }

  std::size_t kind_;
  Rng& rng_;
  double phase_;
  double scale_ = 1;
  double swing_ = 0;
  double requests_ = 0;
  double size_ = 1;
  double ramp_ = 1;
  double memory_ = 0;
};

struct Tally {
  int right = 0;
  int all = 0;
  std::vector<int> delays = {};  // Values from the fault to the alert.

  double share() const { return static_cast<double>(right) / all; }
};

struct Episodes {
  Tally faults[kMetrics];  // Right: told within the hour.
  Tally calm[kMetrics];    // Right: nothing told.
};

AlertRule Odd() {
  AlertRule rule;
  rule.name = "Odd";
  rule.metric = "m";
  rule.engine = AnomalySpec{};
  return rule;
}

void RunEpisode(std::uint64_t seed, Episodes& episodes) {
  Rng rng(seed);
  const std::size_t kind = (seed / 4) % kMetrics;
  const bool faulty = (seed / 2) % 2 == 0;
  Metric metric(kind, rng);
  tests::OneRule rule(Odd());
  const int begins = kLearn + static_cast<int>(rng.Below(kEpisode / 2));
  // A fault is a new alert: one that goes on from before does not count.
  int told = -1;
  bool fired_before = false;
  for (int i = 0; i < (faulty ? begins : kLearn) + kEpisode; ++i) {
    rule.Put("m", {}, metric.Next(i, faulty ? i - begins : -1));
    rule.Step(kStart + 15s * i);
    const bool fires = rule.Fires();
    const int first = faulty ? begins : kLearn;
    if (fires && !fired_before && i >= first && told < 0) {
      told = i - first;
    }
    fired_before = fires;
  }
  Tally& tally = faulty ? episodes.faults[kind] : episodes.calm[kind];
  ++tally.all;
  tally.right += (told >= 0) == faulty ? 1 : 0;
  if (faulty && told >= 0) {
    tally.delays.push_back(told + 1);
  }
}

TEST(AlertAccuracyTest, AnomaliesAreToldAndCalmIsNot) {
  constexpr const char* kNames[kMetrics] = {"latency", "throughput", "errors", "processor",
                                            "queue"};
  const std::uint64_t first = FromEnvironment("WEIR_EPISODE_FIRST", 1);
  const std::uint64_t count = FromEnvironment("WEIR_EPISODES", 600);
  Episodes episodes;
  for (std::uint64_t i = 0; i < count; ++i) {
    RunEpisode(first + 2 * i, episodes);
  }
  Tally faults;
  Tally calm;
  for (std::size_t kind = 0; kind < kMetrics; ++kind) {
    Tally& found = episodes.faults[kind];
    std::sort(found.delays.begin(), found.delays.end());
    fmt::print("{:<11} faults {}/{}, median delay {} values; calm {}/{}\n", kNames[kind],
               found.right, found.all,
               found.delays.empty() ? 0 : found.delays[found.delays.size() / 2],
               episodes.calm[kind].right, episodes.calm[kind].all);
    faults.right += found.right;
    faults.all += found.all;
    calm.right += episodes.calm[kind].right;
    calm.all += episodes.calm[kind].all;
  }
  fmt::print("accuracy {:.4f} of {}, false positives {:.4f} of {}\n",
             static_cast<double>(faults.right + calm.right) / (faults.all + calm.all),
             faults.all + calm.all, 1 - calm.share(), calm.all);
  EXPECT_GE(faults.share(), 0.97);
  EXPECT_GE(calm.share(), 0.99);
}

// Of the disks that are said to be full within four hours with a probability, that share is.
TEST(AlertAccuracyTest, TheProbabilityOfAForecastIsTheShareThatComesTrue) {
  const std::uint64_t first = FromEnvironment("WEIR_EPISODE_FIRST", 1);
  const std::uint64_t count = FromEnvironment("WEIR_FORECASTS", 150);
  const PredictSpec spec;
  const AlertThreshold limit = {.side = BadSide::kAbove, .level = 100, .clear_level = {}};
  constexpr int kBins = 5;
  std::vector<Tally> bins(kBins);
  std::vector<double> stated(kBins, 0);
  Tally alerts;
  for (std::uint64_t i = 0; i < count; ++i) {
    Rng rng(first + 2 * i);
    PredictJudge judge(spec, limit);
    // A trend, a walk about it, and noise; how far it is from the limit is drawn last.
    const double slope = rng.Uniform() * 0.5;
    const double walk = 0.2 + rng.Uniform();
    const double noise = rng.Uniform();
    std::vector<double> path;
    double level = 0;
    for (std::size_t k = 0; k < 240 + spec.horizon(); ++k) {
      level += slope + walk * rng.Normal();
      path.push_back(level + noise * rng.Normal());
    }
    const double gap = (slope * 60 + 8 * walk) * 1.6 * rng.Uniform();
    const double shift = 100 - gap - path[239];
    WallTime at = kStart;
    for (std::size_t k = 0; k < 241; ++k, at += spec.every) {
      judge.Add(at, 0, std::min(path[k] + shift, 99.99));
    }
    judge.Work();
    const double p = *judge.probability();
    const bool crossed = std::any_of(path.begin() + 240, path.end(),
                                     [&](double value) { return value + shift >= 100; });
    const auto bin = static_cast<std::size_t>(std::min(p * kBins, kBins - 1.0));
    ++bins[bin].all;
    bins[bin].right += crossed ? 1 : 0;
    stated[bin] += p;
    if (p >= spec.probability) {
      ++alerts.all;
      alerts.right += crossed ? 1 : 0;
    }
  }
  double off = 0;
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    const double mean = bins[bin].all > 0 ? stated[bin] / bins[bin].all : 0;
    fmt::print("stated {:.2f}: came true {:.2f} of {}\n", mean,
               bins[bin].all > 0 ? bins[bin].share() : 0, bins[bin].all);
    off += std::abs(stated[bin] - bins[bin].right) / static_cast<double>(count);
  }
  fmt::print("alerts that came true: {} of {}; off by {:.3f}\n", alerts.right, alerts.all, off);
  EXPECT_GE(alerts.share(), 0.8);
  EXPECT_LE(off, 0.12);
}

}  // namespace
}  // namespace weir::monitor
