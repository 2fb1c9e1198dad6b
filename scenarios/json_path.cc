#include "scenarios/json_path.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"

namespace weir::scenarios {
namespace {

constexpr std::size_t kStepsMax = 50;

tl::unexpected<Error> NoPath(std::string_view text) {
  return tl::unexpected(
      HintedError(fmt::format("'{}' is not a JSON path", Printable(text, 60)),
                  "write, for example, $.items[0].id; names with other characters go in brackets "
                  "and quotes, as in $['first name'], and [-1] is the last of a list"));
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  const auto tail = [&out, code](unsigned shift) {
    out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Walks over a JSON text. Each function returns false at the first byte that cannot be.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  char Peek() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool Take(char c) {
    if (Peek() != c) {
      return false;
    }
    ++at_;
    return true;
  }

  /// The string that begins here, without quotes, escapes as they are.
  bool TakeString(std::string_view& raw) {
    if (!Take('"')) {
      return false;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      at_ += text_[at_] == '\\' ? 2U : 1U;
    }
    if (at_ >= text_.size()) {
      return false;
    }
    raw = text_.substr(begin, at_ - begin);
    ++at_;
    return true;
  }

  /// The value that begins here, as it is written. Of a list or an object only the brackets are
  /// looked at.
  bool TakeValue(std::string_view& raw) {
    const char first = Peek();
    const std::size_t begin = at_;
    std::string_view string;
    if (first == '"') {
      if (!TakeString(string)) {
        return false;
      }
    } else if (first == '{' || first == '[') {
      if (!SkipBrackets()) {
        return false;
      }
    } else {
      at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    }
    raw = text_.substr(begin, at_ - begin);
    return !raw.empty();
  }

  /// Goes to the value of the member `name` of the object that begins here.
  bool EnterMember(std::string_view name) {
    if (!Take('{')) {
      return false;
    }
    while (Peek() == '"') {
      std::string_view key;
      if (!TakeString(key) || !Take(':')) {
        return false;
      }
      if (key == name || (key.find('\\') != std::string_view::npos && Unescaped(key) == name)) {
        return true;
      }
      std::string_view skipped;
      if (!TakeValue(skipped) || !Take(',')) {
        return false;
      }
    }
    return false;
  }

  /// Goes to the element `index` of the list that begins here.
  bool EnterElement(std::int64_t index) {
    if (index < 0) {
      index += CountElements();
    }
    if (index < 0 || !Take('[') || Peek() == ']') {
      return false;
    }
    for (std::string_view skipped; index > 0; --index) {
      if (!TakeValue(skipped) || !Take(',')) {
        return false;
      }
    }
    return true;
  }

  static std::string Unescaped(std::string_view raw) {
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\' || i + 1 == raw.size()) {
        out += raw[i];
        continue;
      }
      const char escape = raw[++i];
      constexpr std::string_view kEscapes = "bfnrt";
      constexpr std::string_view kMeant = "\b\f\n\r\t";
      if (escape == 'u') {
        i += AppendEscapedUnicode(raw.substr(i + 1), out);
      } else if (const std::size_t known = kEscapes.find(escape); known != kEscapes.npos) {
        out += kMeant[known];
      } else {
        out += escape;
      }
    }
    return out;
  }

