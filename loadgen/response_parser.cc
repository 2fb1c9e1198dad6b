#include "loadgen/response_parser.h"

#include <algorithm>
#include <cstring>

namespace weir::loadgen {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(),
                                                   [](char a, char b) { return Lower(a) == b; });
}

bool IsSpace(char c) {
  return c == ' ' || c == '\t';
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && IsSpace(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

// Whether the comma-separated list has `token`.
bool ListHas(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (EqualsIgnoringCase(Trim(list.substr(0, comma)), token)) {
      return true;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

int HexValue(char c) {
  if (IsDigit(c)) {
    return c - '0';
  }
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A peer may announce anything; more than this is not an answer that anybody waits for.
constexpr std::uint64_t kLengthMax = std::uint64_t{1} << 50;

}  // namespace

void ResponseParser::Begin(const Expectation& expectation) {
  expectation_ = expectation;
  error_ = RequestError::kNone;
  bytes_ = 0;
  head_bytes_ = 0;
  if (texts_ != nullptr) {
    texts_->partial.clear();
    texts_->body.clear();
  }
  body_ = {};
  ResetHead();
}

void ResponseParser::ResetHead() {
  at_ = At::kStatusLine;
  status_ = 0;
  keep_alive_ = false;
  has_close_ = false;
  has_keep_alive_ = false;
  chunked_ = false;
  has_transfer_encoding_ = false;
  has_length_ = false;
  http_1_0_ = false;
  remaining_ = 0;
  if (texts_ != nullptr) {
    texts_->head.clear();
  }
  head_ = {};
}

ResponseParser::Texts& ResponseParser::texts() {
  if (texts_ == nullptr) {
    texts_ = std::make_unique<Texts>();
  }
  return *texts_;
}

const ResponseParser::HeadMemo::Head* ResponseParser::HeadMemo::Find(
    std::string_view data, const Expectation& expectation) const {
  for (std::size_t age = 0; age < kHeads; ++age) {
    const Head& head = heads_[(newest_ - age) % kHeads];
    if (head.size != 0 && head.size <= data.size() && head.is_head == expectation.is_head &&
        head.keep_head == expectation.keep_head &&
        std::memcmp(head.bytes.data(), data.data(), head.size) == 0) {
      return &head;
    }
  }
  return nullptr;
}

ResponseParser::HeadMemo::Head& ResponseParser::HeadMemo::Next() {
  newest_ = (newest_ + 1) % kHeads;
  return heads_[newest_];
}

std::size_t ResponseParser::TakeKnownHead(std::string_view data, State& state) {
  const HeadMemo::Head* known = heads_->Find(data, expectation_);
  if (known == nullptr) {
    return 0;
  }
  at_ = known->at;
  status_ = known->status;
  keep_alive_ = known->keep_alive;
  remaining_ = known->remaining;
  if (expectation_.keep_head) {
    head_ = known->lines;
  }
  state = known->state;
  return known->size;
}

void ResponseParser::RememberHead(std::string_view bytes, State state) {
  if (bytes.size() > HeadMemo::kBytesMax) {
    return;
  }
  HeadMemo::Head& made = heads_->Next();
  std::memcpy(made.bytes.data(), bytes.data(), bytes.size());
  made.size = bytes.size();
  made.lines = head();
  made.remaining = remaining_;
  made.status = status_;
  made.at = at_;
  made.state = state;
  made.keep_alive = keep_alive_;
  made.is_head = expectation_.is_head;
  made.keep_head = expectation_.keep_head;
}

ResponseParser::State ResponseParser::Fail(RequestError error) {
  error_ = error;
  keep_alive_ = false;
  return State::kError;
}

ResponseParser::Progress ResponseParser::Feed(std::string_view data) {
  std::size_t at = 0;
  State state = State::kNeedMore;
  // Only the head of a final answer that this read brings from its first to its last byte.
  bool is_new_head = heads_ != nullptr && bytes_ == 0;
  if (is_new_head) {
    at = TakeKnownHead(data, state);
    is_new_head = at == 0;
  }
  const bool is_known_head = at > 0;
  while (at < data.size() && state == State::kNeedMore) {
    switch (at_) {
      case At::kBodyLength:
      case At::kBodyToEnd:
      case At::kChunkData: {
        at += TakeBody(data.substr(at));
        if (body().size() > kBodyKeptMax) {
          state = Fail(RequestError::kTooLarge);
        } else if (remaining_ == 0 && at_ == At::kBodyLength) {
          state = State::kDone;
        } else if (remaining_ == 0 && at_ == At::kChunkData) {
          at_ = At::kChunkEnd;
        }
        break;
      }
      default: {
        std::size_t used = 0;
        state = TakeLine(data.substr(at), used);
        at += used;
        if (is_new_head && (at_ != At::kHeader || state == State::kDone)) {
          is_new_head = false;
          if (at_ != At::kStatusLine && state != State::kError) {
            RememberHead(data.substr(0, at), state);
          }
        }
        break;
      }
    }
  }
  if (is_known_head && state == State::kNeedMore && expectation_.keep_head) {
    // Until the rest comes, the memo may forget it.
    texts().head = head_;
    head_ = texts_->head;
  }
  bytes_ += at;
  return {at, state};
}

std::size_t ResponseParser::TakeBody(std::string_view data) {
  std::size_t take = data.size();
  if (at_ != At::kBodyToEnd) {
    take = static_cast<std::size_t>(std::min<std::uint64_t>(take, remaining_));
    remaining_ -= take;
  }
  if (!expectation_.keep_body) {
    return take;
  }
  if (at_ == At::kBodyLength && remaining_ == 0 && body_.empty()) {
    body_ = data.substr(0, take);
  } else {
    texts().body.append(data.substr(0, take));
    body_ = texts_->body;
  }
  return take;
}

ResponseParser::State ResponseParser::TakeLine(std::string_view data, std::size_t& used) {
  const void* found = std::memchr(data.data(), '\n', data.size());
  used = found == nullptr
             ? data.size()
             : static_cast<std::size_t>(static_cast<const char*>(found) - data.data()) + 1;
  const std::size_t kept = texts_ == nullptr ? 0 : texts_->partial.size();
  if (head_bytes_ + used > kHeadBytesMax || kept + used > kLineBytesMax) {
    return Fail(RequestError::kTooLarge);
  }
  head_bytes_ += static_cast<std::uint32_t>(used);
  if (found == nullptr) {
    texts().partial.append(data);
    return State::kNeedMore;
  }
  std::string_view line = data.substr(0, used - 1);
  if (kept > 0) {
    texts_->partial.append(line);
    line = texts_->partial;
  }
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  const State state = OnLine(line);
  if (kept > 0) {
    texts_->partial.clear();
  }
  return state;
}

ResponseParser::State ResponseParser::OnLine(std::string_view line) {
  switch (at_) {
    case At::kStatusLine:
      return OnStatusLine(line);
    case At::kHeader:
      return line.empty() ? OnHeadersEnd() : OnHeader(line);
    case At::kChunkSize:
      return OnChunkSize(line);
    case At::kChunkEnd:
      if (!line.empty()) {
        return Fail(RequestError::kMalformed);
      }
      at_ = At::kChunkSize;
      head_bytes_ = 0;
      return State::kNeedMore;
    case At::kTrailer:
      return line.empty() ? State::kDone : State::kNeedMore;
    default:
      return Fail(RequestError::kMalformed);
  }
}

ResponseParser::State ResponseParser::OnStatusLine(std::string_view line) {
  constexpr std::string_view kPrefix = "HTTP/1.";
  const bool fits = line.size() >= 12 && line.substr(0, 7) == kPrefix &&
                    (line[7] == '0' || line[7] == '1') && line[8] == ' ' && IsDigit(line[9]) &&
                    IsDigit(line[10]) && IsDigit(line[11]) &&
                    (line.size() == 12 || line[12] == ' ');
  if (!fits) {
    return Fail(RequestError::kMalformed);
  }
  status_ = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  http_1_0_ = line[7] == '0';
  at_ = At::kHeader;
  // 101 would hand the connection to a protocol that nobody asked for.
  return status_ < 100 || status_ == 101 ? Fail(RequestError::kMalformed) : State::kNeedMore;
}

ResponseParser::State ResponseParser::OnHeader(std::string_view line) {
  const std::size_t colon = line.find(':');
  // Space before the colon would hide a name that matters (RFC 9112, 5.1); at the start of the line
  // it would go on with the line before (5.2).
  if (colon == std::string_view::npos || colon == 0 || IsSpace(line[0]) ||
      IsSpace(line[colon - 1])) {
    return Fail(RequestError::kMalformed);
  }
  if (expectation_.keep_head) {
    texts().head.append(line).push_back('\n');
    head_ = texts_->head;
  }
  const std::string_view name = line.substr(0, colon);
  // Only three names matter, and their lengths tell them from nearly all others.
  switch (name.size()) {
    case 10:
      if (EqualsIgnoringCase(name, "connection")) {
        const std::string_view value = line.substr(colon + 1);
        has_close_ = has_close_ || ListHas(value, "close");
        has_keep_alive_ = has_keep_alive_ || ListHas(value, "keep-alive");
      }
      return State::kNeedMore;
    case 14:
      if (EqualsIgnoringCase(name, "content-length")) {
        return OnContentLength(Trim(line.substr(colon + 1)));
      }
      return State::kNeedMore;
    case 17:
      if (EqualsIgnoringCase(name, "transfer-encoding")) {
        has_transfer_encoding_ = true;
        // Only as the last coding does it say where the body ends (RFC 9112, 6.3).
        const std::string_view codings = line.substr(colon + 1);
        const std::size_t last = codings.rfind(',') + 1;
        chunked_ = EqualsIgnoringCase(Trim(codings.substr(last)), "chunked");
      }
      return State::kNeedMore;
    default:
      return State::kNeedMore;
  }
}

ResponseParser::State ResponseParser::OnContentLength(std::string_view value) {
  std::uint64_t length = 0;
  for (const char c : value) {
    if (!IsDigit(c)) {
      return Fail(RequestError::kMalformed);
    }
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
    if (length > kLengthMax) {
      return Fail(RequestError::kTooLarge);
    }
  }
  if (value.empty() || (has_length_ && length != remaining_)) {
    return Fail(RequestError::kMalformed);
  }
  has_length_ = true;
  remaining_ = length;
  return State::kNeedMore;
}

ResponseParser::State ResponseParser::OnHeadersEnd() {
  if (status_ < 200) {
    ResetHead();
    return State::kNeedMore;
  }
  head_bytes_ = 0;
  // RFC 9112, 9.3: close wins.
  keep_alive_ = !has_close_ && (!http_1_0_ || has_keep_alive_);
  if (expectation_.is_head || status_ == 204 || status_ == 304) {
    return State::kDone;
  }
  if (has_transfer_encoding_) {
    // A length beside it, or an old version that does not know it, is a way to smuggle: neither the
    // length is to be trusted nor what follows the body (RFC 9112, 6.1).
    keep_alive_ = keep_alive_ && chunked_ && !has_length_ && !http_1_0_;
    at_ = chunked_ ? At::kChunkSize : At::kBodyToEnd;
    return State::kNeedMore;
  }
  if (has_length_) {
    at_ = At::kBodyLength;
    return remaining_ == 0 ? State::kDone : State::kNeedMore;
  }
  keep_alive_ = false;
  at_ = At::kBodyToEnd;
  return State::kNeedMore;
}

ResponseParser::State ResponseParser::OnChunkSize(std::string_view line) {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  while (digits < line.size() && HexValue(line[digits]) >= 0) {
    size = size * 16 + static_cast<std::uint64_t>(HexValue(line[digits]));
    ++digits;
    if (size > kLengthMax) {
      return Fail(RequestError::kTooLarge);
    }
  }
  const std::string_view rest = Trim(line.substr(digits));
  if (digits == 0 || (!rest.empty() && rest[0] != ';')) {
    return Fail(RequestError::kMalformed);
  }
  remaining_ = size;
  at_ = size == 0 ? At::kTrailer : At::kChunkData;
  return State::kNeedMore;
}

ResponseParser::State ResponseParser::OnEnd() {
  if (at_ == At::kBodyToEnd) {
    keep_alive_ = false;
    return State::kDone;
  }
  return Fail(RequestError::kClosedEarly);
}

}  // namespace weir::loadgen
