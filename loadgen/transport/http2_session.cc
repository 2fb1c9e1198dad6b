#include "loadgen/transport/http2_session.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "base/check.h"
#include "loadgen/transport/h2_frame.h"

namespace weir::loadgen {
namespace {

constexpr std::uint32_t kFrameBytesMax = 16'384;  // What we announce: the default.

void AppendWindowUpdate(std::uint32_t stream, std::uint32_t bytes, std::string& out) {
  AppendH2FrameStart({4, NGHTTP2_WINDOW_UPDATE, 0, stream}, out);
  AppendH2Word(bytes, out);
}

}  // namespace

Http2Session::Http2Session(std::uint32_t streams_max, Events& events)
    : events_(events),
      streams_max_(streams_max),
      streams_allowed_(streams_max),
      heads_(kHeadBytesMax) {
  output_ = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  AppendH2FrameStart({12, NGHTTP2_SETTINGS, 0, 0}, output_);
  AppendH2Setting(NGHTTP2_SETTINGS_ENABLE_PUSH, 0, output_);
  AppendH2Setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes, output_);
  AppendWindowUpdate(0, kWindowBytes - 65'535, output_);
}

Http2Session::~Http2Session() = default;

Http2Session::Stream* Http2Session::Find(StreamId id) {
  if (ring_.empty()) {
    return nullptr;
  }
  Stream& stream = PlaceOf(id);
  return stream.id == id ? &stream : nullptr;
}

void Http2Session::MakeRing() {
  // Twice the room, so that a slow stream seldom stands where a new one would go.
  const std::size_t size = std::bit_ceil(std::size_t{std::max(streams_allowed_, 1U)} * 2);
  ring_.resize(size);
  ring_mask_ = static_cast<std::uint32_t>(size - 1);
}

// The next id whose place is free; ids may be left out (RFC 9113, 5.1.1).
Http2Session::Stream& Http2Session::TakeStream() {
  for (;;) {
    Stream& stream = PlaceOf(next_id_);
    const StreamId id = next_id_;
    next_id_ += 2;
    if (stream.id == 0) {
      stream.id = id;
      // As many ids as there are places must be left, or the next search could run past the end.
      draining_ = draining_ || next_id_ > kH2LastStreamId - 2 * ring_.size();
      return stream;
    }
  }
}

Http2Session::StreamId Http2Session::Start(ExchangeId exchange, const PreparedRequest& request) {
  WEIR_CHECK(HasRoom());
  Stream& stream = TakeStream();
  ++active_;
  stream.exchange = exchange;
  stream.request = &request;
  stream.send_window = stream_window_;
  stream.body_sent = 0;
  stream.bytes = 0;
  stream.body_bytes = 0;
  stream.unacknowledged = 0;
  stream.has_head = false;
  AppendHeaders(stream);
  if (request.body_bytes > 0) {
    SendBody(stream);
  }
  return stream.id;
}

void Http2Session::AppendHeaders(const Stream& stream) {
  std::string_view block = stream.request->h2_headers;
  std::uint8_t type = NGHTTP2_HEADERS;
  std::uint8_t flags = stream.request->body_bytes == 0 ? NGHTTP2_FLAG_END_STREAM : 0;
  while (block.size() > frame_bytes_max_) {
    AppendH2FrameStart({frame_bytes_max_, type, flags, stream.id}, output_);
    output_ += block.substr(0, frame_bytes_max_);
    block.remove_prefix(frame_bytes_max_);
    type = NGHTTP2_CONTINUATION;
    flags = 0;
  }
  AppendH2FrameStart({static_cast<std::uint32_t>(block.size()), type,
                      static_cast<std::uint8_t>(flags | NGHTTP2_FLAG_END_HEADERS), stream.id},
                     output_);
  output_ += block;
}

// As much as the windows allow; what is left waits for them.
void Http2Session::SendBody(Stream& stream) {
  const std::string_view body = stream.request->body();
  while (stream.body_sent < body.size()) {
    const std::int64_t window = std::min(stream.send_window, send_window_);
    if (window <= 0) {
      waiting_bodies_.push_back(stream.id);
      return;
    }
    const std::size_t length =
        std::min({body.size() - stream.body_sent, static_cast<std::size_t>(window),
                  std::size_t{frame_bytes_max_}});
    const bool last = stream.body_sent + length == body.size();
    const std::uint8_t flags = last ? NGHTTP2_FLAG_END_STREAM : 0;
    AppendH2FrameStart({static_cast<std::uint32_t>(length), NGHTTP2_DATA, flags, stream.id},
                       output_);
    output_ += body.substr(stream.body_sent, length);
    stream.body_sent += length;
    stream.send_window -= static_cast<std::int64_t>(length);
    send_window_ -= static_cast<std::int64_t>(length);
  }
}

void Http2Session::ResumeBodies() {
  std::vector<StreamId> waiting;
  waiting.swap(waiting_bodies_);
  for (const StreamId id : waiting) {
    if (Stream* stream = Find(id)) {
      SendBody(*stream);
    }
  }
}

void Http2Session::Reset(StreamId id, std::uint32_t code) {
  AppendH2FrameStart({4, NGHTTP2_RST_STREAM, 0, id}, output_);
  AppendH2Word(code, output_);
}

void Http2Session::Cancel(StreamId id) {
  Stream* stream = Find(id);
  WEIR_CHECK(stream != nullptr);
  Reset(id, NGHTTP2_CANCEL);
  stream->id = 0;
  --active_;
}

void Http2Session::Break(Stream& stream, RequestError error) {
  stream.id = 0;
  --active_;
  events_.OnStreamBroken(stream.exchange, error);
}

void Http2Session::Abandon(RequestError error) {
  draining_ = true;
  for (Stream& stream : ring_) {
    if (stream.id != 0) {
      Break(stream, error);
    }
  }
}

void Http2Session::Finish(Stream& stream) {
  const std::optional<std::uint64_t> length = stream.head.content_length;
  const bool no_body = stream.request->is_head || stream.head.status == 304;
  if (!stream.has_head || (length && !no_body && *length != stream.body_bytes)) {
    Break(stream, RequestError::kMalformed);
    return;
  }
  if (stream.body_sent < stream.request->body_bytes) {
    // The answer came before the whole request was sent: the rest is not wanted.
    Reset(stream.id, NGHTTP2_NO_ERROR);
  }
  const Answer answer{stream.head.status, stream.lines, stream.body, stream.bytes, {}};
  stream.id = 0;
  --active_;
  events_.OnStreamAnswer(stream.exchange, answer);
}

RequestError Http2Session::Feed(std::string_view bytes) {
  RequestError error = RequestError::kNone;
  while (!bytes.empty() && error == RequestError::kNone) {
    switch (at_) {
      case At::kHeader:
        if (TakeHeader(bytes)) {
          error = BeginFrame();
        }
        break;
      case At::kPadLength:
      case At::kData:
      case At::kPadding:
        error = TakeData(bytes);
        break;
      case At::kPayload:
        error = TakePayload(bytes);
        break;
    }
  }
  return output_.size() > kOutputBytesMax ? RequestError::kTooLarge : error;
}

bool Http2Session::TakeHeader(std::string_view& bytes) {
  std::string_view header = bytes;
  if (!partial_.empty() || bytes.size() < H2FrameStart::kBytes) {
    const std::size_t missing = std::min(H2FrameStart::kBytes - partial_.size(), bytes.size());
    partial_ += bytes.substr(0, missing);
    bytes.remove_prefix(missing);
    if (partial_.size() < H2FrameStart::kBytes) {
      return false;
    }
    header = partial_;
  } else {
    bytes.remove_prefix(H2FrameStart::kBytes);
  }
  frame_ = ReadH2FrameStart(header);
  partial_.clear();
  return true;
}

RequestError Http2Session::BeginFrame() {
  if (!ready_ && (frame_.type != NGHTTP2_SETTINGS || frame_.length > kFrameBytesMax)) {
    // The first frame must be SETTINGS: this peer speaks something else.
    return RequestError::kNoHttp2;
  }
  const bool in_block = block_stream_ != 0;
  if (frame_.length > kFrameBytesMax || in_block != (frame_.type == NGHTTP2_CONTINUATION) ||
      (in_block && frame_.stream != block_stream_)) {
    return RequestError::kMalformed;
  }
  if (frame_.type != NGHTTP2_DATA) {
    at_ = At::kPayload;
    return frame_.length == 0 ? OnFrame({}) : RequestError::kNone;
  }
  if (frame_.stream == 0 || frame_.stream % 2 == 0 || frame_.stream >= next_id_) {
    return RequestError::kMalformed;
  }
  if (Stream* stream = Find(frame_.stream)) {
    stream->bytes += H2FrameStart::kBytes + frame_.length;
  }
  Acknowledge(frame_.length);
  left_ = frame_.length;
  padding_ = 0;
  at_ = (frame_.flags & NGHTTP2_FLAG_PADDED) != 0 ? At::kPadLength : At::kData;
  if (left_ == 0) {
    return at_ == At::kPadLength ? RequestError::kMalformed : EndData();
  }
  return RequestError::kNone;
}

RequestError Http2Session::TakeData(std::string_view& bytes) {
  if (at_ == At::kPadLength) {
    padding_ = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    --left_;
    if (padding_ > left_) {
      return RequestError::kMalformed;
    }
    left_ -= padding_;
    at_ = At::kData;
  }
  const std::size_t length = std::min(left_, bytes.size());
  if (at_ == At::kData && length > 0) {
    if (Stream* stream = Find(frame_.stream)) {
      if (!stream->has_head) {
        return RequestError::kMalformed;
      }
      stream->body_bytes += length;
      if (stream->request->check.needs_body()) {
        if (stream->body.size() + length > kBodyKeptMax) {
          Reset(frame_.stream, NGHTTP2_CANCEL);
          Break(*stream, RequestError::kTooLarge);
        } else {
          stream->body += bytes.substr(0, length);
        }
      }
    }
  }
  bytes.remove_prefix(length);
  left_ -= length;
  if (left_ > 0) {
    return RequestError::kNone;
  }
  if (at_ == At::kData && padding_ > 0) {
    at_ = At::kPadding;
    left_ = padding_;
    return RequestError::kNone;
  }
  return EndData();
}

RequestError Http2Session::EndData() {
  at_ = At::kHeader;
  Stream* stream = Find(frame_.stream);
  if (stream == nullptr) {
    return RequestError::kNone;
  }
  if ((frame_.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    Finish(*stream);
    return RequestError::kNone;
  }
  stream->unacknowledged += frame_.length;
  if (stream->unacknowledged >= kWindowBytes / 2) {
    AppendWindowUpdate(frame_.stream, stream->unacknowledged, output_);
    stream->unacknowledged = 0;
  }
  return RequestError::kNone;
}

// The window of the connection counts all data, also that of streams given up.
void Http2Session::Acknowledge(std::size_t length) {
  unacknowledged_ += length;
  if (unacknowledged_ >= kWindowBytes / 2) {
    AppendWindowUpdate(0, static_cast<std::uint32_t>(unacknowledged_), output_);
    unacknowledged_ = 0;
  }
}

RequestError Http2Session::TakePayload(std::string_view& bytes) {
  if (partial_.empty() && bytes.size() >= frame_.length) {
    const std::string_view payload = bytes.substr(0, frame_.length);
    bytes.remove_prefix(frame_.length);
    return OnFrame(payload);
  }
  const std::size_t missing = std::min<std::size_t>(frame_.length - partial_.size(), bytes.size());
  partial_ += bytes.substr(0, missing);
  bytes.remove_prefix(missing);
  if (partial_.size() < frame_.length) {
    return RequestError::kNone;
  }
  const RequestError error = OnFrame(partial_);
  partial_.clear();
  return error;
}

}  // namespace weir::loadgen
