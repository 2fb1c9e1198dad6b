#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rate.h"
#include "base/result.h"
#include "base/time.h"
#include "monitor/sources/poll_schedule.h"
#include "monitor/sources/rum_views.h"
#include "monitor/sources/sample.h"

namespace weir::monitor {

enum class SourceKind : std::uint8_t {
  kPrometheus,  ///< Instant queries to a Prometheus-compatible server.
  kScrape,      ///< A page of metrics.
  kHost,        ///< This machine.
  kLines,       ///< A file that grows by lines with samples (sample_lines.h).
  kProbe,       ///< A few requests of the load engine (probe.h).
  kAccessLog,   ///< The access log of a web server (access_log.h).
  kRum,         ///< Browsers of users, which send it (../rum_intake.h).
  kOtlp,        ///< OpenTelemetry, which pushes it (../otlp_intake.h).
  kHistory,     ///< Finished runs of a history (history_source.h).
};

/// A source as it is written.
struct SourceSpec {
  std::string name;
  SourceKind kind = SourceKind::kHost;
  std::string url;                        ///< kPrometheus: its root; kScrape, kProbe: the page.
  std::string authorization = {};         ///< Value of that header; secret; empty = none.
  std::vector<std::string> queries = {};  ///< kPrometheus: those of the rules, without doubles.
  std::string root = {};                  ///< kHost: put before /proc.
  std::string cgroup = {};                ///< kHost: a control group; may be empty.
  Rate rate = Rate::PerSecond(2);         ///< kProbe: requests while a look lasts.
  std::string path = {};                  ///< kLines, kAccessLog, kHistory: the file.
  std::vector<std::string> origins = {};  ///< kRum: of the pages, as browsers write them.
  RumOptions rum = {};                    ///< kRum.
  Nanos timeout = std::chrono::seconds(2);
  PollTiming timing = {};
  /// kPrometheus: of how much of its past rules may learn at the start. 0: of nothing.
  Nanos learn = std::chrono::hours(7 * 24);
  /// Without a good look for so long, the alert WeirSourceDown begins. 0: never.
  Nanos down_after = std::chrono::minutes(1);

  friend bool operator==(const SourceSpec&, const SourceSpec&) = default;
};

/// Why a look failed.
struct SourceTrouble {
  std::string message;  ///< What was found; printable, without secrets.
  std::optional<Nanos> retry_after = {};
};

/// Something that can be asked for samples. One thread at a time.
class Source {
 public:
  virtual ~Source() = default;

  /// May block, for the timeout and each query.
  virtual tl::expected<Reading, SourceTrouble> Read() = 0;
};

/// `clock` must outlive it. Of all kinds but kRum and kOtlp, whose sources a
/// RumIntake and an OtlpIntake make.
std::unique_ptr<Source> MakeSource(const SourceSpec& spec, const Clock& clock);

/// How long a look of a probe sends: half of the interval, at most 2 s.
Nanos ProbeSpan(const SourceSpec& spec);

/// "prometheus", "scrape", "host", "lines", "access log", "probe", "rum", "otlp", "history".
std::string_view SourceKindName(SourceKind kind);

}  // namespace weir::monitor
