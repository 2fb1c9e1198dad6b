#include "analysis/validity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "analysis/arrival_fit.h"
#include "analysis/quantile_interval.h"
#include "analysis/request_clustering.h"
#include "analysis/run_statistics.h"
#include "analysis/steadiness.h"
#include "analysis/validity_prose.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

// Of what is judged by quantile; the last one is evidence only, for its bursts are too few to judge
// a run by.
struct JudgedQuantile {
  double q;
  Evidence effective;
  bool judged;
};

constexpr std::array kJudgedQuantiles = {JudgedQuantile{0.5, Evidence::kEffectiveP50, true},
                                         JudgedQuantile{0.9, Evidence::kEffectiveP90, true},
                                         JudgedQuantile{0.99, Evidence::kEffectiveP99, true},
                                         JudgedQuantile{0.999, Evidence::kEffectiveP999, false}};

// Fewer of them are chance.
constexpr std::uint64_t kRetransmitsMin = 5;
constexpr std::uint64_t kDroppedMin = 5;

// A second that is cut by the end of the load, or by answers that have not come yet, is no second.
constexpr double kSettledSpan = 0.1;

class Judge {
 public:
  Judge(const ValidityInputs& inputs, const ValidityLimits& limits)
      : inputs_(inputs), limits_(limits), total_(inputs.run.Total(Phase::kMeasure)) {}

  Validity Conclude();

 private:
  void Know(Evidence which, double value) { validity_.of(which) = {value, ""}; }

  void KnowOr(Evidence which, std::optional<double> value, const std::string& because) {
    validity_.of(which) = {value, value ? "" : because};
  }

  void Unknown(std::initializer_list<Evidence> which, const std::string& because) {
    for (const Evidence one : which) {
      validity_.of(one) = {std::nullopt, because};
    }
  }

  void Add(ValidityCheck check, Grade grade, std::string text) {
    validity_.reasons.push_back({check, grade, std::move(text)});
  }

  bool AtLimit() const { return inputs_.generator.worker_idle.value_or(1) < limits_.worker_idle; }

  bool Starved() const { return inputs_.generator.worker_wait.value_or(0) > limits_.worker_wait; }

  void JudgeLag();
  void JudgeShares(const Histogram& lag);
  double Shortfall();
  void JudgeSaturation();
  void JudgeArrivals();
  void JudgeDrops();
  void JudgeHost();
  void JudgeNetwork();
  void JudgeSteadiness();
  void JudgeDrift(std::span<const double> series);
  void JudgeWarmUp(std::span<const double> series);
  void JudgeSamples();
  void NoteCalibration();
  std::vector<const SecondBlocks::Block*> WholeBlocks() const;

  const ValidityInputs& inputs_;
  const ValidityLimits& limits_;
  const StepRecord total_;
  Validity validity_;
  double lag_p50_ns_ = 0;
  double lag_share_p50_ = 0;
};

// How much of the response time at `q` is lateness of ours: no more than the lateness at that
// quantile, and no more than what the response time has over the service time.
double LagShare(const StepRecord& total, const Histogram& lag, double q) {
  const Histogram response = MergedLatency(total, LatencyKind::kResponse).histogram;
  const Histogram service = MergedLatency(total, LatencyKind::kService).histogram;
  if (response.empty()) {
    return 1;
  }
  const auto at = [q](const Histogram& h) { return static_cast<double>(h.QuantileNs(q)); };
  const double whole = std::max(at(response), 1.0);
  const double beyond_service = service.empty() ? whole : std::max(0.0, whole - at(service));
  return std::min({at(lag), beyond_service, whole}) / whole;
}

void Judge::JudgeLag() {
  const Histogram lag = MergedLatency(total_, LatencyKind::kSendLag).histogram;
  if (lag.empty()) {
    return Unknown({Evidence::kSendLagP50, Evidence::kSendLagP99, Evidence::kLagShareP50,
                    Evidence::kLagShareP99},
                   "no request was sent");
  }
  lag_p50_ns_ = static_cast<double>(lag.QuantileNs(0.5));
  lag_share_p50_ = LagShare(total_, lag, 0.5);
  Know(Evidence::kSendLagP50, lag_p50_ns_);
  Know(Evidence::kLagShareP50, lag_share_p50_);
  JudgeSaturation();
  JudgeShares(lag);
}

