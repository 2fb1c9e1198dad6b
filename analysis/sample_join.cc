#include "analysis/sample_join.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

constexpr std::int64_t kRowsMax = 10'000'000;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

void CopyRow(const SeriesTable& from, std::size_t row, SeriesTable& to) {
  if (!from.times.empty()) {
    to.times.push_back(from.times[row]);
  }
  for (std::size_t i = 0; i < from.series.size(); ++i) {
    to.series[i].values.push_back(from.series[i].values[row]);
  }
  for (std::size_t i = 0; i < from.labels.size(); ++i) {
    to.labels[i].values.push_back(from.labels[i].values[row]);
  }
}

SeriesTable EmptyLike(const SeriesTable& table) {
  SeriesTable empty;
  empty.source = table.source;
  empty.warnings = table.warnings;
  for (const Series& series : table.series) {
    empty.series.push_back({.name = series.name, .unit = series.unit, .values = {}, .errors = {}});
  }
  for (const SeriesLabels& labels : table.labels) {
    empty.labels.push_back({.name = labels.name, .values = {}});
  }
  return empty;
}

std::int64_t StretchOf(WallTime at, Nanos every) {
  const std::int64_t ns = CountNs(at);
  const std::int64_t width = every.count();
  return ns >= 0 ? ns / width : -((-ns + width - 1) / width);
}

struct Stretches {
  std::int64_t first = 0;
  std::int64_t last = 0;

  std::size_t size() const { return static_cast<std::size_t>(last - first + 1); }
};

Stretches StretchesOf(const SeriesTable& table, Nanos every) {
  const auto [first, last] = std::minmax_element(table.times.begin(), table.times.end());
  return {StretchOf(*first, every), StretchOf(*last, every)};
}

// The median of the values in each stretch.
std::vector<double> Medians(const SeriesTable& table, const Series& series,
                            const Stretches& stretches, Nanos every) {
  std::vector<std::pair<std::int64_t, double>> samples;
  for (std::size_t row = 0; row < table.times.size(); ++row) {
    const std::int64_t stretch = StretchOf(table.times[row], every);
    if (std::isfinite(series.values[row]) && stretch >= stretches.first &&
        stretch <= stretches.last) {
      samples.emplace_back(stretch, series.values[row]);
    }
  }
  std::sort(samples.begin(), samples.end());
  std::vector<double> medians(stretches.size(), kMissing);
  for (std::size_t from = 0; from < samples.size();) {
    std::size_t to = from;
    while (to < samples.size() && samples[to].first == samples[from].first) {
      ++to;
    }
    const std::size_t low = from + (to - from - 1) / 2;
    const std::size_t high = from + (to - from) / 2;
    medians[static_cast<std::size_t>(samples[from].first - stretches.first)] =
        samples[low].second / 2 + samples[high].second / 2;
    from = to;
  }
  return medians;
}

}  // namespace

Result<std::vector<LabelGroup>> SplitByLabels(const SeriesTable& table,
                                              std::span<const std::string> names) {
  std::vector<const SeriesLabels*> labels;
  for (const std::string& name : names) {
    labels.push_back(table.FindLabels(name));
    WEIR_CHECK(labels.back() != nullptr);
  }
  if (labels.empty()) {
    return std::vector<LabelGroup>{{.key = {}, .table = table}};
  }
  std::vector<LabelGroup> groups;
  std::map<std::vector<std::string>, std::size_t> places;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    std::vector<std::string> key;
    for (const SeriesLabels* one : labels) {
      key.push_back(one->values[row]);
    }
    const auto [place, is_new] = places.try_emplace(key, groups.size());
    if (is_new) {
      if (groups.size() == kLabelGroupsMax) {
        return UsageError(
            fmt::format("{}: more than {} combinations of {}\n  hint: leave the column out, or "
                        "group its values",
                        Printable(table.source), kLabelGroupsMax, fmt::join(names, " and ")));
      }
      groups.push_back({.key = std::move(key), .table = EmptyLike(table)});
    }
    CopyRow(table, row, groups[place->second].table);
  }
  return groups;
}

Result<SeriesTable> JoinOnTime(const SeriesTable& a, const SeriesTable& b, Nanos every) {
  WEIR_CHECK(every.count() > 0);
  for (const SeriesTable* side : {&a, &b}) {
    if (side->times.empty()) {
      return UsageError(
          fmt::format("{}: rows cannot be joined without times\n  hint: add a column "
                      "'timestamp'",
                      Printable(side->source)));
    }
  }
  const Stretches of_a = StretchesOf(a, every);
  const Stretches of_b = StretchesOf(b, every);
  const Stretches both{std::max(of_a.first, of_b.first), std::min(of_a.last, of_b.last)};
  if (both.last < both.first) {
    return UsageError(fmt::format("{} and {} have no time in common\n  hint: check the time zones",
                                  Printable(a.source), Printable(b.source)));
  }
  if (both.last - both.first >= kRowsMax) {
    return UsageError("the join would have more than 10 million rows\n  hint: a longer --every");
  }
  SeriesTable joined;
  joined.source = a.source;
  joined.warnings = a.warnings;
  joined.warnings.insert(joined.warnings.end(), b.warnings.begin(), b.warnings.end());
  for (std::size_t row = 0; row < both.size(); ++row) {
    joined.times.push_back(WallTime(every * (both.first + static_cast<std::int64_t>(row))));
  }
  for (const SeriesTable* side : {&a, &b}) {
    for (const Series& series : side->series) {
      const bool taken = joined.Find(series.name) != nullptr;
      joined.series.push_back({.name = taken ? series.name + "_2" : series.name,
                               .unit = series.unit,
                               .values = Medians(*side, series, both, every),
                               .errors = {}});
    }
  }
  return joined;
}

std::optional<Nanos> UsualSpacing(const SeriesTable& table) {
  std::vector<std::int64_t> gaps;
  for (std::size_t row = 1; row < table.times.size(); ++row) {
    if (table.times[row] > table.times[row - 1]) {
      gaps.push_back(CountNs(table.times[row] - table.times[row - 1]));
    }
  }
  if (gaps.empty()) {
    return std::nullopt;
  }
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return Nanos(*middle);
}

}  // namespace weir::analysis
