#include "reports/internal/rows_json.h"

#include <map>
#include <string>
#include <utility>

#include "base/text.h"

namespace weir::reports {
namespace {

/// Texts in order of their first use.
class Texts {
 public:
  std::size_t IndexOf(std::string_view text) {
    const auto [found, added] = index_.emplace(text, list_.size());
    if (added) {
      list_.push_back(std::string(text));
    }
    return found->second;
  }

  Json Take() { return std::move(list_); }

 private:
  std::map<std::string, std::size_t, std::less<>> index_;
  Json list_ = Json::array();
};

struct TextColumn {
  std::string_view key;
  std::string RunRow::*text;
};

constexpr TextColumn kTextColumns[] = {
    {"scenario", &RunRow::scenario},      {"build", &RunRow::build},
    {"branch", &RunRow::branch},          {"tag", &RunRow::tag},
    {"target", &RunRow::target},          {"load", &RunRow::load},
    {"environment", &RunRow::environment}};

struct CountColumn {
  std::string_view key;
  std::uint32_t RunRow::*count;
};

constexpr CountColumn kCountColumns[] = {{"passed", &RunRow::thresholds_passed},
                                         {"failed", &RunRow::thresholds_failed},
                                         {"unknown", &RunRow::thresholds_unknown}};

template <typename Value, typename Read>
Json Column(std::span<const RunRow> rows, Read read) {
  std::vector<Value> values;
  values.reserve(rows.size());
  for (const RunRow& row : rows) {
    values.push_back(read(row));
  }
  return values;
}

template <typename Read>
Json Differences(std::span<const RunRow> rows, Read read) {
  std::int64_t before = 0;
  return Column<std::int64_t>(rows, [&](const RunRow& row) {
    const std::int64_t now = read(row);
    return now - std::exchange(before, now);
  });
}

Json OrNull(std::optional<double> value) {
  return value ? Json(*value) : Json(nullptr);
}

// Latencies are whole nanoseconds; written as such they take fewer letters.
Json NsOrNull(std::optional<double> value) {
  return value ? Json(static_cast<std::uint64_t>(*value)) : Json(nullptr);
}

unsigned BoundsOf(const RunRow& row) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < row.response.size(); ++i) {
    bits |= row.response[i].lower_bound ? 1U << i : 0U;
  }
  return bits;
}

}  // namespace

Json RowsToJson(std::span<const RunRow> rows) {
  Texts texts;
  Json json = {{"texts", nullptr},
               {"run", Differences(rows, [](const RunRow& row) { return row.run; })},
               {"start", Differences(rows, [](const RunRow& row) {
                  return CountNs(row.started_at) / 1'000'000;
                })}};
  for (const TextColumn& column : kTextColumns) {
    json[std::string(column.key)] = Column<std::size_t>(
        rows, [&](const RunRow& row) { return texts.IndexOf(row.*column.text); });
  }
  json["state"] = Column<std::size_t>(rows, [&](const RunRow& row) {
    return texts.IndexOf(row.in_progress ? "running" : RunStateName(row.state));
  });
  json["validity"] = Column<std::size_t>(rows, [&](const RunRow& row) {
    return texts.IndexOf(row.validity ? GradeName(*row.validity) : "");
  });
  json["planned"] = Column<std::uint64_t>(rows, [](const RunRow& row) { return row.planned; });
  json["completed"] = Column<std::uint64_t>(rows, [](const RunRow& row) { return row.completed; });
  json["rate"] = Column<Json>(rows, [](const RunRow& row) { return OrNull(row.rate_per_s); });
  for (std::size_t i = 0; i < kRowColumns.size(); ++i) {
    json[std::string(kRowColumns[i].key)] =
        Column<Json>(rows, [i](const RunRow& row) { return NsOrNull(row.response[i].value_ns); });
  }
  json["bounds"] = Column<unsigned>(rows, BoundsOf);
  for (const CountColumn& column : kCountColumns) {
    json[std::string(column.key)] =
        Column<std::uint32_t>(rows, [&](const RunRow& row) { return row.*column.count; });
  }
  json["texts"] = texts.Take();
  return json;
}

}  // namespace weir::reports
