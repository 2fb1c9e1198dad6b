#include "monitor/sources/exposition.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "loadgen/metrics_text.h"

namespace weir::monitor {
namespace {

constexpr std::string_view kBlank = " \t\r";

struct Split {
  std::string_view name;   ///< With labels, as it stands.
  std::string_view value;  ///< And perhaps a time.
};

/// A plain line: without spaces before its name, and no example behind its value, in which there
/// may be braces.
std::optional<Split> SplitPlain(std::string_view line) {
  if (line.find(" # ") != std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t brace = line.rfind('}');
  const std::size_t end = brace == std::string_view::npos ? line.find_first_of(kBlank) : brace + 1;
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t value = line.find_first_not_of(kBlank, end);
  if (value == std::string_view::npos) {
    return std::nullopt;
  }
  return Split{line.substr(0, end), line.substr(value)};
}

/// The number that `text` begins with, when there is nothing or a time behind it.
std::optional<double> ValueOf(std::string_view text) {
  const std::size_t end = std::min(text.find_first_of(kBlank), text.size());
  const std::size_t time = text.find_first_not_of(kBlank, end);
  if (time != std::string_view::npos) {
    const std::string_view rest = text.substr(time);
    if (!loadgen::ParseMetricValue(rest.substr(0, rest.find_first_of(kBlank)))) {
      return std::nullopt;
    }
  }
  return loadgen::ParseMetricValue(text.substr(0, end));
}

std::shared_ptr<const SeriesName> NameOf(loadgen::MetricLine& line) {
  auto name = std::make_shared<SeriesName>();
  name->metric = line.name;
  for (loadgen::MetricLine::Label& label : line.labels) {
    if (!label.value.empty()) {
      name->labels.insert_or_assign(std::string(label.name), std::move(label.value));
    }
  }
  return name;
}

}  // namespace

void ExpositionReader::ReadLine(std::string_view line, Reading& reading) {
  const std::optional<Split> split = SplitPlain(line);
  if (split) {
    const auto known = names_.find(split->name);
    const std::optional<double> value =
        known == names_.end() ? std::nullopt : ValueOf(split->value);
    if (value) {
      reading.Ingest({known->second, *value});
      return;
    }
  }
  std::optional<loadgen::MetricLine> parsed = loadgen::ParseMetricLine(line);
  if (!parsed) {
    reading.ledger.Reject("malformed");
    return;
  }
  const std::shared_ptr<const SeriesName> name = NameOf(*parsed);
  if (split) {
    if (names_.size() >= kNamesMax) {
      names_.clear();
    }
    names_.insert_or_assign(std::string(split->name), name);
  }
  reading.Ingest({name, parsed->value});
}

Reading ExpositionReader::Read(std::string_view page) {
  Reading reading;
  while (!page.empty()) {
    const std::size_t end = std::min(page.find('\n'), page.size());
    const std::string_view line = page.substr(0, end);
    page.remove_prefix(std::min(end + 1, page.size()));
    const std::size_t first = line.find_first_not_of(kBlank);
    if (first != std::string_view::npos && line[first] != '#') {
      ReadLine(line, reading);
    }
  }
  return reading;
}

}  // namespace weir::monitor
