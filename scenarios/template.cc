#include "scenarios/template.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"

namespace weir::scenarios {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr int kDepthMax = 8;
constexpr std::size_t kArgumentsMax = 100;
constexpr std::size_t kSlotBytesMax = 4000;
// Whole numbers that a double holds, as JSON readers do.
constexpr std::int64_t kRandomMax = std::int64_t{1} << 53;

struct Function {
  std::string_view name;
  Filler filler;
  std::size_t arguments_min;
  std::size_t arguments_max;
  std::string_view example;
};

constexpr std::array<Function, 12> kFunctions = {{
    {"random", Filler::kRandom, 2, 2, "random(1, 20)"},
    {"choice", Filler::kChoice, 1, kArgumentsMax, "choice('red', 'blue')"},
    {"uuid", Filler::kUuid, 0, 0, "uuid()"},
    {"timestamp", Filler::kTimestamp, 0, 0, "timestamp()"},
    {"timestamp_ms", Filler::kTimestampMs, 0, 0, "timestamp_ms()"},
    {"counter", Filler::kCounter, 0, 0, "counter()"},
    {"concat", Filler::kConcat, 1, kArgumentsMax, "concat(users.name, ':', users.password)"},
    {"base64", Filler::kBase64, 1, 1, "base64('user:secret')"},
    {"hmac", Filler::kHmac, 2, 2, "hmac('key', order)"},
    {"urlencode", Filler::kUrlEncode, 1, 1, "urlencode(query)"},
    {"json", Filler::kJson, 1, 1, "json(comment)"},
    {"number", Filler::kNumber, 1, 1, "number(users.id)"},
}};

bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string FunctionList() {
  std::string list;
  for (const Function& function : kFunctions) {
    list += list.empty() ? "" : ", ";
    list += function.name;
  }
  return list;
}

// Recursive descent over the text of one slot.
class SlotParser {
 public:
  explicit SlotParser(std::string_view slot) : slot_(slot), rest_(slot) {}

  Result<Expression> Parse() {
    Result<Expression> parsed = ParseExpression(0);
    SkipSpace();
    if (parsed && !rest_.empty()) {
      return Fail(fmt::format("'{}' is too much", Printable(rest_, 30)),
                  "a slot holds one expression, for example {{ random(1, 20) }}");
    }
    return parsed;
  }

 private:
  tl::unexpected<Error> Fail(std::string_view message, std::string_view hint) const {
    return tl::unexpected(
        HintedError(fmt::format("slot {{{{{}}}}}: {}", Printable(slot_, 60), message), hint));
  }

  void SkipSpace() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  bool Take(char c) {
    SkipSpace();
    if (!rest_.starts_with(c)) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view TakeWord() {
    std::size_t end = 0;
    while (end < rest_.size() && (IsWordStart(rest_[end]) || IsDigit(rest_[end]))) {
      ++end;
    }
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
  }

  Result<Expression> ParseExpression(int depth) {
    if (depth > kDepthMax) {
      return Fail("nested too deeply", fmt::format("at most {} functions deep", kDepthMax));
    }
    SkipSpace();
    if (rest_.empty()) {
      return Fail("nothing to fill in", "write a variable, DATA.COLUMN or a function");
    }
    if (rest_.front() == '\'' || rest_.front() == '"') {
      return ParseQuoted();
    }
    if (IsDigit(rest_.front()) || rest_.front() == '-') {
      return ParseNumber();
    }
    if (!IsWordStart(rest_.front())) {
      return Fail(fmt::format("'{}' begins no expression", Printable(rest_, 30)),
                  "write a variable, DATA.COLUMN, a text in quotes or a function");
    }
    const std::string_view word = TakeWord();
    if (Take('(')) {
      return ParseCall(word, depth);
    }
    if (Take('.')) {
      return ParseColumn(word);
    }
    return Expression{.filler = Filler::kVariable, .text = std::string(word)};
  }

  Result<Expression> ParseQuoted() {
    const char quote = rest_.front();
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) {
      return Fail("a text without its closing quote", fmt::format("end it with {}", quote));
    }
    Expression text{.text = std::string(rest_.substr(1, end - 1))};
    rest_.remove_prefix(end + 1);
    return text;
  }

  Result<Expression> ParseNumber() {
    std::size_t end = 1;
    while (end < rest_.size() && (IsDigit(rest_[end]) || rest_[end] == '.')) {
      ++end;
    }
    Expression number{.text = std::string(rest_.substr(0, end))};
    rest_.remove_prefix(end);
    return number;
  }

  // A column is named as the file has it, up to what cannot be part of a name here.
  Result<Expression> ParseColumn(std::string_view data) {
    const std::size_t end = std::min(rest_.find_first_of(" \t,()'\""), rest_.size());
    if (end == 0) {
      return Fail(fmt::format("'{}.' names no column", data), fmt::format("write {}.COLUMN", data));
    }
    Expression column{.filler = Filler::kColumn,
                      .text = std::string(data),
                      .column = std::string(rest_.substr(0, end))};
    rest_.remove_prefix(end);
    return column;
  }

