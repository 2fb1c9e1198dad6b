#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "target/request_parser.h"

namespace weir::target {

/// The bytes of one answer, owned by the book. `body` is empty where the head holds it all.
struct ResponseBytes {
  std::string_view head;
  std::string_view body;
};

/// Every answer the server can give, rendered once: 200 at construction, others when first asked
/// for. Views stay valid as long as the book. Not thread-safe.
class ResponseBook {
 public:
  explicit ResponseBook(std::uint64_t body_bytes);

  /// `status` 200 .. 599. A status that may have no body (204, 205, 304) has none.
  ResponseBytes Find(int status, Persistence persistence, AnswerBody body);

  /// `HTTP/1.1 100 Continue`.
  static ResponseBytes Continue();

 private:
  struct Entry {
    std::string bytes;           ///< Head, and behind it the body if that is small.
    std::size_t head_bytes = 0;  ///< 0 = not rendered yet.
    std::string_view large_body;
  };

  static constexpr int kStatusMin = 200;
  static constexpr int kStatusMax = 599;

  void Render(Entry& entry, int status, Persistence persistence) const;

  std::string body_;
  std::array<std::array<Entry, kStatusMax - kStatusMin + 1>, 3> entries_;
};

/// "Not Found" for 404; a general phrase of the class for a status that has no name of its own.
std::string_view ReasonPhrase(int status);

}  // namespace weir::target
