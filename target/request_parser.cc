#include "target/request_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace weir::target {
namespace {

/// A chunk-size line with its extensions; a longer one is an attack or garbage.
constexpr std::size_t kChunkLineBytesMax = 256;

constexpr std::array<bool, 256> MakeTokenTable() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}

constexpr std::array<bool, 256> kTokenTable = MakeTokenTable();

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return kTokenTable[static_cast<unsigned char>(c)];
  });
}

/// Visible ASCII or a byte beyond it.
bool IsTargetByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f;
}

bool IsFieldByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// `lower` must be lower case already.
bool EqualsNoCase(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(),
                                                   [](char a, char b) { return Lower(a) == b; });
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

/// The whole of `text` as a number without sign; false if it is not one or does not fit.
bool ReadNumber(std::string_view text, int base, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool RequestParser::in_request() const {
  return state_ != State::kRequestLine || !partial_line_.empty();
}

RequestParser::Event RequestParser::Bad(int status) {
  bad_status_ = status;
  return Event::kBad;
}

RequestParser::Event RequestParser::Whole() {
  state_ = State::kRequestLine;
  head_bytes_ = 0;
  return Event::kRequest;
}

RequestParser::Event RequestParser::Feed(std::string_view& input) {
  while (!input.empty()) {
    Event event = Event::kNeedMore;
    if (state_ == State::kCountedBody || state_ == State::kChunkData) {
      event = SkipBody(input);
    } else {
      std::string_view line;
      const bool in_chunk_line = state_ == State::kChunkSize || state_ == State::kChunkEnd;
      const bool complete = TakeLine(input, line);
      if (head_bytes_ > (in_chunk_line ? kChunkLineBytesMax : kHeadBytesMax)) {
        return Bad(in_chunk_line ? 400 : 431);
      }
      if (!complete) {
        return Event::kNeedMore;
      }
      if (!line.ends_with('\r')) {
        return Bad(400);
      }
      line.remove_suffix(1);
      event = OnLine(line);
      partial_line_.clear();
    }
    if (event != Event::kNeedMore) {
      return event;
    }
  }
  return Event::kNeedMore;
}

/// Moves a line without its LF into `line`, which points into `input` or into partial_line_.
/// Keeps what there is of an incomplete line, but never more than the limit of a head.
bool RequestParser::TakeLine(std::string_view& input, std::string_view& line) {
  const void* found = std::memchr(input.data(), '\n', input.size());
  if (found == nullptr) {
    head_bytes_ += input.size();
    if (head_bytes_ <= kHeadBytesMax) {
      partial_line_.append(input);
    }
    input = {};
    return false;
  }
  const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
  line = input.substr(0, length);
  head_bytes_ += length + 1;
  if (!partial_line_.empty() && head_bytes_ <= kHeadBytesMax) {
    partial_line_.append(line);
    line = partial_line_;
  }
  input.remove_prefix(length + 1);
  return true;
}

RequestParser::Event RequestParser::OnLine(std::string_view line) {
  switch (state_) {
    case State::kRequestLine:
      // Empty lines before a request are allowed (RFC 9112, 2.2).
      return line.empty() ? Event::kNeedMore : OnRequestLine(line);
    case State::kHeader:
      return line.empty() ? OnHeadEnd() : OnHeader(line);
    case State::kChunkSize:
      return OnChunkSize(line);
    case State::kChunkEnd:
      state_ = State::kChunkSize;
      head_bytes_ = 0;
      return line.empty() ? Event::kNeedMore : Bad(400);
    case State::kTrailer:
      return line.empty() ? Whole() : OnTrailer(line);
    case State::kCountedBody:
    case State::kChunkData:
      break;
  }
  return Bad(400);
}

RequestParser::Event RequestParser::OnRequestLine(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) {
    return Bad(400);
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!IsToken(method) || version.size() != 8 || !version.starts_with("HTTP/")) {
    return Bad(400);
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return Bad(505);
  }
  if (method == "CONNECT") {
    return Bad(501);
  }
  request_ = Request();
  if (!SetTarget(target)) {
    return Bad(400);
  }
  request_.answer_body = method == "HEAD" ? AnswerBody::kHeadOnly : AnswerBody::kWith;
  http10_ = version == "HTTP/1.0";
  has_host_ = has_length_ = chunked_ = expects_continue_ = keep_alive_said_ = close_said_ = false;
  body_bytes_ = body_left_ = 0;
  state_ = State::kHeader;
  return Event::kNeedMore;
}

