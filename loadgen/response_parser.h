#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/run.h"

namespace weir::loadgen {

/// An incremental HTTP/1.1 response parser (RFC 9112). Fed with whatever a read brought, in any
/// cut; never copies a body, and heads only when a line is cut in two or a check wants to see
/// them. Trusts nothing: every length is bounded, every odd byte is an error.
///
/// Understands: HTTP/1.0 and 1.1, Content-Length, chunked with extensions and trailers,
/// bodies that end with the connection, answers to HEAD, 204 and 304, interim 1xx answers
/// (skipped), bare LF as line end. Thread rule: one owner. Steady state allocates nothing.
class ResponseParser {
 public:
  static constexpr std::size_t kHeadBytesMax =
      256 * 1024;  ///< Status line and headers, or trailers.
  static constexpr std::size_t kLineBytesMax = 64 * 1024;
  static constexpr std::size_t kBodyKeptMax =
      4 * 1024 * 1024;  ///< Only when a check wants the body.

  enum class State : std::uint8_t { kNeedMore, kDone, kError };

  struct Expectation {
    bool is_head = false;
    bool keep_head = false;
    bool keep_body = false;
  };

  struct Progress {
    std::size_t consumed =
        0;  ///< Bytes that belong to this answer; the rest belongs to nobody or the next.
    State state = State::kNeedMore;
  };

  /// Starts a new answer.
  void Begin(const Expectation& expectation);

  /// Takes the next bytes. After kDone or kError call Begin first.
  Progress Feed(std::string_view data);

  /// The peer closed. kDone if that ends the body, else kError with kClosedEarly.
  State OnEnd();

  /// After kError: kMalformed, kTooLarge or kClosedEarly.
  RequestError error() const { return error_; }

  int status() const { return status_; }

  /// The connection may carry another request. Known when the answer is done.
  bool keep_alive() const { return keep_alive_; }

  /// Bytes of this answer so far, as on the wire.
  std::uint64_t bytes() const { return bytes_; }

  /// Whether any byte of this answer has come.
  bool started() const { return bytes_ > 0; }

  /// Header lines "Name: value\n"; empty unless keep_head.
  std::string_view head() const { return texts_ ? std::string_view(texts_->head) : ""; }

  /// Decoded body; empty unless keep_body.
  std::string_view body() const { return texts_ ? std::string_view(texts_->body) : ""; }

 private:
  enum class At : std::uint8_t {
    kStatusLine,
    kHeader,
    kBodyLength,
    kBodyToEnd,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailer,
  };

  State OnLine(std::string_view line);
  State OnStatusLine(std::string_view line);
  State OnHeader(std::string_view line);
  State OnHeadersEnd();
  State OnChunkSize(std::string_view line);
  State OnContentLength(std::string_view value);
  State Fail(RequestError error);
  std::size_t TakeBody(std::string_view data);
  State TakeLine(std::string_view data, std::size_t& used);
  void ResetHead();

  /// What has to be kept from one read to the next; made when it is first needed.
  struct Texts {
    std::string partial;  ///< Start of a line whose end has not come yet.
    std::string head;
    std::string body;
  };

  Texts& texts();

  Expectation expectation_;
  At at_ = At::kStatusLine;
  RequestError error_ = RequestError::kNone;
  bool keep_alive_ = false;
  bool has_close_ = false;
  bool has_keep_alive_ = false;
  bool chunked_ = false;
  bool has_transfer_encoding_ = false;
  bool has_length_ = false;
  bool http_1_0_ = false;
  int status_ = 0;
  std::uint32_t head_bytes_ = 0;
  std::uint64_t remaining_ = 0;  ///< Of the body or the chunk.
  std::uint64_t bytes_ = 0;
  std::unique_ptr<Texts> texts_;
};

}  // namespace weir::loadgen
