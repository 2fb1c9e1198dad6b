#include <algorithm>
#include <string>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "loadgen/transport/h2_frame.h"
#include "loadgen/transport/http2_session.h"

// What each kind of frame means, once it is whole; only DATA is dealt with as it comes.
namespace weir::loadgen {
namespace {

constexpr std::int64_t kWindowMax = 0x7fff'ffff;

// Capacity that a stream keeps from one body to the next.
constexpr std::size_t kBodyCapacityKept = 64 * 1024;

}  // namespace

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
        AppendH2FrameStart({8, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0}, output_);
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
    stream->bytes += H2FrameStart::kBytes + frame_.length;
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
    stream->bytes += H2FrameStart::kBytes + frame_.length;
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
    const std::uint32_t name = ReadH2Word(payload) >> 16U;
    if (const RequestError error = OnSetting(name, ReadH2Word(payload.substr(2)));
        error != RequestError::kNone) {
      return error;
    }
  }
  AppendH2FrameStart({0, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0}, output_);
  ResumeBodies();
  if (!ready_) {
    ready_ = true;
    MakeRing();
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
    Break(*stream, ReadH2Word(payload) == NGHTTP2_REFUSED_STREAM ? RequestError::kStreamRefused
                                                                 : RequestError::kStreamReset);
  }
  return RequestError::kNone;
}

RequestError Http2Session::OnGoAway(std::string_view payload) {
  if (payload.size() < 8 || frame_.stream != 0) {
    return RequestError::kMalformed;
  }
  draining_ = true;
  const StreamId last = ReadH2Word(payload) & kH2LastStreamId;
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
  const std::int64_t bytes = ReadH2Word(payload) & kH2LastStreamId;
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
