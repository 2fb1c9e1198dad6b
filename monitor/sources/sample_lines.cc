#include "monitor/sources/sample_lines.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/wall_time.h"
#include "loadgen/metrics_text.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMalformed = "malformed";
constexpr std::string_view kNoValue = "no_value";
constexpr std::string_view kBlank = " \t\r";

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::optional<WallTime> TimeOf(std::string_view text) {
  if (const auto number = loadgen::ParseMetricValue(text)) {
    const Result<WallTime> at = ParseEpoch(text, GuessEpochUnit(*number));
    return at ? std::optional(*at) : std::nullopt;
  }
  const Result<WallTime> at = ParseWallTime(text);
  return at ? std::optional(*at) : std::nullopt;
}

/// Of a text, or of a number as it stands.
std::string TextOf(const Json& json) {
  return json.is_string() ? json.get<std::string>() : json.dump();
}

bool IsEmpty(std::string_view word) {
  return word.empty() || word == "null";
}

}  // namespace

std::optional<std::vector<std::string>> SplitCsvLine(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += '"';
      ++i;
    } else if (c == '"' && (quoted || cells.back().empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return quoted ? std::nullopt : std::optional(std::move(cells));
}

std::shared_ptr<const SeriesName> SampleLines::NameOf(std::string metric, Labels labels) {
  if (names_.size() >= kNamesMax) {
    names_.clear();
  }
  auto& name = names_[{metric, labels}];
  if (name == nullptr) {
    name = std::make_shared<const SeriesName>(SeriesName{std::move(metric), std::move(labels)});
  }
  return name;
}

SampleLines::Answer SampleLines::ReadJson(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) {
    return tl::unexpected(kMalformed);
  }
  const auto text = [&json](const char* key) {
    const auto found = json.find(key);
    return found == json.end() || found->is_null() ? std::string() : TextOf(*found);
  };
  LineSample read;
  read.source = text("source");
  read.query = text("query");
  if (const std::string at = text("timestamp"); !at.empty()) {
    read.at = TimeOf(at);
    if (!read.at) {
      return tl::unexpected(kMalformed);
    }
  }
  Labels labels;
  if (const auto found = json.find("labels"); found != json.end()) {
    if (!found->is_object()) {
      return tl::unexpected(kMalformed);
    }
    for (const auto& [name, value] : found->items()) {
      if (!value.is_primitive() || value.is_null()) {
        return tl::unexpected(kMalformed);
      }
      labels.insert_or_assign(name, TextOf(value));
    }
  }
  const std::string value = text("value");
  if (IsEmpty(value)) {
    return tl::unexpected(kNoValue);
  }
  const std::optional<double> number = loadgen::ParseMetricValue(value);
  if (!number) {
    return tl::unexpected(kMalformed);
  }
  read.sample = {NameOf(text("metric"), std::move(labels)), *number};
  return read;
}

SampleLines::Answer SampleLines::ReadCsv(std::string_view line) {
  std::optional<std::vector<std::string>> cells = SplitCsvLine(line);
  if (!cells) {
    return tl::unexpected(kMalformed);
  }
  if (columns_.empty()) {
    for (const std::string& cell : *cells) {
      columns_.emplace_back(Trimmed(cell));
    }
    return std::nullopt;
  }
  if (cells->size() != columns_.size()) {
    return tl::unexpected(kMalformed);
  }
  LineSample read;
  std::string metric;
  Labels labels;
  std::optional<double> value;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string& column = columns_[i];
    const std::string_view cell = Trimmed((*cells)[i]);
    if (cell.empty()) {
      continue;
    }
    if (column == "timestamp") {
      read.at = TimeOf(cell);
      if (!read.at) {
        return tl::unexpected(kMalformed);
      }
    } else if (column == "source") {
      read.source = cell;
    } else if (column == "query") {
      read.query = cell;
    } else if (column == "metric") {
      metric = cell;
    } else if (column == "value") {
      value = loadgen::ParseMetricValue(cell);
      if (!value) {
        return tl::unexpected(kMalformed);
      }
    } else {
      labels.insert_or_assign(column, std::string(cell));
    }
  }
  if (!value) {
    return tl::unexpected(kNoValue);
  }
  read.sample = {NameOf(std::move(metric), std::move(labels)), *value};
  return read;
}

SampleLines::Answer SampleLines::Read(std::string_view line) {
  if (line.size() > kLineBytesMax) {
    return tl::unexpected(std::string_view("too_long"));
  }
  const std::string_view text = Trimmed(line);
  if (text.empty()) {
    return std::nullopt;
  }
  if (form_ == Form::kUnknown) {
    form_ = text.front() == '{' ? Form::kJson : Form::kCsv;
  }
  return form_ == Form::kJson ? ReadJson(text) : ReadCsv(text);
}

}  // namespace weir::monitor
