#include "loadgen/body_decoder.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <brotli/decode.h>
#include <zlib.h>

#include "loadgen/header_lines.h"

namespace weir::loadgen {
namespace {

// More than one is rare; a header is no reason to go on for ever.
constexpr int kEncodingsMax = 4;

constexpr std::size_t kPieceBytes = std::size_t{32} * 1024;

// zlib's numbers for its windowBits: the largest window, with the wrapping of ...
constexpr int kGzipOrZlib = 15 + 32;
constexpr int kNoWrapping = -15;

class Inflater {
 public:
  explicit Inflater(int window_bits) { ready_ = inflateInit2(&stream_, window_bits) == Z_OK; }

  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  ~Inflater() {
    if (ready_) {
      inflateEnd(&stream_);
    }
  }

  RequestError Run(std::string_view from, std::string& to) {
    if (!ready_) {
      return RequestError::kNoLocalResource;
    }
    // zlib does not write to what it reads.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from.data()));
    stream_.avail_in = static_cast<uInt>(from.size());
    to.clear();
    std::array<char, kPieceBytes> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    for (;;) {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = kPieceBytes;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      to.append(piece.data(), kPieceBytes - stream_.avail_out);
      if (to.size() > BodyDecoder::kDecodedBytesMax) {
        return RequestError::kTooLarge;
      }
      if (status == Z_STREAM_END) {
        if (stream_.avail_in == 0) {
          return RequestError::kNone;
        }
        // A gzip file may be several, one after the other.
        if (inflateReset(&stream_) != Z_OK) {
          return RequestError::kMalformed;
        }
      } else if (status != Z_OK || (stream_.avail_in == 0 && stream_.avail_out > 0)) {
        return RequestError::kMalformed;
      }
    }
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

RequestError Inflate(std::string_view from, std::string& to) {
  return Inflater(kGzipOrZlib).Run(from, to);
}

// Servers differ over whether "deflate" has zlib's wrapping.
RequestError InflateEither(std::string_view from, std::string& to) {
  const RequestError wrapped = Inflate(from, to);
  return wrapped == RequestError::kMalformed ? Inflater(kNoWrapping).Run(from, to) : wrapped;
}

struct BrotliEnd {
  void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
};

RequestError Unbrotli(std::string_view from, std::string& to) {
  const std::unique_ptr<BrotliDecoderState, BrotliEnd> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
  if (state == nullptr) {
    return RequestError::kNoLocalResource;
  }
  std::size_t in_left = from.size();
  const auto* in = reinterpret_cast<const std::uint8_t*>(from.data());
  to.clear();
  std::array<std::uint8_t, kPieceBytes> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    std::size_t out_left = piece.size();
    std::uint8_t* out = piece.data();
    const BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state.get(), &in_left, &in, &out_left, &out, nullptr);
    to.append(reinterpret_cast<const char*>(piece.data()), piece.size() - out_left);
    if (to.size() > BodyDecoder::kDecodedBytesMax) {
      return RequestError::kTooLarge;
    }
    if (result == BROTLI_DECODER_RESULT_SUCCESS) {
      return in_left == 0 ? RequestError::kNone : RequestError::kMalformed;
    }
    if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
      return RequestError::kMalformed;
    }
  }
}

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

}  // namespace

struct BodyDecoder::State {
  std::array<std::string, 2> bodies;  // In turn, one made of the other.
  std::size_t next = 0;
};

BodyDecoder::BodyDecoder() = default;

BodyDecoder::~BodyDecoder() = default;

RequestError BodyDecoder::Decode(const Answer& answer, std::string_view& plain) {
  plain = answer.body;
  if (plain.empty()) {
    return RequestError::kNone;
  }
  RequestError error = RequestError::kNone;
  AnyHeader(answer.head, "content-encoding", [&](std::string_view encodings) {
    error = Undo(encodings, plain);
    return true;
  });
  return error;
}

// In the order opposite to that in which they were applied.
RequestError BodyDecoder::Undo(std::string_view encodings, std::string_view& plain) {
  for (int undone = 0; undone < kEncodingsMax && !encodings.empty(); ++undone) {
    const std::size_t comma = encodings.rfind(',');
    const bool is_first = comma == std::string_view::npos;
    const std::string_view name = Trimmed(is_first ? encodings : encodings.substr(comma + 1));
    encodings = is_first ? std::string_view() : encodings.substr(0, comma);
    RequestError (*undo)(std::string_view, std::string&) = nullptr;
    if (SameHeaderName(name, "gzip") || SameHeaderName(name, "x-gzip")) {
      undo = &Inflate;
    } else if (SameHeaderName(name, "deflate")) {
      undo = &InflateEither;
    } else if (SameHeaderName(name, "br")) {
      undo = &Unbrotli;
    } else if (name.empty() || SameHeaderName(name, "identity")) {
      continue;
    } else {
      return RequestError::kNone;
    }
    if (state_ == nullptr) {
      state_ = std::make_unique<State>();
    }
    std::string& body = state_->bodies[state_->next];
    state_->next = 1 - state_->next;
    if (const RequestError error = undo(plain, body); error != RequestError::kNone) {
      plain = {};
      return error;
    }
    plain = body;
  }
  return RequestError::kNone;
}

}  // namespace weir::loadgen
