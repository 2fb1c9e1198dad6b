#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/histogram.h"
#include "base/time.h"
#include "scenarios/access_log.h"
#include "scenarios/internal/draft.h"

namespace weir::scenarios::internal {

/// What a log comes to, line by line, in bounded memory: routes (method and path, its numbers and
/// identifiers as one), how often each, sessions by client and browser with their first steps and
/// pauses, and arrivals over time. One owner.
class LogSummary {
 public:
  static constexpr std::size_t kRoutesMax = 10'000;
  static constexpr std::size_t kSessionsMax = 200'000;      ///< Open at a time.
  static constexpr std::size_t kShapesMax = 20'000;         ///< Distinct beginnings of sessions.
  static constexpr std::size_t kStepsMax = 8;               ///< Of a session that are looked at.
  static constexpr Nanos kIdle = std::chrono::minutes(30);  ///< Ends a session.

  void Add(const LogLine& line);

  std::uint64_t requests() const { return requests_; }

  /// Closes all sessions and makes a draft: flows of the most frequent sessions when they make half
  /// of all requests, else a flow for each route. Requires at least one request.
  Draft ToDraft();

 private:
  struct Route {
    std::string method;
    std::string path;  ///< The first one of its kind that was seen.
    std::uint64_t count = 0;
  };

  struct Session {
    WallTime last{};
    std::vector<std::uint16_t> steps;
  };

  std::uint16_t RouteOf(const LogLine& line);
  void AddToSession(const LogLine& line, std::uint16_t route);
  void Close(const Session& session);
  void CloseIdle(WallTime now);
  void AddArrival(WallTime at);
  std::vector<std::string> Stages(double scale) const;
  std::vector<DraftFlow> FlowsOfSessions(double& share) const;
  std::vector<DraftFlow> FlowsOfRoutes(double& share) const;

  std::uint64_t requests_ = 0;
  std::uint64_t without_route_ = 0;
  std::uint64_t without_session_ = 0;
  std::uint64_t with_time_ = 0;
  std::unordered_map<std::string, std::uint16_t> route_ids_;
  std::vector<Route> routes_;
  std::string key_;  // Its memory is kept.
  std::unordered_map<std::uint64_t, Session> sessions_;
  WallTime idle_sought_{};
  std::uint64_t sessions_closed_ = 0;
  std::map<std::vector<std::uint16_t>, std::uint64_t> shapes_;
  std::uint64_t shapes_left_out_ = 0;
  Histogram pauses_;
  std::map<std::int64_t, std::uint64_t> arrivals_;  // By part of time_unit_.
  std::int64_t unit_s_ = 1;
  WallTime first_ = WallTime::max();
  WallTime last_ = WallTime::min();
};

}  // namespace weir::scenarios::internal
