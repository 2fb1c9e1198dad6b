#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::target {

/// Bytes of request line and headers, and again of a chunked body's trailers, beyond which the
/// answer is 431.
inline constexpr std::size_t kHeadBytesMax = 32 * 1024;

/// Bytes of a request body, which is read and thrown away, beyond which the answer is 413.
inline constexpr std::uint64_t kRequestBodyBytesMax = 1'000'000'000;

/// Whether the connection outlives the answer, and what the answer says about it.
enum class Persistence : std::uint8_t {
  kKeep,      ///< HTTP/1.1's default: stays open, nothing said.
  kKeepSaid,  ///< HTTP/1.0 with keep-alive: stays open, `Connection: keep-alive`.
  kClose,     ///< `Connection: close`.
};

enum class AnswerBody : std::uint8_t { kWith, kHeadOnly };

/// As much of a request as an answer depends on.
struct Request {
  Persistence persistence = Persistence::kKeep;
  AnswerBody answer_body = AnswerBody::kWith;
  int status_override = 0;  ///< NNN of a path `/status/NNN`, 200 .. 599; 0 = none.
};

/// An incremental, strict HTTP/1.x request reader (RFC 9112): what is malformed is refused, never
/// guessed at, since a generator that sends it has a defect. Holds at most kHeadBytesMax bytes, of
/// an incomplete line; cost is linear in the bytes fed however they are split.
class RequestParser {
 public:
  enum class Event : std::uint8_t {
    kNeedMore,       ///< All input is consumed.
    kWantsContinue,  ///< The client waits for `100 Continue` before it sends the body.
    kRequest,        ///< request() is whole, body included; more may follow in the input.
    kBad,            ///< bad_status() tells why; the connection must end, no more may be fed.
  };

  /// Consumes from the front of `input` up to the next event.
  Event Feed(std::string_view& input);

  /// Valid after kRequest, until the next Feed.
  const Request& request() const { return request_; }

  /// 400, 413, 431, 501 or 505.
  int bad_status() const { return bad_status_; }

  /// Whether a request has begun and is not whole.
  bool in_request() const;

 private:
  enum class State : std::uint8_t {
    kRequestLine,
    kHeader,
    kCountedBody,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailer,
  };

  bool TakeLine(std::string_view& input, std::string_view& line);
  Event OnLine(std::string_view line);
  Event OnRequestLine(std::string_view line);
  Event OnHeader(std::string_view line);
  Event OnHeadEnd();
  Event OnChunkSize(std::string_view line);
  Event OnTrailer(std::string_view line);
  Event SkipBody(std::string_view& input);
  bool ReadFraming(std::string_view name, std::string_view value);
  void ReadConnection(std::string_view value);
  bool SetTarget(std::string_view target);
  Event Bad(int status);
  Event Whole();

  State state_ = State::kRequestLine;
  std::string partial_line_;
  std::size_t head_bytes_ = 0;  ///< Of the current head or trailer section.
  std::uint64_t body_bytes_ = 0;
  std::uint64_t body_left_ = 0;  ///< Of the counted body or the current chunk.
  int bad_status_ = 0;

  // The request being read.
  Request request_;
  bool http10_ = false;
  bool has_host_ = false;
  bool has_length_ = false;
  bool chunked_ = false;
  bool expects_continue_ = false;
  bool keep_alive_said_ = false;
  bool close_said_ = false;
};

}  // namespace weir::target
