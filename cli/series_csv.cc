#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/series_formats.h"

namespace weir::cli {
namespace {

// The records of a CSV text, one at a time (RFC 4180; a bare CR or LF ends a record, too).
class CsvReader {
 public:
  CsvReader(std::string_view text, char separator, std::size_t field_bytes_max)
      : text_(text), separator_(separator), field_bytes_max_(field_bytes_max) {}

  // Reads the next record that is not empty. False at the end of the text.
  bool Next() {
    do {
      if (at_ >= text_.size()) {
        return false;
      }
      ReadRecord();
    } while (problem_.empty() && fields_.size() == 1 && fields_.front().empty());
    return true;
  }

  // Views into the text or into this; valid until the next call.
  const std::vector<std::string_view>& fields() const { return fields_; }

  // Where the record began.
  std::size_t line() const { return record_line_; }

  // Why the record cannot be read; empty when it can.
  const std::string& problem() const { return problem_; }

 private:
  void ReadRecord() {
    fields_.clear();
    used_ = 0;
    record_line_ = line_;
    bool more = true;
    while (more && problem_.empty()) {
      const std::string_view field = at_ < text_.size() && text_[at_] == '"' ? Quoted() : Plain();
      fields_.push_back(field);
      if (problem_.empty() && field.size() > field_bytes_max_) {
        problem_ = fmt::format("a field of {} is no cell of a table", FormatBytes(field.size()));
      }
      more = at_ < text_.size() && text_[at_] == separator_;
      at_ += more ? 1 : 0;
    }
    EndLine();
  }

  void EndLine() {
    if (at_ < text_.size() && text_[at_] == '\r') {
      ++at_;
    }
    if (at_ < text_.size() && text_[at_] == '\n') {
      ++at_;
    }
    ++line_;
  }

  bool AtEnd(std::size_t i) const {
    return text_[i] == separator_ || text_[i] == '\n' || text_[i] == '\r';
  }

  std::string_view Plain() {
    const std::size_t from = at_;
    while (at_ < text_.size() && !AtEnd(at_)) {
      ++at_;
    }
    return text_.substr(from, at_ - from);
  }

  // Doubled quotes need a copy; its strings are kept and used again by the next record.
  std::string_view Quoted() {
    if (used_ == copies_.size()) {
      copies_.emplace_back(std::make_unique<std::string>());
    }
    std::string& copy = *copies_[used_++];
    copy.clear();
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        const bool doubled = at_ + 1 < text_.size() && text_[at_ + 1] == '"';
        if (!doubled) {
          break;
        }
        ++at_;
      }
      line_ += text_[at_] == '\n' ? 1U : 0U;
      copy += text_[at_];
      if (copy.size() > field_bytes_max_) {
        break;
      }
    }
    if (at_ >= text_.size() || text_[at_] != '"') {
      problem_ = "a quote that is not closed";
      return copy;
    }
    ++at_;
    if (at_ < text_.size() && !AtEnd(at_)) {
      problem_ = fmt::format("'{}' after the closing quote", Printable(text_.substr(at_, 1)));
    }
    return copy;
  }

  std::string_view text_;
  char separator_;
  std::size_t field_bytes_max_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t record_line_ = 1;
  std::vector<std::string_view> fields_;
  std::vector<std::unique_ptr<std::string>> copies_;
  std::size_t used_ = 0;
  std::string problem_;
};

// A comma wherever the header has one; else what it does have.
char SeparatorOf(std::string_view text) {
  const std::string_view header = text.substr(0, text.find_first_of("\r\n"));
  for (const char separator : {',', ';', '\t'}) {
    if (header.find(separator) != std::string_view::npos) {
      return separator;
    }
  }
  return ',';
}

bool IsNumber(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
}

constexpr std::string_view kHeaderHint =
    "a table has a header such as 'timestamp,value' and then one row a point";

Status ReadHeader(CsvReader& reader, SeriesBuilder& builder) {
  const std::vector<std::string_view>& fields = reader.fields();
  if (!reader.problem().empty()) {
    return builder.At(reader.line(), reader.problem(), kHeaderHint);
  }
  for (const std::string_view field : fields) {
    if (field.find('\0') != std::string_view::npos) {
      return builder.At(reader.line(), "this is not text", kHeaderHint);
    }
  }
  if (std::all_of(fields.begin(), fields.end(), IsNumber)) {
    return builder.At(reader.line(),
                      fmt::format("the first line is not a header: '{}' is a number",
                                  Printable(fields.front(), 60)),
                      "put a line with the names of the columns in front, for example 'value'");
  }
  return builder.SetColumns(std::vector<std::string>(fields.begin(), fields.end()), reader.line());
}

}  // namespace

Result<SeriesTable> ParseCsvSeries(std::string_view text, const std::string& source,
                                   const SeriesFileOptions& options) {
  SeriesBuilder builder(source, SeriesBuilder::Place::kLine, options);
  CsvReader reader(text, SeparatorOf(text), options.field_bytes_max);
  if (!reader.Next()) {
    return builder.Take();
  }
  if (Status header = ReadHeader(reader, builder); !header) {
    return tl::unexpected(header.error());
  }
  while (reader.Next()) {
    const std::vector<std::string_view>& fields = reader.fields();
    if (!reader.problem().empty()) {
      return builder.At(reader.line(), reader.problem(),
                        "put quotes around a cell only as CSV does");
    }
    if (fields.size() > builder.columns()) {
      return builder.At(
          reader.line(),
          fmt::format("{} cells, but the header has {} columns", fields.size(), builder.columns()),
          "put quotes around a cell that has a comma in it");
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (Status put = builder.Put(i, fields[i], reader.line()); !put) {
        return tl::unexpected(put.error());
      }
    }
    if (Status ended = builder.EndRow(reader.line()); !ended) {
      return tl::unexpected(ended.error());
    }
  }
  return builder.Take();
}

}  // namespace weir::cli