void Judge::JudgeShares(const Histogram& lag) {
  const bool saturated = !validity_.reasons.empty();
  if (!saturated && lag_p50_ns_ > static_cast<double>(CountNs(limits_.lag_floor_p50)) &&
      lag_share_p50_ > limits_.lag_share_p50) {
    Add(ValidityCheck::kSendLag, Grade::kSuspect,
        fmt::format("{} of the median response time is the generator's own lateness (median {}; "
                    "limit {}); {}{}",
                    PercentText(lag_share_p50_), SpanText(lag_p50_ns_),
                    PercentText(limits_.lag_share_p50), CauseAndCure(inputs_.generator),
                    inputs_.pacing == "spin" ? "" : ", or try --pacing spin"));
  }
  if (lag.count() < SamplesNeeded(0.99)) {
    return Unknown({Evidence::kSendLagP99, Evidence::kLagShareP99},
                   fmt::format("p99 needs {} requests; there are {}",
                               FormatCount(SamplesNeeded(0.99)), FormatCount(lag.count())));
  }
  const auto p99 = static_cast<double>(lag.QuantileNs(0.99));
  const double share = LagShare(total_, lag, 0.99);
  Know(Evidence::kSendLagP99, p99);
  Know(Evidence::kLagShareP99, share);
  if (validity_.reasons.empty() && p99 > static_cast<double>(CountNs(limits_.lag_floor_p99)) &&
      share > limits_.lag_share_p99) {
    Add(ValidityCheck::kSendLag, Grade::kSuspect,
        fmt::format("p99 and above show the generator as much as the target: {} of the p99 is its "
                    "own lateness (p99 {}; limit {}); {}",
                    PercentText(share), SpanText(p99), PercentText(limits_.lag_share_p99),
                    CauseAndCure(inputs_.generator)));
  }
}

// What was planned and not sent within the load; 0 where it is not known.
double Judge::Shortfall() {
  const std::vector<ArrivalGap>& gaps = inputs_.generator.gaps;
  if (inputs_.generator.process == ArrivalProcess::kNone) {
    Unknown({Evidence::kRateShortfall}, "a closed loop plans no rate");
    return 0;
  }
  if (gaps.empty()) {
    Unknown({Evidence::kRateShortfall}, "no arrivals were observed");
    return 0;
  }
  const auto late =
      std::count_if(gaps.begin(), gaps.end(), [](const ArrivalGap& gap) { return !gap.in_time; });
  const double shortfall = static_cast<double>(late) / static_cast<double>(gaps.size());
  Know(Evidence::kRateShortfall, shortfall);
  return shortfall;
}

// Several symptoms of one trouble, so that it is told once.
void Judge::JudgeSaturation() {
  const double shortfall = Shortfall();
  const double dropped = static_cast<double>(total_.counts.of(Outcome::kDropped)) /
                         static_cast<double>(total_.counts.planned);
  // A thread at its limit, or without a processor, does not take answers in time, and its
  // connections are never free.
  const bool crowded = dropped > limits_.shortfall_invalid && (AtLimit() || Starved());
  const bool late = lag_p50_ns_ > static_cast<double>(CountNs(limits_.lag_floor_invalid)) &&
                    lag_share_p50_ > limits_.lag_share_invalid;
  const bool invalid = late || crowded || shortfall > limits_.shortfall_invalid;
  std::vector<std::string> symptoms;
  if (crowded) {
    symptoms.push_back(fmt::format("{} of the planned requests were dropped (limit {})",
                                   PercentText(dropped), PercentText(limits_.shortfall_invalid)));
  }
  if (shortfall > limits_.shortfall_suspect) {
    symptoms.push_back(
        fmt::format("{} of the planned requests were not sent while the load lasted (limit {})",
                    PercentText(shortfall),
                    PercentText(invalid ? limits_.shortfall_invalid : limits_.shortfall_suspect)));
  }
  if (late) {
    symptoms.push_back(fmt::format(
        "half of all requests were sent more than {} late, {} of their response time (limit {})",
        SpanText(lag_p50_ns_), PercentText(lag_share_p50_),
        PercentText(limits_.lag_share_invalid)));
  }
  if (!symptoms.empty()) {
    Add(ValidityCheck::kSaturation, invalid ? Grade::kInvalid : Grade::kSuspect,
        fmt::format("the generator {}: {}; {}", invalid ? "was saturated" : "did not quite keep up",
                    fmt::join(symptoms, ", and "), CauseAndCure(inputs_.generator)));
  } else if (inputs_.generator.process == ArrivalProcess::kNone && AtLimit()) {
    Add(ValidityCheck::kSaturation, Grade::kSuspect,
        fmt::format("the rate is the generator's limit, not the target's: its busiest thread had "
                    "{} of the time to spare (limit {}); use more --threads, or an open load (-R)",
                    PercentText(*inputs_.generator.worker_idle), PercentText(limits_.worker_idle)));
  }
}

