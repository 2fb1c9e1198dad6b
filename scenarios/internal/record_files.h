#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "base/result.h"
#include "scenarios/internal/draft.h"
#include "scenarios/record.h"

/// The readers behind RecordScenario: one file each. Errors: kUsage.
namespace weir::scenarios::internal {

struct RecordInput {
  std::string_view text;
  const RecordOptions& options;
  const re2::RE2& filter;
  std::size_t requests_max = 0;  ///< Of an archive or list of targets; 0: what a draft can show.
  bool for_draft = true;         ///< As ForeignRequest::for_draft.

  /// Whether a request for this path is wanted.
  bool Wants(std::string_view path) const {
    return re2::RE2::PartialMatch(re2::StringPiece(path.data(), path.size()), filter);
  }
};

Result<Draft> DraftOfHar(const RecordInput& input);
Result<Draft> DraftOfOpenApi(const RecordInput& input);
Result<Draft> DraftOfCurl(const RecordInput& input);
Result<Draft> DraftOfVegeta(const RecordInput& input);
Result<Draft> DraftOfK6Options(const RecordInput& input);
Result<Draft> DraftOfArtillery(const RecordInput& input);

using Json = nlohmann::ordered_json;

/// Discarded when it is no JSON; never throws.
Json ParseJson(std::string_view text);

/// JSON, or YAML that says the same; never throws. `what` is what messages call the file.
Result<Json> ReadJsonOrYaml(std::string_view text, std::string_view what);

/// Member `key` of an object; null when there is none.
const Json* Member(const Json& object, std::string_view key);

/// The text of a member; a number as it is written; empty for anything else.
std::string TextOf(const Json& object, std::string_view key);

/// A number, or a text that is one; `otherwise` for anything else.
double NumberOf(const Json& object, std::string_view key, double otherwise);

/// "https://host:8080" and "/path?query" of a URL; an empty origin for a mere path.
struct SplitUrl {
  std::string origin;
  std::string path;
};

SplitUrl SplitOrigin(std::string_view url);

}  // namespace weir::scenarios::internal
