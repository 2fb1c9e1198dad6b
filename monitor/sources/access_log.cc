#include "monitor/sources/access_log.h"

#include <optional>

#include "monitor/sources/file_tail.h"
#include "scenarios/access_log.h"

namespace weir::monitor {
namespace {

constexpr std::array<std::string_view, 7> kClassNames = {"1xx", "2xx",   "3xx", "4xx",
                                                         "5xx", "other", "all"};
constexpr std::size_t kOther = 5;
constexpr std::size_t kAll = 6;
constexpr std::array<std::pair<std::string_view, double>, 3> kQuantiles = {
    {{"0.5", 0.5}, {"0.9", 0.9}, {"0.99", 0.99}}};

}  // namespace

void AccessLogMeter::Take(std::string_view line) {
  if (line.empty()) {
    return;
  }
  if (line.size() > FileTail::kLineBytesMax) {
    return ledger_.Reject("too_long");
  }
  const std::optional<scenarios::LogLine> read = scenarios::ParseLogLine(line);
  if (!read) {
    return ledger_.Reject("malformed");
  }
  ++ledger_.offered;
  ++ledger_.ingested;
  const bool known = read->status >= 100 && read->status < 600;
  const std::size_t number = known ? static_cast<std::size_t>(read->status / 100 - 1) : kOther;
  ++requests_[number];
  if (read->taken) {
    times_[number].Record(*read->taken);
    times_[kAll].Record(*read->taken);
  }
}

const std::shared_ptr<const SeriesName>& AccessLogMeter::NameOf(const std::string& metric,
                                                                std::size_t number,
                                                                std::string_view quantile) {
  auto& name = names_[{metric, std::string(kClassNames[number]) + std::string(quantile)}];
  if (name == nullptr) {
    Labels labels = {{"class", std::string(kClassNames[number])}};
    if (!quantile.empty()) {
      labels.emplace("quantile", quantile);
    }
    name = std::make_shared<const SeriesName>(SeriesName{metric, std::move(labels)});
  }
  return name;
}

Reading AccessLogMeter::Look() {
  Reading reading;
  // What is counted are lines; series are made of them.
  reading.ledger = std::exchange(ledger_, {});
  for (std::size_t number = 0; number < kClasses; ++number) {
    reading.samples.push_back(
        {NameOf("weir_log_requests_total", number, ""), static_cast<double>(requests_[number])});
  }
  for (std::size_t number = 0; number < times_.size(); ++number) {
    if (times_[number].empty()) {
      continue;
    }
    for (const auto& [text, q] : kQuantiles) {
      reading.samples.push_back({NameOf("weir_log_response_seconds", number, text),
                                 static_cast<double>(times_[number].QuantileNs(q)) / 1e9});
    }
    times_[number].Clear();
  }
  return reading;
}

}  // namespace weir::monitor