void Judge::JudgeArrivals() {
  const GeneratorEvidence& generator = inputs_.generator;
  const auto fit = FitArrivals(generator.process, generator.gaps, inputs_.run.plan.seed);
  if (!fit) {
    return Unknown({Evidence::kGapSamples, Evidence::kGapVariation, Evidence::kGapFitStatistic,
                    Evidence::kGapFitP},
                   generator.process == ArrivalProcess::kNone
                       ? "a closed loop plans no arrivals"
                       : fmt::format("{} gaps were observed; {} are the least",
                                     generator.gaps.size(), kFitValuesMin));
  }
  Know(Evidence::kGapSamples, static_cast<double>(fit->test.count));
  Know(Evidence::kGapVariation, fit->variation);
  Know(Evidence::kGapFitStatistic, fit->test.a2);
  Know(Evidence::kGapFitP, fit->test.p);
  if (fit->test.p >= limits_.fit_p || fit->test.distance() <= limits_.fit_suspect) {
    return;
  }
  const bool uniform = generator.process == ArrivalProcess::kUniform;
  const bool invalid = fit->test.distance() > limits_.fit_invalid;
  Add(ValidityCheck::kArrivals, invalid ? Grade::kInvalid : Grade::kSuspect,
      fmt::format("arrivals were not {} as planned but came in bursts (variation of the gaps "
                  "{:.2f}, planned {}; Anderson-Darling distance {:.2f}, limit {:.1f}); {}",
                  uniform ? "evenly spaced" : "Poisson", fit->variation, uniform ? 0 : 1,
                  fit->test.distance(), invalid ? limits_.fit_invalid : limits_.fit_suspect,
                  CauseAndCure(generator)));
}

void Judge::JudgeDrops() {
  const std::uint64_t dropped = total_.counts.of(Outcome::kDropped);
  const double share = static_cast<double>(dropped) / static_cast<double>(total_.counts.planned);
  Know(Evidence::kDropped, share);
  if (share > limits_.dropped && dropped >= kDroppedMin) {
    Add(ValidityCheck::kDrops, Grade::kSuspect,
        fmt::format(
            "{} of the planned requests ({}) were dropped because in_flight_max was reached "
            "(limit {}), so the latencies lack the worst moments; raise in_flight_max or "
            "lower the rate",
            PercentText(share), FormatCount(dropped), PercentText(limits_.dropped)));
  }
}

void Judge::JudgeHost() {
  const GeneratorEvidence& generator = inputs_.generator;
  constexpr const char* kNotTold = "the kernel does not tell";
  KnowOr(Evidence::kWorkerBusy, generator.worker_busy, kNotTold);
  KnowOr(Evidence::kWorkerIdle, generator.worker_idle, kNotTold);
  KnowOr(Evidence::kWorkerWait, generator.worker_wait, kNotTold);
  KnowOr(Evidence::kSteal, generator.steal, kNotTold);
  KnowOr(Evidence::kThrottled, generator.throttled, "no control group limits this process");
  if (const double steal = generator.steal.value_or(0); steal > limits_.steal_suspect) {
    const bool invalid = steal > limits_.steal_invalid;
    Add(ValidityCheck::kSteal, invalid ? Grade::kInvalid : Grade::kSuspect,
        fmt::format("the hypervisor took {} of this machine's processor time (steal; limit {}); "
                    "use a machine of its own",
                    PercentText(steal),
                    PercentText(invalid ? limits_.steal_invalid : limits_.steal_suspect)));
  }
  if (const double share = generator.throttled.value_or(0); share > limits_.throttled_suspect) {
    const bool invalid = share > limits_.throttled_invalid;
    Add(ValidityCheck::kThrottling, invalid ? Grade::kInvalid : Grade::kSuspect,
        fmt::format("the control group of the generator was throttled for {} of the time (limit "
                    "{}); raise its processor quota",
                    PercentText(share),
                    PercentText(invalid ? limits_.throttled_invalid : limits_.throttled_suspect)));
  }
}

