#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/rate.h"
#include "base/result.h"
#include "base/time.h"
#include "scenarios/scenario.h"

namespace weir::scenarios {

/// `weir run -c 64 -d 30s -R 5000 -H 'K: V' URL` or `weir run --command 'prog --flag' -n 200`: a
/// load without a scenario file.
struct FlagLoad {
  std::string url;                             ///< Empty with a command.
  std::string command;                         ///< --command; empty with a URL.
  bool by_shell = false;                       ///< --shell: the command is a line for /bin/sh.
  std::uint32_t connections = 10;              ///< -c, > 0.
  Nanos duration = std::chrono::seconds(10);   ///< -d, > 0, warm-up included.
  std::uint32_t rounds = 0;                    ///< -n; 0 = as many as fit in the duration.
  std::optional<Rate> rate;                    ///< -R; none = a closed loop.
  Arrivals arrivals = Arrivals::kUniform;      ///< Only with a rate.
  std::vector<std::string> headers;            ///< -H, each "Name: value".
  std::string method;                          ///< -X; empty = GET, with a body POST.
  std::string body;                            ///< --data; UTF-8 text.
  std::optional<Nanos> timeout;                ///< None = that of Request.
  Nanos warm_up{0};                            ///< Less than the duration.
  bool warm_up_auto = false;                   ///< As Load::warm_up_auto.
  std::optional<std::uint32_t> in_flight_max;  ///< None = that of Load.
  Pool pool;                                   ///< How connections are opened, kept and replaced.
  std::optional<std::uint32_t> streams;        ///< --streams; none = 1 in a closed loop.
  Connection connection;                       ///< Its streams_max is not looked at.
  std::vector<std::string> thresholds;         ///< As ParseThreshold reads them.
};

/// Without a rate a closed loop of `connections` users over as many connections (as many users
/// as streams, or places of the pipelines, on all of them); with one an open
/// loop over at most `connections` connections, or programs at a time. The scenario is named after
/// the URL or the command; its
/// source_text is the same load as a scenario file: save it, and ReadScenario gives this scenario.
/// As curl does, a body without a content-type header is sent as a form. Errors: kUsage, one line
/// per wrong flag.
Result<Scenario> ScenarioFromFlags(const FlagLoad& flags);

}  // namespace weir::scenarios
