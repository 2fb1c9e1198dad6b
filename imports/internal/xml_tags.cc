#include "imports/internal/xml_tags.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace weir::imports::internal {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// A character by number as UTF-8; what is no character becomes a question mark.
std::string Utf8(std::uint32_t code) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    return "?";
  }
  std::string out;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | code >> 6U);
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | code >> 12U);
    out += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else {
    out += static_cast<char>(0xF0U | code >> 18U);
    out += static_cast<char>(0x80U | (code >> 12U & 0x3FU));
    out += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  }
  return out;
}

std::string EntityOf(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kKnown = {
      {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}}};
  for (const auto& [known, text] : kKnown) {
    if (name == known) {
      return std::string(text);
    }
  }
  if (!name.starts_with('#')) {
    return "?";
  }
  const bool hex = name.size() > 1 && name[1] == 'x';
  const std::string_view digits = name.substr(hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto read =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  return read.ec == std::errc() ? Utf8(code) : "?";
}

std::string Resolved(std::string_view text) {
  constexpr std::size_t kEntityMax = 12;
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t end =
        text[at] == '&' ? text.substr(at, kEntityMax).find(';') : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += text[at];
      continue;
    }
    out += EntityOf(text.substr(at + 1, end - 1));
    at += end;
  }
  return out;
}

}  // namespace

std::string XmlTag::Attribute(std::string_view key) const {
  std::string_view rest = inside;
  while (true) {
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) {
      return "";
    }
    std::string_view word = rest.substr(0, equals);
    word = word.substr(std::min(word.find_first_not_of(kSpace), word.size()));
    word = word.substr(0, std::min(word.find_first_of(kSpace), word.size()));
    const std::size_t open = rest.find_first_not_of(kSpace, equals + 1);
    if (open == std::string_view::npos || (rest[open] != '"' && rest[open] != '\'')) {
      return "";
    }
    const std::size_t close = rest.find(rest[open], open + 1);
    if (close == std::string_view::npos) {
      return "";
    }
    if (word == key) {
      return Resolved(rest.substr(open + 1, close - open - 1));
    }
    rest.remove_prefix(close + 1);
  }
}

void XmlTags::CountLinesTo(std::size_t place) {
  line_ += static_cast<std::size_t>(
      std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted_),
                 text_.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
  counted_ = place;
}

std::optional<XmlTag> XmlTags::Next() {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kPassedOver = {
      {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}, {"<!", ">"}}};
  while (true) {
    const std::size_t open = text_.find('<', at_);
    if (open == std::string_view::npos) {
      return std::nullopt;
    }
    CountLinesTo(open);
    const auto passed = std::find_if(kPassedOver.begin(), kPassedOver.end(), [&](const auto& pair) {
      return text_.substr(open).starts_with(pair.first);
    });
    if (passed != kPassedOver.end()) {
      const std::size_t end = text_.find(passed->second, open + passed->first.size());
      if (end == std::string_view::npos) {
        broken_line_ = line_;
        return std::nullopt;
      }
      at_ = end + passed->second.size();
      continue;
    }
    // An attribute may hold '>'.
    std::size_t end = open + 1;
    char quote = 0;
    for (; end < text_.size() && (quote != 0 || text_[end] != '>'); ++end) {
      const char c = text_[end];
      quote = quote == 0 && (c == '"' || c == '\'') ? c : c == quote ? char{0} : quote;
    }
    if (end >= text_.size()) {
      broken_line_ = line_;
      return std::nullopt;
    }
    at_ = end + 1;
    XmlTag tag;
    tag.line = line_;
    std::string_view body = text_.substr(open + 1, end - open - 1);
    tag.closes = body.starts_with('/');
    tag.empty = body.ends_with('/') && !tag.closes;
    body = body.substr(tag.closes ? 1 : 0, body.size() - (tag.closes || tag.empty ? 1 : 0));
    const std::size_t name_end = std::min(body.find_first_of(kSpace), body.size());
    tag.name = body.substr(0, name_end);
    tag.inside = body.substr(name_end);
    return tag;
  }
}

}  // namespace weir::imports::internal
