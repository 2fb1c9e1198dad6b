#include "scenarios/record.h"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/record_files.h"

namespace weir::scenarios {

Result<RecordKind> ParseRecordKind(std::string_view text) {
  const auto* const found = std::find(kRecordKindNames.begin(), kRecordKindNames.end(), text);
  if (found == kRecordKindNames.end()) {
    const std::optional<std::string> near =
        text.size() > 40 ? std::nullopt : NearestWord(text, kRecordKindNames);
    return tl::unexpected(HintedError(
        fmt::format("nothing is recorded from '{}'", Printable(text, 40)),
        fmt::format("{}there are: {}", near ? fmt::format("did you mean '{}'? ", *near) : "",
                    fmt::join(kRecordKindNames, ", "))));
  }
  return static_cast<RecordKind>(found - kRecordKindNames.begin());
}

Result<std::string> RecordScenario(RecordKind kind, std::string_view text,
                                   const RecordOptions& options) {
  const re2::RE2 filter(options.filter, re2::RE2::Quiet);
  if (!filter.ok()) {
    return UsageError(fmt::format("--filter: {}", filter.error()));
  }
  const internal::RecordInput input{text, options, filter};
  Result<internal::Draft> draft;
  switch (kind) {
    case RecordKind::kHar:
      draft = internal::DraftOfHar(input);
      break;
    case RecordKind::kOpenApi:
      draft = internal::DraftOfOpenApi(input);
      break;
    case RecordKind::kCurl:
      draft = internal::DraftOfCurl(input);
      break;
    case RecordKind::kVegeta:
      draft = internal::DraftOfVegeta(input);
      break;
    case RecordKind::kK6Options:
      draft = internal::DraftOfK6Options(input);
      break;
    case RecordKind::kArtillery:
      draft = internal::DraftOfArtillery(input);
      break;
    case RecordKind::kAccessLog:
      return UsageError("a log is read from its file");
  }
  if (!draft) {
    return tl::unexpected(draft.error());
  }
  draft->name = options.name.empty() ? draft->name : options.name;
  draft->target = options.target.empty() ? draft->target : options.target;
  return internal::WriteDraft(*draft);
}

}  // namespace weir::scenarios
