#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/prepared.h"
#include "loadgen/transport.h"
#include "loadgen/transport/h2_answer_head.h"
#include "loadgen/transport/h2_frame.h"

namespace weir::loadgen {

/// The client side of one HTTP/2 connection (RFC 9113) without I/O: frames go in by Feed, frames
/// for the peer collect in output(). Made for load: the header blocks of requests are ready before
/// the run, streams live in a ring of fixed size, and an exchange allocates nothing in steady
/// state. docs/decisions/0002-own-http2-framing.md says why nghttp2's session is not used.
///
/// Announces: no push, windows of 1 GiB. Obeys: the peer's windows for request bodies, its frame
/// size and number of streams, GOAWAY. Trusts nothing: every length is bounded, every frame out of
/// place ends the connection. Thread rule: one owner.
class Http2Session {
 public:
  static constexpr std::size_t kHeadBytesMax = 256 * 1024;      ///< One header block.
  static constexpr std::size_t kBodyKeptMax = 4 * 1024 * 1024;  ///< Only when a check wants it.
  static constexpr std::size_t kOutputBytesMax =
      64 * 1024 * 1024;  ///< That the peer leaves unread.
  static constexpr std::uint32_t kWindowBytes = 1U << 30U;

  using StreamId = std::uint32_t;  ///< Odd, ascending.

  /// Called from inside Feed and Abandon. The session must not be destroyed by them, but streams
  /// may be started and cancelled.
  class Events {
   public:
    virtual ~Events() = default;

    /// The peer's settings are there: streams may be started.
    virtual void OnReady() = 0;

    /// The stream is free again; `answer` is valid during the call.
    virtual void OnStreamAnswer(ExchangeId exchange, const Answer& answer) = 0;

    virtual void OnStreamBroken(ExchangeId exchange, RequestError error) = 0;

    /// The peer ends the connection (GOAWAY) and has not begun this stream: its request may be sent
    /// again on another connection, whatever its method (RFC 9113, 6.8).
    virtual void OnStreamReturned(ExchangeId exchange) = 0;

    /// The peer allows more streams than before.
    virtual void OnMoreRoom() = 0;
  };

  /// `streams_max`: what we want at a time; the peer may allow fewer. output() holds the preface.
  Http2Session(std::uint32_t streams_max, Events& events);
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;
  ~Http2Session();

  bool ready() const { return ready_; }

  /// No stream will be started any more: the peer said so, or ids have run out.
  bool draining() const { return draining_; }

  std::uint32_t active() const { return active_; }

  bool HasRoom() const { return ready_ && !draining_ && active_ < streams_allowed_; }

  /// Only with HasRoom. `request` must live until the stream has ended.
  StreamId Start(ExchangeId exchange, const PreparedRequest& request);

  /// Gives up on a stream; no event follows for it.
  void Cancel(StreamId id);

  /// Takes what a read brought. kNone, or the error that ends the connection; its streams are then
  /// still to be broken by Abandon.
  RequestError Feed(std::string_view bytes);

  /// The connection is gone: breaks every stream with `error`.
  void Abandon(RequestError error);

  /// Frames for the peer; the caller takes them away.
  std::string& output() { return output_; }

 private:
  struct Stream {
    StreamId id = 0;  ///< 0 = free.
    ExchangeId exchange = 0;
    const PreparedRequest* request = nullptr;
    std::int64_t send_window = 0;
    std::size_t body_sent = 0;
    std::uint64_t bytes = 0;       ///< Received, frame headers included.
    std::uint64_t body_bytes = 0;  ///< Received, padding left out.
    std::uint32_t unacknowledged = 0;
    AnswerHead head;
    bool has_head = false;
    std::string lines;  ///< Of the head, when a check wants them.
    std::string body;   ///< When a check wants it.
  };

  enum class At : std::uint8_t { kHeader, kPadLength, kData, kPadding, kPayload };

  /// Where a stream of this id lives; not before the ring is made.
  Stream& PlaceOf(StreamId id) { return ring_[id / 2 & ring_mask_]; }

  Stream* Find(StreamId id);
  void MakeRing();
  Stream& TakeStream();
  void AppendHeaders(const Stream& stream);
  void SendBody(Stream& stream);
  void ResumeBodies();
  void Reset(StreamId id, std::uint32_t code);
  void Break(Stream& stream, RequestError error);
  void Finish(Stream& stream);
  void Acknowledge(std::size_t length);

  // Of DATA and of what comes before each frame: in http2_session.cc.
  bool TakeHeader(std::string_view& bytes);
  RequestError BeginFrame();
  RequestError TakeData(std::string_view& bytes);
  RequestError TakePayload(std::string_view& bytes);
  RequestError EndData();

  // Of all other frames, once they are whole: in http2_session_frames.cc.
  RequestError OnFrame(std::string_view payload);
  RequestError OnHeaders(std::string_view payload);
  RequestError OnContinuation(std::string_view payload);
  RequestError OnHeaderBlock(std::string_view block);
  RequestError OnHead(Stream& stream, const AnswerHead& head);
  RequestError OnSettings(std::string_view payload);
  RequestError OnSetting(std::uint32_t name, std::uint32_t value);
  RequestError OnReset(std::string_view payload);
  RequestError OnGoAway(std::string_view payload);
  RequestError OnWindowUpdate(std::string_view payload);

  Events& events_;
  const std::uint32_t streams_max_;
  std::uint32_t streams_allowed_;
  std::vector<Stream> ring_;  ///< A stream lives at half its id modulo the size, a power of two.
  std::uint32_t ring_mask_ = 0;
  std::uint32_t active_ = 0;
  StreamId next_id_ = 1;
  bool ready_ = false;
  bool draining_ = false;

  std::int64_t send_window_ = 65'535;
  std::int64_t stream_window_ = 65'535;  ///< Of a new stream.
  std::uint32_t frame_bytes_max_ = 16'384;
  std::vector<StreamId> waiting_bodies_;

  At at_ = At::kHeader;
  H2FrameStart frame_;
  std::size_t left_ = 0;     ///< Of the data or padding.
  std::size_t padding_ = 0;  ///< Behind the data.
  std::string partial_;      ///< Of a frame header or payload that a read cut.
  std::uint64_t unacknowledged_ = 0;
  StreamId block_stream_ = 0;  ///< A header block is open: only CONTINUATION may follow.
  bool block_ends_stream_ = false;
  std::string block_;
  AnswerHeadReader heads_;
  std::string output_;
};

}  // namespace weir::loadgen
