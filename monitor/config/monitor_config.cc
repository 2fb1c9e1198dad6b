#include "monitor/config/monitor_config.h"

#include <array>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "loadgen/program_path.h"
#include "monitor/config/config_reader.h"
#include "monitor/own_samples.h"
#include "scenarios/yaml_document.h"

namespace weir::monitor {

using scenarios::FindValue;
using scenarios::YamlNode;

namespace {

constexpr std::size_t kConfigBytesMax = std::size_t{1024} * 1024;
// A chain of certificates is the longest.
constexpr std::size_t kSecretBytesMax = std::size_t{64} * 1024;
constexpr std::string_view kTimeZones = "/usr/share/zoneinfo/";
constexpr std::string_view kLocalTimeZone = "/etc/localtime";
constexpr Nanos kEvaluateShortest = std::chrono::milliseconds(100);

void ReadRoot(const YamlNode& root, const ConfigReader& reader) {
  constexpr std::array<std::string_view, 17> kKnown = {"evaluate_every", "link",
                                                       "listen",         "read_token_file",
                                                       "act_token_file", "push_token_file",
                                                       "link_key_file",  "sources",
                                                       "rules",          "channels",
                                                       "route",          "receivers",
                                                       "inhibit_rules",  "flapping",
                                                       "time_intervals", "tls",
                                                       "digest"};
  if (root.kind == YamlNode::Kind::kNull) {
    reader.diagnostics.Add({}, "the file is empty", "docs/monitoring.md has one to begin with");
    return;
  }
  if (!CheckKeys(root, {"monitor file", kKnown, {}}, reader.diagnostics)) {
    return;
  }
  MonitorConfig& config = reader.config;
  reader.ReadSpan(root, "evaluate_every", kEvaluateShortest, config.evaluate_every);
  if (const YamlNode* link = FindValue(root, "link")) {
    config.link = reader.ReadUrl(*link, "link");
  }
  reader.ReadService(root);
  for (const std::string_view key : {"sources", "rules", "channels"}) {
    if (FindValue(root, key) == nullptr) {
      reader.diagnostics.Add({}, fmt::format("there are no {}", key),
                             fmt::format("write a list '{}:'", key));
    }
  }
  if (const YamlNode* sources = FindValue(root, "sources")) {
    reader.ReadSources(*sources);
  }
  if (const YamlNode* channels = FindValue(root, "channels")) {
    reader.ReadChannels(*channels);
  }
  if (const YamlNode* rules = FindValue(root, "rules")) {
    reader.ReadRules(*rules);
  }
  reader.ReadTimeIntervals(FindValue(root, "time_intervals"));
  reader.ReadReceivers(FindValue(root, "receivers"));
  reader.ReadFlapping(FindValue(root, "flapping"));
  reader.ReadRoutes(FindValue(root, "route"), FindValue(root, "inhibit_rules"));
  reader.ReadDigest(FindValue(root, "digest"));
  for (const SourceSpec& source : config.sources) {
    if (source.down_after > Nanos(0)) {
      config.never_demoted.insert(config.rules.size());
      config.rules.push_back(SourceDownRule(source, config.sources.size()));
    }
  }
}

std::string Beside(const std::string& path, const std::filesystem::path& folder) {
  const std::filesystem::path given(path);
  return given.is_absolute() || folder.empty() ? path : (folder / given).string();
}

}  // namespace

std::vector<std::string_view> SourceNames(const MonitorConfig& config) {
  std::vector<std::string_view> names;
  for (const SourceSpec& source : config.sources) {
    names.push_back(source.name);
  }
  names.push_back(kOwnSource);
  return names;
}

Result<MonitorConfig> ReadMonitorConfig(std::string_view text, std::string_view file_name,
                                        const ConfigAccess& access) {
  if (text.size() > kConfigBytesMax) {
    return UsageError(fmt::format("{}: the monitor file is larger than {}; shorten it",
                                  Printable(file_name, 300), FormatBytes(kConfigBytesMax)));
  }
  return scenarios::ReadYamlDocument(
      text, file_name, MonitorConfig{},
      [&access](const YamlNode& root, MonitorConfig& config, scenarios::Diagnostics& diagnostics) {
        ReadRoot(root, {.config = config, .access = access, .diagnostics = diagnostics});
      });
}

Result<MonitorConfig> ReadMonitorConfigFile(const std::string& path) {
  const Result<std::string> text = scenarios::ReadSourceFile(path, "monitor", kConfigBytesMax);
  if (!text) {
    return tl::unexpected(text.error());
  }
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const ConfigAccess access = {
      .read_secret =
          [&folder](const std::string& name) {
            return scenarios::ReadSourceFile(Beside(name, folder), "secret", kSecretBytesMax);
          },
      .find_program =
          [&folder](const std::string& name) {
            const bool is_path = name.find('/') != std::string::npos;
            return loadgen::FindProgram(is_path ? Beside(name, folder) : name);
          },
      .read_time_zone =
          [](const std::string& name) {
            const std::string file =
                name == "Local" ? std::string(kLocalTimeZone) : std::string(kTimeZones) + name;
            return scenarios::ReadSourceFile(file, "time zone", TimeZone::kFileBytesMax);
          }};
  Result<MonitorConfig> config = ReadMonitorConfig(*text, path, access);
  if (config) {
    for (SourceSpec& source : config->sources) {
      if (!source.path.empty()) {
        source.path = Beside(source.path, folder);
      }
    }
    for (ChannelSpec& channel : config->channels) {
      if (channel.kind == ChannelKind::kFile) {
        channel.target = Beside(channel.target, folder);
      }
    }
  }
  return config;
}

}  // namespace weir::monitor
