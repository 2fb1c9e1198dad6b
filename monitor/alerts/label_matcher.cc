#include "monitor/alerts/label_matcher.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/check.h"
#include "base/label_text.h"
#include "base/text.h"

namespace weir::monitor {
namespace {

bool IsNameByte(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return code < 0x80 && (std::isalnum(code) != 0 || byte == '_' || byte == ':');
}

bool IsName(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::all_of(text.begin(), text.end(), IsNameByte);
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Result<std::string> ReadValue(std::string_view raw) {
  const bool is_quoted = raw.size() >= 2 && raw.front() == '"' && raw.back() == '"';
  const std::string_view inner = is_quoted ? raw.substr(1, raw.size() - 2) : raw;
  std::string value;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '"') {
      return UsageError("a quote inside the value is written \\\"");
    }
    if (inner[i] != '\\' || i + 1 == inner.size()) {
      if (inner[i] == '\\' && is_quoted) {
        return UsageError("the quote at the end is escaped by the backslash before it");
      }
      value += inner[i];
      continue;
    }
    ++i;
    if (inner[i] == 'n') {
      value += '\n';
    } else if (inner[i] == '"' || inner[i] == '\\') {
      value += inner[i];
    } else {
      value += {'\\', inner[i]};
    }
  }
  return value;
}

}  // namespace

std::string_view LabelValue(const Labels& labels, std::string_view name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

Result<LabelMatcher> LabelMatcher::Create(Spec spec) {
  if (!IsName(spec.name)) {
    return UsageError(fmt::format("'{}' is not the name of a label; write letters, digits and '_'",
                                  Printable(spec.name)));
  }
  LabelMatcher matcher(std::move(spec));
  const Operator op = matcher.spec_.op;
  if (op == Operator::kMatches || op == Operator::kMatchesNot) {
    matcher.expression_ = std::make_shared<const re2::RE2>(matcher.spec_.value, re2::RE2::Quiet);
    if (!matcher.expression_->ok()) {
      return UsageError(fmt::format("'{}' is not a regular expression: {}",
                                    Printable(matcher.spec_.value),
                                    Printable(matcher.expression_->error())));
    }
  }
  return matcher;
}

Result<LabelMatcher> LabelMatcher::Parse(std::string_view text) {
  const std::string_view rest = Trimmed(text);
  std::size_t length = 0;
  while (length < rest.size() && IsNameByte(rest[length])) {
    ++length;
  }
  const std::string_view after = Trimmed(rest.substr(length));
  constexpr std::pair<std::string_view, Operator> kOperators[] = {
      {"=~", Operator::kMatches},
      {"!~", Operator::kMatchesNot},
      {"!=", Operator::kNotEqual},
      {"=", Operator::kEqual},
  };
  for (const auto& [sign, op] : kOperators) {
    if (!after.starts_with(sign)) {
      continue;
    }
    Result<std::string> value = ReadValue(Trimmed(after.substr(sign.size())));
    if (!value) {
      return UsageError(
          fmt::format("cannot read the matcher '{}': {}", Printable(text), value.error().message));
    }
    return Create({.name = std::string(rest.substr(0, length)), .op = op, .value = *value});
  }
  return UsageError(fmt::format("'{}' is not a matcher; write name=\"value\", with =, !=, =~ or !~",
                                Printable(text)));
}

bool LabelMatcher::Matches(const Labels& labels) const {
  const std::string_view value = LabelValue(labels, spec_.name);
  switch (spec_.op) {
    case Operator::kEqual:
      return value == spec_.value;
    case Operator::kNotEqual:
      return value != spec_.value;
    case Operator::kMatches:
      return re2::RE2::FullMatch(value, *expression_);
    case Operator::kMatchesNot:
      return !re2::RE2::FullMatch(value, *expression_);
  }
  WEIR_CHECK(false);
}

std::string LabelMatcher::Text() const {
  constexpr std::string_view kOperators[] = {"=", "!=", "=~", "!~"};
  return fmt::format("{}{}\"{}\"", spec_.name, kOperators[static_cast<std::size_t>(spec_.op)],
                     EscapedLabelValue(spec_.value));
}

std::string SelectorText(std::string_view metric, std::span<const LabelMatcher> matchers) {
  std::string text(metric);
  for (std::size_t i = 0; i < matchers.size(); ++i) {
    text += (i == 0 ? "{" : ",") + matchers[i].Text();
  }
  return matchers.empty() ? text : text + "}";
}

bool MatchesAll(std::span<const LabelMatcher> matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const LabelMatcher& matcher) { return matcher.Matches(labels); });
}

}  // namespace weir::monitor
