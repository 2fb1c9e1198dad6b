#include "loadgen/metrics_text.h"

#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::loadgen {
namespace {

// Reads a line from its beginning; every Take either takes or leaves it as it was.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool empty() const { return text_.empty(); }

  void SkipSpaces() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t')) {
      text_.remove_prefix(1);
    }
  }

  bool Take(std::string_view word) {
    if (!text_.starts_with(word)) {
      return false;
    }
    text_.remove_prefix(word.size());
    return true;
  }

  /// Letters, digits, '_' and ':'; empty when there is none.
  std::string_view TakeName() {
    std::size_t length = 0;
    while (length < text_.size() && IsNameByte(text_[length])) {
      ++length;
    }
    const std::string_view name = text_.substr(0, length);
    text_.remove_prefix(length);
    return name;
  }

  /// "..." with its escapes resolved.
  std::optional<std::string> TakeQuoted() {
    if (!Take("\"")) {
      return std::nullopt;
    }
    std::string value;
    while (!text_.empty()) {
      const char c = text_.front();
      text_.remove_prefix(1);
      if (c == '"') {
        return value;
      }
      if (c == '\\' && !text_.empty()) {
        value += text_.front() == 'n' ? '\n' : text_.front();
        text_.remove_prefix(1);
      } else {
        value += c;
      }
    }
    return std::nullopt;
  }

  /// Up to the next space.
  std::string_view TakeWord() {
    const std::size_t end = std::min(text_.find_first_of(" \t"), text_.size());
    const std::string_view word = text_.substr(0, end);
    text_.remove_prefix(end);
    return word;
  }

 private:
  static bool IsNameByte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
  }

  std::string_view text_;
};

bool TakeLabels(Cursor& cursor, std::vector<MetricLine::Label>& labels) {
  while (!cursor.Take("}")) {
    cursor.SkipSpaces();
    MetricLine::Label label;
    label.name = cursor.TakeName();
    cursor.SkipSpaces();
    if (label.name.empty() || !cursor.Take("=")) {
      return false;
    }
    cursor.SkipSpaces();
    std::optional<std::string> value = cursor.TakeQuoted();
    if (!value) {
      return false;
    }
    label.value = *std::move(value);
    labels.push_back(std::move(label));
    cursor.SkipSpaces();
    cursor.Take(",");
    cursor.SkipSpaces();
  }
  return true;
}

bool Matches(const MetricSelector& selector, const MetricLine& line) {
  for (const MetricSelector::Matcher& matcher : selector.matchers) {
    std::string_view value;
    for (const MetricLine::Label& label : line.labels) {
      if (label.name == matcher.label) {
        value = label.value;
      }
    }
    if ((value == matcher.value) != matcher.equal) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<double> ParseMetricValue(std::string_view word) {
  if (word.starts_with('+')) {
    word.remove_prefix(1);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<MetricLine> ParseMetricLine(std::string_view text) {
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  Cursor cursor(text);
  cursor.SkipSpaces();
  MetricLine line;
  line.name = cursor.TakeName();
  if (line.name.empty()) {
    return std::nullopt;
  }
  cursor.SkipSpaces();
  if (cursor.Take("{") && !TakeLabels(cursor, line.labels)) {
    return std::nullopt;
  }
  cursor.SkipSpaces();
  const std::optional<double> value = ParseMetricValue(cursor.TakeWord());
  cursor.SkipSpaces();
  // Then perhaps a time, and in OpenMetrics perhaps "# {...}": an example.
  const std::string_view time = cursor.TakeWord();
  if (!value || (!time.empty() && time != "#" && !ParseMetricValue(time))) {
    return std::nullopt;
  }
  line.value = *value;
  return line;
}

Result<MetricSelector> ParseMetricSelector(std::string_view text) {
  const auto wrong = [&] {
    return UsageError(
        fmt::format("'{}' names no metric; write a name, or one with labels, for example "
                    "'http_requests_total{{code=\"200\"}}'",
                    Printable(text)));
  };
  MetricSelector selector;
  selector.shown = text;
  Cursor cursor(text);
  selector.name = cursor.TakeName();
  if (selector.name.empty()) {
    return wrong();
  }
  if (cursor.Take("{")) {
    while (!cursor.Take("}")) {
      MetricSelector::Matcher matcher;
      matcher.label = cursor.TakeName();
      matcher.equal = !cursor.Take("!");
      if (matcher.label.empty() || !cursor.Take("=")) {
        return wrong();
      }
      std::optional<std::string> value = cursor.TakeQuoted();
      if (!value) {
        return wrong();
      }
      matcher.value = *std::move(value);
      selector.matchers.push_back(std::move(matcher));
      cursor.Take(",");
      cursor.SkipSpaces();
    }
  }
  if (!cursor.empty()) {
    return wrong();
  }
  return selector;
}

std::vector<MetricSelector> DefaultMetricSelectors() {
  constexpr const char* kDefaults[] = {
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      R"(node_cpu_seconds_total{mode!="idle",mode!="iowait",mode!="steal"})",
      "node_memory_MemAvailable_bytes",
      R"(node_network_receive_bytes_total{device!="lo"})",
      R"(node_network_transmit_bytes_total{device!="lo"})"};
  std::vector<MetricSelector> selectors;
  for (const char* text : kDefaults) {
    Result<MetricSelector> selector = ParseMetricSelector(text);
    WEIR_CHECK(selector.has_value());
    selector->shown = selector->name;
    selectors.push_back(std::move(*selector));
  }
  return selectors;
}

std::vector<TargetValue> SelectMetrics(std::string_view page,
                                       std::span<const MetricSelector> selectors) {
  std::vector<std::optional<double>> sums(selectors.size());
  while (!page.empty()) {
    const std::size_t end = std::min(page.find('\n'), page.size());
    const std::string_view text = page.substr(0, end);
    page.remove_prefix(std::min(end + 1, page.size()));
    bool wanted = false;
    for (const MetricSelector& selector : selectors) {
      wanted = wanted || text.starts_with(selector.name);
    }
    const std::optional<MetricLine> line = wanted ? ParseMetricLine(text) : std::nullopt;
    if (!line || !std::isfinite(line->value)) {
      continue;
    }
    for (std::size_t i = 0; i < selectors.size(); ++i) {
      if (line->name == selectors[i].name && Matches(selectors[i], *line)) {
        sums[i] = sums[i].value_or(0) + line->value;
      }
    }
  }
  std::vector<TargetValue> values;
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    if (sums[i]) {
      values.push_back({selectors[i].shown, *sums[i]});
    }
  }
  return values;
}

}  // namespace weir::loadgen
