#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::imports::internal {

/// One tag of an XML text.
struct XmlTag {
  std::string_view name;
  std::string_view inside;  ///< Between the name and the end: the attributes as they are.
  std::size_t line = 0;     ///< From 1.
  bool closes = false;      ///< </name>
  bool empty = false;       ///< <name/>

  /// The value of an attribute, its entities resolved; empty when there is none.
  std::string Attribute(std::string_view key) const;
};

/// Goes through the tags of a text in one pass. Enough of XML for flat result files: comments,
/// CDATA, declarations and text are passed over; nothing is fetched, no entity but the five of XML
/// and characters by number is resolved, and nothing is nested in memory, so that hostile input has
/// nothing to work on.
class XmlTags {
 public:
  explicit XmlTags(std::string_view text) : text_(text) {}

  std::optional<XmlTag> Next();

  /// Where a tag begins that does not end; 0 = nowhere so far.
  std::size_t broken_line() const { return broken_line_; }

 private:
  void CountLinesTo(std::size_t place);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  std::size_t line_ = 1;
  std::size_t broken_line_ = 0;
};

}  // namespace weir::imports::internal
