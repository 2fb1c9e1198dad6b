#include "monitor/internal/http_conversation.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include "base/text.h"

namespace weir::monitor {
namespace {

namespace http = boost::beast::http;

using Parser = http::request_parser<http::string_body>;
using Head = Parser::value_type;

// Longer ones are no path of ours.
constexpr std::size_t kPathBytesMax = 1024;

constexpr int kNotModified = 304;
constexpr int kNoContent = 204;
constexpr int kErrorsFrom = 400;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string Text(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::string HeaderOf(const Head& head, http::field name) {
  return Text(head[name]);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::map<std::string, std::string> ParseQuery(std::string_view query) {
  std::map<std::string, std::string> found;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty()) {
      found.emplace(DecodeUrl(pair.substr(0, equals), true),
                    DecodeUrl(pair.substr(std::min(pair.size(), equals + 1)), true));
    }
  }
  return found;
}

// The one way of sending without a length that is read.
bool IsChunked(const Head& head) {
  return head[http::field::transfer_encoding] == "chunked";
}

HttpRequest RequestOf(const Head& head, const std::string& peer) {
  const std::string_view target(head.target().data(), head.target().size());
  const std::size_t question = std::min(target.find('?'), target.size());
  return {.method = Text(head.method_string()),
          .path = DecodeUrl(target.substr(0, question), false),
          .query = ParseQuery(target.substr(std::min(target.size(), question + 1))),
          .authorization = HeaderOf(head, http::field::authorization),
          .content_type = HeaderOf(head, http::field::content_type),
          .content_encoding = HeaderOf(head, http::field::content_encoding),
          .host = HeaderOf(head, http::field::host),
          .origin = HeaderOf(head, http::field::origin),
          .last_event_id = Text(head["Last-Event-ID"]),
          .body_bytes = ParseCount(HeaderOf(head, http::field::content_length)).value_or(0),
          .is_chunked = IsChunked(head),
          .peer = peer,
          .body = {}};
}

// Why the form of a head is refused.
std::optional<HttpResponse> RefuseForm(const Head& head, const HttpRequest& request,
                                       const HttpLimits& limits) {
  if (request.path.size() > kPathBytesMax) {
    return HttpResponse{.status = 414, .body = "the path is too long\n"};
  }
  if (request.path.empty() || request.path.front() != '/') {
    return HttpResponse{.status = 400, .body = "the path does not begin with /\n"};
  }
  const bool has_coding = head.count(http::field::transfer_encoding) > 0;
  if (has_coding && (limits.plain_bodies_only || !request.is_chunked)) {
    return HttpResponse{.status = 411, .body = "a body needs a Content-Length\n"};
  }
  if (head.count(http::field::content_encoding) > 0 && limits.plain_bodies_only) {
    return HttpResponse{.status = 415, .body = "a body must not be compressed\n"};
  }
  return std::nullopt;
}

HttpResponse RefuseHead() {
  return {.status = 431, .body = "the head is too long\n"};
}

HttpResponse RefuseBody() {
  return {.status = 413, .body = "the body is too long\n"};
}

HttpResponse Refuse(const boost::beast::error_code& error) {
  if (error == http::error::header_limit) {
    return RefuseHead();
  }
  if (error == http::error::body_limit) {
    return RefuseBody();
  }
  return {.status = 400, .body = fmt::format("refused: {}\n", error.message())};
}

std::string Serialize(const HttpResponse& response, bool without_body) {
  const bool has_body = response.status != kNoContent && response.status != kNotModified;
  const std::string body = has_body && response.body.empty() && response.status >= kErrorsFrom
                               ? fmt::format("refused: {}\n", response.status)
                               : response.body;
  const auto reason =
      http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\nConnection: close\r\n", response.status, Text(reason));
  for (const auto& [name, value] : response.headers) {
    text += fmt::format("{}: {}\r\n", name, value);
  }
  if (has_body) {
    text += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", response.content_type,
                        body.size());
  }
  text += "\r\n";
  if (has_body && !without_body) {
    text += body;
  }
  return text;
}

// Feeds what the stream brings to the parser.
class Reader {
 public:
  Reader(BoundedStream& stream, Parser& parser) : stream_(stream), parser_(parser) {}

