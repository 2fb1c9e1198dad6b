#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "monitor/alerts/alert_notifier.h"
#include "monitor/alerts/digest.h"
#include "monitor/alerts/escalation.h"
#include "monitor/channels/channel_spec.h"
#include "monitor/config/service_spec.h"
#include "monitor/rules/rule_engine.h"
#include "monitor/sources/source.h"

/// What `weir monitor` is told to do: docs/monitoring.md has every key with an example.
namespace weir::monitor {

/// Whom a route goes to: all of its channels.
struct ReceiverSpec {
  std::string name;
  std::vector<std::size_t> channels;  ///< By number.

  /// Of these, those that may not always be told.
  std::map<std::size_t, TimesOfDay> channel_times = {};

  /// When nobody looks after it: who else is told, for each step of `escalation`. Channels by
  /// number.
  std::vector<std::vector<std::size_t>> escalate_to = {};
  EscalationPlan escalation = {};
};

struct MonitorConfig {
  static constexpr std::size_t kSourcesMax = 64;
  static constexpr std::size_t kRulesMax = 1000;
  static constexpr std::size_t kChannelsMax = 64;
  static constexpr std::size_t kQueriesMax = 200;  ///< Of one source.

  Nanos evaluate_every = std::chrono::seconds(1);
  std::string link;                    ///< Where people look on: in messages; may be empty.
  std::optional<ServiceSpec> service;  ///< None: it answers nobody.
  std::vector<SourceSpec> sources;

  /// In the order of the file. Their `source` is an index of `sources`; one beyond the last is
  /// weir's own source, which says how the others are (own_samples.h).
  std::vector<AlertRule> rules;

  /// Of `rules`, by number: those that are told by themselves whatever people say of them.
  std::set<std::size_t> never_demoted;
  std::vector<ChannelSpec> channels;
  std::vector<ReceiverSpec> receivers;
  NotificationPolicy policy;
  DigestSchedule digest;

  /// Of each route of the policy by number, its matchers from the root on, in which it differs from
  /// all others: what was told is remembered under it, as numbers change with the file.
  std::vector<std::string> route_ids;
};

/// The names of its sources by number, with that of weir's own behind them: as DescribeRule takes
/// them. Valid as long as `config`.
std::vector<std::string_view> SourceNames(const MonitorConfig& config);

/// How the reader gets at what the file only names.
struct ConfigAccess {
  /// The text of a file that holds a secret, by its path as it is written.
  std::function<Result<std::string>(const std::string& path)> read_secret;
  /// The file of a program.
  std::function<Result<std::string>(const std::string& name)> find_program;
  /// The file of a time zone, by its name in the IANA database, or `Local`.
  std::function<Result<std::string>(const std::string& name)> read_time_zone;
};

/// Pure but for `access`. Errors: kUsage, all errors of the file with their places
/// (scenarios/diagnostic.h); no message shows a secret.
Result<MonitorConfig> ReadMonitorConfig(std::string_view text, std::string_view file_name,
                                        const ConfigAccess& access);

/// From a file; paths in it count from its folder. Errors: as above, and a file that cannot be
/// read.
Result<MonitorConfig> ReadMonitorConfigFile(const std::string& path);

}  // namespace weir::monitor
