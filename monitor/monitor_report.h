#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/forecast_calibration.h"
#include "base/time.h"
#include "monitor/alert_desk.h"
#include "monitor/alerts/precision.h"
#include "monitor/courier.h"
#include "monitor/gate_news.h"
#include "monitor/history_learner.h"
#include "monitor/page_figures.h"
#include "monitor/service_meter.h"
#include "monitor/sources/poller.h"
#include "store/monitor_book.h"

/// How a monitor is, at one moment.
namespace weir::monitor {

enum class MonitorHealth : std::uint8_t {
  kStarting,    ///< A source has not been looked at yet.
  kIntegrated,  ///< Everything works.
  kDegraded,    ///< Something does not; the rest goes on.
  kFailed,      ///< Nothing fresh is known of any source, or nothing can be written down.
};

struct SourceReport {
  std::string name;
  SourceKind kind = SourceKind::kHost;
  SourceStatus status;
  bool stale = false;
  Nanos age{0};                ///< Since the last good look, or the start.
  HistoryReport history = {};  ///< Of the rules that are new since the file was taken.

  bool Works() const { return status.health == SourceHealth::kIntegrated && !stale; }

  /// What is known of it is fresh, though its last look may have failed.
  bool Usable() const { return Works() || (status.health == SourceHealth::kDegraded && !stale); }

  /// What is wrong; empty while it works.
  std::string Trouble() const;

  /// What it says about its answer, and of what rules have not learnt from its past.
  std::vector<std::string> Warnings() const;
};

enum class EngineHealth : std::uint8_t {
  kNotUsed,     ///< No rule asks it.
  kIntegrated,  ///< The sources of all of its rules work.
  kDegraded,    ///< Some do not.
  kFailed,      ///< Nothing fresh is known of any.
};

/// What judges samples, over all rules that ask it.
struct EngineReport {
  std::string name;
  EngineHealth health = EngineHealth::kNotUsed;
  std::size_t rules = 0;
  std::uint64_t firing = 0;  ///< Alerts of them.
  std::string reason;        ///< Empty while it is integrated.
};

struct ChannelReport {
  std::string name;
  ChannelKind kind = ChannelKind::kFile;
  ChannelCounts counts;
};

/// A service as a probe or an access log sees it.
struct ServiceReport {
  std::string source;
  SourceKind kind = SourceKind::kProbe;
  bool stale = false;
  std::vector<ServiceFigures> trend;  ///< Ascending in time; the last is how it is now.
};

struct MonitorReport {
  /// Alerts that are listed; all are counted.
  static constexpr std::size_t kAlertsMax = 1000;

  WallTime at{};
  WallTime started_at{};
  std::vector<SourceReport> sources;
  std::vector<ServiceReport> services;
  std::vector<PageFigures> pages;   ///< Of a source rum that is fresh.
  GateNews gates;                   ///< Of the history that it runs on.
  std::uint64_t gates_version = 0;  ///< Another one, and `gates` may be others.
  std::vector<EngineReport> engines;
  std::vector<ChannelReport> channels;
  std::vector<AlertView> alerts;
  std::map<std::string, RulePrecision> precision;  ///< Of rules whose alerts were marked.
  std::set<std::string> demoted;                   ///< Of these, those that digests tell of.
  std::uint64_t pending = 0;
  std::uint64_t firing = 0;
  std::size_t rules = 0;
  std::size_t groups = 0;
  std::uint64_t series_left_out = 0;
  std::uint64_t evaluations = 0;
  Nanos evaluation_took{0};                 ///< The last one.
  analysis::ForecastCalibration forecasts;  ///< Of rules that predict, set against what came.
  std::string forecasts_trouble;            ///< Why nothing is known of them; empty: something is.
  std::uint64_t trends_version = 0;         ///< Another one: `/api/v1/trends` (trends.h) has news.

  /// From the arrival of the newest look to the end of the evaluation that took it in.
  std::optional<Nanos> pipeline_latency;
  std::uint64_t notifications = 0;
  store::OutboxCounts outbox;
  std::string store_trouble;   ///< Empty: what happens is written down.
  std::string reload_trouble;  ///< Why the file was not taken when it was read last; empty: it was.
  WallTime config_at{};        ///< When it was taken last.
};

/// The worst of the parts, and a sentence for each part that does not work.
struct Diagnosis {
  MonitorHealth health = MonitorHealth::kIntegrated;
  std::vector<std::string> reasons;
};

Diagnosis Diagnose(const MonitorReport& report);

/// How the engine called `name` is whose rules look at these sources.
EngineReport ReportEngine(std::string_view name, const std::vector<const SourceReport*>& sources);

enum class JsonLayout : std::uint8_t { kIndented, kOneLine };

/// Verdicts and deployments are most of a report, and change the least.
enum class GatesInJson : std::uint8_t { kTold, kLeftOut };

/// `weir.monitor_status/1`: docs/monitoring.md has its fields.
std::string ReportJson(const MonitorReport& report, JsonLayout layout = JsonLayout::kIndented,
                       GatesInJson gates = GatesInJson::kTold);

/// How forecasts have come true, in a sentence.
std::string DescribeForecasts(const analysis::ForecastCalibration& forecasts);

/// "starting", "integrated", "degraded", "failed".
std::string_view MonitorHealthName(MonitorHealth health);

/// "not_used", "integrated", "degraded", "failed".
std::string_view EngineHealthName(EngineHealth health);

}  // namespace weir::monitor
