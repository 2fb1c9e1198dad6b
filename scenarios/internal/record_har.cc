#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/wall_time.h"
#include "scenarios/internal/record_files.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::size_t kEntriesMax = 900;

// A pause below it is a browser's own, not a person's.
constexpr Nanos kThinkMin = std::chrono::milliseconds(200);

class HarReader {
 public:
  explicit HarReader(const RecordInput& input)
      : input_(input), foreign_{input.options.keeps_secrets, input.for_draft} {}

  Result<Draft> Read(const Json& har) {
    const Json* log = Member(har, "log");
    const Json* entries = log == nullptr ? nullptr : Member(*log, "entries");
    if (entries == nullptr || !entries->is_array()) {
      return UsageError("this is no HTTP archive: it has no log.entries");
    }
    flow_.name = "recorded";
    for (const Json& entry : *entries) {
      Take(entry);
    }
    if (flow_.steps.empty()) {
      return UsageError("no request of the archive is left");
    }
    Draft draft;
    draft.name = "recorded";
    draft.target = origin_;
    draft.left_out = elsewhere_ + unread_ + too_many_;
    draft.flows.push_back(std::move(flow_));
    draft.notes.push_back(fmt::format("From an HTTP archive: {} requests to {}.",
                                      draft.flows[0].steps.size(), origin_));
    const auto note = [&draft](std::size_t count, std::string_view what) {
      if (count > 0) {
        draft.notes.push_back(fmt::format("{} {}", count, what));
      }
    };
    note(elsewhere_, "requests to other hosts are left out: a scenario has one target.");
    note(unread_, "entries without a method and a URL are left out.");
    note(filtered_, "requests are left out by the filter.");
    note(too_many_, "further requests are left out: split the archive.");
    note(binary_, "bodies that are no text are left out.");
    note(foreign_.secrets_dropped,
         "cookies and credentials are left out (--keep-secrets keeps them): use 'cookies: user', "
         "'extract' and 'auth'.");
    draft.notes.emplace_back(
        "The browser sent some of these at the same time; here they follow each other.");
    return draft;
  }

 private:
  void Take(const Json& entry) {
    const Json* request = Member(entry, "request");
    const std::string method = request == nullptr ? "" : TextOf(*request, "method");
    const SplitUrl url = SplitOrigin(request == nullptr ? "" : TextOf(*request, "url"));
    if (method.empty() || url.origin.empty()) {
      ++unread_;
      return;
    }
    origin_ = origin_.empty() ? url.origin : origin_;
    if (url.origin != origin_) {
      ++elsewhere_;
      return;
    }
    if (!input_.Wants(url.path)) {
      ++filtered_;
      return;
    }
    if (flow_.steps.size() == (input_.requests_max > 0 ? input_.requests_max : kEntriesMax)) {
      ++too_many_;
      return;
    }
    const Result<WallTime> started = ParseWallTime(TextOf(entry, "startedDateTime"));
    if (started) {
      PauseBefore(entry, *started);
    }
    DraftStep& step = flow_.steps.emplace_back();
    if (started) {
      step.at = *started;
    }
    step.method = method;
    ForeignRequest::SetPath(step, url.path);
    if (const Json* headers = Member(*request, "headers"); headers != nullptr) {
      for (const Json& header : *headers) {
        foreign_.AddHeader(step, TextOf(header, "name"), TextOf(header, "value"));
      }
    }
    if (const Json* data = Member(*request, "postData"); data != nullptr) {
      binary_ += foreign_.SetBody(step, TextOf(*data, "text")) ? 0U : 1U;
    }
    const Json* response = Member(entry, "response");
    const double status = response == nullptr ? 0 : NumberOf(*response, "status", 0);
    if (status >= 200 && status < 600) {
      step.status = static_cast<int>(status);
    }
  }

  // What lies between the end of the one before and the start of this one.
  void PauseBefore(const Json& entry, WallTime started) {
    if (ended_ && !flow_.steps.empty() && started - *ended_ >= kThinkMin) {
      flow_.steps.back().think = started - *ended_;
    }
    const double ms = NumberOf(entry, "time", 0);
    const WallTime end = started + FromSeconds(std::clamp(ms, 0.0, 3.6e6) / 1e3);
    ended_ = ended_ ? std::max(*ended_, end) : end;
  }

  const RecordInput& input_;
  ForeignRequest foreign_;
  DraftFlow flow_;
  std::string origin_;
  std::optional<WallTime> ended_;
  std::size_t elsewhere_ = 0;
  std::size_t unread_ = 0;
  std::size_t filtered_ = 0;
  std::size_t too_many_ = 0;
  std::size_t binary_ = 0;
};

}  // namespace

Result<Draft> DraftOfHar(const RecordInput& input) {
  const Json har = ParseJson(input.text);
  if (har.is_discarded()) {
    return UsageError("this is no HTTP archive: its JSON is broken or cut off");
  }
  return HarReader(input).Read(har);
}

}  // namespace weir::scenarios::internal
