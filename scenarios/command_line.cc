#include "scenarios/command_line.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"

namespace weir::scenarios {
namespace {

constexpr std::string_view kBlanks = " \t\n";
constexpr std::string_view kShellOnly = "|&;<>()$`*?[#~";

tl::unexpected<Error> Refuse(std::string message, std::string_view hint) {
  return tl::unexpected(HintedError(std::move(message), hint));
}

tl::unexpected<Error> RefuseShellWord(char c) {
  return Refuse(fmt::format("'{}' means something to a shell only, and no shell runs this", c),
                "quote it to hand it to the program, or ask for a shell with 'shell:' (--shell)");
}

// Splits a line word by word.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  Result<std::vector<std::string>> Split() {
    while (true) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
      if (rest_.empty()) {
        break;
      }
      Result<std::string> word = Word();
      if (!word) {
        return tl::unexpected(word.error());
      }
      words_.push_back(*std::move(word));
    }
    if (words_.empty() || words_.front().empty()) {
      return Refuse("the command names no program", "write, for example, 'prog --flag'");
    }
    return std::move(words_);
  }

 private:
  Result<std::string> Word() {
    std::string word;
    bool at_start = true;
    while (!rest_.empty() && kBlanks.find(rest_.front()) == kBlanks.npos) {
      const char c = Take();
      if (c == '\'' || c == '"') {
        if (Status closed = Quoted(c, word); !closed) {
          return tl::unexpected(closed.error());
        }
      } else if (c == '\\') {
        if (rest_.empty()) {
          return Refuse("the command ends with a lone backslash", "remove it, or double it");
        }
        word += Take();
      } else if (kShellOnly.find(c) != kShellOnly.npos && (at_start || (c != '#' && c != '~'))) {
        return RefuseShellWord(c);
      } else {
        word += c;
      }
      at_start = false;
    }
    return word;
  }

  Status Quoted(char quote, std::string& word) {
    while (!rest_.empty()) {
      const char c = Take();
      if (c == quote) {
        return {};
      }
      if (quote == '"' && (c == '$' || c == '`')) {
        return RefuseShellWord(c);
      }
      const bool escapes = quote == '"' && c == '\\' && !rest_.empty() &&
                           std::string_view("\"\\$`").find(rest_.front()) != std::string_view::npos;
      word += escapes ? Take() : c;
    }
    return Refuse(fmt::format("the command lacks a closing {}", quote), "add it");
  }

  char Take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  std::vector<std::string> words_;
};

std::string QuotedWord(const std::string& word) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./=:,+@%").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
    return word;
  }
  std::string out = "'";
  for (const char c : word) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

}  // namespace

Result<std::vector<std::string>> ParseCommandLine(std::string_view text) {
  if (text.size() > kCommandBytesMax || text.find('\0') != std::string_view::npos) {
    return Refuse(fmt::format("a command of {} bytes, or with a NUL in it, cannot be run",
                              FormatCount(text.size())),
                  fmt::format("use at most {} bytes, none of them 0", kCommandBytesMax));
  }
  return Splitter(text).Split();
}

std::string CommandLineText(std::span<const std::string> argv) {
  std::string text;
  for (const std::string& word : argv) {
    text += (text.empty() ? "" : " ") + QuotedWord(word);
  }
  return text;
}

}  // namespace weir::scenarios