void Judge::JudgeNetwork() {
  const std::optional<std::uint64_t> sent_again = inputs_.generator.retransmits;
  if (!sent_again) {
    return Unknown({Evidence::kRetransmits}, "the transport does not tell");
  }
  // Connections do not know phases: theirs are of the warm-up too.
  const std::uint64_t planned =
      total_.counts.planned + inputs_.run.Total(Phase::kWarmUp).counts.planned;
  const double each = static_cast<double>(*sent_again) / static_cast<double>(planned);
  Know(Evidence::kRetransmits, each);
  if (each > limits_.retransmits && *sent_again >= kRetransmitsMin) {
    Add(ValidityCheck::kRetransmits, Grade::kSuspect,
        fmt::format("the network lost packets: {} segments were sent again, {} of the requests "
                    "(limit {}), each at a cost of some 200 ms; mend the network or test nearer "
                    "to the target",
                    FormatCount(*sent_again), PercentText(each), PercentText(limits_.retransmits)));
  }
}

// Requests are booked when they end: seconds at the start miss those that take longer, and after
// the load only the slow ones are left. Neither is a level of the latency.
std::vector<const SecondBlocks::Block*> Judge::WholeBlocks() const {
  const Histogram response = MergedLatency(total_, LatencyKind::kResponse).histogram;
  std::vector<const SecondBlocks::Block*> whole;
  if (response.empty()) {
    return whole;
  }
  const double p99_s = static_cast<double>(response.QuantileNs(0.99)) / 1e9;
  const double from =
      Seconds(inputs_.run.plan.warm_up) + std::ceil(std::max(0.0, p99_s - kSettledSpan));
  const double to = Seconds(inputs_.run.plan.warm_up + inputs_.run.measured);
  const double width = inputs_.seconds.width_s();
  for (const SecondBlocks::Block& block : inputs_.seconds.blocks()) {
    if (block.first_second >= from && block.first_second + width <= to + 1e-6) {
      whole.push_back(&block);
    }
  }
  return whole;
}

void Judge::JudgeSteadiness() {
  const auto unknown = [this](const std::string& because) {
    Unknown({Evidence::kDrift, Evidence::kDriftP, Evidence::kWarmUpEnd}, because);
  };
  const auto blocks = WholeBlocks();
  std::vector<double> series;
  for (const SecondBlocks::Block* block : blocks) {
    series.push_back(*MeanLogBetween(block->response.ToHistogram(), kBodyFrom, kBodyTo));
  }
  const std::optional<double> memory = LagOneCorrelation(series);
  KnowOr(Evidence::kAutocorrelation, series.size() < kSteadySeriesMin ? std::nullopt : memory,
         fmt::format("{} whole seconds were measured; {} are the least", series.size(),
                     kSteadySeriesMin));
  if (!inputs_.constant_load) {
    return unknown("the load changes while it is measured, and latency with it");
  }
  if (series.size() < kSteadySeriesMin) {
    return unknown(fmt::format("{} whole seconds were measured; {} are the least", series.size(),
                               kSteadySeriesMin));
  }
  JudgeWarmUp(series);
  JudgeDrift(series);
}

void Judge::JudgeWarmUp(std::span<const double> series) {
  const auto end = EstimateWarmUpEnd(series);
  if (!end) {
    return Unknown({Evidence::kWarmUpEnd}, "the latency had not settled by the middle of the run");
  }
  const double seconds = static_cast<double>(end->index) * inputs_.seconds.width_s();
  Know(Evidence::kWarmUpEnd, seconds);
  if (std::fabs(end->excess) > std::log1p(limits_.warm_up_excess)) {
    Add(ValidityCheck::kWarmUp, Grade::kSuspect,
        fmt::format("the first {:.0f} s look like a warm-up: the typical latency was {} of that "
                    "afterwards (limit {}); set warm_up to {:.0f}s",
                    seconds, FormatChange(std::expm1(end->excess)),
                    FormatChange(limits_.warm_up_excess),
                    seconds + Seconds(inputs_.run.plan.warm_up)));
  }
}

