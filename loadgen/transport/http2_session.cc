#include "loadgen/transport/http2_session.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "base/check.h"

namespace weir::loadgen {
namespace {

constexpr std::size_t kFrameHeaderBytes = 9;
constexpr std::uint32_t kFrameBytesMax = 16'384;  // What we announce: the default.
constexpr std::int64_t kWindowMax = 0x7fff'ffff;
constexpr std::uint32_t kLastStreamId = 0x7fff'ffff;

// Capacity that a stream keeps from one body to the next.
constexpr std::size_t kBodyCapacityKept = 64 * 1024;

std::uint32_t ReadU32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) {
    value = value << 8U | static_cast<unsigned char>(c);
  }
  return value;
}

void AppendU32(std::uint32_t value, std::string& out) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    out.push_back(static_cast<char>(value >> shift & 0xffU));
  }
}

struct FrameStart {
  std::size_t length = 0;
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
};

void AppendFrameStart(const FrameStart& frame, std::string& out) {
  out.push_back(static_cast<char>(frame.length >> 16U & 0xffU));
  out.push_back(static_cast<char>(frame.length >> 8U & 0xffU));
  out.push_back(static_cast<char>(frame.length & 0xffU));
  out.push_back(static_cast<char>(frame.type));
  out.push_back(static_cast<char>(frame.flags));
  AppendU32(frame.stream, out);
}

void AppendSetting(std::uint16_t name, std::uint32_t value, std::string& out) {
  out.push_back(static_cast<char>(name >> 8U));
  out.push_back(static_cast<char>(name & 0xffU));
  AppendU32(value, out);
}

void AppendWindowUpdate(std::uint32_t stream, std::uint32_t bytes, std::string& out) {
  AppendFrameStart({4, NGHTTP2_WINDOW_UPDATE, 0, stream}, out);
  AppendU32(bytes, out);
}

std::size_t RingSize(std::uint32_t streams) {
  // Twice the room, so that a slow stream seldom stands where a new one would go.
  return std::bit_ceil(std::size_t{streams} * 2);
}

}  // namespace

Http2Session::Http2Session(std::uint32_t streams_max, Events& events)
    : events_(events),
      streams_max_(streams_max),
      streams_allowed_(streams_max),
      heads_(kHeadBytesMax) {
  output_ = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  AppendFrameStart({12, NGHTTP2_SETTINGS, 0, 0}, output_);
  AppendSetting(NGHTTP2_SETTINGS_ENABLE_PUSH, 0, output_);
  AppendSetting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes, output_);
  AppendWindowUpdate(0, kWindowBytes - 65'535, output_);
}

Http2Session::~Http2Session() = default;

Http2Session::Stream* Http2Session::Find(StreamId id) {
  if (ring_.empty()) {
    return nullptr;
  }
  Stream& stream = ring_[id / 2 % ring_.size()];
  return stream.id == id ? &stream : nullptr;
}

