#include "monitor/interventions.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/channels/alert_notice.h"
#include "monitor/state_codec.h"

namespace weir::monitor {
namespace {

using store::MonitorStateKind;
using store::MonitorStateRow;

constexpr std::size_t kMatchersMax = 50;
constexpr std::size_t kIdBytes = 12;
constexpr std::size_t kCommentMax = 500;

Result<std::vector<LabelMatcher>> ParseMatchers(const std::vector<std::string>& texts) {
  std::vector<LabelMatcher> matchers;
  for (const std::string& text : texts) {
    Result<LabelMatcher> matcher = LabelMatcher::Parse(text);
    if (!matcher) {
      return tl::unexpected(matcher.error());
    }
    matchers.push_back(std::move(*matcher));
  }
  return matchers;
}

// All rows of a kind that can be read.
template <typename T, typename Decode>
Status Load(store::MonitorBook& book, MonitorStateKind kind, Decode decode, std::vector<T>& into) {
  const auto rows = book.LoadState(kind);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  for (const MonitorStateRow& row : *rows) {
    if (auto read = decode(row.value)) {
      into.push_back(std::move(*read));
    }
  }
  return {};
}

Result<AlertInstance> ById(const std::vector<AlertInstance>& candidates, const std::string& id,
                           const ChoiceWords& words) {
  if (id.size() < kIdShortest) {
    return UsageError(fmt::format("'{}' is too short for an id: give {} characters at least",
                                  Printable(id), kIdShortest));
  }
  std::optional<AlertInstance> found;
  for (const AlertInstance& alert : candidates) {
    if (AlertKey(alert.labels).starts_with(id)) {
      if (found) {
        return UsageError(
            fmt::format("several alerts have an id that begins with '{}'; give more "
                        "of it",
                        Printable(id)));
      }
      found = alert;
    }
  }
  return found ? Result<AlertInstance>(std::move(*found))
               : UsageError(fmt::format("no alert {} has an id that begins with '{}'\n  hint: {}",
                                        words.which, Printable(id), words.hint));
}

}  // namespace

Result<StoredSilence> MakeSilence(const SilenceOrder& order) {
  if (order.matchers.empty() || order.matchers.size() > kMatchersMax) {
    return UsageError(fmt::format("a silence has 1 to {} matchers, for example 'service=\"shop\"'",
                                  kMatchersMax));
  }
  if (order.ends_at <= order.starts_at) {
    return UsageError("a silence ends after it begins");
  }
  Result<std::vector<LabelMatcher>> matchers = ParseMatchers(order.matchers);
  if (!matchers) {
    return tl::unexpected(matchers.error());
  }
  if (MatchesAll(*matchers, {})) {
    return UsageError(
        "that would silence everything\n"
        "  hint: say what an alert must have, for example 'alertname=~\".+\"' for all of them");
  }
  std::string text;
  for (const std::string& matcher : order.matchers) {
    text += matcher + '\n';
  }
  return StoredSilence{.id = Sha256Hex(fmt::format("{}{} {}", text, CountNs(order.starts_at),
                                                   CountNs(order.ends_at)))
                                 .substr(0, kIdBytes),
                       .matchers = order.matchers,
                       .silence = {std::move(*matchers), order.starts_at, order.ends_at},
                       .speaker = Tidied(order.speaker)};
}

const Acknowledgement* AlertBook::Of(const AlertInstance& alert) const {
  const auto found = std::find_if(
      acknowledgements.begin(), acknowledgements.end(), [&](const Acknowledgement& said) {
        return alert.state.fired_at == said.fired_at && alert.labels == said.labels;
      });
  return found == acknowledgements.end() || alert.state.phase != AlertPhase::kFiring ? nullptr
                                                                                     : &*found;
}

const AlertMark* AlertBook::MarkOf(const AlertInstance& alert) const {
  const auto found = std::find_if(marks.begin(), marks.end(), [&](const AlertMark& mark) {
    return alert.state.fired_at == mark.fired_at && alert.labels == mark.labels;
  });
  return found == marks.end() ? nullptr : &*found;
}

const StoredSilence* AlertBook::SilenceOf(const Labels& labels, WallTime at) const {
  const auto found =
      std::find_if(silences.begin(), silences.end(), [&](const StoredSilence& stored) {
        return stored.silence.starts_at <= at && at < stored.silence.ends_at &&
               MatchesAll(stored.silence.matchers, labels);
      });
  return found == silences.end() ? nullptr : &*found;
}

Result<AlertBook> LoadSaid(store::MonitorBook& book) {
  AlertBook found;
  for (const Status& loaded :
       {Load(book, MonitorStateKind::kSilence, DecodeSilence, found.silences),
        Load(book, MonitorStateKind::kAcknowledgement, DecodeAcknowledgement,
             found.acknowledgements),
        Load(book, MonitorStateKind::kMark, DecodeMark, found.marks)}) {
    if (!loaded) {
      return tl::unexpected(loaded.error());
    }
  }
  return found;
}

Result<AlertBook> LoadAlertBook(store::MonitorBook& book) {
  Result<AlertBook> said = LoadSaid(book);
  if (!said) {
    return said;
  }
  AlertBook& found = *said;
  if (Status loaded = Load(book, MonitorStateKind::kAlert, DecodeAlert, found.alerts); !loaded) {
    return tl::unexpected(loaded.error());
  }
  std::vector<StoredGroup> groups;
  for (const Status& loaded : {Load(book, MonitorStateKind::kEnded, DecodeAlert, found.ended),
                               Load(book, MonitorStateKind::kDemoted, DecodeDemoted, found.demoted),
                               Load(book, MonitorStateKind::kGroup, DecodeGroup, groups)}) {
    if (!loaded) {
      return tl::unexpected(loaded.error());
    }
  }
  std::stable_sort(found.ended.begin(), found.ended.end(),
                   [](const AlertInstance& a, const AlertInstance& b) {
                     return a.state.resolved_at > b.state.resolved_at;
                   });
  for (const StoredGroup& group : groups) {
    CollectFlaps(group.state, found.flaps);
  }
  found.alerts.erase(std::remove_if(found.alerts.begin(), found.alerts.end(),
                                    [](const AlertInstance& alert) {
                                      return alert.state.phase == AlertPhase::kInactive;
                                    }),
                     found.alerts.end());
  std::stable_sort(found.alerts.begin(), found.alerts.end(),
                   [](const AlertInstance& a, const AlertInstance& b) {
                     const auto order = [](const AlertInstance& alert) {
                       return std::make_tuple(alert.state.phase != AlertPhase::kFiring,
                                              -CountNs(alert.state.active_since));
                     };
                     return order(a) < order(b);
                   });
  return said;
}

Status AddSilence(store::MonitorBook& book, const StoredSilence& silence) {
  const auto rows = book.LoadState(MonitorStateKind::kSilence);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  if (rows->size() >= kSilencesMax) {
    return UsageError(fmt::format("there are {} silences already; remove some", kSilencesMax));
  }
  return book.Commit(
      {.rows = {{MonitorStateKind::kSilence, silence.id, EncodeSilence(silence)}}, .messages = {}});
}

Status RemoveSilence(store::MonitorBook& book, std::string_view id) {
  const auto rows = book.LoadState(MonitorStateKind::kSilence);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  std::vector<MonitorStateRow> meant;
  for (const MonitorStateRow& row : *rows) {
    if (id.size() >= kIdShortest && row.key.starts_with(id)) {
      meant.push_back({row.kind, row.key, ""});
    }
  }
  if (meant.size() != 1) {
    return UsageError(
        fmt::format("{} silence has an id that begins with '{}'\n"
                    "  hint: 'weir monitor silence' lists them",
                    meant.empty() ? "no" : "more than one", Printable(id)));
  }
  return book.Commit({.rows = std::move(meant), .messages = {}});
}

std::vector<AlertInstance> FiringOf(const std::vector<AlertInstance>& alerts) {
  std::vector<AlertInstance> firing;
  std::copy_if(alerts.begin(), alerts.end(), std::back_inserter(firing),
               [](const AlertInstance& alert) { return alert.state.phase == AlertPhase::kFiring; });
  return firing;
}

Result<std::vector<AlertInstance>> Choose(std::vector<AlertInstance> candidates,
                                          const AlertChoice& choice, const ChoiceWords& words) {
  if (choice.ids.empty() == choice.matchers.empty()) {
    return UsageError("say which alerts are meant: by their ids, or by matchers");
  }
  std::vector<AlertInstance> chosen;
  for (const std::string& id : choice.ids) {
    Result<AlertInstance> alert = ById(candidates, id, words);
    if (!alert) {
      return tl::unexpected(alert.error());
    }
    chosen.push_back(std::move(*alert));
  }
  if (choice.matchers.empty()) {
    return chosen;
  }
  const Result<std::vector<LabelMatcher>> matchers = ParseMatchers(choice.matchers);
  if (!matchers) {
    return tl::unexpected(matchers.error());
  }
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(chosen),
               [&](const AlertInstance& alert) { return MatchesAll(*matchers, alert.labels); });
  if (chosen.empty()) {
    return UsageError(fmt::format("no alert {} is meant\n  hint: {}", words.which, words.hint));
  }
  return chosen;
}

