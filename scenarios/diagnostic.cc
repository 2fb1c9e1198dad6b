#include "scenarios/diagnostic.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "scenarios/internal/utf8.h"

namespace weir::scenarios {
namespace {

constexpr std::string_view kHintLead = "\n  hint: ";
constexpr std::size_t kWindowWidth = 100;  // Of a longer line, so many columns are shown,
constexpr std::size_t kWindowBefore = 40;  // so many of them before the place.
constexpr std::size_t kClipBefore = 1000;  // Bytes that are looked at before the place.
constexpr std::string_view kCut = "...";

using internal::CodePoint;
using internal::DecodeFront;

struct CodeRange {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
bool InRanges(const std::array<CodeRange, N>& ranges, char32_t value) {
  return std::any_of(ranges.begin(), ranges.end(), [value](const CodeRange& range) {
    return value >= range.first && value <= range.last;
  });
}

// Characters that steer a terminal or reorder what it shows, instead of showing something.
bool IsInvisible(char32_t value) {
  constexpr std::array<CodeRange, 7> kRanges = {{{0x00, 0x1f},
                                                 {0x7f, 0x9f},
                                                 {0x200b, 0x200f},
                                                 {0x2028, 0x202e},
                                                 {0x2060, 0x2069},
                                                 {0xfeff, 0xfeff},
                                                 {0xe0000, 0xe007f}}};
  return InRanges(kRanges, value);
}

std::size_t WidthOf(char32_t value) {
  constexpr std::array<CodeRange, 4> kCombining = {
      {{0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}}};
  // The large blocks of East Asian Width W and F (Unicode Standard Annex 11).
  constexpr std::array<CodeRange, 7> kWide = {{{0x1100, 0x115f},
                                               {0x2e80, 0xa4cf},
                                               {0xac00, 0xd7a3},
                                               {0xf900, 0xfaff},
                                               {0xfe30, 0xff60},
                                               {0x1f300, 0x1faff},
                                               {0x20000, 0x3fffd}}};
  return InRanges(kCombining, value) ? 0 : InRanges(kWide, value) ? 2 : 1;
}

// A character as it is shown and where it was.
struct Cell {
  std::string shown;
  std::size_t width = 0;
  std::size_t offset = 0;
};

Cell CellAt(std::string_view line, std::size_t offset, const CodePoint& point) {
  if (line[offset] == '\t') {
    return {"    ", 4, offset};
  }
  if (!point.valid || IsInvisible(point.value)) {
    std::string shown = !point.valid || point.value < 0x80
                            ? fmt::format("\\x{:02x}", static_cast<unsigned char>(line[offset]))
                            : fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(point.value));
    const std::size_t width = shown.size();
    return {std::move(shown), width, offset};
  }
  return {std::string(line.substr(offset, point.bytes)), WidthOf(point.value), offset};
}

std::vector<Cell> CellsOf(std::string_view line) {
  std::vector<Cell> cells;
  for (std::size_t at = 0; at < line.size();) {
    const CodePoint point = DecodeFront(line.substr(at));
    cells.push_back(CellAt(line, at, point));
    at += point.bytes;
  }
  return cells;
}

std::string_view LineOf(std::string_view text, std::size_t number) {
  for (std::size_t line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return {};
    }
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  return text;
}

std::size_t WidthBetween(const std::vector<Cell>& cells, std::size_t from, std::size_t to) {
  std::size_t width = 0;
  for (std::size_t at = from; at < to; ++at) {
    width += cells[at].width;
  }
  return width;
}

// So much of a line as can be shown, lest a line as long as the file is taken apart.
struct Clip {
  std::string_view text;
  std::size_t offset = 0;
};

Clip ClipAround(std::string_view line, std::size_t place) {
  std::size_t begin = place > kClipBefore ? place - kClipBefore : 0;
  while (begin < line.size() && (static_cast<unsigned char>(line[begin]) & 0xc0) == 0x80) {
    ++begin;
  }
  begin = std::min(begin, line.size());
  return {line.substr(begin, 4 * kClipBefore), begin};
}

// The two lines under the message: the part of the line around the place, and the caret.
std::string Excerpt(std::string_view line, const SourceSpan& span) {
  const Clip clip = ClipAround(line, span.column - 1);
  const std::vector<Cell> cells = CellsOf(clip.text);
  const std::size_t place = span.column - 1 - clip.offset;
  const auto cell_index = [&cells](std::size_t offset) {
    const auto found = std::find_if(cells.begin(), cells.end(),
                                    [offset](const Cell& cell) { return cell.offset >= offset; });
    return static_cast<std::size_t>(found - cells.begin());
  };
  const std::size_t caret = cell_index(place);
  std::size_t begin = 0;
  std::size_t end = cells.size();
  if (WidthBetween(cells, 0, cells.size()) > kWindowWidth) {
    for (std::size_t width = WidthBetween(cells, 0, caret); width > kWindowBefore; ++begin) {
      width -= cells[begin].width;
    }
    std::size_t width = 0;
    for (end = begin; end < cells.size() && width < kWindowWidth; ++end) {
      width += cells[end].width;
    }
  }
  std::string shown(begin + clip.offset > 0 ? kCut : "");
  const std::size_t indent = shown.size() + WidthBetween(cells, begin, caret);
  for (std::size_t at = begin; at < end; ++at) {
    shown += cells[at].shown;
  }
  shown += end < cells.size() || clip.offset + clip.text.size() < line.size() ? kCut : "";
  const std::size_t last = std::clamp(cell_index(place + span.length), caret, end);
  const std::size_t width = std::max<std::size_t>(WidthBetween(cells, caret, last), 1);
  const std::size_t gutter = std::to_string(span.line).size();
  return fmt::format("\n  {} | {}\n  {:{}} | {:{}}^{:~<{}}", span.line, shown, "", gutter, "",
                     indent, "", width - 1);
}

std::size_t CharacterColumn(std::string_view line, const SourceSpan& span) {
  const std::string_view before = line.substr(0, std::min(line.size(), span.column - 1));
  return 1 + static_cast<std::size_t>(std::count_if(before.begin(), before.end(), [](char c) {
           return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
         }));
}

}  // namespace

Error HintedError(std::string message, std::string_view hint) {
  if (!hint.empty()) {
    message += kHintLead;
    message += hint;
  }
  return Error{ErrorKind::kUsage, std::move(message)};
}

std::string RenderDiagnostic(std::string_view file_name, std::string_view text,
                             const Diagnostic& diagnostic) {
  const SourceSpan& span = diagnostic.span;
  std::string out = Printable(file_name, 300);
  if (span.line == 0) {
    out += fmt::format(": error: {}", diagnostic.message);
  } else {
    const std::string_view line = LineOf(text, span.line);
    out += fmt::format(":{}:{}: error: {}", span.line, CharacterColumn(line, span),
                       diagnostic.message);
    out += Excerpt(line, span);
  }
  if (!diagnostic.hint.empty()) {
    out += kHintLead;
    out += diagnostic.hint;
  }
  return out;
}

void Diagnostics::Add(SourceSpan span, std::string message, std::string hint) {
  if (kept_.size() >= kKeptMax) {
    ++left_out_;
    return;
  }
  kept_.push_back(Diagnostic{span, std::move(message), std::move(hint)});
}

void Diagnostics::Add(SourceSpan span, const Error& error) {
  const std::size_t split = error.message.find(kHintLead);
  if (split == std::string::npos) {
    Add(span, error.message);
  } else {
    Add(span, error.message.substr(0, split), error.message.substr(split + kHintLead.size()));
  }
}

Error Diagnostics::ToError(std::string_view file_name, std::string_view text) const {
  WEIR_CHECK(!empty());
  std::vector<Diagnostic> sorted = kept_;
  // What the file as a whole lacks comes last: it often only follows from a misspelt key.
  const auto place = [](const Diagnostic& one) {
    return std::tuple(one.span.line == 0, one.span.line, one.span.column);
  };
  std::stable_sort(
      sorted.begin(), sorted.end(),
      [&place](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
  // An error inside of an anchor is found again wherever it is used.
  sorted.erase(std::unique(sorted.begin(), sorted.end(),
                           [](const Diagnostic& a, const Diagnostic& b) {
                             return a.span.line == b.span.line && a.span.column == b.span.column &&
                                    a.message == b.message;
                           }),
               sorted.end());
  const std::size_t shown = std::min(sorted.size(), kShownMax);
  Error error{ErrorKind::kUsage, ""};
  for (std::size_t at = 0; at < shown; ++at) {
    error.message += at == 0 ? "" : "\n";
    error.message += RenderDiagnostic(file_name, text, sorted[at]);
  }
  const std::size_t hidden = sorted.size() - shown + left_out_;
  if (hidden > 0) {
    error.message += fmt::format("\n{}: {} more {} not shown", Printable(file_name, 300), hidden,
                                 hidden == 1 ? "error" : "errors");
  }
  return error;
}

}  // namespace weir::scenarios
