#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cli/series_file.h"
#include "cli/series_formats.h"

// Whatever the bytes are, and whichever of the formats they are taken for, there is either a table
// that keeps the promises of base/series.h or an error with a text.
namespace {

using weir::SeriesTable;
using weir::cli::SeriesFileOptions;

void CheckTable(const weir::Result<SeriesTable>& table, const SeriesFileOptions& options) {
  if (!table) {
    WEIR_CHECK(!table.error().message.empty());
    return;
  }
  WEIR_CHECK(table->rows() > 0);
  WEIR_CHECK(!table->series.empty());
  WEIR_CHECK(table->rows() * table->series.size() <= options.cells_max);
  WEIR_CHECK(table->times.empty() || table->times.size() == table->rows());
  for (const weir::Series& series : table->series) {
    WEIR_CHECK(series.values.size() == table->rows());
    for (const double value : series.values) {
      WEIR_CHECK(!std::isinf(value));
    }
  }
  for (const weir::SeriesLabels& labels : table->labels) {
    WEIR_CHECK(labels.values.size() == table->rows());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const SeriesFileOptions all{.bytes_max = 1 << 20, .cells_max = 10'000, .field_bytes_max = 100};
  SeriesFileOptions chosen = all;
  chosen.values = {"value"};
  chosen.labels = {"build", "step", "segment"};
  const std::array<const SeriesFileOptions*, 2> kinds = {&all, &chosen};
  for (const SeriesFileOptions* options : kinds) {
    CheckTable(weir::cli::ParseSeries(text, "fuzz", *options), *options);
    CheckTable(weir::cli::ParseCsvSeries(text, "fuzz.csv", *options), *options);
    CheckTable(weir::cli::ParseJsonLinesSeries(text, "fuzz.jsonl", *options), *options);
    CheckTable(weir::cli::ParseJsonArraySeries(text, "fuzz.json", *options), *options);
  }
  return 0;
}
