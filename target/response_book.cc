#include "target/response_book.h"

#include <fmt/format.h>

#include "base/check.h"

namespace weir::target {
namespace {

/// Up to here a body stands behind each head, so that an answer is one buffer and one plain write.
constexpr std::uint64_t kJoinedBodyBytesMax = 16 * 1024;

constexpr std::string_view kBodyLine =
    "weir target: the quick brown fox waits exactly as long as told\n";

std::string MakeBody(std::uint64_t bytes) {
  std::string body;
  body.reserve(bytes);
  while (body.size() < bytes) {
    body.append(kBodyLine.substr(0, bytes - body.size()));
  }
  return body;
}

std::string_view PersistenceHeader(Persistence persistence) {
  switch (persistence) {
    case Persistence::kKeep:
      return "";
    case Persistence::kKeepSaid:
      return "Connection: keep-alive\r\n";
    case Persistence::kClose:
      return "Connection: close\r\n";
  }
  WEIR_CHECK(false);
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };

  constexpr std::array<Phrase, 22> kPhrases = {{{200, "OK"},
                                                {201, "Created"},
                                                {202, "Accepted"},
                                                {204, "No Content"},
                                                {205, "Reset Content"},
                                                {301, "Moved Permanently"},
                                                {302, "Found"},
                                                {304, "Not Modified"},
                                                {400, "Bad Request"},
                                                {401, "Unauthorized"},
                                                {403, "Forbidden"},
                                                {404, "Not Found"},
                                                {409, "Conflict"},
                                                {413, "Content Too Large"},
                                                {429, "Too Many Requests"},
                                                {431, "Request Header Fields Too Large"},
                                                {500, "Internal Server Error"},
                                                {501, "Not Implemented"},
                                                {502, "Bad Gateway"},
                                                {503, "Service Unavailable"},
                                                {504, "Gateway Timeout"},
                                                {505, "HTTP Version Not Supported"}}};
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) {
      return phrase.text;
    }
  }
  constexpr std::array<std::string_view, 4> kClasses = {"Success", "Redirection", "Client Error",
                                                        "Server Error"};
  WEIR_CHECK(status >= 200);
  WEIR_CHECK(status <= 599);
  return kClasses[static_cast<std::size_t>(status / 100 - 2)];
}

ResponseBook::ResponseBook(std::uint64_t body_bytes) : body_(MakeBody(body_bytes)) {
  Find(200, Persistence::kKeep, AnswerBody::kWith);
}

ResponseBytes ResponseBook::Continue() {
  return {"HTTP/1.1 100 Continue\r\n\r\n", {}};
}

ResponseBytes ResponseBook::Find(int status, Persistence persistence, AnswerBody body) {
  WEIR_CHECK(status >= kStatusMin);
  WEIR_CHECK(status <= kStatusMax);
  Entry& entry = entries_[static_cast<std::size_t>(persistence)]
                         [static_cast<std::size_t>(status - kStatusMin)];
  if (entry.head_bytes == 0) {
    Render(entry, status, persistence);
  }
  if (body == AnswerBody::kHeadOnly) {
    return {std::string_view(entry.bytes).substr(0, entry.head_bytes), {}};
  }
  return {entry.bytes, entry.large_body};
}

void ResponseBook::Render(Entry& entry, int status, Persistence persistence) const {
  const bool has_body = status != 204 && status != 205 && status != 304;
  entry.bytes =
      fmt::format("HTTP/1.1 {} {}\r\nServer: weir-target\r\n", status, ReasonPhrase(status));
  if (has_body) {
    entry.bytes += fmt::format("Content-Type: text/plain\r\nContent-Length: {}\r\n", body_.size());
  } else if (status == 205) {
    entry.bytes += "Content-Length: 0\r\n";
  }
  entry.bytes += PersistenceHeader(persistence);
  entry.bytes += "\r\n";
  entry.head_bytes = entry.bytes.size();
  if (has_body && body_.size() <= kJoinedBodyBytesMax) {
    entry.bytes += body_;
  } else if (has_body) {
    entry.large_body = body_;
  }
}

}  // namespace weir::target
