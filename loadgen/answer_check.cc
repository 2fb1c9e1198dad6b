#include "loadgen/answer_check.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>

#include "loadgen/header_lines.h"
#include "scenarios/json_path.h"

namespace weir::loadgen {
namespace {

using Source = scenarios::Extraction::Source;

// RE2 and not std::regex: linear in the body, whatever pattern and peer have come up with.
Result<std::unique_ptr<re2::RE2>> Compiled(const std::string& pattern) {
  auto regex = std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet);
  if (!regex->ok()) {
    return UsageError(
        fmt::format("regular expression /{}/ does not compile: {}", pattern, regex->error()));
  }
  return regex;
}

class TextMatcher {
 public:
  static Result<TextMatcher> Create(const scenarios::Matcher& matcher) {
    TextMatcher made;
    made.contains_ = matcher.pattern;
    if (matcher.kind == scenarios::Matcher::Kind::kRegex) {
      Result<std::unique_ptr<re2::RE2>> regex = Compiled(matcher.pattern);
      if (!regex) {
        return tl::unexpected(regex.error());
      }
      made.regex_ = *std::move(regex);
    }
    return made;
  }

  bool Matches(std::string_view text) const {
    if (regex_ != nullptr) {
      return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
    }
    return text.find(contains_) != std::string_view::npos;
  }

 private:
  std::string contains_;
  std::unique_ptr<re2::RE2> regex_;
};

// One value that is to be taken out of answers.
class Taker {
 public:
  static Result<Taker> Create(const PlacedExtraction& placed) {
    Taker made;
    made.source_ = placed.extraction.source;
    made.name_ = placed.extraction.pattern;
    made.variable_ = placed.variable;
    if (made.source_ == Source::kJson) {
      Result<scenarios::JsonPath> path = scenarios::ParseJsonPath(made.name_);
      if (!path) {
        return tl::unexpected(path.error());
      }
      made.path_ = *std::move(path);
    } else if (made.source_ == Source::kRegex) {
      Result<std::unique_ptr<re2::RE2>> regex = Compiled(made.name_);
      if (!regex) {
        return tl::unexpected(regex.error());
      }
      made.regex_ = *std::move(regex);
    }
    return made;
  }

  bool LooksIntoHead() const { return source_ == Source::kHeader || source_ == Source::kCookie; }

  bool LooksIntoBody() const { return source_ == Source::kJson || source_ == Source::kRegex; }

  // Whether there was something to take.
  bool Take(const Answer& answer, std::span<std::string> variables) const {
    std::string& out = variables[variable_];
    const auto keep = [&out](std::string_view value) {
      out.assign(value.substr(0, kExtractedBytesMax));
      return true;
    };
    switch (source_) {
      case Source::kJson: {
        const std::optional<std::string> found = scenarios::FindJson(answer.body, path_);
        return found && keep(*found);
      }
      case Source::kRegex: {
        re2::StringPiece found;
        const re2::StringPiece body(answer.body.data(), answer.body.size());
        const bool matches =
            regex_->NumberOfCapturingGroups() > 0
                ? re2::RE2::PartialMatch(body, *regex_, &found)
                : regex_->Match(body, 0, body.size(), re2::RE2::UNANCHORED, &found, 1);
        return matches && keep({found.data(), found.size()});
      }
      case Source::kHeader:
        return AnyHeader(answer.head, name_, keep);
      case Source::kCookie:
        return AnyHeader(answer.head, "set-cookie", [&](std::string_view cookie) {
          cookie = cookie.substr(0, cookie.find(';'));
          const std::size_t equals = cookie.find('=');
          return equals != std::string_view::npos && cookie.substr(0, equals) == name_ &&
                 keep(cookie.substr(equals + 1));
        });
      case Source::kStatus:
        return keep(std::to_string(answer.status));
    }
    return false;
  }

 private:
  Source source_ = Source::kJson;
  std::string name_;
  std::uint32_t variable_ = 0;
  scenarios::JsonPath path_;
  std::unique_ptr<re2::RE2> regex_;
};

}  // namespace

struct AnswerCheck::Texts {
  struct HeaderMatcher {
    std::string name;
    TextMatcher matcher;
  };

