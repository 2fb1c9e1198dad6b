#include "reports/internal/text_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::reports {
namespace {

struct Decoded {
  char32_t point = 0xfffd;
  std::size_t length = 1;
  bool valid = false;
};

// One code point at the front of `text`, which is not empty. Overlong forms, surrogates and
// truncated sequences are one invalid byte.
Decoded DecodeFront(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1, true};
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length) {
    return {};
  }
  char32_t point = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return {};
    }
    point = (point << 6) | (byte(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> kLowest = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLowest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
    return {};
  }
  return {point, length, true};
}

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t kSize>
bool In(const std::array<Range, kSize>& ranges, char32_t point) {
  return std::any_of(ranges.begin(), ranges.end(), [point](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

// C1 controls, soft hyphen, and everything that is invisible or turns the direction of writing.
bool IsUnsafe(char32_t point) {
  constexpr std::array<Range, 9> kUnsafe = {{{0x80, 0x9f},
                                             {0xad, 0xad},
                                             {0x61c, 0x61c},
                                             {0x200b, 0x200f},
                                             {0x2028, 0x202e},
                                             {0x2060, 0x206f},
                                             {0xfeff, 0xfeff},
                                             {0xfff9, 0xfffb},
                                             {0xe0000, 0xe0fff}}};
  return In(kUnsafe, point);
}

int PointWidth(char32_t point) {
  constexpr std::array<Range, 5> kCombining = {
      {{0x300, 0x36f}, {0x1ab0, 0x1aff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}}};
  constexpr std::array<Range, 7> kWide = {{{0x1100, 0x115f},
                                           {0x2e80, 0xa4cf},
                                           {0xac00, 0xd7a3},
                                           {0xf900, 0xfaff},
                                           {0xfe30, 0xfe6f},
                                           {0xff00, 0xff60},
                                           {0x1f300, 0x3fffd}}};
  return In(kCombining, point) ? 0 : In(kWide, point) ? 2 : 1;
}

// The longest front of `text` that takes at most `width` columns.
std::string_view Front(std::string_view text, int width) {
  std::size_t at = 0;
  while (at < text.size()) {
    const Decoded next = DecodeFront(text.substr(at));
    width -= PointWidth(next.point);
    if (width < 0) {
      break;
    }
    at += next.length;
  }
  return text.substr(0, at);
}

// The longest end of `text` that takes at most `width` columns.
std::string_view Back(std::string_view text, int width) {
  int excess = DisplayWidth(text) - width;
  std::size_t at = 0;
  while (at < text.size() && excess > 0) {
    const Decoded next = DecodeFront(text.substr(at));
    excess -= PointWidth(next.point);
    at += next.length;
  }
  return text.substr(at);
}

std::string Spaces(int count) {
  return std::string(static_cast<std::size_t>(std::max(count, 0)), ' ');
}

std::string TrimRight(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

TextOptions Checked(TextOptions options) {
  options.width = std::clamp(options.width, TextOptions::kWidthMin, TextOptions::kWidthMax);
  return options;
}

std::string Painted(std::string_view text, Style style, const TextOptions& options) {
  constexpr std::array<std::string_view, 6> kCodes = {"", "1", "2", "32", "1;31", "33"};
  const std::string_view code = kCodes.at(static_cast<std::size_t>(style));
  if (options.colour == Colour::kOff || code.empty()) {
    return std::string(text);
  }
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!line.empty()) {
      out += fmt::format("\x1b[{}m{}\x1b[0m", code, line);
    }
    text.remove_prefix(line.size());
    if (!text.empty()) {
      out += '\n';
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string Clean(std::string_view text, std::size_t length_max) {
  std::string out;
  // Four output bytes at least per input point keep the work bounded for names of any length.
  std::string_view rest = text.substr(0, length_max * 4);
  while (!rest.empty() && out.size() <= length_max) {
    const Decoded next = DecodeFront(rest);
    if (!next.valid) {
      out += "\xef\xbf\xbd";
    } else if (IsUnsafe(next.point)) {
      out += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(next.point));
    } else {
      out += rest.substr(0, next.length);
    }
    rest.remove_prefix(next.length);
  }
  return Printable(out, length_max);
}

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Decoded next = DecodeFront(text);
    width += PointWidth(next.point);
    text.remove_prefix(next.length);
  }
  return width;
}

std::string CutToWidth(std::string_view text, int width, Charset charset, Cut cut) {
  if (DisplayWidth(text) <= width) {
    return std::string(text);
  }
  const std::string_view ellipsis = charset == Charset::kUnicode ? "…" : "..";
  const int room = width - DisplayWidth(ellipsis);
  if (room <= 0) {
    return std::string(Front(text, width));
  }
  const int front = cut == Cut::kMiddle ? room / 2 : room;
  return std::string(Front(text, front)) + std::string(ellipsis) +
         std::string(Back(text, room - front));
}

std::string Wrapped(std::string_view text, int indent, const TextOptions& options) {
  const int room = std::max(options.width - indent, 1);
  std::string out;
  while (!text.empty()) {
    std::string_view line = Front(text, room);
    if (line.size() < text.size() && text[line.size()] != ' ') {
      const std::size_t space = line.rfind(' ');
      line = space == std::string_view::npos || space == 0 ? line : line.substr(0, space);
    }
    if (line.empty()) {
      break;
    }
    out += Spaces(indent) + TrimRight(std::string(line)) + '\n';
    text.remove_prefix(line.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  return out;
}

std::string CellDuration(double ns, Charset charset) {
  std::string text = FormatDuration(Nanos(std::llround(ns)));
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  if (charset == Charset::kUnicode && text.size() > 2 && text.ends_with("us")) {
    text.replace(text.size() - 2, 1, "µ");
  }
  return text;
}

Mark PassMark(Charset charset) {
  return {charset == Charset::kUnicode ? "✓" : "ok", Style::kGood};
}

Mark FailMark(Charset charset) {
  return {charset == Charset::kUnicode ? "✗" : "FAIL", Style::kBad};
}

Mark UnknownMark(Charset /*charset*/) {
  return {"?", Style::kDoubtful};
}

Mark WarnMark(Charset /*charset*/) {
  return {"!", Style::kDoubtful};
}

Mark VerdictMark(Verdict verdict, Charset charset) {
  switch (verdict) {
    case Verdict::kPass:
      return PassMark(charset);
    case Verdict::kWarn:
      return WarnMark(charset);
    case Verdict::kInconclusive:
      return UnknownMark(charset);
    case Verdict::kFail:
      break;
  }
  return FailMark(charset);
}

TextTable::TextTable(std::vector<TextColumn> columns) : columns_(std::move(columns)) {}

void TextTable::AddRow(std::vector<Cell> cells) {
  WEIR_CHECK(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

int TextTable::WidthNeeded(int indent) const {
  const Layout layout = Fit(indent, 1 << 20);
  int width = indent - layout.gap;
  for (const int column : layout.widths) {
    width += column + layout.gap;
  }
  return width;
}

TextTable::Layout TextTable::Fit(int indent, int width) const {
  Layout layout;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int widest = DisplayWidth(columns_[i].title);
    for (const std::vector<Cell>& row : rows_) {
      widest = std::max(widest, DisplayWidth(row[i].text));
    }
    layout.widths.push_back(widest);
  }
  const auto excess = [&layout, indent, width] {
    int total = indent - layout.gap;
    for (const int column : layout.widths) {
      total += column + layout.gap;
    }
    return total - width;
  };
  if (excess() > 0) {
    layout.gap = 1;
  }
  // The widest cuttable column gives first, so that no name is cut while another is long.
  while (excess() > 0) {
    int* widest = nullptr;
    for (std::size_t i = 0; i < layout.widths.size(); ++i) {
      const bool may_give = columns_[i].width_min > 0 && layout.widths[i] > columns_[i].width_min;
      if (may_give && (widest == nullptr || layout.widths[i] > *widest)) {
        widest = &layout.widths[i];
      }
    }
    if (widest == nullptr) {
      break;
    }
    --*widest;
  }
  while (excess() > 0 && layout.widths.size() > 1) {
    layout.widths.pop_back();
  }
  return layout;
}

std::string TextTable::RenderRow(const std::vector<Cell>& cells, const Layout& layout,
                                 const TextOptions& options) const {
  std::string line;
  int pending = 0;  // Spaces are written only before something visible.
  for (std::size_t i = 0; i < layout.widths.size(); ++i) {
    const std::string text =
        CutToWidth(cells[i].text, layout.widths[i], options.charset, columns_[i].cut);
    const int room = layout.widths[i] - DisplayWidth(text);
    const bool right = columns_[i].align == Align::kRight;
    pending += right ? room : 0;
    if (!text.empty()) {
      line += Spaces(pending) + Painted(text, cells[i].style, options);
      pending = 0;
    }
    pending += (right ? 0 : room) + layout.gap;
  }
  return line;
}

std::string TextTable::Render(int indent, const TextOptions& options) const {
  const Layout layout = Fit(indent, options.width);
  std::vector<Cell> head;
  for (const TextColumn& column : columns_) {
    head.push_back({column.title, Style::kFaint});
  }
  std::string out = Spaces(indent) + RenderRow(head, layout, options) + '\n';
  for (const std::vector<Cell>& row : rows_) {
    out += Spaces(indent) + RenderRow(row, layout, options) + '\n';
  }
  return out;
}

}  // namespace weir::reports
