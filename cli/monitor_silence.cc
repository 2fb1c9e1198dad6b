#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/text.h"
#include "base/wall_time.h"
#include "cli/flags.h"
#include "cli/monitor_book_flags.h"
#include "cli/monitor_commands.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "monitor/interventions.h"
#include "store/monitor_book.h"

namespace weir::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr Nanos kLongest = std::chrono::hours(24 * 366);

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "monitor silence";
  spec.usage = "weir monitor silence [OPTIONS] [MATCHER...]";
  spec.about =
      "Keeps the monitor from telling of alerts that all matchers match, from now (or --from) on\n"
      "for the time of --for, to the instant. Alerts that were told before are not repeated\n"
      "meanwhile; that they end is told. Without matchers: lists the silences, also those that\n"
      "were over within the last day. They stand in the history; a monitor that runs on it obeys\n"
      "from its next evaluation on.";
  spec.examples =
      "  weir monitor silence 'service=\"shop\"' --for 2h --comment 'database moves'\n"
      "  weir monitor silence 'host=~\"db.*\"' --from 2026-12-01T22:00Z --for 4h\n"
      "  weir monitor silence\n"
      "  weir monitor silence --remove 3f9a21c0b7d4";
  spec.positionals = {"MATCHER"};
  auto add = spec.options.add_options();
  add("for", po::value<std::string>()->value_name("TIME"), "how long; at most a year");
  add("from", po::value<std::string>()->value_name("WHEN"), "date and time; default now");
  add("remove", po::value<std::string>()->value_name("ID"), "end it at once");
  AddSpeakerFlags(spec.options);
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  spec.json_file = JsonFile::kOnlyAfterEquals;
  return spec;
}

const char* StateOf(const monitor::Silence& silence, WallTime now) {
  if (now < silence.starts_at) {
    return "pending";
  }
  return now < silence.ends_at ? "active" : "over";
}

std::string Line(const monitor::StoredSilence& stored, WallTime now) {
  std::string matchers;
  for (const std::string& matcher : stored.matchers) {
    matchers += (matchers.empty() ? "" : " ") + Printable(matcher);
  }
  const monitor::Speaker& speaker = stored.speaker;
  return fmt::format("{}  {:<7}  {} .. {}  {}\n              by {}{}\n", stored.id,
                     StateOf(stored.silence, now), FormatWallTime(stored.silence.starts_at),
                     FormatWallTime(stored.silence.ends_at), matchers, speaker.by,
                     speaker.comment.empty() ? "" : ": " + speaker.comment);
}

Json JsonOf(const monitor::StoredSilence& stored, WallTime now) {
  return {{"id", stored.id},
          {"state", StateOf(stored.silence, now)},
          {"matchers", stored.matchers},
          {"starts_at", FormatWallTime(stored.silence.starts_at)},
          {"ends_at", FormatWallTime(stored.silence.ends_at)},
          {"by", stored.speaker.by},
          {"comment", stored.speaker.comment}};
}

Status List(const ParsedFlags& flags) {
  const auto book = OpenBook(flags, BookUse::kRead);
  const Result<monitor::AlertBook> found =
      book ? monitor::LoadSaid(**book) : Result<monitor::AlertBook>(tl::unexpected(book.error()));
  if (!found) {
    return tl::unexpected(found.error());
  }
  const WallTime now = SystemClock().WallNow();
  if (flags.Has("json")) {
    Json json = {{"schema", "weir.monitor_silences/1"}, {"silences", Json::array()}};
    for (const monitor::StoredSilence& stored : found->silences) {
      json["silences"].push_back(JsonOf(stored, now));
    }
    return WriteJson(flags.Text("json"),
                     json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  std::string text;
  for (const monitor::StoredSilence& stored : found->silences) {
    text += Line(stored, now);
  }
  Print(text.empty() ? "there are no silences\n" : text);
  return {};
}

Result<Nanos> ParseLength(std::string_view text) {
  Result<Nanos> span = ParseDuration(text);
  if (span && (*span <= Nanos(0) || *span > kLongest)) {
    return UsageError("it must be above 0 and at most a year");
  }
  return span;
}

Status Add(const ParsedFlags& flags) {
  if (!flags.Has("for")) {
    return UsageError("--for is missing: a silence has an end\n  hint: --for 2h");
  }
  const Result<Nanos> length = ReadFlag<Nanos>(flags, "for", ParseLength, Nanos(0));
  const Result<WallTime> from =
      ReadFlag<WallTime>(flags, "from", ParseWallTime, SystemClock().WallNow());
  if (!length || !from) {
    return tl::unexpected(length ? from.error() : length.error());
  }
  const Result<monitor::StoredSilence> silence =
      monitor::MakeSilence({.matchers = flags.Texts("MATCHER"),
                            .starts_at = *from,
                            .ends_at = *from + *length,
                            .speaker = ReadSpeaker(flags)});
  if (!silence) {
    return tl::unexpected(silence.error());
  }
  const auto book = OpenBook(flags, BookUse::kChange);
  const Status added =
      book ? monitor::AddSilence(**book, *silence) : Status(tl::unexpected(book.error()));
  if (added) {
    Print(fmt::format("{}  silent until {}\n", silence->id,
                      FormatWallTime(silence->silence.ends_at)));
  }
  return added;
}

Status Remove(const ParsedFlags& flags) {
  const auto book = OpenBook(flags, BookUse::kChange);
  const Status removed = book ? monitor::RemoveSilence(**book, flags.Text("remove"))
                              : Status(tl::unexpected(book.error()));
  if (removed) {
    Print("removed\n");
  }
  return removed;
}

Status Silence(const ParsedFlags& flags) {
  const bool has_matchers = !flags.Texts("MATCHER").empty();
  if (flags.Has("remove")) {
    return has_matchers ? UsageError("--remove goes without matchers") : Remove(flags);
  }
  return has_matchers ? Add(flags) : List(flags);
}

}  // namespace

int MonitorSilenceMain(const Arguments& arguments) {
  return RunBookCommand(Spec(), arguments, &Silence);
}

}  // namespace weir::cli
