#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "monitor/config/monitor_config.h"
#include "scenarios/yaml_document.h"

/// The parts of the file, each read into a MonitorConfig. What is wrong is added to the
/// diagnostics.
namespace weir::monitor {

/// What every part is given.
struct ConfigReader {
  MonitorConfig& config;
  const ConfigAccess& access;
  scenarios::Diagnostics& diagnostics;

  void ReadSources(const scenarios::YamlNode& list) const;
  void ReadRules(const scenarios::YamlNode& list) const;
  void CheckWaits(const scenarios::YamlNode& rules) const;
  void ReadChannels(const scenarios::YamlNode& list) const;
  void ReadReceivers(const scenarios::YamlNode* list) const;
  void ReadService(const scenarios::YamlNode& root) const;
  void ReadRoutes(const scenarios::YamlNode* root, const scenarios::YamlNode* inhibit) const;

  /// Before the routes, which name them.
  void ReadTimeIntervals(const scenarios::YamlNode* list) const;
  void ReadFlapping(const scenarios::YamlNode* node) const;  ///< Also before them.
  void ReadDigest(const scenarios::YamlNode* node) const;

  /// False, and an error, when it is no list of maps of up to `count_max`.
  bool IsListOfMaps(scenarios::Named list, std::size_t count_max) const;

  /// The text of `key` of a map; empty when it is absent or wrong.
  std::string TextOf(const scenarios::YamlNode& map, std::string_view key) const;

  /// `value`, unchanged when `key` is absent or wrong.
  void ReadSpan(const scenarios::YamlNode& map, std::string_view key, Nanos low,
                Nanos& value) const;
  void ReadFlag(const scenarios::YamlNode& map, std::string_view key, bool& value) const;

  std::optional<double> ReadNumber(const scenarios::YamlNode& map, std::string_view key) const;

  /// A map of names to texts; names are those of labels.
  Labels ReadLabels(const scenarios::YamlNode& map, std::string_view key) const;

  /// A list of matchers (`team="web"`), or one alone.
  std::vector<LabelMatcher> ReadMatchers(const scenarios::YamlNode& map,
                                         std::string_view key) const;
  std::vector<std::string> ReadWords(const scenarios::YamlNode& map, std::string_view key) const;

  /// An http or https address, also from a file: `file:PATH`.
  std::string ReadUrl(const scenarios::YamlNode& node, std::string_view key) const;

  /// The text of the file that `key` names; empty when it is absent.
  std::string ReadSecret(const scenarios::YamlNode& map, std::string_view key) const;
};

/// The span that keys of the file may have at most.
inline constexpr Nanos kConfigSpanMax = std::chrono::hours(24 * 31);

}  // namespace weir::monitor
