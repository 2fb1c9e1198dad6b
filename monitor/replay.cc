#include "monitor/replay.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/alert_desk.h"
#include "monitor/own_samples.h"
#include "monitor/sources/sample_lines.h"
#include "monitor/state_codec.h"

namespace weir::monitor {
namespace {

/// What a source brings, a look at a time.
using Looks = std::map<WallTime, Reading>;

// The lines of a file, given to the sources of the configuration.
class Recording {
 public:
  explicit Recording(const MonitorConfig& config)
      : config_(config), looks_(config.sources.size()), last_(config.sources.size()) {}

  Status Load(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
      return UsageError(
          fmt::format("cannot read {}: is it there, and may you read it?", Printable(path, 300)));
    }
    for (std::string line; std::getline(file, line);) {
      Take(line);
    }
    if (ledger_.ingested == 0) {
      return UsageError(fmt::format(
          "{} has no sample for this monitor ({}); write lines such as {{\"timestamp\": "
          "1700000000, \"source\": \"{}\", \"metric\": \"errors\", \"value\": 1}}",
          Printable(path, 300), Rejections(),
          config_.sources.empty() ? "shop" : Printable(config_.sources.front().name)));
    }
    return {};
  }

  const std::vector<Looks>& looks() const { return looks_; }

  const SourceLedger& ledger() const { return ledger_; }

 private:
  std::string Rejections() const {
    std::string text;
    for (const auto& [reason, count] : ledger_.rejected) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, reason);
    }
    return text.empty() ? "no lines" : "lines refused: " + text;
  }

  std::optional<std::size_t> SourceOf(const LineSample& line) const {
    if (line.source.empty()) {
      return config_.sources.size() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
    }
    const auto found =
        std::find_if(config_.sources.begin(), config_.sources.end(),
                     [&](const SourceSpec& spec) { return spec.name == line.source; });
    return found == config_.sources.end()
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(found - config_.sources.begin()));
  }

  void Take(std::string_view text) {
    auto line = lines_.Read(text);
    if (!line) {
      return ledger_.Reject(std::string(line.error()));
    }
    if (!*line) {
      return;
    }
    LineSample& read = **line;
    const std::optional<std::size_t> source = SourceOf(read);
    if (!source) {
      return ledger_.Reject("unknown_source");
    }
    if (!read.at) {
      return ledger_.Reject("no_time");
    }
    const std::vector<std::string>& queries = config_.sources[*source].queries;
    if (!queries.empty()) {
      const auto query = std::find(queries.begin(), queries.end(), read.query);
      if (query == queries.end()) {
        return ledger_.Reject("unknown_query");
      }
      read.sample.query = static_cast<std::size_t>(query - queries.begin());
    }
    if (last_[*source] && *read.at < *last_[*source]) {
      return ledger_.Reject("out_of_order");
    }
    last_[*source] = *read.at;
    Reading& look = looks_[*source][*read.at];
    const bool has_room = look.samples.size() < Reading::kSamplesMax;
    look.Ingest(std::move(read.sample));
    if (has_room) {
      ++ledger_.offered;
      ++ledger_.ingested;
    } else {
      ledger_.Drop("too_many_samples");
    }
  }

  const MonitorConfig& config_;
  SampleLines lines_;
  std::vector<Looks> looks_;
  std::vector<std::optional<WallTime>> last_;
  SourceLedger ledger_;
};

// The monitor at work.
class Player {
 public:
  Player(const MonitorConfig& config, const Recording& recording)
      : config_(config), desk_(config), looks_(recording.looks()) {
    for (const Looks& looks : looks_) {
      next_.push_back(looks.begin());
    }
  }

  ReplayStep Step(WallTime at) {
    std::vector<SourceAge> ages;
    std::vector<SourceView> views;
    started_at_ = started_at_.value_or(at);
    for (std::size_t i = 0; i < looks_.size(); ++i) {
      while (next_[i] != looks_[i].end() && next_[i]->first <= at) {
        ++next_[i];
      }
      const bool any = next_[i] != looks_[i].begin();
      const auto look = any ? std::prev(next_[i]) : looks_[i].end();
      const WallTime good_at = any ? look->first : *started_at_;
      const SourceSpec& spec = config_.sources[i];
      ages.push_back({spec.name, at - good_at});
      views.push_back({.reading = any ? &look->second : nullptr,
                       .at = any ? good_at : WallTime{},
                       .stale = !any || at - good_at > 2 * spec.timing.interval + spec.timeout});
    }
    const Reading own = OwnSamples(ages);
    views.push_back({.reading = &own, .at = at, .stale = false});
    store::MonitorChange change = desk_.Step(at, views);
    ReplayStep step{.at = at, .alerts = {}, .messages = std::move(change.messages)};
    for (const store::MonitorStateRow& row : change.rows) {
      if (row.kind != store::MonitorStateKind::kAlert) {
        continue;
      }
      if (std::optional<AlertInstance> alert = DecodeAlert(row.value)) {
        step.alerts.push_back(std::move(*alert));
      }
    }
    return step;
  }

 private:
  const MonitorConfig& config_;
  AlertDesk desk_;
  const std::vector<Looks>& looks_;
  std::vector<Looks::const_iterator> next_;
  std::optional<WallTime> started_at_;
};

}  // namespace

Result<ReplayTotals> Replay(const MonitorConfig& config, const std::string& path,
                            const std::function<void(const ReplayStep&)>& each) {
  Recording recording(config);
  if (Status loaded = recording.Load(path); !loaded) {
    return tl::unexpected(loaded.error());
  }
  ReplayTotals totals;
  totals.ledger = recording.ledger();
  std::optional<WallTime> from;
  for (const Looks& looks : recording.looks()) {
    if (!looks.empty()) {
      from = std::min(from.value_or(looks.begin()->first), looks.begin()->first);
      totals.to = std::max(totals.to, looks.rbegin()->first);
    }
  }
  totals.from = *from;
  const auto steps = static_cast<std::uint64_t>((totals.to - totals.from) / config.evaluate_every);
  if (steps > kReplayStepsMax) {
    return UsageError(fmt::format(
        "{} spans {}, which is {} evaluations of 'evaluate_every: {}'; write a longer one",
        Printable(path, 300), FormatAlertSpan(totals.to - totals.from), steps,
        FormatAlertSpan(config.evaluate_every)));
  }
  Player player(config, recording);
  // One more than the span holds, so that the last sample is judged, too.
  for (std::uint64_t i = 0; i <= steps + 1; ++i) {
    const ReplayStep step =
        player.Step(totals.from + static_cast<Nanos::rep>(i) * config.evaluate_every);
    ++totals.evaluations;
    totals.messages += step.messages.size();
    for (const AlertInstance& alert : step.alerts) {
      totals.fired += alert.state.fired_at == step.at ? 1U : 0U;
      totals.resolved += alert.state.resolved_at == step.at ? 1U : 0U;
    }
    if (!step.alerts.empty() || !step.messages.empty()) {
      each(step);
    }
  }
  return totals;
}

}  // namespace weir::monitor
