#include "scenarios/internal/log_summary.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::size_t kUnitsMax = 20'000;  // Of time; with more each becomes twice as long.
constexpr std::size_t kFlowsShown = 20;
constexpr std::int64_t kStagesShown = 12;
constexpr std::uint16_t kNoRoute = UINT16_MAX;
// Sessions become flows when these are so much of all requests.
constexpr double kShapesShare = 0.5;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A part of a path that differs from request to request: a number, or a long identifier.
bool IsIdentifier(std::string_view part) {
  const bool has_digit = std::any_of(part.begin(), part.end(), IsDigit);
  const auto is_hex = [](char c) { return IsHex(c) || c == '-'; };
  return std::all_of(part.begin(), part.end(), IsDigit) ||
         (part.size() >= 16 && has_digit && std::all_of(part.begin(), part.end(), is_hex));
}

// "GET /products/*" of GET /products/17?x=1.
void AppendRoute(const LogLine& line, std::string& out) {
  out += line.method;
  out += ' ';
  std::string_view path = line.path.substr(0, line.path.find('?'));
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    out += '/';
    out += !part.empty() && IsIdentifier(part) ? std::string_view("*") : part;
    path.remove_prefix(part.size());
  }
}

Nanos Median(const Histogram& spans) {
  return Nanos(static_cast<Nanos::rep>(spans.QuantileNs(0.5)));
}

double StepsPerRound(const std::vector<DraftFlow>& flows) {
  double rounds = 0;
  double steps = 0;
  for (const DraftFlow& flow : flows) {
    rounds += flow.weight;
    steps += flow.weight * static_cast<double>(flow.steps.size());
  }
  return rounds > 0 ? steps / rounds : 1;
}

std::int64_t WholeSeconds(WallTime at) {
  return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

}  // namespace

void LogSummary::Add(const LogLine& line) {
  ++requests_;
  with_time_ += line.taken ? 1U : 0U;
  const WallTime arrived = line.Arrived();
  first_ = std::min(first_, arrived);
  last_ = std::max(last_, line.ended);
  AddArrival(arrived);
  const std::uint16_t route = RouteOf(line);
  if (route == kNoRoute) {
    ++without_route_;
    return;
  }
  ++routes_[route].count;
  AddToSession(line, route);
}

std::uint16_t LogSummary::RouteOf(const LogLine& line) {
  key_.clear();
  AppendRoute(line, key_);
  const auto found = route_ids_.find(key_);
  if (found != route_ids_.end()) {
    return found->second;
  }
  if (routes_.size() == kRoutesMax) {
    return kNoRoute;
  }
  const auto id = static_cast<std::uint16_t>(routes_.size());
  routes_.push_back({std::string(line.method), std::string(line.path), 0});
  route_ids_.emplace(key_, id);
  return id;
}

void LogSummary::AddToSession(const LogLine& line, std::uint16_t route) {
  const std::hash<std::string_view> hash;
  const std::uint64_t who = hash(line.client) * 1'000'003U ^ hash(line.agent);
  auto found = sessions_.find(who);
  if (found == sessions_.end()) {
    if (sessions_.size() == kSessionsMax) {
      CloseIdle(line.ended);
    }
    if (sessions_.size() == kSessionsMax) {
      ++without_session_;
      return;
    }
    found = sessions_.emplace(who, Session()).first;
  } else if (line.ended - found->second.last > kIdle) {
    Close(found->second);
    found->second.steps.clear();
  } else if (line.ended > found->second.last) {
    pauses_.Record(line.ended - found->second.last);
  }
  Session& session = found->second;
  session.last = std::max(session.last, line.ended);
  if (session.steps.size() < kStepsMax) {
    session.steps.push_back(route);
  }
}

// A look goes through all of them, so it is worth it only once in a while.
void LogSummary::CloseIdle(WallTime now) {
  if (now - idle_sought_ < kIdle / 30) {
    return;
  }
  idle_sought_ = now;
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    if (now - at->second.last > kIdle) {
      Close(at->second);
      at = sessions_.erase(at);
    } else {
      ++at;
    }
  }
}

void LogSummary::Close(const Session& session) {
  ++sessions_closed_;
  const auto found = shapes_.find(session.steps);
  if (found != shapes_.end()) {
    ++found->second;
  } else if (shapes_.size() < kShapesMax) {
    shapes_.emplace(session.steps, 1);
  } else {
    ++shapes_left_out_;
  }
}

void LogSummary::AddArrival(WallTime at) {
  ++arrivals_[WholeSeconds(at) / unit_s_];
  if (arrivals_.size() <= kUnitsMax) {
    return;
  }
  unit_s_ *= 2;
  std::map<std::int64_t, std::uint64_t> coarser;
  for (const auto& [unit, count] : arrivals_) {
    coarser[unit / 2] += count;
  }
  arrivals_ = std::move(coarser);
}