void Judge::JudgeDrift(std::span<const double> series) {
  const auto trend = TrendOf(series);
  const double change = std::expm1(std::clamp(trend->change, -20.0, 20.0));
  Know(Evidence::kDrift, change);
  Know(Evidence::kDriftP, trend->p);
  const bool told = std::any_of(
      validity_.reasons.begin(), validity_.reasons.end(),
      [](const ValidityReason& reason) { return reason.check == ValidityCheck::kWarmUp; });
  if (!told && trend->p < limits_.drift_p && std::fabs(trend->change) > std::log1p(limits_.drift)) {
    Add(ValidityCheck::kStationarity, Grade::kSuspect,
        fmt::format("the latency did not stand still: the typical one changed by {} from the first "
                    "measured second to the last (limit {}, p {:.1g}); measure longer or look for "
                    "what grows in the target",
                    FormatChange(change), PercentText(limits_.drift), trend->p));
  }
}

void Judge::JudgeSamples() {
  std::vector<const CoarseCounts*> stretches;
  for (const SecondBlocks::Block* block : WholeBlocks()) {
    stretches.push_back(&block->response);
  }
  for (const JudgedQuantile& quantile : kJudgedQuantiles) {
    const auto clustering = ClusteringAt(stretches, quantile.q);
    if (!clustering) {
      Unknown({quantile.effective}, "too few seconds or requests beyond the quantile to tell");
      continue;
    }
    Know(quantile.effective, clustering->effective_samples);
    const auto needed = static_cast<double>(SamplesNeeded(quantile.q));
    const auto count = static_cast<double>(total_.counts.planned);
    if (quantile.judged && count >= needed && clustering->p < limits_.samples_p &&
        clustering->effective_samples < limits_.samples_share * needed) {
      Add(ValidityCheck::kSamples, Grade::kSuspect,
          fmt::format(
              "{} rests on few moments: slow requests come in bursts, so that {} requests "
              "are worth {:.0f} independent ones and {:.0f} are needed; measure {:.0f} times "
              "as long",
              QuantileName(quantile.q), FormatCount(total_.counts.planned),
              clustering->effective_samples, needed,
              std::ceil(needed / std::max(1.0, clustering->effective_samples))));
    }
  }
}

void Judge::NoteCalibration() {
  const std::optional<Calibration>& calibration = inputs_.calibration;
  constexpr const char* kNever = "this instrument was never calibrated here with this pacing";
  constexpr const char* kFew = "the calibration had too few requests";
  const char* because = calibration ? kFew : kNever;
  const auto of = [&](std::optional<double> Calibration::*member) {
    return calibration ? (*calibration).*member : std::nullopt;
  };
  KnowOr(Evidence::kCalibrationP50, of(&Calibration::error_p50_ns), because);
  KnowOr(Evidence::kCalibrationP99, of(&Calibration::error_p99_ns), because);
  KnowOr(Evidence::kCalibrationP999, of(&Calibration::error_p999_ns), because);
  if (calibration) {
    Know(Evidence::kCalibrationAge, Seconds(inputs_.run.started_at - calibration->made_at));
  } else {
    Unknown({Evidence::kCalibrationAge}, kNever);
  }
}

Validity Judge::Conclude() {
  for (EvidenceValue& value : validity_.evidence) {
    value.unknown_because = "no request was measured";
  }
  NoteCalibration();
  if (total_.counts.planned == 0) {
    Add(ValidityCheck::kMeasured, Grade::kInvalid,
        "no request was measured; let the load last longer than its warm-up");
  } else {
    JudgeLag();
    JudgeArrivals();
    JudgeDrops();
    JudgeHost();
    JudgeNetwork();
    JudgeSteadiness();
    JudgeSamples();
  }
  std::stable_sort(
      validity_.reasons.begin(), validity_.reasons.end(),
      [](const ValidityReason& a, const ValidityReason& b) { return a.grade > b.grade; });
  for (const ValidityReason& reason : validity_.reasons) {
    validity_.grade = Worse(validity_.grade, reason.grade);
  }
  return std::move(validity_);
}

}  // namespace

Validity JudgeValidity(const ValidityInputs& inputs, const ValidityLimits& limits) {
  return Judge(inputs, limits).Conclude();
}

}  // namespace weir::analysis
