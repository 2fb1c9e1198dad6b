#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "scenarios/json_path.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

/// The rows of a data file. The file is mapped, not loaded: what is kept beside it is one offset a
/// row. It must not be made shorter while it is in use. After the last Column any number of threads
/// may read.
class DataTable {
 public:
  /// Looks at every row. Errors: kUsage: no file, no row, of CSV a row of another length or an open
  /// quote, of JSON lines one that is no object; with the line.
  static Result<DataTable> Open(const scenarios::DataSource& source);

  std::size_t rows() const { return starts_.size(); }

  const scenarios::DataSource& source() const { return source_; }

  /// How Append calls the column. Errors: kUsage: the header (of JSON lines, the first row) does
  /// not have it.
  Result<std::uint32_t> Column(const std::string& name);

  /// Appends a cell; of CSV without its quotes. A row of JSON lines without the column adds
  /// nothing. `row` < rows().
  void Append(std::size_t row, std::uint32_t column, std::string& out) const;

 private:
  class Mapping;

  Status IndexCsv();
  Status IndexJsonLines();
  std::string_view RowAt(std::size_t row) const;

  scenarios::DataSource source_;
  std::shared_ptr<const Mapping> mapping_;
  std::string_view text_;
  std::vector<std::uint64_t> starts_;       // Of the rows; the last one ends with the text.
  std::vector<std::string> header_;         // CSV.
  std::vector<scenarios::JsonPath> paths_;  // JSON lines: of the columns that were asked for.
};

}  // namespace weir::loadgen