// The arrivals in parts of even length, each at its mean rate.
std::vector<std::string> LogSummary::Stages(double scale) const {
  const std::int64_t begin = arrivals_.begin()->first;
  const std::int64_t units = arrivals_.rbegin()->first - begin + 1;
  const std::int64_t parts = std::min(units, kStagesShown);
  std::vector<std::string> stages;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t from = begin + units * part / parts;
    const std::int64_t to = begin + units * (part + 1) / parts;
    std::uint64_t count = 0;
    for (auto at = arrivals_.lower_bound(from); at != arrivals_.end() && at->first < to; ++at) {
      count += at->second;
    }
    const auto seconds = static_cast<double>((to - from) * unit_s_);
    // A part without arrivals has the lowest rate that there is.
    const double rate = std::max(static_cast<double>(count) * scale / seconds, 1e-3);
    stages.push_back(fmt::format("rate: {:.4g}/s, for: {:.0f}s", rate, seconds));
  }
  return stages;
}

std::vector<DraftFlow> LogSummary::FlowsOfSessions(double& share) const {
  std::vector<std::pair<std::uint64_t, const std::vector<std::uint16_t>*>> shapes;
  for (const auto& [steps, count] : shapes_) {
    shapes.emplace_back(count, &steps);
  }
  std::sort(shapes.begin(), shapes.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : *a.second < *b.second;
  });
  shapes.resize(std::min(shapes.size(), kFlowsShown));
  const Nanos pause = pauses_.count() > 0 ? Median(pauses_) : Nanos(0);
  std::vector<DraftFlow> flows;
  std::uint64_t shown = 0;
  for (const auto& [count, steps] : shapes) {
    DraftFlow flow;
    flow.name = fmt::format("session {}", flows.size() + 1);
    flow.weight = static_cast<double>(count);
    for (const std::uint16_t id : *steps) {
      DraftStep& step = flow.steps.emplace_back();
      step.method = routes_[id].method;
      ForeignRequest::SetPath(step, routes_[id].path);
      step.think = pause;
    }
    flow.steps.back().think.reset();
    shown += count * steps->size();
    flows.push_back(std::move(flow));
  }
  share = static_cast<double>(shown) / static_cast<double>(requests_);
  return flows;
}

std::vector<DraftFlow> LogSummary::FlowsOfRoutes(double& share) const {
  std::vector<const Route*> routes;
  for (const Route& route : routes_) {
    routes.push_back(&route);
  }
  std::stable_sort(routes.begin(), routes.end(),
                   [](const Route* a, const Route* b) { return a->count > b->count; });
  routes.resize(std::min(routes.size(), kFlowsShown));
  std::vector<DraftFlow> flows;
  std::uint64_t shown = 0;
  for (const Route* route : routes) {
    DraftStep step;
    step.method = route->method;
    ForeignRequest::SetPath(step, route->path);
    flows.push_back(
        {fmt::format("route {}", flows.size() + 1), static_cast<double>(route->count), {step}});
    shown += route->count;
  }
  share = static_cast<double>(shown) / static_cast<double>(requests_);
  return flows;
}

Draft LogSummary::ToDraft() {
  for (const auto& [who, session] : sessions_) {
    Close(session);
  }
  sessions_.clear();
  Draft draft;
  draft.name = "access log";
  draft.poisson = true;
  double share = 0;
  draft.flows = FlowsOfSessions(share);
  const bool by_session = share >= kShapesShare;
  // So many arrivals for each request that the target still gets as many.
  double scale = 1 / StepsPerRound(draft.flows);
  if (!by_session) {
    draft.flows = FlowsOfRoutes(share);
    scale = 1;
  }
  draft.load.stages = Stages(scale);
  draft.notes.push_back(fmt::format(
      "From a log of {} requests in {}: {} routes, {} sessions (a client and its browser, until "
      "{} of nothing).",
      FormatCount(requests_), FormatDuration(last_ - first_), FormatCount(routes_.size()),
      FormatCount(sessions_closed_), FormatDuration(kIdle)));
  draft.notes.push_back(
      by_session
          ? fmt::format("The flows are the {} most frequent sessions, {:.0f} % of the requests, up "
                        "to their first {} requests.",
                        draft.flows.size(), 100 * share, kStepsMax)
          : fmt::format("Hardly two sessions are alike, so each flow is a route: the {} most "
                        "frequent, {:.0f} % of the requests.",
                        draft.flows.size(), 100 * share));
  if (pauses_.count() > 0) {
    draft.notes.push_back(fmt::format("Half of the pauses within a session are shorter than {}.",
                                      FormatDuration(Median(pauses_))));
  }
  draft.notes.emplace_back(
      "A log has neither headers nor bodies nor credentials: add what is needed.");
  if (with_time_ < requests_) {
    draft.notes.push_back(fmt::format(
        "{} lines do not say how long the request took: their arrival is the time of their end.",
        FormatCount(requests_ - with_time_)));
  }
  if (without_route_ + without_session_ > 0) {
    draft.notes.push_back(
        fmt::format("Beyond the limits, counted but not looked at: {} requests to "
                    "further routes, {} of further clients.",
                    FormatCount(without_route_), FormatCount(without_session_)));
  }
  return draft;
}

}  // namespace weir::scenarios::internal