Result<std::vector<AlertInstance>> ChooseFiring(const std::vector<AlertInstance>& alerts,
                                                const AlertChoice& choice) {
  return Choose(FiringOf(alerts), choice,
                {.which = "that fires", .hint = "'weir monitor alerts' lists them"});
}

Speaker Tidied(const Speaker& speaker) {
  return {Printable(speaker.by, kCommentMax), Printable(speaker.comment, kCommentMax)};
}

Status Acknowledge(store::MonitorBook& book, const std::vector<AlertInstance>& alerts,
                   const Speaker& speaker, WallTime at) {
  store::MonitorChange change;
  for (const AlertInstance& alert : alerts) {
    change.rows.push_back({MonitorStateKind::kAcknowledgement, AlertKey(alert.labels),
                           EncodeAcknowledgement({.labels = alert.labels,
                                                  .fired_at = alert.state.fired_at.value_or(at),
                                                  .at = at,
                                                  .speaker = Tidied(speaker)})});
  }
  return book.Commit(change);
}

Status TakeBack(store::MonitorBook& book, const std::vector<AlertInstance>& alerts) {
  store::MonitorChange change;
  for (const AlertInstance& alert : alerts) {
    change.rows.push_back({MonitorStateKind::kAcknowledgement, AlertKey(alert.labels), ""});
  }
  return book.Commit(change);
}

}  // namespace weir::monitor
