#include "reports/change_feed.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "reports/internal/history_changes.h"
#include "reports/internal/json.h"
#include "reports/internal/markup.h"

namespace weir::reports {
namespace {

constexpr std::size_t kTextBytesMax = 500;

/// What both forms tell of a change point, as plain text.
struct Entry {
  std::string id;
  std::string link;
  std::string title;
  std::string text;
  WallTime at{};                        ///< When it began.
  WallTime updated{};                   ///< When something new was said of it.
  std::string state = {};               ///< Of a regression; else empty.
  std::optional<TriageMark> mark = {};  ///< What was said.
};

// Of what a change point is told apart by, in the form of a UUID.
std::string IdOf(const analysis::HistoryChange& change, const HashText& sha256) {
  const std::string hash = sha256(fmt::format("{}\n{}\n{}\n{}\n{}", change.scenario, change.load,
                                              change.step, change.metric.name, change.run));
  WEIR_CHECK(hash.size() >= 32);
  const auto part = [&hash](std::size_t from, std::size_t length) {
    return hash.substr(from, length);
  };
  return fmt::format("urn:uuid:{}-{}-{}-{}-{}", part(0, 8), part(8, 4), part(12, 4), part(16, 4),
                     part(20, 12));
}

std::string SaidText(const TriageMark& mark) {
  std::string text = fmt::format(" {} at {}", mark.state, FormatWallTime(mark.at));
  text += mark.by.empty() ? "" : " by " + mark.by;
  text += mark.why.empty() ? "" : ": " + mark.why;
  return text + ".";
}

// What people said of the regression.
void AddTriage(const std::optional<TriageMark>& mark, Entry& entry) {
  entry.state = mark ? mark->state : "new";
  entry.mark = mark;
  if (mark) {
    entry.updated = std::max(entry.at, mark->at);
    entry.text += " Triage:" + SaidText(*mark);
  }
}

std::vector<Entry> EntriesOf(const ReportData& data, const HashText& sha256) {
  std::map<RunId, WallTime> starts;
  for (const RunRow& row : data.rows) {
    starts[row.run] = row.started_at;
  }
  std::vector<Entry> entries;
  const std::size_t count = std::min(data.changes.changes.size(), kFeedEntriesMax);
  for (std::size_t i = 0; i < count; ++i) {
    const analysis::HistoryChange& change = data.changes.changes[i];
    const auto start = starts.find(change.run);
    entries.push_back(
        {.id = IdOf(change, sha256),
         .link = fmt::format("index.html#/run/{}", change.run),
         .title = fmt::format("{}: {}: {}", change.Worse() ? "worse" : "better", change.scenario,
                              WhatMoved(change, Charset::kUnicode)),
         .text = fmt::format("Run {}, build {}. {}.", change.run,
                             change.build.empty() ? "not said" : change.build, WhoMovedIt(change)),
         .at = start == starts.end() ? data.generated_at : start->second});
    Entry& entry = entries.back();
    entry.updated = entry.at;
    if (change.Worse()) {
      AddTriage(i < data.triage.size() ? data.triage[i] : std::nullopt, entry);
    }
  }
  return entries;
}

// A feed is as new as its newest entry, so that writing it again changes nothing.
WallTime NewestOf(const std::vector<Entry>& entries, WallTime otherwise) {
  const auto newest =
      std::max_element(entries.begin(), entries.end(),
                       [](const Entry& a, const Entry& b) { return a.updated < b.updated; });
  return newest == entries.end() ? otherwise : newest->updated;
}

std::string Escaped(std::string_view text) {
  return InMarkup(text, kTextBytesMax);
}

}  // namespace

std::string AtomFeed(const ReportData& data, const HashText& sha256) {
  const std::vector<Entry> entries = EntriesOf(data, sha256);
  std::string feed = fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
      "<title>{}: change points</title>\n<id>urn:weir:change-points</id>\n"
      "<updated>{}</updated>\n<author><name>weir</name></author>\n"
      "<link rel=\"alternate\" href=\"index.html\"/>\n",
      Escaped(data.title), FormatWallTime(NewestOf(entries, data.generated_at)));
  for (const Entry& entry : entries) {
    feed += fmt::format(
        "<entry><id>{}</id><updated>{}</updated><published>{}</published><title>{}</title>"
        "<link href=\"{}\"/>{}<summary>{}</summary></entry>\n",
        entry.id, FormatWallTime(entry.updated), FormatWallTime(entry.at), Escaped(entry.title),
        entry.link,
        entry.state.empty() ? "" : fmt::format("<category term=\"{}\"/>", Escaped(entry.state)),
        Escaped(entry.text));
  }
  return feed + "</feed>\n";
}

std::string JsonFeed(const ReportData& data, const HashText& sha256) {
  Json items = Json::array();
  for (const Entry& entry : EntriesOf(data, sha256)) {
    Json item = {{"id", entry.id},
                 {"url", entry.link},
                 {"title", entry.title},
                 {"content_text", entry.text},
                 {"date_published", FormatWallTime(entry.at)},
                 {"date_modified", FormatWallTime(entry.updated)}};
    if (!entry.state.empty()) {
      item["tags"] = {entry.state};
      Json triage = {{"state", entry.state}};
      if (entry.mark) {
        triage["at"] = FormatWallTime(entry.mark->at);
        triage["by"] = entry.mark->by;
        triage["why"] = entry.mark->why;
      }
      item["_weir"] = {{"triage", std::move(triage)}};
    }
    items.push_back(std::move(item));
  }
  return JsonText({{"version", "https://jsonfeed.org/version/1.1"},
                   {"title", data.title + ": change points"},
                   {"home_page_url", "index.html"},
                   {"items", std::move(items)}},
                  JsonLayout::kPretty);
}

}  // namespace weir::reports
