#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/config/config_reader.h"
#include "monitor/sources/probe.h"

namespace weir::monitor {

using scenarios::FindValue;
using scenarios::Named;
using scenarios::YamlNode;

namespace {

constexpr std::size_t kNameBytesMax = 100;
constexpr Nanos kShortest = std::chrono::milliseconds(100);
constexpr Nanos kWindowShortest = std::chrono::seconds(1);
constexpr std::size_t kOriginsMax = 20;
// A look at a file that nobody has written costs microseconds.
constexpr Nanos kHistoryInterval = std::chrono::seconds(1);

// What is asked: exactly one.
void ReadKind(const ConfigReader& reader, const YamlNode& node, SourceSpec& spec) {
  int kinds = 0;
  for (const auto& [key, kind] :
       {std::pair{"prometheus", SourceKind::kPrometheus}, std::pair{"scrape", SourceKind::kScrape},
        std::pair{"probe", SourceKind::kProbe}}) {
    if (const YamlNode* url = FindValue(node, key)) {
      spec.kind = kind;
      spec.url = reader.ReadUrl(*url, key);
      ++kinds;
    }
  }
  for (const auto& [key, kind] :
       {std::pair{"lines", SourceKind::kLines}, std::pair{"access_log", SourceKind::kAccessLog}}) {
    if (FindValue(node, key) != nullptr) {
      spec.kind = kind;
      spec.path = reader.TextOf(node, key);
      ++kinds;
    }
  }
  if (FindValue(node, "host") != nullptr) {
    spec.kind = SourceKind::kHost;
    const std::string root = reader.TextOf(node, "host");
    spec.root = root == "/" || root == "true" ? "" : root;
    ++kinds;
  }
  if (FindValue(node, "rum") != nullptr) {
    spec.kind = SourceKind::kRum;
    ++kinds;
  }
  if (const YamlNode* otlp = FindValue(node, "otlp")) {
    spec.kind = SourceKind::kOtlp;
    if (otlp->text != "true") {
      reader.diagnostics.Add(otlp->span, "a source otlp has nothing to choose",
                             "write 'otlp: true', or leave the source out");
    }
    ++kinds;
  }
  if (FindValue(node, "history") != nullptr) {
    spec.kind = SourceKind::kHistory;
    const std::string path = reader.TextOf(node, "history");
    spec.path = path == "true" ? "" : path;
    spec.timing.interval = kHistoryInterval;
    ++kinds;
  }
  if (kinds != 1) {
    reader.diagnostics.Add(
        node.span,
        "a source is one of prometheus, scrape, host, probe, lines, access_log, history, rum and "
        "otlp",
        "write 'prometheus: URL', 'scrape: URL', 'host: /', 'probe: URL', 'lines: FILE', "
        "'access_log: FILE', 'history: true', 'rum: ORIGIN' or 'otlp: true'");
  }
}

// As browsers write one: no path, no user, lower case.
bool IsOrigin(std::string_view text) {
  const std::size_t host = text.starts_with("https://")  ? 8
                           : text.starts_with("http://") ? 7
                                                         : text.size();
  const std::string_view rest = text.substr(host);
  return !rest.empty() && rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-:[]_") ==
                              std::string_view::npos;
}

void ReadRum(const ConfigReader& reader, const YamlNode& node, SourceSpec& spec) {
  for (const std::string_view key : {"apdex", "window"}) {
    if (const YamlNode* value = FindValue(node, key);
        value != nullptr && spec.kind != SourceKind::kRum) {
      reader.diagnostics.Add(value->span, fmt::format("only a source rum has '{}'", key));
    }
  }
  const YamlNode* rum = FindValue(node, "rum");
  if (rum == nullptr) {
    return;
  }
  spec.origins = reader.ReadWords(node, "rum");
  for (const std::string& origin : spec.origins) {
    if (!IsOrigin(origin)) {
      reader.diagnostics.Add(rum->span,
                             fmt::format("'{}' is no origin of pages", Printable(origin)),
                             "write scheme and host, and a port that is not the usual one, in "
                             "lower case: https://shop.example");
    }
  }
  if (spec.origins.empty() || spec.origins.size() > kOriginsMax) {
    reader.diagnostics.Add(rum->span, fmt::format("a source rum has 1 to {} origins", kOriginsMax),
                           "write 'rum: https://shop.example', or a list");
  }
  reader.ReadSpan(node, "apdex", kShortest, spec.rum.apdex_target);
  reader.ReadSpan(node, "window", kWindowShortest, spec.rum.window);
}

void ReadCgroup(const ConfigReader& reader, const YamlNode& node, SourceSpec& spec) {
  const YamlNode* group = FindValue(node, "cgroup");
  if (group == nullptr) {
    return;
  }
  spec.cgroup = reader.TextOf(node, "cgroup");
  if (spec.kind != SourceKind::kHost) {
    reader.diagnostics.Add(group->span, "only a source host has a 'cgroup'");
  } else if (!spec.cgroup.starts_with('/') || spec.cgroup.find("..") != std::string::npos) {
    reader.diagnostics.Add(group->span,
                           fmt::format("'{}' is no control group", Printable(spec.cgroup)),
                           "write its path as in /proc/PID/cgroup: /system.slice/nginx.service");
  }
}

void ReadProbe(const ConfigReader& reader, const YamlNode& node, SourceSpec& spec) {
  const YamlNode* rate = FindValue(node, "rate");
  if (rate != nullptr) {
    const Result<Rate> read = ParseRate(reader.TextOf(node, "rate"));
    if (!read || spec.kind != SourceKind::kProbe) {
      reader.diagnostics.Add(rate->span, read ? "only a probe has a rate" : read.error().message);
      return;
    }
    spec.rate = *read;
  }
  const double requests = spec.rate.Over(ProbeSpan(spec));
  if (spec.kind == SourceKind::kProbe &&
      !(requests >= 1 && requests <= static_cast<double>(ProbeSpec::kRequestsMax))) {
    reader.diagnostics.Add(
        node.span,
        fmt::format("a probe sends 1 to {} requests in a look, not {:.3g}", ProbeSpec::kRequestsMax,
                    requests),
        fmt::format("a look lasts {}; write another 'rate'", FormatDuration(ProbeSpan(spec))));
  }
}

void ReadLearn(const ConfigReader& reader, const YamlNode& node, SourceSpec& spec) {
  const YamlNode* learn = FindValue(node, "learn");
  if (learn == nullptr) {
    return;
  }
  if (spec.kind != SourceKind::kPrometheus) {
    reader.diagnostics.Add(learn->span, "only a source prometheus has a past to 'learn' from");
  } else if (learn->text == "off") {
    spec.learn = Nanos(0);
  } else {
    reader.ReadSpan(node, "learn", kWindowShortest, spec.learn);
  }
}

SourceSpec ReadSource(const ConfigReader& reader, const YamlNode& node) {
  constexpr std::array<std::string_view, 19> kKnown = {"name",
                                                       "prometheus",
                                                       "scrape",
                                                       "host",
                                                       "history",
                                                       "cgroup",
                                                       "lines",
                                                       "access_log",
                                                       "probe",
                                                       "rum",
                                                       "otlp",
                                                       "apdex",
                                                       "window",
                                                       "rate",
                                                       "interval",
                                                       "timeout",
                                                       "authorization_file",
                                                       "down_after",
                                                       "learn"};
  SourceSpec spec;
  if (!CheckKeys(node, {"source", kKnown, {}}, reader.diagnostics)) {
    return spec;
  }
  const YamlNode* name = FindValue(node, "name");
  if (name == nullptr) {
    reader.diagnostics.Add(node.span, "a source has no name", "write 'name: shop'");
  } else {
    spec.name = ReadName({*name, "name"}, kNameBytesMax, reader.diagnostics).value_or("");
  }
  ReadKind(reader, node, spec);
  reader.ReadSpan(node, "interval", kShortest, spec.timing.interval);
  reader.ReadSpan(node, "timeout", kShortest, spec.timeout);
  ReadCgroup(reader, node, spec);
  ReadProbe(reader, node, spec);
  ReadRum(reader, node, spec);
  ReadLearn(reader, node, spec);
  if (const YamlNode* down = FindValue(node, "down_after");
      down != nullptr && down->text == "never") {
    spec.down_after = Nanos(0);
  } else {
    reader.ReadSpan(node, "down_after", kShortest, spec.down_after);
  }
  spec.authorization = reader.ReadSecret(node, "authorization_file");
  return spec;
}

// What comes by itself needs the service, and has one place to come to.
void CheckPushed(const ConfigReader& reader, const YamlNode& node, SourceKind kind) {
  const bool is_rum = kind == SourceKind::kRum;
  if (!reader.config.service) {
    reader.diagnostics.Add(
        node.span,
        fmt::format("{} to the service, and there is none",
                    is_rum ? "browsers send beacons" : "OpenTelemetry pushes metrics"),
        "write 'listen: 127.0.0.1:8471' too");
  }
  for (const SourceSpec& other : reader.config.sources) {
    if (other.kind == kind) {
      reader.diagnostics.Add(node.span,
                             fmt::format("there are two sources {}", SourceKindName(kind)),
                             is_rum ? "write the origins of both into one"
                                    : "leave one out; the label 'service' tells who pushes");
    }
  }
}

}  // namespace

void ConfigReader::ReadSources(const YamlNode& list) const {
  if (!IsListOfMaps({list, "sources"}, MonitorConfig::kSourcesMax)) {
    return;
  }
  for (const YamlNode& node : list.items) {
    SourceSpec spec = ReadSource(*this, node);
    if (spec.kind == SourceKind::kRum || spec.kind == SourceKind::kOtlp) {
      CheckPushed(*this, node, spec.kind);
    }
    for (const SourceSpec& other : config.sources) {
      if (other.name == spec.name && !spec.name.empty()) {
        diagnostics.Add(node.span, fmt::format("there are two sources '{}'", Printable(spec.name)),
                        "give each its own name");
      }
    }
    config.sources.push_back(std::move(spec));
  }
}

}  // namespace weir::monitor
