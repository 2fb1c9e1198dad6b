#include "monitor/sources/otlp_series.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace weir::monitor {
namespace {

using Kind = OtlpPoint::Kind;

std::size_t RoomFor(const OtlpPoint& point) {
  return point.kind == Kind::kValue          ? 1
         : point.kind == Kind::kDistribution ? 2 + OtlpSeries::kQuantiles.size()
                                             : 2 + point.quantiles.size();
}

std::shared_ptr<const SeriesName> Named(const SeriesName& base, std::string_view ending,
                                        std::optional<double> quantile = {}) {
  auto name = std::make_shared<SeriesName>(base);
  name->metric += ending;
  if (quantile) {
    name->labels.insert_or_assign("quantile", fmt::format("{}", *quantile));
  }
  return name;
}

/// The sample of that name is `value`, whether there was one or not.
void Set(std::vector<Sample>& samples, const SeriesName& base, double quantile, double value) {
  const std::string text = fmt::format("{}", quantile);
  const auto found = std::find_if(samples.begin(), samples.end(), [&text](const Sample& sample) {
    const auto label = sample.series->labels.find("quantile");
    return label != sample.series->labels.end() && label->second == text;
  });
  if (found == samples.end()) {
    samples.push_back({Named(base, "", quantile), value});
  } else {
    found->value = value;
  }
}

void KeepCountAndSum(std::vector<Sample>& samples, const SeriesName& base) {
  if (samples.empty()) {
    samples = {{Named(base, "_count"), 0}, {Named(base, "_sum"), 0}};
  }
}

}  // namespace

void OtlpSeries::TakeDistribution(const OtlpPoint& point, Series& series) {
  KeepCountAndSum(series.samples, point.series);
  double& count = series.samples[0].value;
  double& sum = series.samples[1].value;
  std::optional<Distribution> added;
  if (point.is_delta) {
    added = point.distribution;
    count += point.distribution.count;
    sum += point.distribution.sum;
  } else {
    if (point.begin == series.begin) {
      added = Added(point.distribution, series.whole);
    }
    count = point.distribution.count;
    sum = point.distribution.sum;
    series.whole = point.distribution;
  }
  const Distribution& newest = added ? *added : point.distribution;
  for (const double q : kQuantiles) {
    if (const auto value = Quantile(newest, q)) {
      Set(series.samples, point.series, q, *value);
    } else if (series.samples.size() > 2) {
      series.samples.resize(2);  // Nothing came: there is no such time.
    }
  }
}

void OtlpSeries::TakeSummary(const OtlpPoint& point, Series& series) {
  KeepCountAndSum(series.samples, point.series);
  series.samples[0].value = point.distribution.count;
  series.samples[1].value = point.distribution.sum;
  series.samples.resize(2);
  for (const auto& [q, value] : point.quantiles) {
    Set(series.samples, point.series, q, value);
  }
}

std::optional<std::string_view> OtlpSeries::Take(const OtlpPoint& point, Instant now) {
  const auto drop = [this](std::string_view reason) {
    ledger_.Drop(std::string(reason));
    return std::optional(reason);
  };
  auto found = series_.find(point.series);
  const bool is_known = found != series_.end();
  const bool is_again =
      is_known && point.at != 0 &&
      (point.is_delta ? point.at <= found->second.at : point.at < found->second.at);
  if (is_again) {
    return drop("late");
  }
  // Of another kind than before, it is another series.
  if (is_known && (point.kind == Kind::kNone || found->second.kind != point.kind ||
                   found->second.room < RoomFor(point))) {
    room_ -= found->second.room;
    series_.erase(found);
    found = series_.end();
  }
  if (found == series_.end() && point.kind != Kind::kNone) {
    const std::size_t room = RoomFor(point);
    if (room_ + room > Reading::kSamplesMax) {
      Forget(now);
    }
    if (room_ + room > Reading::kSamplesMax) {
      return drop("too_many_samples");
    }
    room_ += room;
    found = series_
                .emplace(std::make_shared<SeriesName>(point.series),
                         Series{.kind = point.kind, .begin = point.begin, .room = room})
                .first;
  }
  ++ledger_.offered;
  ++ledger_.ingested;
  if (point.kind == Kind::kNone) {
    return std::nullopt;
  }
  Series& series = found->second;
  if (point.kind == Kind::kValue) {
    if (series.samples.empty()) {
      series.samples.push_back({found->first, 0});
    }
    double& value = series.samples[0].value;
    value = point.is_delta ? value + point.value : point.value;
  } else if (point.kind == Kind::kDistribution) {
    TakeDistribution(point, series);
  } else {
    TakeSummary(point, series);
  }
  series.seen = now;
  series.at = point.at;
  series.begin = point.begin;
  return std::nullopt;
}

void OtlpSeries::Forget(Instant now) {
  for (auto item = series_.begin(); item != series_.end();) {
    if (now - item->second.seen < kKept) {
      ++item;
      continue;
    }
    room_ -= item->second.room;
    item = series_.erase(item);
  }
}

Reading OtlpSeries::Look(Instant now) {
  Forget(now);
  Reading reading;
  reading.ledger = std::exchange(ledger_, {});
  reading.samples.reserve(room_);
  for (const auto& [name, series] : series_) {
    reading.samples.insert(reading.samples.end(), series.samples.begin(), series.samples.end());
  }
  return reading;
}

}  // namespace weir::monitor
