#include "loadgen/script/request_split.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "loadgen/header_name.h"

namespace weir::loadgen {
namespace {

constexpr std::size_t kShown = 60;

// Takes lines off the front of a text.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  // Without its end; nothing when the text ends before the line.
  std::optional<std::string_view> Next() {
    const std::size_t end = text_.find('\n', at_);
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    return line;
  }

  void SkipEmpty() {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n")) {
      at_ += text_[at_] == '\n' ? 1U : 2U;
    }
  }

  bool Skip(std::uint64_t bytes) {
    if (bytes > left()) {
      return false;
    }
    at_ += bytes;
    return true;
  }

  std::size_t at() const { return at_; }

  std::size_t left() const { return text_.size() - at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

bool ParseWhole(std::string_view text, int base, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// What a head says about the body.
struct Framing {
  std::uint64_t length = 0;
  bool chunked = false;
};

Status ReadHeader(std::string_view line, Framing& framing) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return UsageError(fmt::format("'{}' is not a header line", Printable(line, kShown)));
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (SameHeaderName(name, "content-length") && !ParseWhole(value, 10, framing.length)) {
    return UsageError(
        fmt::format("its Content-Length is '{}', not a number", Printable(value, kShown)));
  }
  framing.chunked = framing.chunked ||
                    (SameHeaderName(name, "transfer-encoding") && SameHeaderName(value, "chunked"));
  return {};
}

Status CheckRequestLine(std::string_view line) {
  const std::size_t method_end = line.find(' ');
  const std::size_t version = line.rfind(' ');
  const bool has_parts = method_end != std::string_view::npos && method_end > 0 &&
                         version > method_end + 1 &&
                         line.substr(version + 1).starts_with("HTTP/1.");
  return has_parts ? Status()
                   : UsageError(fmt::format("'{}' is not a request line such as 'GET / HTTP/1.1'",
                                            Printable(line, kShown)));
}

Status SkipChunks(Lines& lines) {
  for (;;) {
    const std::optional<std::string_view> line = lines.Next();
    if (!line) {
      return UsageError("its chunked body ends before the chunk of size 0");
    }
    std::uint64_t size = 0;
    if (!ParseWhole(Trimmed(line->substr(0, line->find(';'))), 16, size)) {
      return UsageError(fmt::format("'{}' is not the size of a chunk", Printable(*line, kShown)));
    }
    if (size == 0) {
      break;
    }
    if (!lines.Skip(size) || lines.Next() != std::string_view()) {
      return UsageError(fmt::format("a chunk of its body is not {} bytes long", size));
    }
  }
  while (const std::optional<std::string_view> trailer = lines.Next()) {
    if (trailer->empty()) {
      return {};
    }
  }
  return UsageError("its chunked body does not end with an empty line");
}

}  // namespace

Result<SplitRequest> SplitFirst(std::string_view text) {
  Lines lines(text);
  lines.SkipEmpty();
  SplitRequest made;
  const std::optional<std::string_view> first = lines.Next();
  if (!first) {
    return UsageError(text.empty() ? "it is empty" : "its first line does not end");
  }
  if (Status valid = CheckRequestLine(*first); !valid) {
    return tl::unexpected(valid.error());
  }
  made.is_head = first->starts_with("HEAD ");
  Framing framing;
  for (;;) {
    const std::optional<std::string_view> line = lines.Next();
    if (!line) {
      return UsageError("its head does not end with an empty line");
    }
    if (line->empty()) {
      break;
    }
    if (Status read = ReadHeader(*line, framing); !read) {
      return tl::unexpected(read.error());
    }
  }
  if (framing.chunked) {
    if (Status skipped = SkipChunks(lines); !skipped) {
      return tl::unexpected(skipped.error());
    }
  } else if (!lines.Skip(framing.length)) {
    return UsageError(fmt::format("its Content-Length is {}, and {} bytes follow its head",
                                  framing.length, lines.left()));
  }
  made.bytes = lines.at();
  lines.SkipEmpty();
  if (lines.left() == 0) {
    made.bytes = lines.at();
  }
  return made;
}

}  // namespace weir::loadgen
