#include "loadgen/data_table.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::loadgen {
namespace {

using Format = scenarios::DataSource::Format;

// Where a cell of a CSV text ends: at the comma or line break behind it, or at the end. Nothing
// when its quote is never closed.
std::optional<std::size_t> CellEnd(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '"') {
    do {
      at = text.find('"', at + 1);
      if (at == std::string_view::npos) {
        return std::nullopt;
      }
      ++at;  // Two quotes are one within the cell.
    } while (at < text.size() && text[at] == '"');
  }
  return std::min(text.find_first_of(",\n", at), text.size());
}

std::string_view WithoutReturn(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

void AppendCell(std::string_view cell, std::string& out) {
  if (cell.size() < 2 || !cell.starts_with('"') || !cell.ends_with('"')) {
    out += cell;
    return;
  }
  cell = cell.substr(1, cell.size() - 2);
  for (std::size_t i = 0; i < cell.size(); ++i) {
    out += cell[i];
    i += cell[i] == '"' ? 1U : 0U;
  }
}

}  // namespace

/// A file in memory, read only.
class DataTable::Mapping {
 public:
  static Result<std::shared_ptr<const Mapping>> Of(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);

    struct stat status {};

    if (fd < 0 || fstat(fd, &status) != 0) {
      const int error = errno;
      if (fd >= 0) {
        close(fd);
      }
      return UsageError(
          fmt::format("data file {}: {}", Printable(path), std::generic_category().message(error)));
    }
    auto made = std::make_shared<Mapping>();
    made->size_ = static_cast<std::size_t>(status.st_size);
    const bool is_file = S_ISREG(status.st_mode);
    if (is_file && made->size_ > 0) {
      made->bytes_ = mmap(nullptr, made->size_, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    if (!is_file || made->bytes_ == MAP_FAILED) {
      return UsageError(
          fmt::format("data file {} is not a file that can be mapped", Printable(path)));
    }
    return made;
  }

  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  ~Mapping() {
    if (bytes_ != nullptr && bytes_ != MAP_FAILED) {
      munmap(bytes_, size_);
    }
  }

  std::string_view text() const {
    return bytes_ == nullptr ? std::string_view()
                             : std::string_view(static_cast<const char*>(bytes_), size_);
  }

 private:
  void* bytes_ = nullptr;
  std::size_t size_ = 0;
};

Result<DataTable> DataTable::Open(const scenarios::DataSource& source) {
  Result<std::shared_ptr<const Mapping>> mapping = Mapping::Of(source.file);
  if (!mapping) {
    return tl::unexpected(mapping.error());
  }
  DataTable table;
  table.source_ = source;
  table.mapping_ = *std::move(mapping);
  table.text_ = table.mapping_->text();
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  table.text_.remove_prefix(table.text_.starts_with(kMark) ? kMark.size() : 0);
  if (Status indexed = source.format == Format::kCsv ? table.IndexCsv() : table.IndexJsonLines();
      !indexed) {
    return tl::unexpected(indexed.error());
  }
  if (table.starts_.empty()) {
    return UsageError(fmt::format("data file {} has no rows", Printable(source.file)));
  }
  return table;
}

Status DataTable::IndexCsv() {
  std::size_t at = 0;
  for (std::size_t line = 1, cells = 0, row_line = 1, row = 0; at < text_.size();) {
    const std::optional<std::size_t> end = CellEnd(text_, at);
    if (!end) {
      return UsageError(
          fmt::format("{}:{}: a quote that is never closed", Printable(source_.file), line));
    }
    const std::string_view cell = text_.substr(at, *end - at);
    ++cells;
    if (header_.empty() || starts_.empty()) {
      // Still in the header line.
      AppendCell(WithoutReturn(cell), header_.emplace_back());
    }
    line += static_cast<std::size_t>(std::count(cell.begin(), cell.end(), '\n'));
    at = *end + 1;
    const bool ends_row = *end == text_.size() || text_[*end] == '\n';
    if (!ends_row) {
      continue;
    }
    const bool is_blank = cells == 1 && WithoutReturn(cell).empty();
    if (!is_blank && cells != header_.size()) {
      return UsageError(fmt::format("{}:{}: {} cells, but the header has {}",
                                    Printable(source_.file), row_line, cells, header_.size()));
    }
    if (is_blank && !starts_.empty()) {
      starts_.back() = at;
    } else {
      starts_.push_back(at);  // Of the row that follows.
    }
    ++line;
    row_line = line;
    cells = 0;
    ++row;
  }
  if (!starts_.empty() && starts_.back() >= text_.size()) {
    starts_.pop_back();
  }
  return {};
}

Status DataTable::IndexJsonLines() {
  for (std::size_t at = 0, line = 1; at < text_.size(); ++line) {
    const std::size_t end = std::min(text_.find('\n', at), text_.size());
    const std::string_view row = WithoutReturn(text_.substr(at, end - at));
    const std::size_t first = row.find_first_not_of(" \t");
    if (first != std::string_view::npos) {
      if (row[first] != '{' || row[row.find_last_not_of(" \t")] != '}') {
        return UsageError(fmt::format("{}:{}: '{}' is not a JSON object on a line",
                                      Printable(source_.file), line, Printable(row, 40)));
      }
      starts_.push_back(at);
    }
    at = end + 1;
  }
  return {};
}

std::string_view DataTable::RowAt(std::size_t row) const {
  WEIR_CHECK(row < starts_.size());
  return text_.substr(starts_[row]);
}

Result<std::uint32_t> DataTable::Column(const std::string& name) {
  if (source_.format == Format::kJsonLines) {
    const scenarios::JsonPath path{{name}};
    const std::string_view first = RowAt(0);
    if (!scenarios::FindJson(first.substr(0, first.find('\n')), path)) {
      return UsageError(fmt::format("data '{}': the first line of {} has no '{}'", source_.name,
                                    Printable(source_.file), Printable(name, 40)));
    }
    paths_.push_back(path);
    return static_cast<std::uint32_t>(paths_.size() - 1);
  }
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) {
    std::string list;
    for (const std::string& column : header_) {
      list += list.empty() ? "" : ", ";
      list += column;
    }
    return UsageError(fmt::format("data '{}': {} has no column '{}'\n  hint: its columns are {}",
                                  source_.name, Printable(source_.file), Printable(name, 40),
                                  Printable(list, 200)));
  }
  return static_cast<std::uint32_t>(found - header_.begin());
}

void DataTable::Append(std::size_t row, std::uint32_t column, std::string& out) const {
  const std::string_view text = RowAt(row);
  if (source_.format == Format::kJsonLines) {
    out += scenarios::FindJson(text.substr(0, text.find('\n')), paths_[column]).value_or("");
    return;
  }
  std::size_t at = 0;
  for (std::uint32_t skipped = 0; skipped < column; ++skipped) {
    at = CellEnd(text, at).value_or(text.size()) + 1;
  }
  const std::size_t end = CellEnd(text, at).value_or(text.size());
  AppendCell(WithoutReturn(text.substr(at, end - at)), out);
}

}  // namespace weir::loadgen