/// False if `target` is none of RFC 9112's forms: `/path`, `http://host/path`, `*`.
bool RequestParser::SetTarget(std::string_view target) {
  if (!std::all_of(target.begin(), target.end(), IsTargetByte)) {
    return false;
  }
  if (const std::size_t scheme = target.find("://");
      scheme != std::string_view::npos && !target.starts_with('/')) {
    const std::size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  constexpr std::string_view kOverride = "/status/";
  if (target.starts_with(kOverride)) {
    std::string_view digits = target.substr(kOverride.size());
    digits = digits.substr(0, digits.find('?'));
    std::uint64_t status = 0;
    if (digits.size() == 3 && ReadNumber(digits, 10, status) && status >= 200 && status <= 599) {
      request_.status_override = static_cast<int>(status);
    }
  }
  return target.starts_with('/') || target == "*";
}

RequestParser::Event RequestParser::OnHeader(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return Bad(400);
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = TrimBlanks(line.substr(colon + 1));
  // A name that is no token also catches folded lines and blanks before the colon.
  if (!IsToken(name) || !std::all_of(value.begin(), value.end(), IsFieldByte)) {
    return Bad(400);
  }
  if (EqualsNoCase(name, "host")) {
    if (has_host_) {
      return Bad(400);
    }
    has_host_ = true;
  } else if (EqualsNoCase(name, "connection")) {
    ReadConnection(value);
  } else if (EqualsNoCase(name, "expect")) {
    expects_continue_ = EqualsNoCase(value, "100-continue");
  } else if (EqualsNoCase(name, "content-length") || EqualsNoCase(name, "transfer-encoding")) {
    return ReadFraming(name, value) ? Event::kNeedMore : Event::kBad;
  }
  return Event::kNeedMore;
}

/// Sets bad_status_ and returns false where the length of the body cannot be trusted: guessing at
/// it is how requests are smuggled (RFC 9112, 6.3).
bool RequestParser::ReadFraming(std::string_view name, std::string_view value) {
  if (EqualsNoCase(name, "transfer-encoding")) {
    const bool known = EqualsNoCase(value, "chunked") && !chunked_;
    bad_status_ = known ? 400 : 501;
    chunked_ = true;
    return known && !has_length_ && !http10_;
  }
  std::uint64_t length = 0;
  bad_status_ = 400;
  if (!ReadNumber(value, 10, length) || chunked_ || (has_length_ && length != body_left_)) {
    return false;
  }
  has_length_ = true;
  body_left_ = length;
  bad_status_ = 413;
  return length <= kRequestBodyBytesMax;
}

void RequestParser::ReadConnection(std::string_view value) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    const std::string_view option = TrimBlanks(value.substr(0, comma));
    close_said_ = close_said_ || EqualsNoCase(option, "close");
    keep_alive_said_ = keep_alive_said_ || EqualsNoCase(option, "keep-alive");
    value = comma == std::string_view::npos ? "" : value.substr(comma + 1);
  }
}

RequestParser::Event RequestParser::OnHeadEnd() {
  if (!has_host_ && !http10_) {
    return Bad(400);
  }
  if (close_said_ || (http10_ && !keep_alive_said_)) {
    request_.persistence = Persistence::kClose;
  } else {
    request_.persistence = http10_ ? Persistence::kKeepSaid : Persistence::kKeep;
  }
  head_bytes_ = 0;
  if (!chunked_ && body_left_ == 0) {
    return Whole();
  }
  state_ = chunked_ ? State::kChunkSize : State::kCountedBody;
  return expects_continue_ && !http10_ ? Event::kWantsContinue : Event::kNeedMore;
}

RequestParser::Event RequestParser::OnChunkSize(std::string_view line) {
  const std::string_view digits = TrimBlanks(line.substr(0, line.find(';')));
  std::uint64_t size = 0;
  if (!ReadNumber(digits, 16, size) || !std::all_of(line.begin(), line.end(), IsFieldByte)) {
    return Bad(400);
  }
  if (size > kRequestBodyBytesMax - body_bytes_) {
    return Bad(413);
  }
  body_bytes_ += size;
  body_left_ = size;
  head_bytes_ = 0;
  state_ = size == 0 ? State::kTrailer : State::kChunkData;
  return Event::kNeedMore;
}

RequestParser::Event RequestParser::OnTrailer(std::string_view line) {
  const std::size_t colon = line.find(':');
  const bool valid = colon != std::string_view::npos && IsToken(line.substr(0, colon)) &&
                     std::all_of(line.begin(), line.end(), IsFieldByte);
  return valid ? Event::kNeedMore : Bad(400);
}

RequestParser::Event RequestParser::SkipBody(std::string_view& input) {
  const auto skipped = std::min<std::uint64_t>(body_left_, input.size());
  input.remove_prefix(static_cast<std::size_t>(skipped));
  body_left_ -= skipped;
  if (body_left_ > 0) {
    return Event::kNeedMore;
  }
  if (state_ == State::kCountedBody) {
    return Whole();
  }
  state_ = State::kChunkEnd;
  return Event::kNeedMore;
}

}  // namespace weir::target
