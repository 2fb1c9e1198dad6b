#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "loadgen/data_table.h"

// A file of rows: the first byte says of which kind. Every cell of what can be opened can be read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::loadgen::DataTable;
  using weir::scenarios::DataSource;
  if (size == 0) {
    return 0;
  }
  const int file = memfd_create("rows", MFD_CLOEXEC);
  WEIR_CHECK(file >= 0);
  WEIR_CHECK(write(file, data + 1, size - 1) == static_cast<ssize_t>(size - 1));
  DataSource source;
  source.name = "rows";
  source.file = "/proc/self/fd/" + std::to_string(file);
  source.format = data[0] % 2 == 0 ? DataSource::Format::kCsv : DataSource::Format::kJsonLines;
  weir::Result<DataTable> table = DataTable::Open(source);
  if (table) {
    WEIR_CHECK(table->rows() > 0);
    const weir::Result<std::uint32_t> column = table->Column("id");
    std::string cell;
    for (std::size_t row = 0; column && row < table->rows(); ++row) {
      table->Append(row, *column, cell);
    }
    WEIR_CHECK(cell.size() <= size);
  } else {
    WEIR_CHECK(!table.error().message.empty());
  }
  close(file);
  return 0;
}