// The next id whose place is free; ids may be left out (RFC 9113, 5.1.1).
Http2Session::Stream& Http2Session::TakeStream() {
  for (;;) {
    Stream& stream = ring_[next_id_ / 2 % ring_.size()];
    const StreamId id = next_id_;
    next_id_ += 2;
    if (stream.id == 0) {
      stream.id = id;
      // As many ids as there are places must be left, or the next search could run past the end.
      draining_ = draining_ || next_id_ > kLastStreamId - 2 * ring_.size();
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
    AppendFrameStart({frame_bytes_max_, type, flags, stream.id}, output_);
    output_ += block.substr(0, frame_bytes_max_);
    block.remove_prefix(frame_bytes_max_);
    type = NGHTTP2_CONTINUATION;
    flags = 0;
  }
  AppendFrameStart(
      {block.size(), type, static_cast<std::uint8_t>(flags | NGHTTP2_FLAG_END_HEADERS), stream.id},
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
    AppendFrameStart({length, NGHTTP2_DATA,
                      static_cast<std::uint8_t>(last ? NGHTTP2_FLAG_END_STREAM : 0), stream.id},
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
  AppendFrameStart({4, NGHTTP2_RST_STREAM, 0, id}, output_);
  AppendU32(code, output_);
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
  if (!partial_.empty() || bytes.size() < kFrameHeaderBytes) {
    const std::size_t missing = std::min(kFrameHeaderBytes - partial_.size(), bytes.size());
    partial_ += bytes.substr(0, missing);
    bytes.remove_prefix(missing);
    if (partial_.size() < kFrameHeaderBytes) {
      return false;
    }
    header = partial_;
  } else {
    bytes.remove_prefix(kFrameHeaderBytes);
  }
  frame_.length = ReadU32(header) >> 8U;
  frame_.type = static_cast<std::uint8_t>(header[3]);
  frame_.flags = static_cast<std::uint8_t>(header[4]);
  frame_.stream = ReadU32(header.substr(5)) & kLastStreamId;
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
    stream->bytes += kFrameHeaderBytes + frame_.length;
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

RequestError Http2Session::OnFrame(std::string_view payload) {
  at_ = At::kHeader;
  switch (frame_.type) {
    case NGHTTP2_HEADERS:
      return OnHeaders(payload);
    case NGHTTP2_CONTINUATION:
      return OnContinuation(payload);
    case NGHTTP2_SETTINGS:
      return OnSettings(payload);
    case NGHTTP2_RST_STREAM:
      return OnReset(payload);
    case NGHTTP2_GOAWAY:
      return OnGoAway(payload);
    case NGHTTP2_WINDOW_UPDATE:
      return OnWindowUpdate(payload);
    case NGHTTP2_PUSH_PROMISE:
      // We have refused pushes in our settings.
      return RequestError::kMalformed;
    case NGHTTP2_PING:
      if (payload.size() != 8 || frame_.stream != 0) {
        return RequestError::kMalformed;
      }
      if ((frame_.flags & NGHTTP2_FLAG_ACK) == 0) {
        AppendFrameStart({8, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0}, output_);
        output_ += payload;
      }
      return RequestError::kNone;
    default:
      // PRIORITY tells a client nothing, and unknown frames must be ignored.
      return RequestError::kNone;
  }
}

RequestError Http2Session::OnHeaders(std::string_view payload) {
  if (frame_.stream == 0 || frame_.stream % 2 == 0 || frame_.stream >= next_id_) {
    return RequestError::kMalformed;
  }
  std::size_t padding = 0;
  if ((frame_.flags & NGHTTP2_FLAG_PADDED) != 0) {
    if (payload.empty()) {
      return RequestError::kMalformed;
    }
    padding = static_cast<unsigned char>(payload.front());
    payload.remove_prefix(1);
  }
  const std::size_t priority = (frame_.flags & NGHTTP2_FLAG_PRIORITY) != 0 ? 5 : 0;
  if (payload.size() < priority + padding) {
    return RequestError::kMalformed;
  }
  payload.remove_prefix(priority);
  payload.remove_suffix(padding);
  if (Stream* stream = Find(frame_.stream)) {
    stream->bytes += kFrameHeaderBytes + frame_.length;
  }
  block_stream_ = frame_.stream;
  block_ends_stream_ = (frame_.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if ((frame_.flags & NGHTTP2_FLAG_END_HEADERS) != 0) {
    return OnHeaderBlock(payload);
  }
  block_ = payload;
  return RequestError::kNone;
}

RequestError Http2Session::OnContinuation(std::string_view payload) {
  if (block_.size() + payload.size() > kHeadBytesMax) {
    return RequestError::kTooLarge;
  }
  if (Stream* stream = Find(frame_.stream)) {
    stream->bytes += kFrameHeaderBytes + frame_.length;
  }
  block_ += payload;
  if ((frame_.flags & NGHTTP2_FLAG_END_HEADERS) == 0) {
    // An endless row of empty frames would never grow the block.
    return payload.empty() ? RequestError::kMalformed : RequestError::kNone;
  }
  std::string block;
  block.swap(block_);
  return OnHeaderBlock(block);
}

RequestError Http2Session::OnHeaderBlock(std::string_view block) {
  Stream* stream = Find(std::exchange(block_stream_, 0));
  const bool keeps = stream != nullptr && stream->request->check.needs_head();
  // Read also for a stream that was given up: the blocks of a connection build on each other.
  const std::optional<AnswerHead> head = heads_.Read(
      block, keeps ? AnswerHeadReader::Lines::kKeep : AnswerHeadReader::Lines::kLeaveOut);
  if (!head) {
    return heads_.fault();
  }
  return stream == nullptr ? RequestError::kNone : OnHead(*stream, *head);
}

RequestError Http2Session::OnHead(Stream& stream, const AnswerHead& head) {
  const bool trailers = stream.has_head;
  const bool interim = head.status >= 100 && head.status < 200;
  if (trailers ? (head.status != 0 || !block_ends_stream_)
               : (head.status == 0 || (interim && block_ends_stream_))) {
    Reset(stream.id, NGHTTP2_PROTOCOL_ERROR);
    Break(stream, RequestError::kMalformed);
    return RequestError::kNone;
  }
  if (!trailers && !interim) {
    stream.has_head = true;
    stream.head = head;
    stream.lines = stream.request->check.needs_head() ? head.lines : std::string_view();
    if (stream.body.capacity() > kBodyCapacityKept) {
      std::string().swap(stream.body);
    }
    stream.body.clear();
  }
  if (block_ends_stream_) {
    Finish(stream);
  }
  return RequestError::kNone;
}

RequestError Http2Session::OnSettings(std::string_view payload) {
  const bool acknowledges = (frame_.flags & NGHTTP2_FLAG_ACK) != 0;
  if (frame_.stream != 0 || payload.size() % 6 != 0 || (acknowledges && !payload.empty())) {
    return ready_ ? RequestError::kMalformed : RequestError::kNoHttp2;
  }
  if (acknowledges) {
    return ready_ ? RequestError::kNone : RequestError::kNoHttp2;
  }
  const std::uint32_t allowed_before = streams_allowed_;
  for (; !payload.empty(); payload.remove_prefix(6)) {
    const std::uint32_t name = ReadU32(payload) >> 16U;
    if (const RequestError error = OnSetting(name, ReadU32(payload.substr(2)));
        error != RequestError::kNone) {
      return error;
    }
  }
  AppendFrameStart({0, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0}, output_);
  ResumeBodies();
  if (!ready_) {
    ready_ = true;
    ring_.resize(RingSize(std::max(streams_allowed_, 1U)));
    events_.OnReady();
  } else if (streams_allowed_ > allowed_before) {
    events_.OnMoreRoom();
  }
  return RequestError::kNone;
}

RequestError Http2Session::OnSetting(std::uint32_t name, std::uint32_t value) {
  switch (name) {
    case NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS:
      streams_allowed_ = std::min(streams_max_, value);
      if (ready_) {
        // The ring has its size; streams in it cannot move.
        streams_allowed_ = std::min(streams_allowed_, static_cast<std::uint32_t>(ring_.size() / 2));
      }
      return RequestError::kNone;
    case NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE: {
      if (value > kWindowMax) {
        return RequestError::kMalformed;
      }
      const std::int64_t change = std::int64_t{value} - stream_window_;
      stream_window_ = value;
      for (Stream& stream : ring_) {
        stream.send_window += change;
      }
      return RequestError::kNone;
    }
    case NGHTTP2_SETTINGS_MAX_FRAME_SIZE:
      if (value < 16'384 || value > 16'777'215) {
        return RequestError::kMalformed;
      }
      frame_bytes_max_ = value;
      return RequestError::kNone;
    default:
      // The peer's dynamic table is never used, and unknown settings must be ignored.
      return RequestError::kNone;
  }
}

RequestError Http2Session::OnReset(std::string_view payload) {
  if (payload.size() != 4 || frame_.stream == 0 || frame_.stream >= next_id_) {
    return RequestError::kMalformed;
  }
  if (Stream* stream = Find(frame_.stream)) {
    Break(*stream, ReadU32(payload) == NGHTTP2_REFUSED_STREAM ? RequestError::kStreamRefused
                                                              : RequestError::kStreamReset);
  }
  return RequestError::kNone;
}

RequestError Http2Session::OnGoAway(std::string_view payload) {
  if (payload.size() < 8 || frame_.stream != 0) {
    return RequestError::kMalformed;
  }
  draining_ = true;
  const StreamId last = ReadU32(payload) & kLastStreamId;
  for (Stream& stream : ring_) {
    if (stream.id > last) {
      stream.id = 0;
      --active_;
      events_.OnStreamReturned(stream.exchange);
    }
  }
  return RequestError::kNone;
}

RequestError Http2Session::OnWindowUpdate(std::string_view payload) {
  if (payload.size() != 4) {
    return RequestError::kMalformed;
  }
  const std::int64_t bytes = ReadU32(payload) & kLastStreamId;
  if (frame_.stream == 0) {
    send_window_ += bytes;
    if (bytes == 0 || send_window_ > kWindowMax) {
      return RequestError::kMalformed;
    }
  } else if (Stream* stream = Find(frame_.stream)) {
    stream->send_window += bytes;
    if (bytes == 0 || stream->send_window > kWindowMax) {
      Reset(frame_.stream, NGHTTP2_FLOW_CONTROL_ERROR);
      Break(*stream, RequestError::kMalformed);
      return RequestError::kNone;
    }
  }
  ResumeBodies();
  return RequestError::kNone;
}

}  // namespace weir::loadgen