 private:
  static std::optional<std::uint32_t> HexAt(std::string_view text) {
    std::uint32_t code = 0;
    const std::string_view digits = text.substr(0, 4);
    const auto [rest, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    return digits.size() == 4 && error == std::errc() && rest == digits.data() + 4
               ? std::optional(code)
               : std::nullopt;
  }

  // `rest` is what follows `\u`. Returns how much of it was taken. Half a pair becomes U+FFFD.
  static std::size_t AppendEscapedUnicode(std::string_view rest, std::string& out) {
    constexpr std::uint32_t kReplacement = 0xFFFD;
    const std::optional<std::uint32_t> first = HexAt(rest);
    if (!first) {
      out += "u";
      return 0;
    }
    const bool is_high = *first >= 0xD800 && *first < 0xDC00;
    if (!is_high) {
      AppendUtf8(*first >= 0xDC00 && *first < 0xE000 ? kReplacement : *first, out);
      return 4;
    }
    const std::optional<std::uint32_t> second =
        rest.substr(4).starts_with("\\u") ? HexAt(rest.substr(6)) : std::nullopt;
    if (!second || *second < 0xDC00 || *second >= 0xE000) {
      AppendUtf8(kReplacement, out);
      return 4;
    }
    AppendUtf8(0x10000 + ((*first - 0xD800) << 10U) + (*second - 0xDC00), out);
    return 10;
  }

  bool SkipBrackets() {
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        std::string_view skipped;
        if (!TakeString(skipped)) {
          return false;
        }
        continue;
      }
      ++at_;
      depth += c == '{' || c == '[' ? 1 : 0;
      depth -= c == '}' || c == ']' ? 1 : 0;
      if (depth == 0) {
        return true;
      }
    }
    return false;
  }

  std::int64_t CountElements() {
    JsonScanner ahead = *this;
    std::int64_t count = 0;
    std::string_view skipped;
    if (!ahead.Take('[') || ahead.Peek() == ']') {
      return 0;
    }
    do {
      if (!ahead.TakeValue(skipped)) {
        return 0;
      }
      ++count;
    } while (ahead.Take(','));
    return count;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<JsonPath> ParseJsonPath(std::string_view text) {
  JsonPath path;
  std::string bracketed(text);
  std::replace(bracketed.begin(), bracketed.end(), '(', '[');
  std::replace(bracketed.begin(), bracketed.end(), ')', ']');
  std::string_view rest = bracketed;
  if (!rest.starts_with('$')) {
    return NoPath(text);
  }
  rest.remove_prefix(1);
  while (!rest.empty()) {
    std::size_t end = 0;
    if (rest.starts_with('.')) {
      end = std::min(rest.find_first_of(".[", 1), rest.size());
      path.steps.emplace_back(std::string(rest.substr(1, end - 1)));
      if (end == 1 || rest.substr(1, end - 1).find_first_of("*]()'\" ") != rest.npos) {
        return NoPath(text);
      }
    } else if (rest.starts_with("['") || rest.starts_with("[\"")) {
      const std::size_t close = rest.find(rest[1], 2);
      if (close == std::string_view::npos || !rest.substr(close + 1).starts_with(']')) {
        return NoPath(text);
      }
      path.steps.emplace_back(std::string(rest.substr(2, close - 2)));
      end = close + 2;
    } else {
      end = rest.find(']') + 1;
      std::int64_t index = 0;
      const char* const last = rest.data() + end - 1;
      if (!rest.starts_with('[') || end == 0) {
        return NoPath(text);
      }
      const auto [stop, error] = std::from_chars(rest.data() + 1, last, index);
      if (error != std::errc() || stop != last) {
        return NoPath(text);
      }
      path.steps.emplace_back(index);
    }
    if (path.steps.size() > kStepsMax) {
      return NoPath(text);
    }
    rest.remove_prefix(end);
  }
  return path;
}

std::optional<std::string> FindJson(std::string_view json, const JsonPath& path) {
  JsonScanner scanner(json);
  for (const auto& step : path.steps) {
    const auto* const name = std::get_if<std::string>(&step);
    const bool entered = name != nullptr ? scanner.EnterMember(*name)
                                         : scanner.EnterElement(std::get<std::int64_t>(step));
    if (!entered) {
      return std::nullopt;
    }
  }
  std::string_view raw;
  if (!scanner.TakeValue(raw)) {
    return std::nullopt;
  }
  return raw.starts_with('"') ? JsonScanner::Unescaped(raw.substr(1, raw.size() - 2))
                              : std::string(raw);
}

}  // namespace weir::scenarios
