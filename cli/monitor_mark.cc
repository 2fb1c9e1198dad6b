#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/text.h"
#include "cli/flags.h"
#include "cli/monitor_book_flags.h"
#include "cli/monitor_commands.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "monitor/alert_marks.h"
#include "store/monitor_book.h"

namespace weir::cli {
namespace {

using Json = nlohmann::ordered_json;

FlagSpec MarkSpec() {
  FlagSpec spec;
  spec.command = "monitor mark";
  spec.usage = "weir monitor mark [OPTIONS] ALERT... useful|noise";
  spec.about =
      "Says whether it was good to be told of alerts: of those that fire, and of those that have\n"
      "ended within a week ('weir monitor alerts --ended'). An ALERT is an id, or the beginning "
      "of\n"
      "one, or a matcher, as in 'weir monitor ack'. An episode has one mark, the last that was\n"
      "given. 'weir monitor marks' says what that makes of the rules.";
  spec.examples =
      "  weir monitor mark 3f9a21c0 noise --comment 'ended by itself'\n"
      "  weir monitor mark 'alertname=DiskWillBeFull' useful\n"
      "  weir monitor mark --undo 3f9a21c0";
  spec.positionals = {"ALERT"};
  AddSpeakerFlags(spec.options);
  spec.options.add_options()("undo", "takes the marks back");
  AddStoreFlag(spec.options);
  return spec;
}

FlagSpec MarksSpec() {
  FlagSpec spec;
  spec.command = "monitor marks";
  spec.usage = "weir monitor marks [OPTIONS]";
  spec.about =
      "What people said of the alerts of each rule, from the marks of 'weir monitor mark': of a\n"
      "rule the newest 50 within 90 days. Its precision is the share that was useful; it is low\n"
      "when at least 5 are marked, less than 90 % were useful, and that is more than chance.";
  spec.examples =
      "  weir monitor marks\n"
      "  weir monitor marks --json\n"
      "  weir monitor marks --forget HighErrors     its rule has changed: begin anew";
  spec.options.add_options()("forget", po::value<std::string>()->value_name("RULE"),
                             "all marks of this rule go");
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  return spec;
}

// Which alerts, and as what.
struct Said {
  monitor::AlertChoice choice;
  bool undo = false;
  bool useful = true;
};

Result<Said> ReadSaid(const ParsedFlags& flags) {
  std::vector<std::string> words = flags.Texts("ALERT");
  Said said{.choice = {}, .undo = flags.Has("undo")};
  if (!said.undo) {
    const std::string last = words.empty() ? std::string() : words.back();
    said.useful = last == monitor::MarkName(true);
    if (last != monitor::MarkName(said.useful)) {
      return UsageError(
          "say whether they were useful or noise\n"
          "  hint: weir monitor mark 3f9a21c0 noise");
    }
    words.pop_back();
  }
  for (std::string& word : words) {
    const bool is_id = word.find('=') == std::string::npos;
    (is_id ? said.choice.ids : said.choice.matchers).push_back(std::move(word));
  }
  return said;
}

Status Mark(const ParsedFlags& flags) {
  const Result<Said> said = ReadSaid(flags);
  if (!said) {
    return tl::unexpected(said.error());
  }
  const auto book = OpenBook(flags, BookUse::kChange);
  if (!book) {
    return tl::unexpected(book.error());
  }
  const Result<monitor::AlertBook> found = monitor::LoadAlertBook(**book);
  const Result<std::vector<monitor::AlertInstance>> chosen =
      found ? monitor::ChooseMarkable(*found, said->choice)
            : Result<std::vector<monitor::AlertInstance>>(tl::unexpected(found.error()));
  if (!chosen) {
    return tl::unexpected(chosen.error());
  }
  const Status done = said->undo ? monitor::UnmarkAlerts(**book, *chosen)
                                 : monitor::MarkAlerts(**book, *chosen,
                                                       {.useful = said->useful,
                                                        .speaker = ReadSpeaker(flags),
                                                        .at = SystemClock().WallNow()});
  if (done) {
    Print(fmt::format("{} alert{} {}\n", chosen->size(), chosen->size() == 1 ? "" : "s",
                      said->undo ? "not marked any more"
                                 : fmt::format("marked {}", monitor::MarkName(said->useful))));
  }
  return done;
}

Json JsonOf(const monitor::AlertMark& mark) {
  return {{"rule", monitor::LabelValue(mark.labels, "alertname")},
          {"labels", Json(mark.labels)},
          {"fired_at", FormatWallTime(mark.fired_at)},
          {"at", FormatWallTime(mark.at)},
          {"mark", monitor::MarkName(mark.useful)},
          {"by", mark.speaker.by},
          {"comment", mark.speaker.comment}};
}

std::string Line(const std::string& rule, const monitor::RulePrecision& precision, bool demoted) {
  const std::string_view low = precision.IsLow() ? "  low" : "";
  return fmt::format("{:<24} {} of {} useful ({:.0f} %){}{}\n", Printable(rule), precision.useful,
                     precision.Marked(), 100 * precision.Share(), low,
                     demoted ? ": told in the digest" : "");
}

Status ListMarks(store::MonitorBook& book, const ParsedFlags& flags) {
  const Result<monitor::AlertBook> found = monitor::LoadAlertBook(book);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const std::set<std::string> demoted(found->demoted.begin(), found->demoted.end());
  const auto rules = monitor::PrecisionOf(found->marks, SystemClock().WallNow());
  if (flags.Has("json")) {
    Json json = {
        {"schema", "weir.monitor_marks/1"}, {"rules", Json::array()}, {"marks", Json::array()}};
    for (const auto& [rule, precision] : rules) {
      json["rules"].push_back({{"rule", rule},
                               {"useful", precision.useful},
                               {"noise", precision.noise},
                               {"precision", precision.Share()},
                               {"low", precision.IsLow()},
                               {"demoted", demoted.contains(rule)}});
    }
    for (const monitor::AlertMark& mark : found->marks) {
      json["marks"].push_back(JsonOf(mark));
    }
    return WriteJson(flags.Text("json"),
                     json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  std::string text;
  for (const auto& [rule, precision] : rules) {
    text += Line(rule, precision, demoted.contains(rule));
  }
  Print(text.empty() ? "no alert is marked\n" : text);
  return {};
}

Status Marks(const ParsedFlags& flags) {
  const bool forgets = flags.Has("forget");
  const auto book = OpenBook(flags, forgets ? BookUse::kChange : BookUse::kRead);
  if (!book) {
    return tl::unexpected(book.error());
  }
  if (!forgets) {
    return ListMarks(**book, flags);
  }
  const Result<std::size_t> gone = monitor::ForgetMarks(**book, flags.Text("forget"));
  if (!gone) {
    return tl::unexpected(gone.error());
  }
  Print(fmt::format("{} mark{} forgotten\n", *gone, *gone == 1 ? "" : "s"));
  return {};
}

}  // namespace

int MonitorMarkMain(const Arguments& arguments) {
  return RunBookCommand(MarkSpec(), arguments, &Mark);
}

int MonitorMarksMain(const Arguments& arguments) {
  return RunBookCommand(MarksSpec(), arguments, &Marks);
}

}  // namespace weir::cli
