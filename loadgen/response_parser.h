#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/run.h"

namespace weir::loadgen {

/// An incremental HTTP/1.1 response parser (RFC 9112). Fed with whatever a read brought, in any
/// cut; copies a body only when a check wants one that came in pieces, and heads only when a line
/// is cut in two or a check wants to see a new one. Trusts nothing: every length is bounded, every
/// odd byte is an error.
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

  class HeadMemo;

  /// From now on takes heads from `memo`, and leaves there what it has parsed; null: neither. It
  /// changes what parsing costs, never what it finds. `memo` must outlive the parser.
  void ShareHeads(HeadMemo* memo) { heads_ = memo; }

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

  /// Header lines "Name: value\n"; empty unless keep_head. Valid while the bytes last that Feed was
  /// given, until the next call of Begin or Feed of any parser that shares the memo.
  std::string_view head() const { return head_; }

  /// Decoded body; empty unless keep_body. Valid as head() is.
  std::string_view body() const { return body_; }

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

  /// Bytes of a head that is known, taken as parsed; 0 when it is not.
  std::size_t TakeKnownHead(std::string_view data, State& state);
  void RememberHead(std::string_view bytes, State state);
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
  HeadMemo* heads_ = nullptr;
  // Of texts_, of the memo, or of what was fed.
  std::string_view head_;
  std::string_view body_;
};

/// The newest heads that came whole and at once, and what was found in them. A server says the same
/// head to many requests, but for the date once a second, and comparing it costs a tenth of parsing
/// it. What a head means depends on its bytes and the expectation only. Thread rule: one owner;
/// all parsers that share it are of his thread. Keeps its memory.
class ResponseParser::HeadMemo {
 public:
  static constexpr std::size_t kBytesMax = 1024;  ///< A longer head is parsed each time.
  static constexpr std::size_t kHeads = 4;        ///< So many steps may take turns.

 private:
  friend class ResponseParser;

  struct Head {
    std::array<char, kBytesMax> bytes{};
    std::size_t size = 0;  ///< 0 = none.
    std::string lines;     ///< ResponseParser::head(), where the expectation wants it.
    std::uint64_t remaining = 0;
    int status = 0;
    At at = At::kStatusLine;
    State state = State::kNeedMore;
    bool keep_alive = false;
    bool is_head = false;
    bool keep_head = false;
  };

  const Head* Find(std::string_view data, const Expectation& expectation) const;
  /// The place of the oldest, for a new one.
  Head& Next();

  std::array<Head, kHeads> heads_;
  std::size_t newest_ = 0;
};

}  // namespace weir::loadgen
