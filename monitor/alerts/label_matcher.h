#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace weir::monitor {

/// What an alert is told apart by. A label that is missing and one that is empty are the same.
using Labels = std::map<std::string, std::string, std::less<>>;

/// The value of a label; empty when there is none.
std::string_view LabelValue(const Labels& labels, std::string_view name);

/// A condition on one label, as in Alertmanager: `team="web"`, `env!=test`, `service=~"cart|shop"`,
/// `host!~"db.*"`. Regular expressions must match the whole value. A value type; thread-safe.
/// Source: Alertmanager 0.25, pkg/labels. Checked against: `amtool config routes test`,
/// tests/monitor/routing_tree_amtool_test.cc.
class LabelMatcher {
 public:
  enum class Operator : std::uint8_t { kEqual, kNotEqual, kMatches, kMatchesNot };

  struct Spec {
    std::string name;
    Operator op = Operator::kEqual;
    std::string value;

    friend bool operator==(const Spec&, const Spec&) = default;
  };

  /// Errors: kUsage: a name that is none, or a wrong regular expression.
  static Result<LabelMatcher> Create(Spec spec);

  /// Reads one. Quotes may be left out; `\"`, `\\` and `\n` stand for a quote, a backslash and the
  /// end of a line. Errors: kUsage.
  static Result<LabelMatcher> Parse(std::string_view text);

  bool Matches(const Labels& labels) const;

  const std::string& name() const { return spec_.name; }

  friend bool operator==(const LabelMatcher& a, const LabelMatcher& b) {
    return a.spec_ == b.spec_;
  }

  /// As Parse reads it: `team="web"`.
  std::string Text() const;

 private:
  explicit LabelMatcher(Spec spec) : spec_(std::move(spec)) {}

  Spec spec_;
  // Of kMatches and kMatchesNot. Shared, so that matchers may be copied: it never changes.
  std::shared_ptr<const re2::RE2> expression_;
};

/// A metric as PromQL selects it: `errors_total{kind="disk",host!=""}`; without matchers its name.
std::string SelectorText(std::string_view metric, std::span<const LabelMatcher> matchers);

/// Whether all of them match. Of none: yes.
bool MatchesAll(std::span<const LabelMatcher> matchers, const Labels& labels);

}  // namespace weir::monitor
