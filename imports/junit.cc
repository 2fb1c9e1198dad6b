#include <algorithm>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "base/wall_time.h"
#include "imports/internal/draft.h"
#include "imports/internal/xml_tags.h"

/// Durations of tests in JUnit XML: one run, a step for each case ("CLASS.NAME"), its time as the
/// one response time. A failure or error counts as failed; skipped cases are left out. A gate over
/// several such runs says whether a test became slower.
///
/// Maven Surefire runs a failed case again. <flakyFailure> and <flakyError> are attempts that
/// failed before one passed, <rerunFailure> and <rerunError> further ones of a case that never
/// passed: each is one more attempt at the step that failed, of whose time nothing is known. So a
/// case that passes at the third try completed once in three attempts, and the error rate shows
/// what the green build hides. Source: Maven Surefire, "Rerun Failing Tests", and its XML
/// schema 3.0.
namespace weir::imports::internal {
namespace {

constexpr std::string_view kShape =
    R"(a case is <testcase classname="..." name="..." time="seconds"/>)";

struct Case {
  std::string name;
  double seconds = 0;
  Outcome outcome = Outcome::kCompleted;
  bool counts = false;
  std::uint64_t failed_attempts = 0;  ///< Beside the one whose time is told.
};

bool IsFailedAttempt(std::string_view tag) {
  return tag == "flakyFailure" || tag == "flakyError" || tag == "rerunFailure" ||
         tag == "rerunError";
}

Status Book(const ImportSource& source, std::size_t line, const Case& each, Draft& draft) {
  if (!each.counts) {
    return {};
  }
  StepRecord* step = draft.Step(each.name);
  if (step == nullptr) {
    return Wrong(source, line, fmt::format("more than {} cases", kStepsMax),
                 "import the files of fewer suites at a time");
  }
  AddRequest(*step, each.outcome, each.seconds * 1e9);
  if (each.failed_attempts > 0) {
    AddCounts(*step, Outcome::kFailed, each.failed_attempts);
  }
  return {};
}

}  // namespace

Result<std::vector<Run>> ReadJUnit(const ImportSource& source) {
  Draft draft(source, "junit", "");
  XmlTags tags(source.text);
  Case open;
  WallTime start = source.file_time;
  double sum = 0;
  while (const auto tag = tags.Next()) {
    if (tag->name == "testsuite" && !tag->closes) {
      const Result<WallTime> time = ParseWallTime(tag->Attribute("timestamp"));
      start = time ? *time : start;
    } else if (tag->name == "failure" || tag->name == "error") {
      open.outcome = Outcome::kFailed;
    } else if (IsFailedAttempt(tag->name) && !tag->closes) {
      ++open.failed_attempts;
    } else if (tag->name == "skipped") {
      open.counts = false;
    }
    if (tag->name != "testcase") {
      continue;
    }
    if (!tag->closes) {
      // A thousand seconds may be written "1,000.5".
      std::string written = tag->Attribute("time");
      written.erase(std::remove(written.begin(), written.end(), ','), written.end());
      const auto seconds = NumberIn(written);
      if (!seconds || *seconds < 0) {
        return Wrong(source, tag->line, fmt::format("time is {}", Found(written)), kShape);
      }
      const std::string suite = tag->Attribute("classname");
      open = {.name = (suite.empty() ? "" : suite + ".") + tag->Attribute("name"),
              .seconds = *seconds,
              .outcome = Outcome::kCompleted,
              .counts = true,
              .failed_attempts = 0};
      sum += *seconds;
    }
    if (tag->closes || tag->empty) {
      if (Status booked = Book(source, tag->line, open, draft); !booked) {
        return tl::unexpected(booked.error());
      }
      open = {};
    }
  }
  if (tags.broken_line() > 0) {
    return Wrong(source, tags.broken_line(), "a tag is not closed", "the file is cut short");
  }
  if (draft.run().totals.empty()) {
    return Wrong(source, 0, "there is no test case that ran in it", kShape);
  }
  return std::vector<Run>{draft.Finish(start, FromSeconds(std::min(sum, 1e7)))};
}

}  // namespace weir::imports::internal
