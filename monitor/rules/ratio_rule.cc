#include "monitor/rules/ratio_rule.h"

#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::monitor {
namespace {

void AddTo(std::optional<double>& sum, std::optional<double> value) {
  if (value) {
    sum = sum.value_or(0) + *value;
  }
}

}  // namespace

bool RatioMeter::ByName::operator()(const std::shared_ptr<const SeriesName>& a,
                                    const std::shared_ptr<const SeriesName>& b) const {
  return a != b && std::tie(a->metric, a->labels) < std::tie(b->metric, b->labels);
}

RatioMeter::Part* RatioMeter::PartOf(const std::shared_ptr<const SeriesName>& name) {
  if (name->metric != spec_.of.metric && name->metric != spec_.to.metric) {
    return nullptr;
  }
  if (const auto known = parts_.find(name); known != parts_.end()) {
    return &known->second;
  }
  Part part;
  part.upper = spec_.of.Selects(*name);
  part.lower = spec_.to.Selects(*name);
  if (!part.upper && !part.lower) {
    return nullptr;
  }
  if (parts_.size() >= kSeriesMax) {
    ++left_out_;
    return nullptr;
  }
  for (const std::string& label : spec_.by) {
    part.group.emplace(label, LabelValue(name->labels, label));
  }
  return &parts_.emplace(name, std::move(part)).first->second;
}

std::vector<RatioMeter::Ratio> RatioMeter::Read(WallTime at, const Reading& reading) {
  for (const Sample& sample : reading.samples) {
    Part* part = PartOf(sample.series);
    if (part == nullptr) {
      continue;
    }
    if (!sample.repeated || part->seen_at == WallTime()) {
      part->window.Add(window_, at, sample.value);
    }
    part->seen_at = at;
  }

  struct Sums {
    std::optional<double> upper;
    std::optional<double> lower;
  };

  std::map<Labels, Sums> groups;
  for (auto item = parts_.begin(); item != parts_.end();) {
    const Part& part = item->second;
    if (part.seen_at == at) {
      Sums& sums = groups[part.group];
      const std::optional<double> value = part.window.Take(window_);
      AddTo(sums.upper, part.upper ? value : std::nullopt);
      AddTo(sums.lower, part.lower ? value : std::nullopt);
    }
    item = part.seen_at < at - window_.span ? parts_.erase(item) : std::next(item);
  }
  std::vector<Ratio> ratios;
  for (auto& [labels, sums] : groups) {
    if (!sums.upper && window_.take == WindowTake::kRate) {
      sums.upper = 0;
    }
    const bool has_value = sums.upper && sums.lower && *sums.lower != 0;
    ratios.push_back(
        {.labels = labels,
         .value = has_value ? std::optional(*sums.upper / *sums.lower) : std::nullopt});
  }
  return ratios;
}

std::string DescribeRatio(const RatioSpec& spec) {
  return fmt::format("{} over {}{}{}", SelectorText(spec.of.metric, spec.of.matchers),
                     SelectorText(spec.to.metric, spec.to.matchers), spec.by.empty() ? "" : " by ",
                     fmt::join(spec.by, ", "));
}

}  // namespace weir::monitor
