#include "scenarios/internal/read_auth.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "scenarios/internal/base64.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/slot_scope.h"
#include "scenarios/internal/values.h"
#include "scenarios/template.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::string_view kForms =
    "write 'auth: { basic: \"user:password\" }' or 'auth: { bearer: TOKEN }'";

// "user:{{ password }}" as one slot; nothing when a stretch of text holds both kinds of quotes.
std::optional<std::string> Base64Slot(std::string_view text) {
  std::string arguments;
  bool can = true;
  const auto add = [&arguments](std::string_view argument) {
    arguments += fmt::format("{}{}", arguments.empty() ? "" : ", ", argument);
  };
  ForEachPart(text, [&](std::string_view literal, std::string_view slot) {
    const char quote = literal.find('"') == std::string_view::npos ? '"' : '\'';
    can = can && literal.find(quote) == std::string_view::npos;
    if (!literal.empty()) {
      add(fmt::format("{}{}{}", quote, literal, quote));
    }
    if (!slot.empty()) {
      add(slot);
    }
  });
  return can ? std::optional(fmt::format("{{{{ base64(concat({})) }}}}", arguments)) : std::nullopt;
}

std::optional<std::string> Credentials(const YamlEntry& entry, Diagnostics& diagnostics) {
  const bool basic = entry.key.text == "basic";
  const std::optional<std::string> text =
      ReadSlottedText({entry.value, entry.key.text}, diagnostics);
  if (!text) {
    return std::nullopt;
  }
  if (!basic) {
    if (const Status valid = CheckHeaderValue(kAuthorization, *text); !valid) {
      diagnostics.Add(entry.value.span, valid.error());
      return std::nullopt;
    }
    return "Bearer " + *text;
  }
  if (text->find(':') == std::string::npos) {
    diagnostics.Add(entry.value.span, "basic has no ':' between user and password",
                    std::string(kForms));
    return std::nullopt;
  }
  if (!HasSlots(*text)) {
    return "Basic " + EncodeBase64(*text);
  }
  const std::optional<std::string> slot = Base64Slot(*text);
  if (!slot) {
    diagnostics.Add(entry.value.span, "basic has both kinds of quotes around its slots",
                    "put the password into a column of the data");
    return std::nullopt;
  }
  return "Basic " + *slot;
}

}  // namespace

void ReadAuth(const YamlEntry& auth, std::vector<Header>& headers, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 2> kKnown = {"basic", "bearer"};
  if (!CheckKeys(auth.value, {"auth", kKnown, {}}, diagnostics)) {
    return;
  }
  if (auth.value.entries.size() != 1) {
    diagnostics.Add(auth.key.span, "auth needs one of 'basic' and 'bearer'", std::string(kForms));
    return;
  }
  const bool has = std::any_of(headers.begin(), headers.end(), [](const Header& header) {
    return EqualsIgnoringCase(header.name, kAuthorization);
  });
  if (has) {
    diagnostics.Add(auth.key.span, "both 'auth' and a header 'authorization'", "keep one of them");
    return;
  }
  if (std::optional<std::string> value = Credentials(auth.value.entries[0], diagnostics)) {
    headers.push_back(Header{std::string(kAuthorization), *std::move(value)});
  }
}

}  // namespace weir::scenarios::internal