  std::vector<HeaderMatcher> headers;
  std::vector<TextMatcher> body;
  std::vector<Taker> takers;
};

Result<AnswerCheck> AnswerCheck::Create(const scenarios::Check& check,
                                        std::span<const PlacedExtraction> extractions) {
  AnswerCheck made;
  for (const scenarios::StatusRange& range : check.status) {
    for (int status = range.first; status <= range.last; ++status) {
      made.status_ok_.set(static_cast<std::size_t>(status));
    }
  }
  if (check.status.empty()) {
    for (std::size_t status = 100; status < 400; ++status) {
      made.status_ok_.set(status);
    }
  }
  return FromTexts(std::move(made), check, extractions);
}

Result<AnswerCheck> AnswerCheck::Create(const scenarios::Command& command) {
  AnswerCheck made;
  made.wrong_status_ = RequestError::kExitCode;
  made.status_ok_.set(0, command.exits.empty());
  for (const scenarios::StatusRange& range : command.exits) {
    for (int code = range.first; code <= range.last; ++code) {
      made.status_ok_.set(static_cast<std::size_t>(code));
    }
  }
  return FromTexts(std::move(made), {{}, {}, command.output}, {});
}

Result<AnswerCheck> AnswerCheck::FromTexts(AnswerCheck made, const scenarios::Check& check,
                                           std::span<const PlacedExtraction> extractions) {
  if (check.headers.empty() && check.body.empty() && extractions.empty()) {
    return made;
  }
  auto texts = std::make_shared<Texts>();
  made.needs_head_ = !check.headers.empty();
  made.needs_body_ = !check.body.empty();
  for (const PlacedExtraction& placed : extractions) {
    Result<Taker> taker = Taker::Create(placed);
    if (!taker) {
      return tl::unexpected(taker.error());
    }
    made.takes_ = true;
    made.needs_head_ = made.needs_head_ || taker->LooksIntoHead();
    made.needs_body_ = made.needs_body_ || taker->LooksIntoBody();
    texts->takers.push_back(*std::move(taker));
  }
  for (const scenarios::HeaderCheck& header : check.headers) {
    Result<TextMatcher> matcher = TextMatcher::Create(header.matcher);
    if (!matcher) {
      return tl::unexpected(matcher.error());
    }
    texts->headers.push_back({header.name, std::move(*matcher)});
  }
  for (const scenarios::Matcher& body : check.body) {
    Result<TextMatcher> matcher = TextMatcher::Create(body);
    if (!matcher) {
      return tl::unexpected(matcher.error());
    }
    texts->body.push_back(std::move(*matcher));
  }
  made.texts_ = std::move(texts);
  return made;
}

LineFindings AnswerCheck::LooksAt(std::string_view head) const {
  LineFindings found;
  found.is_encoded = needs_body_ && AnyHeader(head, "content-encoding",
                                              [](std::string_view /*value*/) { return true; });
  if (texts_ == nullptr) {
    return found;
  }
  found.fit = std::all_of(texts_->headers.begin(), texts_->headers.end(),
                          [&head](const Texts::HeaderMatcher& header) {
                            return AnyHeader(head, header.name, [&header](std::string_view value) {
                              return header.matcher.Matches(value);
                            });
                          });
  return found;
}

RequestError AnswerCheck::Judge(const Answer& answer, const LineFindings& lines) const {
  if (answer.status < 0 || answer.status > 999 ||
      !status_ok_[static_cast<std::size_t>(answer.status)]) {
    return wrong_status_;
  }
  if (texts_ == nullptr) {
    return RequestError::kNone;
  }
  if (!lines.fit) {
    return RequestError::kCheckHeader;
  }
  for (const TextMatcher& matcher : texts_->body) {
    if (!matcher.Matches(answer.body)) {
      return RequestError::kCheckBody;
    }
  }
  return RequestError::kNone;
}

RequestError AnswerCheck::Take(const Answer& answer, std::span<std::string> variables) const {
  if (texts_ != nullptr) {
    for (const Taker& taker : texts_->takers) {
      if (!taker.Take(answer, variables)) {
        return taker.LooksIntoHead() ? RequestError::kCheckHeader : RequestError::kCheckBody;
      }
    }
  }
  return RequestError::kNone;
}

}  // namespace weir::loadgen
