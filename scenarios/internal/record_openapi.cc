#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/record_files.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"get",    "post", "put",    "patch",
                                                      "delete", "head", "options"};
constexpr std::size_t kStepsMax = 900;
constexpr int kRefsMax = 20;

class OpenApiReader {
 public:
  OpenApiReader(const RecordInput& input, const Json& root) : input_(input), root_(root) {}

  Result<Draft> Read() {
    const Json* paths = Member(root_, "paths");
    if (paths == nullptr || !paths->is_object()) {
      return UsageError("this is no description in OpenAPI: it has no paths");
    }
    SetTarget();
    DraftFlow reads{"operations", 1, {}};
    for (const auto& [path, item] : paths->items()) {
      for (const std::string_view method : kMethods) {
        const Json* operation = Member(item, method);
        if (operation != nullptr && reads.steps.size() < kStepsMax) {
          AddOperation(path, method, item, *operation, reads);
        }
      }
    }
    if (reads.steps.empty()) {
      return UsageError("no operation of the description is left");
    }
    draft_.flows.push_back(std::move(reads));
    draft_.notes.insert(draft_.notes.begin(),
                        fmt::format("From a description in OpenAPI: {} operations, one after the "
                                    "other. Take out what must not be called.",
                                    draft_.flows[0].steps.size()));
    if (guessed_ > 0) {
      draft_.notes.push_back(fmt::format(
          "{} values have no example in the description: they stand as 1 below.", guessed_));
    }
    if (with_security_) {
      draft_.notes.emplace_back("It asks for credentials: add 'defaults: { auth: ... }'.");
    }
    return std::move(draft_);
  }

 private:
  void SetTarget() {
    const Json* info = Member(root_, "info");
    draft_.name = info == nullptr ? "" : TextOf(*info, "title");
    draft_.name = draft_.name.empty() ? "openapi" : draft_.name;
    if (const Json* servers = Member(root_, "servers");
        servers != nullptr && servers->is_array() && !servers->empty()) {
      draft_.target = TextOf((*servers)[0], "url");
    } else if (!TextOf(root_, "host").empty()) {
      draft_.target = "https://" + TextOf(root_, "host") + TextOf(root_, "basePath");
    }
    while (draft_.target.ends_with('/')) {
      draft_.target.pop_back();
    }
    if (draft_.target.find("://") == std::string::npos ||
        draft_.target.find('{') != std::string::npos) {
      draft_.target.clear();
      draft_.notes.emplace_back("It names no server: add --target.");
    }
    with_security_ = Member(root_, "security") != nullptr;
  }

  // What "$ref": "#/components/..." points to; a chain of them is followed for some steps.
  const Json& Resolved(const Json& given) const {
    const Json* at = &given;
    for (int i = 0; i < kRefsMax; ++i) {
      const std::string ref = TextOf(*at, "$ref");
      if (!ref.starts_with("#/")) {
        break;
      }
      const Json* found = &root_;
      for (std::size_t begin = 2; begin <= ref.size() && found != nullptr;) {
        const std::size_t end = std::min(ref.find('/', begin), ref.size());
        found = Member(*found, std::string_view(ref).substr(begin, end - begin));
        begin = end + 1;
      }
      if (found == nullptr) {
        break;
      }
      at = found;
    }
    return *at;
  }

  static std::string AsText(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  }

  std::string ExampleOf(const Json& parameter) {
    const Json* schema = Member(parameter, "schema");
    for (const Json* place : {&parameter, schema == nullptr ? nullptr : &Resolved(*schema)}) {
      for (const std::string_view key : {"example", "default"}) {
        if (const Json* value = place == nullptr ? nullptr : Member(*place, key)) {
          return AsText(*value);
        }
      }
      if (const Json* values = place == nullptr ? nullptr : Member(*place, "enum");
          values != nullptr && values->is_array() && !values->empty()) {
        return AsText((*values)[0]);
      }
    }
    ++guessed_;
    return "1";
  }

  void AddOperation(const std::string& path, std::string_view method, const Json& item,
                    const Json& operation, DraftFlow& flow) {
    if (!input_.Wants(path)) {
      return;
    }
    DraftStep step;
    step.method = std::string(method);
    std::transform(step.method.begin(), step.method.end(), step.method.begin(),
                   [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    step.name = TextOf(operation, "operationId");
    step.comment = TextOf(operation, "summary");
    std::string whole = path;
    std::string query;
    for (const Json* list : {Member(item, "parameters"), Member(operation, "parameters")}) {
      for (std::size_t i = 0; list != nullptr && list->is_array() && i < list->size(); ++i) {
        AddParameter(Resolved((*list)[i]), step, whole, query);
      }
    }
    FillBraces(whole);
    ForeignRequest::SetPath(step, whole + (query.empty() ? "" : "?" + query));
    AddBody(operation, step);
    with_security_ = with_security_ || Member(operation, "security") != nullptr;
    flow.steps.push_back(std::move(step));
  }

  void AddParameter(const Json& parameter, DraftStep& step, std::string& path, std::string& query) {
    const std::string name = TextOf(parameter, "name");
    const std::string in = TextOf(parameter, "in");
    const Json* required = Member(parameter, "required");
    const bool is_required = required != nullptr && (AsText(*required) == "true");
    if (in == "path") {
      const std::string braces = "{" + name + "}";
      const std::size_t at = path.find(braces);
      if (at != std::string::npos) {
        path.replace(at, braces.size(), ExampleOf(parameter));
      }
    } else if (in == "query" && is_required) {
      query += (query.empty() ? "" : "&") + name + "=" + ExampleOf(parameter);
    } else if (in == "header" && is_required) {
      foreign_.AddHeader(step, name, ExampleOf(parameter));
    }
  }

  // Parts of the path that no parameter describes.
  void FillBraces(std::string& path) {
    for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{')) {
      const std::size_t close = std::min(path.find('}', open), path.size() - 1);
      path.replace(open, close - open + 1, "1");
      ++guessed_;
    }
  }

  void AddBody(const Json& operation, DraftStep& step) {
    const Json* body = Member(operation, "requestBody");
    const Json* content = body == nullptr ? nullptr : Member(Resolved(*body), "content");
    const Json* json = content == nullptr ? nullptr : Member(*content, "application/json");
    if (body == nullptr) {
      return;
    }
    const Json* example = json == nullptr ? nullptr : Member(*json, "example");
    const Json* schema = json == nullptr ? nullptr : Member(*json, "schema");
    if (example == nullptr && schema != nullptr) {
      example = Member(Resolved(*schema), "example");
    }
    if (example != nullptr && foreign_.SetBody(step, AsText(*example))) {
      foreign_.AddHeader(step, "content-type", "application/json");
      return;
    }
    step.comment += std::string(step.comment.empty() ? "" : "\n") +
                    "It takes a body of which the description has no example: add 'json:'.";
  }

  const RecordInput& input_;
  const Json& root_;
  ForeignRequest foreign_{};
  Draft draft_;
  std::size_t guessed_ = 0;
  bool with_security_ = false;
};

}  // namespace

Result<Draft> DraftOfOpenApi(const RecordInput& input) {
  const Result<Json> root = ReadJsonOrYaml(input.text, "description in OpenAPI");
  if (!root) {
    return tl::unexpected(root.error());
  }
  return OpenApiReader(input, *root).Read();
}

}  // namespace weir::scenarios::internal
