#include "monitor/rules/burn_rate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "monitor/rules/alert_text.h"

namespace weir::monitor {
namespace {

// Names that are remembered, then learnt anew.
constexpr std::size_t kKnownMax = 100'000;

std::string Percent(double share) {
  return FormatAlertValue(share * 100) + " %";
}

}  // namespace

Status CheckBurnRate(const BurnRateSpec& spec) {
  if (!(spec.objective > 0 && spec.objective < 1)) {
    return UsageError(
        "the objective is the share of requests that is promised to be good; write "
        "one between 0 and 100%, for example 99.9%");
  }
  if (spec.windows.empty() || spec.windows.size() > BurnRateSpec::kWindowsMax) {
    return UsageError(fmt::format("a burn rate has 1 to {} windows", BurnRateSpec::kWindowsMax));
  }
  for (const BurnWindow& window : spec.windows) {
    if (window.span_short <= Nanos(0) || window.span_short > window.span_long) {
      return UsageError("the short window must be no longer than the long one, and above 0");
    }
    const double highest = 1 / (1 - spec.objective);
    if (!(window.factor > 0 && window.factor < highest)) {
      return UsageError(fmt::format(
          "a factor of {} can never be reached: when all requests fail, a budget of {} burns {} "
          "times as fast as it may; write a lower one",
          FormatAlertValue(window.factor), Percent(1 - spec.objective), FormatAlertValue(highest)));
    }
  }
  return {};
}

void SpanCounts::MoveTo(std::int64_t number) {
  if (number - newest_ >= kBuckets) {
    buckets_ = {};
    newest_ = number;
  }
  while (newest_ < number) {
    ++newest_;
    buckets_[static_cast<std::size_t>(newest_ % kBuckets)] = {};
  }
  // Summed anew, as differences of sums of doubles would not come back to 0.
  bad_ = 0;
  total_ = 0;
  for (const Bucket& bucket : buckets_) {
    bad_ += bucket.bad;
    total_ += bucket.total;
  }
}

void SpanCounts::Add(WallTime at, double bad, double total) {
  const std::int64_t number = at.time_since_epoch() / width_;
  if (number > newest_) {
    MoveTo(number);
  }
  Bucket& bucket = buckets_[static_cast<std::size_t>(newest_ % kBuckets)];
  bucket.bad += bad;
  bucket.total += total;
  bad_ += bad;
  total_ += total;
}

BurnJudge::BurnJudge(const BurnRateSpec& spec) : spec_(spec) {
  if (!spec_.queries.empty()) {
    WEIR_CHECK(spec_.queries.size() == 2 * spec_.windows.size());
    shares_.resize(spec_.queries.size());
    return;
  }
  for (const BurnWindow& window : spec_.windows) {
    counts_.emplace_back(window.span_long);
    counts_.emplace_back(window.span_short);
  }
}

void BurnJudge::Add(WallTime at, std::size_t input, double value) {
  if (!spec_.queries.empty()) {
    shares_[input] = std::isfinite(value) ? std::optional(value) : std::nullopt;
    return;
  }
  if (input == kBad) {
    bad_ = value;
    return;
  }
  for (SpanCounts& counts : counts_) {
    counts.Add(at, bad_, value);
  }
  bad_ = 0;
}

BurnJudge::Pair BurnJudge::PairOf(std::size_t window) const {
  if (!spec_.queries.empty()) {
    return {shares_[2 * window], shares_[2 * window + 1]};
  }
  const auto share = [](const SpanCounts& counts) -> std::optional<double> {
    return counts.total() > 0 ? std::optional(counts.bad() / counts.total()) : std::nullopt;
  };
  const SpanCounts& whole = counts_[2 * window];
  if (whole.total() < spec_.requests_min) {
    return {};
  }
  return {share(whole), share(counts_[2 * window + 1])};
}

std::optional<BurnJudge::Lead> BurnJudge::Worst() const {
  std::optional<Lead> worst;
  for (std::size_t i = 0; i < spec_.windows.size(); ++i) {
    const Pair pair = PairOf(i);
    if (!pair.share_long || !pair.share_short) {
      continue;
    }
    const double burn = std::min(*pair.share_long, *pair.share_short) / (1 - spec_.objective);
    if (!worst ||
        burn / spec_.windows[i].factor > worst->burn / spec_.windows[worst->window].factor) {
      worst = Lead{i, burn};
    }
  }
  return worst;
}

std::optional<bool> BurnJudge::Holds(AlertPhase /*phase*/) const {
  const std::optional<Lead> worst = Worst();
  if (!worst) {
    // Counters of which nothing came yet tell nothing; windows without requests are good.
    const bool began = std::any_of(counts_.begin(), counts_.end(),
                                   [](const SpanCounts& counts) { return counts.total() > 0; });
    return began || !spec_.queries.empty() ? std::optional(false) : std::nullopt;
  }
  return worst->burn > spec_.windows[worst->window].factor;
}

std::optional<double> BurnJudge::value() const {
  const std::optional<Lead> worst = Worst();
  return worst ? std::optional(worst->burn) : std::nullopt;
}

std::string BurnJudge::Why() const {
  const std::optional<Lead> worst = Worst();
  if (!worst) {
    return "no requests";
  }
  const BurnWindow& window = spec_.windows[worst->window];
  const Pair pair = PairOf(worst->window);
  return fmt::format(
      "{} of requests failed in {} and {} in {}: the budget of {} burns {} times as fast as it may "
      "(limit {})",
      Percent(*pair.share_long), FormatAlertSpan(window.span_long), Percent(*pair.share_short),
      FormatAlertSpan(window.span_short), Percent(1 - spec_.objective),
      FormatAlertValue(worst->burn), FormatAlertValue(window.factor));
}

std::vector<BurnMeter::Input> BurnMeter::ReadShares(const Reading& reading) const {
  std::vector<Input> inputs;
  for (const Sample& sample : reading.samples) {
    for (std::size_t i = 0; i < spec_.queries.size(); ++i) {
      if (spec_.queries[i] == sample.query) {
        inputs.push_back({sample.series->labels, i, sample.value});
      }
    }
  }
  return inputs;
}

BurnMeter::Counter* BurnMeter::CounterOf(const std::shared_ptr<const SeriesName>& name) {
  if (const auto known = known_.find(name); known != known_.end()) {
    return known->second;
  }
  if (known_.size() >= kKnownMax) {
    known_.clear();
  }
  const bool bad = spec_.bad.Selects(*name);
  const bool total = spec_.total.Selects(*name);
  if (!bad && !total) {
    known_.emplace(name, nullptr);
    return nullptr;
  }
  const auto key = std::make_pair(name->metric, name->labels);
  const auto found = counters_.find(key);
  if (found == counters_.end() && counters_.size() >= kCountersMax) {
    ++left_out_;
    return nullptr;
  }
  Counter& counter = found != counters_.end() ? found->second : counters_[key];
  counter.selected_bad = bad;
  counter.selected_total = total;
  for (const std::string& label : spec_.by) {
    counter.group.insert_or_assign(label, LabelValue(name->labels, label));
  }
  known_.emplace(name, &counter);
  return &counter;
}

void BurnMeter::ForgetUnseen(WallTime at) {
  Nanos longest{0};
  for (const BurnWindow& window : spec_.windows) {
    longest = std::max(longest, window.span_long);
  }
  known_.clear();
  for (auto item = counters_.begin(); item != counters_.end();) {
    item = at - item->second.seen_at > longest ? counters_.erase(item) : std::next(item);
  }
}

std::vector<BurnMeter::Input> BurnMeter::Read(WallTime at, const Reading& reading) {
  if (!spec_.queries.empty()) {
    return ReadShares(reading);
  }
  if (counters_.size() >= kCountersMax) {
    ForgetUnseen(at);
  }
  std::map<Labels, Increase> groups;
  for (const Sample& sample : reading.samples) {
    Counter* counter = CounterOf(sample.series);
    if (counter == nullptr || !std::isfinite(sample.value)) {
      continue;
    }
    const double before = counter->last.value_or(read_before_ ? 0 : sample.value);
    const double increase = sample.value >= before ? sample.value - before : sample.value;
    counter->last = sample.value;
    counter->seen_at = at;
    Increase& group = groups[counter->group];
    group.bad += counter->selected_bad ? increase : 0;
    group.total += counter->selected_total ? increase : 0;
    group.has_total = group.has_total || counter->selected_total;
  }
  read_before_ = true;
  std::vector<Input> inputs;
  for (const auto& [labels, increase] : groups) {
    if (increase.has_total) {
      inputs.push_back({labels, BurnJudge::kBad, increase.bad});
      inputs.push_back({labels, BurnJudge::kTotal, increase.total});
    }
  }
  return inputs;
}

std::string DescribeBurnRate(const BurnRateSpec& spec) {
  std::string text =
      fmt::format("more than {} of requests fail, burning", Percent(1 - spec.objective));
  for (std::size_t i = 0; i < spec.windows.size(); ++i) {
    const BurnWindow& window = spec.windows[i];
    text += fmt::format("{} {} times as fast over {} and {}", i == 0 ? "" : ", or",
                        FormatAlertValue(window.factor), FormatAlertSpan(window.span_long),
                        FormatAlertSpan(window.span_short));
  }
  return text;
}

}  // namespace weir::monitor