  /// Until `done()`; false: the stream has ended before, or it is no HTTP, as error() says.
  template <typename Done>
  bool ReadUntil(const Done& done) {
    while (!done()) {
      if ((kept_.empty() || wants_more_) && !Fill()) {
        return false;
      }
      boost::beast::error_code error;
      const std::size_t used = parser_.put(boost::asio::buffer(kept_), error);
      kept_.erase(0, used);
      wants_more_ = error == http::error::need_more;
      if (error && !wants_more_) {
        error_ = error;
        return false;
      }
    }
    return true;
  }

  const boost::beast::error_code& error() const { return error_; }

 private:
  bool Fill() {
    std::array<char, 16384> chunk{};
    const std::size_t got = stream_.Read(chunk.data(), chunk.size());
    kept_.append(chunk.data(), got);
    return got > 0;
  }

  BoundedStream& stream_;
  Parser& parser_;
  std::string kept_;  // Read, and not yet taken by the parser.
  bool wants_more_ = false;
  boost::beast::error_code error_;
};

// Into `request`; what is returned is why not.
std::optional<HttpResponse> TakeBody(Reader& reader, Parser& parser, BoundedStream& stream,
                                     std::size_t bytes_max, HttpRequest& request) {
  if (request.body_bytes > bytes_max) {
    return RefuseBody();
  }
  if (boost::beast::iequals(parser.get()[http::field::expect], "100-continue") &&
      !parser.is_done()) {
    stream.Write(kContinue);
  }
  parser.body_limit(bytes_max);
  parser.eager(true);
  stream.Allow(bytes_max);
  if (!reader.ReadUntil([&] { return parser.is_done(); })) {
    return reader.error() ? Refuse(reader.error())
                          : HttpResponse{.status = 400, .body = "the body has no end\n"};
  }
  request.body = std::move(parser.get().body());
  return std::nullopt;
}

// Nothing for who sent no whole head.
std::optional<HttpResponse> Respond(Parser& parser, BoundedStream& stream, const std::string& peer,
                                    const HttpLimits& limits,
                                    const HttpServer::Handlers& handlers) {
  // Until it is known who asks, lengths are only looked at.
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  parser.header_limit(static_cast<std::uint32_t>(limits.head_bytes_max));
  stream.Allow(limits.head_bytes_max);
  Reader reader(stream, parser);
  if (!reader.ReadUntil([&] { return parser.is_header_done(); })) {
    if (reader.error()) {
      return Refuse(reader.error());
    }
    return stream.exhausted() ? std::optional(RefuseHead()) : std::nullopt;
  }
  HttpRequest request = RequestOf(parser.get(), peer);
  std::optional<HttpResponse> refused = RefuseForm(parser.get(), request, limits);
  if (!refused) {
    refused = handlers.admit(request);
  }
  if (!refused) {
    refused = TakeBody(reader, parser, stream, limits.body_bytes_max, request);
  }
  return refused ? std::move(refused) : handlers.answer(request);
}

}  // namespace

std::string DecodeUrl(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return decoded;
}

void Converse(BoundedStream& stream, const std::string& peer, const HttpLimits& limits,
              const HttpServer::Handlers& handlers) {
  Parser parser;
  std::optional<HttpResponse> response;
  try {
    response = Respond(parser, stream, peer, limits, handlers);
  } catch (const std::exception&) {
    response = HttpResponse{.status = 500};
  }
  if (response) {
    const bool is_head = parser.is_header_done() && parser.get().method() == http::verb::head;
    stream.BeginAnswer();
    stream.Write(Serialize(*response, is_head));
  }
}

}  // namespace weir::monitor
