#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/series_formats.h"

namespace weir::cli {
namespace {

constexpr std::string_view kShapeHint =
    "write objects such as {\"timestamp\": \"2026-11-23T12:00:00Z\", \"value\": 1.5}, or numbers";

enum class Shape { kLines, kArray };

// Takes the events of the parser; a row is an object or a number. Nothing is kept but the row, so
// memory does not depend on how deep or long hostile text is.
class RowHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  RowHandler(SeriesBuilder& builder, Shape shape) : builder_(builder), shape_(shape) {}

  void SetPlace(std::size_t place) { place_ = place; }

  const Status& status() const { return status_; }

  bool null() override { return Cell(""); }

  bool boolean(bool value) override { return Cell(value ? "1" : "0"); }

  bool number_integer(number_integer_t value) override { return Cell(fmt::format("{}", value)); }

  bool number_unsigned(number_unsigned_t value) override { return Cell(fmt::format("{}", value)); }

  bool number_float(number_float_t, const string_t& text) override { return Cell(text); }

  bool string(string_t& value) override { return Cell(value); }

  bool binary(binary_t&) override { return Refuse("binary data"); }

  bool start_object(std::size_t) override {
    if (depth_ != RowDepth()) {
      return Refuse("an object inside a row");
    }
    BeginRow();
    ++depth_;
    row_.clear();
    return true;
  }

  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }

  bool end_object() override {
    --depth_;
    return PutRow();
  }

  bool start_array(std::size_t) override {
    if (shape_ != Shape::kArray || depth_ != 0) {
      return Refuse("an array inside a row");
    }
    ++depth_;
    return true;
  }

  bool end_array() override {
    --depth_;
    return true;
  }

  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& problem) override {
    // The library's text is "[json.exception...] parse error at line L, column C: what".
    const std::string_view text = problem.what();
    const std::size_t what = text.find(": ");
    return Refuse(what == std::string_view::npos ? text : text.substr(what + 2));
  }

 private:
  int RowDepth() const { return shape_ == Shape::kArray ? 1 : 0; }

  void BeginRow() { place_ += shape_ == Shape::kArray ? 1 : 0; }

  bool Refuse(std::string_view found) {
    if (status_) {
      status_ = builder_.At(place_, Printable(found), kShapeHint);
    }
    return false;
  }

  bool Cell(std::string text) {
    if (depth_ == RowDepth()) {
      BeginRow();
      row_.assign(1, {"value", std::move(text)});
      return PutRow();
    }
    if (depth_ < RowDepth()) {
      return Refuse("a value outside the array");
    }
    row_.emplace_back(std::move(key_), std::move(text));
    return true;
  }

  bool PutRow() {
    if (!builder_.has_columns()) {
      std::vector<std::string> names;
      for (const auto& cell : row_) {
        names.push_back(cell.first);
      }
      status_ = builder_.SetColumns(names, place_);
    }
    for (const auto& [name, text] : row_) {
      if (!status_) {
        return false;
      }
      const std::optional<std::size_t> column = builder_.ColumnOf(name);
      status_ = column
                    ? builder_.Put(*column, text, place_)
                    : Status(builder_.At(
                          place_, fmt::format("key '{}' is not in the first row", Printable(name)),
                          "give the first row all keys, null where nothing was "
                          "measured"));
    }
    if (status_) {
      status_ = builder_.EndRow(place_);
    }
    return status_.has_value();
  }

  SeriesBuilder& builder_;
  Shape shape_;
  Status status_;
  int depth_ = 0;
  std::size_t place_ = 0;
  std::string key_;
  std::vector<std::pair<std::string, std::string>> row_;
};

bool Parse(std::string_view text, RowHandler& handler) {
  return nlohmann::json::sax_parse(text.begin(), text.end(), &handler);
}

}  // namespace

Result<SeriesTable> ParseJsonLinesSeries(std::string_view text, const std::string& source,
                                         const SeriesFileOptions& options) {
  SeriesBuilder builder(source, SeriesBuilder::Place::kLine, options);
  RowHandler handler(builder, Shape::kLines);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    handler.SetPlace(number);
    if (line.size() > options.field_bytes_max * 16) {
      return builder.At(number, fmt::format("a line of {}", FormatBytes(line.size())), kShapeHint);
    }
    const bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
    if (!blank && !Parse(line, handler)) {
      return tl::unexpected(handler.status().error());
    }
  }
  return builder.Take();
}

Result<SeriesTable> ParseJsonArraySeries(std::string_view text, const std::string& source,
                                         const SeriesFileOptions& options) {
  SeriesBuilder builder(source, SeriesBuilder::Place::kRow, options);
  RowHandler handler(builder, Shape::kArray);
  if (!Parse(text, handler)) {
    return tl::unexpected(handler.status().error());
  }
  return builder.Take();
}

}  // namespace weir::cli
