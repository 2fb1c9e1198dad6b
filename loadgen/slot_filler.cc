#include "loadgen/slot_filler.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/rng.h"
#include "loadgen/header_lines.h"
#include "loadgen/redirect.h"
#include "loadgen/schedule.h"

namespace weir::loadgen {
namespace {

using Order = scenarios::DataSource::Order;

constexpr std::uint64_t kRoundsSeed = 0x736c6f74U;
constexpr std::string_view kCookie = "cookie";

std::string_view HeaderOf(const scenarios::Request& request, std::string_view name) {
  const auto found = std::find_if(
      request.headers.begin(), request.headers.end(),
      [name](const scenarios::Header& header) { return SameHeaderName(header.name, name); });
  return found == request.headers.end() ? std::string_view() : found->value;
}

// Without port, lower case: what a cookie's domain is compared with.
std::string HostOf(std::string_view authority) {
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string host(authority.substr(0, colon));
  std::transform(host.begin(), host.end(), host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return host;
}

}  // namespace

SlotFiller::SlotFiller(const PreparedScenario& scenario, std::uint64_t seed)
    : scenario_(scenario), seed_(seed ^ kRoundsSeed) {}

SlotFiller::Filled& SlotFiller::At(std::uint32_t round) {
  while (rounds_.size() <= round) {
    rounds_.push_back(std::make_unique<Filled>());
    rounds_.back()->values.rows.resize(scenario_.tables.size());
    rounds_.back()->values.variables.resize(scenario_.variables.size());
  }
  return *rounds_[round];
}

bool SlotFiller::ChooseRow(std::size_t table, std::uint64_t number, RoundValues& values) const {
  const DataTable& data = scenario_.tables[table];
  if (data.source().order == Order::kRandom) {
    values.rows[table] = values.rng.Below(data.rows());
    return true;
  }
  values.rows[table] = number % data.rows();
  return data.source().loops || number < data.rows();
}

bool SlotFiller::BeginUser(std::uint32_t round, std::uint64_t user, std::uint32_t part) {
  if (!is_needed()) {
    return true;
  }
  Filled& filled = At(round);
  filled.cookies.Clear();
  bool there_is = true;
  for (const std::uint32_t table : scenario_.parts[part].tables) {
    if (scenario_.tables[table].source().order == Order::kUnique) {
      there_is = ChooseRow(table, user, filled.values) && there_is;
    }
  }
  return there_is;
}

bool SlotFiller::BeginRound(std::uint32_t round, const RoundKey& key) {
  if (!is_needed()) {
    return true;
  }
  Filled& filled = At(round);
  filled.values.number = key.number;
  filled.values.rng = Rng::ForPart(SeedOfPart(seed_, key.part), key.number);
  for (std::string& variable : filled.values.variables) {
    variable.clear();
  }
  if (!key.is_user || scenario_.cookies != scenarios::Cookies::kUser) {
    filled.cookies.Clear();
  }
  bool there_is = true;
  for (const std::uint32_t table : scenario_.parts[key.part].tables) {
    const bool keeps = key.is_user && scenario_.tables[table].source().order == Order::kUnique;
    there_is = (keeps || ChooseRow(table, key.number, filled.values)) && there_is;
  }
  return there_is;
}

bool SlotFiller::Jumps(std::uint32_t round, const PreparedJump& jump, WallTime now) {
  Filled& filled = At(round);
  switch (jump.kind) {
    case scenarios::Jump::Kind::kAlways:
      return true;
    case scenarios::Jump::Kind::kUnless:
      return !Holds(scenario_.conditions[jump.condition], scenario_.tables, now, filled.values);
    case scenarios::Jump::Kind::kEnter:
      filled.passes[jump.loop] = 0;
      return false;
    case scenarios::Jump::Kind::kAgain:
      return ++filled.passes[jump.loop] < jump.times;
  }
  return false;
}

const PreparedRequest& SlotFiller::Fill(std::uint32_t round, const PreparedRequest& request,
                                        WallTime now) {
  Filled& filled = At(round);
  if (filled.slots != request.slots.get()) {
    filled.slots = request.slots.get();
    filled.request = filled.slots->request;
    filled.wire = request;
    filled.wire.is_filled = true;
  }
  if (filled.slots->is_redirect) {
    filled.request = std::move(filled.redirected);
  } else {
    filled.redirects = 0;
    filled.request.headers.resize(filled.slots->headers.size());
    FillRequest(*filled.slots, scenario_.tables, now, filled.values, filled.request);
    if (filled.slots->is_replayed) {
      replay_->Fill(filled.request);
      filled.wire.is_head = filled.request.method == "HEAD";
    }
  }
  if (scenario_.cookies != scenarios::Cookies::kNone && HeaderOf(filled.request, kCookie).empty()) {
    std::string cookies;
    filled.cookies.AppendHeader(OriginOf(filled, request), now, cookies);
    if (!cookies.empty()) {
      filled.request.headers.push_back({std::string(kCookie), std::move(cookies)});
    }
  }
  scenario_.wires[request.side].Make(filled.request, filled.wire);
  return filled.wire;
}

CookieOrigin SlotFiller::OriginOf(const Filled& filled, const PreparedRequest& request) const {
  const scenarios::Target& target = scenario_.wires[request.side].target;
  const std::string_view host = HeaderOf(filled.request, "host");
  // The prefix of a target is part of the path that a server knows.
  return {.host = HostOf(host.empty() ? std::string_view(target.HostHeader()) : host),
          .path = filled.request.below_base ? target.base_path + filled.request.path
                                            : filled.request.path,
          .secure = target.scheme == scenarios::Target::Scheme::kHttps};
}

void SlotFiller::TakeCookies(std::uint32_t round, const PreparedRequest& request,
                             const Answer& answer, WallTime now) {
  if (scenario_.cookies != scenarios::Cookies::kNone) {
    Filled& filled = At(round);
    filled.cookies.Take(answer.head, OriginOf(filled, request), now);
  }
}

SlotFiller::Redirect SlotFiller::RedirectOf(std::uint32_t round, const PreparedRequest& request,
                                            const Answer& answer) {
  if (request.redirects_max == 0 || !IsRedirect(answer.status)) {
    return Redirect::kNone;
  }
  Filled& filled = At(round);
  if (++filled.redirects > request.redirects_max) {
    return Redirect::kTooMany;
  }
  const scenarios::Target& target = scenario_.wires[request.side].target;
  std::optional<std::string> path;
  AnyHeader(answer.head, "location", [&](std::string_view location) {
    path = ResolveLocation(location, OriginOf(filled, request).path, target,
                           HeaderOf(filled.request, "host"));
    return true;
  });
  if (!path) {
    return Redirect::kNowhere;
  }
  filled.redirected = filled.request;
  filled.redirected.path = *std::move(path);
  filled.redirected.below_base = false;
  ChangeMethod(answer.status, filled.redirected);
  if (scenario_.cookies != scenarios::Cookies::kNone) {
    // They are chosen anew for where it goes.
    std::erase_if(filled.redirected.headers, [](const scenarios::Header& header) {
      return SameHeaderName(header.name, kCookie);
    });
  }
  return Redirect::kFollow;
}

}  // namespace weir::loadgen
