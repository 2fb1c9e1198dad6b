#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/record_files.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::size_t kTargetsMax = 100;

// RFC 4648, section 4; nothing for what is not that.
std::optional<std::string> FromBase64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
    }
  }
  return out;
}

class VegetaReader {
 public:
  explicit VegetaReader(const RecordInput& input)
      : input_(input), foreign_{input.options.keeps_secrets, input.for_draft} {}

  Result<Draft> Read() {
    std::string_view rest = input_.text;
    for (std::size_t number = 1; !rest.empty(); ++number) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = Trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const bool is_read = line.empty() || line.starts_with('#') ? Close()
                           : line.starts_with('{')               ? TakeJson(line)
                                                                 : TakeLine(line);
      if (!is_read) {
        return UsageError(fmt::format(
            "line {}: '{}' is no part of a target of vegeta\n  hint: GET http://host/path, then a "
            "header a line, then perhaps @file",
            number, Printable(line, 60)));
      }
    }
    Close();
    if (draft_.flows.empty()) {
      return UsageError("no target is left");
    }
    Finish();
    return std::move(draft_);
  }

 private:
  bool TakeLine(std::string_view line) {
    if (step_ && line.starts_with('@')) {
      step_->body_file = std::string(Trimmed(line.substr(1)));
      step_->comment =
          fmt::format("Its body: body: {{ file: {} }}", Printable(line.substr(1), 100));
      return true;
    }
    if (const std::size_t colon = line.find(':');
        step_ && colon != std::string_view::npos && line.find(' ') > colon) {
      foreign_.AddHeader(*step_, line.substr(0, colon), line.substr(colon + 1));
      return true;
    }
    Close();
    const std::size_t space = line.find(' ');
    return space != std::string_view::npos &&
           Begin(line.substr(0, space), Trimmed(line.substr(space)));
  }

  bool TakeJson(std::string_view line) {
    Close();
    const Json json = ParseJson(line);
    if (json.is_discarded() || !Begin(TextOf(json, "method"), TextOf(json, "url"))) {
      return false;
    }
    if (const Json* headers = Member(json, "header"); headers != nullptr && headers->is_object()) {
      for (const auto& [name, values] : headers->items()) {
        if (values.is_array() && !values.empty() && values[0].is_string()) {
          foreign_.AddHeader(*step_, name, values[0].get<std::string>());
        }
      }
    }
    const std::optional<std::string> body = FromBase64(TextOf(json, "body"));
    if (!body || !foreign_.SetBody(*step_, *body)) {
      step_->comment = "Its body is no text: write it into a file, and 'body: { file: NAME }'.";
    }
    Close();
    return true;
  }

  bool Begin(std::string_view method, std::string_view text) {
    const SplitUrl url = SplitOrigin(text);
    const bool is_method = !method.empty() && std::all_of(method.begin(), method.end(), [](char c) {
      return c >= 'A' && c <= 'Z';
    });
    if (!is_method || url.path.empty()) {
      return false;
    }
    draft_.target = draft_.target.empty() ? url.origin : draft_.target;
    is_elsewhere_ = url.origin != draft_.target;
    step_.emplace();
    step_->method = std::string(method);
    ForeignRequest::SetPath(*step_, url.path);
    is_wanted_ = input_.Wants(url.path);
    return true;
  }

  // Vegeta goes round its targets: each is as likely here.
  bool Close() {
    if (!step_) {
      return true;
    }
    DraftStep step = *std::exchange(step_, std::nullopt);
    if (is_elsewhere_) {
      ++elsewhere_;
    } else if (!is_wanted_ || draft_.flows.size() ==
                                  (input_.requests_max > 0 ? input_.requests_max : kTargetsMax)) {
      ++left_out_;
    } else {
      std::string name = fmt::format("target {}", draft_.flows.size() + 1);
      draft_.flows.push_back({std::move(name), 1, {std::move(step)}});
    }
    return true;
  }

  void Finish() {
    draft_.left_out = elsewhere_ + left_out_;
    draft_.name = "vegeta";
    draft_.notes.push_back(fmt::format(
        "From {} targets of vegeta. It takes them in turn; here each arrival takes one by chance.",
        draft_.flows.size()));
    draft_.notes.emplace_back("Vegeta's -rate and -duration are flags: set them below.");
    if (elsewhere_ > 0) {
      draft_.notes.push_back(fmt::format(
          "{} targets on other hosts are left out: a scenario has one target.", elsewhere_));
    }
    if (left_out_ > 0) {
      draft_.notes.push_back(fmt::format("{} targets are left out, by the filter or beyond {}.",
                                         left_out_, kTargetsMax));
    }
    if (foreign_.secrets_dropped > 0) {
      draft_.notes.push_back(
          fmt::format("{} cookies and credentials are left out (--keep-secrets keeps them).",
                      foreign_.secrets_dropped));
    }
  }

  const RecordInput& input_;
  ForeignRequest foreign_;
  Draft draft_;
  std::optional<DraftStep> step_;
  bool is_elsewhere_ = false;
  bool is_wanted_ = true;
  std::size_t elsewhere_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace

Result<Draft> DraftOfVegeta(const RecordInput& input) {
  return VegetaReader(input).Read();
}

}  // namespace weir::scenarios::internal