  Result<Expression> ParseCall(std::string_view name, int depth) {
    const auto* const function =
        std::find_if(kFunctions.begin(), kFunctions.end(),
                     [name](const Function& known) { return known.name == name; });
    if (function == kFunctions.end()) {
      std::array<std::string_view, kFunctions.size()> names;
      std::transform(kFunctions.begin(), kFunctions.end(), names.begin(),
                     [](const Function& known) { return known.name; });
      const std::optional<std::string> near =
          name.size() > 40 ? std::nullopt : NearestWord(name, names);
      return Fail(fmt::format("unknown function '{}'", Printable(name, 40)),
                  near ? fmt::format("did you mean '{}'? functions: {}", *near, FunctionList())
                       : fmt::format("functions: {}", FunctionList()));
    }
    Expression call{.filler = function->filler};
    while (!Take(')')) {
      if (!call.arguments.empty() && !Take(',')) {
        return Fail(fmt::format("'{}' is not closed", name),
                    fmt::format("write, for example, {}", function->example));
      }
      Result<Expression> argument = ParseExpression(depth + 1);
      if (!argument) {
        return argument;
      }
      call.arguments.push_back(*std::move(argument));
    }
    if (call.arguments.size() < function->arguments_min ||
        call.arguments.size() > function->arguments_max) {
      return Fail(fmt::format("'{}' has {} arguments", name, call.arguments.size()),
                  fmt::format("write, for example, {}", function->example));
    }
    return call.filler == Filler::kRandom ? ParseRange(std::move(call)) : call;
  }

  Result<Expression> ParseRange(Expression call) {
    std::array<std::int64_t, 2> ends{};
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const std::string& text = call.arguments[i].text;
      const char* const end = text.data() + text.size();
      const auto [rest, error] = std::from_chars(text.data(), end, ends[i]);
      if (call.arguments[i].filler != Filler::kText || error != std::errc() || rest != end ||
          std::abs(ends[i]) > kRandomMax) {
        return Fail("the ends of 'random' are whole numbers", "write, for example, random(1, 20)");
      }
    }
    if (ends[0] > ends[1]) {
      return Fail(fmt::format("no number goes from {} to {}", ends[0], ends[1]),
                  "write the lower one first");
    }
    call.low = ends[0];
    call.high = ends[1];
    call.arguments.clear();
    return call;
  }

  std::string_view slot_;
  std::string_view rest_;
};

// The next slot of `text`: its braces included.
struct Found {
  std::size_t open = std::string_view::npos;
  std::size_t end = std::string_view::npos;
};

// A `}}` within quotes does not end a slot.
Found NextSlot(std::string_view text, std::size_t from) {
  const std::size_t open = text.find(kOpen, from);
  if (open == std::string_view::npos) {
    return {};
  }
  char quote = 0;
  for (std::size_t at = open + kOpen.size(); at + 1 < text.size(); ++at) {
    if (quote != 0) {
      quote = text[at] == quote ? '\0' : quote;
    } else if (text[at] == '\'' || text[at] == '"') {
      quote = text[at];
    } else if (text.substr(at).starts_with(kClose)) {
      return {open, at + kClose.size()};
    }
  }
  const std::size_t close = text.find(kClose, open);
  return close == std::string_view::npos ? Found() : Found{open, close + kClose.size()};
}

std::string_view Inside(std::string_view text, Found slot) {
  return text.substr(slot.open + kOpen.size(), slot.end - slot.open - kOpen.size() - kClose.size());
}

}  // namespace

bool HasSlots(std::string_view text) {
  return NextSlot(text, 0).end != std::string_view::npos;
}

void ForEachPart(
    std::string_view text,
    const std::function<void(std::string_view literal, std::string_view slot)>& visit) {
  std::size_t at = 0;
  for (Found slot = NextSlot(text, 0); slot.end != std::string_view::npos;
       slot = NextSlot(text, at)) {
    visit(text.substr(at, slot.open - at), Inside(text, slot));
    at = slot.end;
  }
  visit(text.substr(at), {});
}

Result<Expression> ParseExpression(std::string_view text) {
  return SlotParser(text).Parse();
}

Result<Template> ParseTemplate(std::string_view text) {
  Template parts;
  std::optional<Error> wrong;
  ForEachPart(text, [&](std::string_view literal, std::string_view slot) {
    if (!literal.empty()) {
      parts.push_back({.text = std::string(literal)});
    }
    const bool is_last = literal.data() + literal.size() == text.data() + text.size();
    if (is_last || wrong) {
      return;
    }
    if (slot.size() > kSlotBytesMax) {
      wrong = HintedError(fmt::format("slot of {} bytes", slot.size()),
                          "'}}' is missing, or the slot is to be made shorter");
      return;
    }
    Result<Expression> expression = SlotParser(slot).Parse();
    if (expression) {
      parts.push_back(*std::move(expression));
    } else {
      wrong = expression.error();
    }
  });
  if (wrong) {
    return tl::unexpected(*wrong);
  }
  return parts;
}

std::string WithoutSlots(std::string_view text, std::string_view stand_in) {
  std::string out;
  ForEachPart(text, [&](std::string_view literal, std::string_view /*slot*/) {
    out += literal;
    out += literal.data() + literal.size() == text.data() + text.size() ? "" : stand_in;
  });
  return out;
}

void ForEachName(const Expression& expression,
                 const std::function<void(const Expression&)>& visit) {
  if (expression.filler == Filler::kVariable || expression.filler == Filler::kColumn) {
    visit(expression);
  }
  for (const Expression& argument : expression.arguments) {
    ForEachName(argument, visit);
  }
}

void ForEachName(const Template& whole, const std::function<void(const Expression&)>& visit) {
  for (const Expression& part : whole) {
    ForEachName(part, visit);
  }
}

bool IsNumeric(const Expression& expression) {
  return expression.filler == Filler::kRandom || expression.filler == Filler::kCounter ||
         expression.filler == Filler::kTimestamp || expression.filler == Filler::kTimestampMs ||
         expression.filler == Filler::kNumber;
}

}  // namespace weir::scenarios
