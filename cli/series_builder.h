#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/series.h"
#include "base/wall_time.h"

namespace weir::cli {

/// What of a file is read, and how much of it at most.
struct SeriesFileOptions {
  /// Columns of numbers to read, in this order; every one must be there. Empty = all columns that
  /// are neither time nor labels.
  std::vector<std::string> values = {};
  /// Columns of text, read where they are present (without regard to letter case).
  std::vector<std::string> labels = {"build", "label", "commit"};
  std::size_t bytes_max = std::size_t{2} << 30;      ///< Of a file.
  std::size_t cells_max = std::size_t{100'000'000};  ///< Numbers kept, over all columns.
  std::size_t columns_max = 4'000;
  std::size_t field_bytes_max = 65'536;  ///< Of one cell; a longer one is no table.
};

/// Turns rows of cells into a SeriesTable, whatever the format they were written in. The first
/// column called time, timestamp, datetime, date or ts (or one of these with the unit behind it:
/// `timestamp_ms`) is the time; the unit of plain numbers without one is told by their size.
/// `field_bytes_max` and `bytes_max` are the readers' business. Use: SetColumns once; then for each
/// row Put for its cells and EndRow; Take at the end. Errors: kUsage, "FILE:ROW: column 'x': what
/// was found" and a hint. Not thread-safe.
class SeriesBuilder {
 public:
  /// What the place of a message counts: lines of a file, or rows where lines mean nothing.
  enum class Place { kLine, kRow };

  /// `options` must outlive this.
  SeriesBuilder(std::string source, Place place, const SeriesFileOptions& options);

  /// Decides what each column is. `line` as in EndRow.
  Status SetColumns(std::span<const std::string> names, std::size_t line);

  bool has_columns() const { return !columns_.empty(); }

  /// Index of the column called `name`.
  std::optional<std::size_t> ColumnOf(std::string_view name) const;

  std::size_t columns() const { return columns_.size(); }

  /// A cell as text. Empty, "nan", "null", "na", "n/a" and "-" are a missing value; a cell that is
  /// not put is missing, too. `line` is for messages.
  Status Put(std::size_t column, std::string_view text, std::size_t line);

  /// Whether text of this column is kept or checked at all.
  bool Ignored(std::size_t column) const { return columns_[column].role == Role::kIgnored; }

  /// Ends the row and fills what was not put.
  Status EndRow(std::size_t line);

  /// The table. Errors: no rows, or no column of numbers.
  Result<SeriesTable> Take();

  /// "FILE:LINE: MESSAGE\n  hint: HINT" as an error ("FILE: row N: ..." for Place::kRow).
  tl::unexpected<Error> At(std::size_t line, std::string_view message, std::string_view hint) const;

 private:
  enum class Role { kTime, kLabel, kValue, kIgnored };

  struct Column {
    std::string name;
    Role role = Role::kIgnored;
    std::size_t slot = 0;  // Index into series or labels.
  };

  void AssignRoles(std::span<const std::string> names);
  Status CheckWanted(std::size_t line) const;
  Status PutValue(const Column& column, std::string_view text, std::size_t line);
  Status PutTime(const Column& column, std::string_view text, std::size_t line);

  const SeriesFileOptions& options_;
  const Place place_;
  std::vector<Column> columns_;
  SeriesTable table_;
  std::optional<EpochUnit> epoch_unit_;
  bool has_time_ = false;
  std::size_t rows_ = 0;
  std::size_t cells_ = 0;
  std::size_t infinite_ = 0;
  std::size_t unordered_ = 0;
  std::size_t unordered_line_ = 0;
};

}  // namespace weir::cli
