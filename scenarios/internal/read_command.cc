#include "scenarios/internal/read_command.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/command_line.h"
#include "scenarios/internal/read_check.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {
namespace {

using Kind = YamlNode::Kind;

constexpr std::size_t kWordsMax = 1000;

std::vector<std::string> ReadWords(const YamlNode& list, Diagnostics& diagnostics) {
  std::vector<std::string> words;
  if (list.items.empty() || list.items.size() > kWordsMax) {
    diagnostics.Add(list.span, fmt::format("command is a list of {} words", list.items.size()),
                    fmt::format("list the program and its arguments, at most {}", kWordsMax));
    return words;
  }
  for (const YamlNode& item : list.items) {
    const std::optional<std::string> word = ReadText({item, "word of a command"}, diagnostics);
    if (!word) {
      return {};
    }
    if (word->find('\0') != std::string::npos || (words.empty() && word->empty())) {
      diagnostics.Add(item.span, "this names no program or argument",
                      "write the program first, none with a NUL in it");
      return {};
    }
    words.push_back(*word);
  }
  return words;
}

}  // namespace

Command ReadCommand(const YamlNode& step, const YamlEntry& verb, Diagnostics& diagnostics) {
  Command command;
  const bool by_shell = verb.key.text == "shell";
  if (verb.value.kind == Kind::kSequence && !by_shell) {
    command.argv = ReadWords(verb.value, diagnostics);
  } else if (const auto text = ReadText({verb.value, verb.key.text}, diagnostics)) {
    Result<std::vector<std::string>> argv =
        by_shell ? std::vector<std::string>{"/bin/sh", "-c", *text} : ParseCommandLine(*text);
    if (!argv) {
      diagnostics.Add(verb.value.span, argv.error());
    } else {
      command.argv = *std::move(argv);
    }
  }
  for (const std::string_view key : {"headers", "body", "json", "redirects"}) {
    if (const YamlEntry* entry = Find(step, key)) {
      diagnostics.Add(entry->key.span, fmt::format("'{}' does not go with a program", key),
                      "it is for requests; hand a program what it needs as arguments");
    }
  }
  if (const YamlNode* check = FindValue(step, "check")) {
    ReadCommandCheck(*check, command, diagnostics);
  }
  return command;
}

}  // namespace weir::scenarios::internal
