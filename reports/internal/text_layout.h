#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/verdict.h"
#include "reports/text_options.h"

/// Lines, tables and colours for a terminal. Widths are columns, not bytes.
namespace weir::reports {

/// What a piece of text means; how that looks is decided in one place.
enum class Style { kPlain, kTitle, kFaint, kGood, kBad, kDoubtful };

/// `options` with the width taken into its range.
TextOptions Checked(TextOptions options);

/// `text` in the style's colour when colours are on; each line on its own.
std::string Painted(std::string_view text, Style style, const TextOptions& options);

/// Foreign text made safe for a terminal: UTF-8 repaired, control characters, escape sequences and
/// marks that reverse the direction of writing made visible, at most `length_max` bytes.
std::string Clean(std::string_view text, std::size_t length_max = 200);

/// Columns that `text` takes; it must be clean and unpainted.
int DisplayWidth(std::string_view text);

/// Which part of a text is given up when it is too long.
enum class Cut { kEnd, kMiddle };

/// `text` cut to `width` columns, with an ellipsis if anything was cut.
std::string CutToWidth(std::string_view text, int width, Charset charset, Cut cut = Cut::kEnd);

/// `text` broken at spaces into lines of at most `options.width`, each indented by `indent`.
/// Words that do not fit a line are broken.
std::string Wrapped(std::string_view text, int indent, const TextOptions& options);

/// "1.23ms", "45.6µs": FormatDuration for a cell.
std::string CellDuration(double ns, Charset charset);

/// The mark and the style of an outcome.
struct Mark {
  std::string_view text;
  Style style;
};

Mark PassMark(Charset charset);
Mark FailMark(Charset charset);
Mark UnknownMark(Charset charset);
Mark WarnMark(Charset charset);
Mark VerdictMark(Verdict verdict, Charset charset);

struct Cell {
  std::string text;  ///< Clean.
  Style style = Style::kPlain;
};

enum class Align { kLeft, kRight };

/// A column: how it is set, and whether it may be cut when the table is too wide.
struct TextColumn {
  std::string title;
  Align align = Align::kRight;
  int width_min = 0;  ///< 0: never cut. Else it is cut down to this before anything is left out.
  Cut cut = Cut::kEnd;
};

/// A table with aligned columns, two spaces apart (one if that makes it fit).
class TextTable {
 public:
  explicit TextTable(std::vector<TextColumn> columns);

  /// One cell per column.
  void AddRow(std::vector<Cell> cells);

  /// Columns needed without any cut, `indent` included.
  int WidthNeeded(int indent) const;

  /// Head line and rows, indented. Too wide: cuttable columns are cut, then columns left out from
  /// the right.
  std::string Render(int indent, const TextOptions& options) const;

 private:
  struct Layout {
    std::vector<int> widths;
    int gap = 2;
  };

  Layout Fit(int indent, int width) const;
  std::string RenderRow(const std::vector<Cell>& cells, const Layout& layout,
                        const TextOptions& options) const;

  std::vector<TextColumn> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace weir::reports
