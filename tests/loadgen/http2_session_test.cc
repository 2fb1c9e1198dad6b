#include "loadgen/transport/http2_session.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "loadgen/h2_headers.h"

namespace weir::loadgen {
namespace {

using scenarios::Check;
using scenarios::Matcher;

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
};

std::string U32(std::uint32_t value) {
  std::string out;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    out.push_back(static_cast<char>(value >> shift & 0xffU));
  }
  return out;
}

std::string Bytes(const Frame& frame) {
  return U32(static_cast<std::uint32_t>(frame.payload.size())).substr(1) +
         static_cast<char>(frame.type) + static_cast<char>(frame.flags) + U32(frame.stream) +
         frame.payload;
}

std::string Setting(std::uint16_t name, std::uint32_t value) {
  return std::string({static_cast<char>(name >> 8U), static_cast<char>(name)}) + U32(value);
}

std::string Settings(const std::string& settings = "") {
  return Bytes({NGHTTP2_SETTINGS, 0, 0, settings});
}

std::string Head(std::uint32_t stream, std::string_view block, std::uint8_t flags = 0) {
  return Bytes({NGHTTP2_HEADERS, static_cast<std::uint8_t>(flags | NGHTTP2_FLAG_END_HEADERS),
                stream, std::string(block)});
}

std::string Data(std::uint32_t stream, std::string_view body, std::uint8_t flags = 0) {
  return Bytes({NGHTTP2_DATA, flags, stream, std::string(body)});
}

constexpr std::string_view kOk = "\x88";  // :status 200, whole in the static table.
constexpr std::uint8_t kEnd = NGHTTP2_FLAG_END_STREAM;

class Http2SessionTest : public ::testing::Test, public Http2Session::Events {
 protected:
  struct Seen {
    ExchangeId exchange = 0;
    int status = 0;
    std::string head;
    std::string body;
    RequestError error = RequestError::kNone;
  };

  void OnReady() override { ++ready_; }

  void OnStreamAnswer(ExchangeId exchange, const Answer& answer) override {
    seen_.push_back({exchange, answer.status, std::string(answer.head), std::string(answer.body)});
    if (again_ != nullptr) {
      session_.Start(exchange, *again_);
    }
  }

  void OnStreamBroken(ExchangeId exchange, RequestError error) override {
    seen_.push_back({exchange, 0, "", "", error});
  }

  void OnStreamReturned(ExchangeId exchange) override { returned_.push_back(exchange); }

  void OnMoreRoom() override { ++more_room_; }

  static PreparedRequest Request(const Check& check = {}, const std::string& body = "") {
    scenarios::Request request;
    request.method = body.empty() ? "GET" : "POST";
    request.body = body;
    PreparedRequest made{body, false, std::move(*AnswerCheck::Create(check))};
    made.body_bytes = body.size();
    made.h2_headers = EncodeH2Headers(request, {});
    return made;
  }

  void Open(const std::string& settings = "") {
    ASSERT_EQ(session_.Feed(Settings(settings)), RequestError::kNone);
    session_.output().clear();
  }

  /// The frames that wait for the peer, preface left out.
  std::vector<Frame> Sent() {
    std::string_view rest = session_.output();
    constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    if (rest.starts_with(kPreface)) {
      rest.remove_prefix(kPreface.size());
    }
    std::vector<Frame> frames;
    while (rest.size() >= 9) {
      const auto at = [rest](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
      const std::size_t length = at(0) * 65536U + at(1) * 256U + at(2);
      frames.push_back(
          {at(3), at(4),
           static_cast<std::uint32_t>(at(5) << 24U | at(6) << 16U | at(7) << 8U | at(8)),
           std::string(rest.substr(9, length))});
      rest.remove_prefix(9 + length);
    }
    session_.output().clear();
    return frames;
  }

  Http2Session session_{4, *this};
  const PreparedRequest plain_ = Request();
  const PreparedRequest* again_ = nullptr;
  std::vector<Seen> seen_;
  int ready_ = 0;
  int more_room_ = 0;
  std::vector<ExchangeId> returned_;
};

TEST_F(Http2SessionTest, BeginsWithPrefaceSettingsAndALargeWindow) {
  EXPECT_TRUE(session_.output().starts_with("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  const std::vector<Frame> frames = Sent();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].payload, Setting(NGHTTP2_SETTINGS_ENABLE_PUSH, 0) +
                                   Setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1U << 30U));
  EXPECT_EQ(frames[1].type, NGHTTP2_WINDOW_UPDATE);
}

TEST_F(Http2SessionTest, IsReadyWithThePeersSettingsAndAcknowledgesThem) {
  EXPECT_FALSE(session_.HasRoom());
  Sent();
  EXPECT_EQ(session_.Feed(Settings()), RequestError::kNone);
  EXPECT_EQ(ready_, 1);
  EXPECT_TRUE(session_.HasRoom());
  const std::vector<Frame> frames = Sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].flags, NGHTTP2_FLAG_ACK);
}

TEST_F(Http2SessionTest, AnHttp1PeerIsNamed) {
  EXPECT_EQ(session_.Feed("HTTP/1.1 400 Bad Request\r\n\r\n"), RequestError::kNoHttp2);
}

TEST_F(Http2SessionTest, CarriesARequestAndItsAnswer) {
  Open();
  EXPECT_EQ(session_.Start(7, plain_), 1U);
  const std::vector<Frame> sent = Sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].flags, NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_END_HEADERS);
  EXPECT_EQ(sent[0].payload, plain_.h2_headers);
  session_.Feed(Head(1, kOk) + Data(1, "hello", kEnd));
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(seen_[0].exchange, 7U);
  EXPECT_EQ(seen_[0].status, 200);
  EXPECT_EQ(session_.active(), 0U);
}

// Frames cut anywhere must mean the same.
TEST_F(Http2SessionTest, TakesFramesInAnyCut) {
  Check check;
  check.body.push_back({Matcher::Kind::kContains, "x"});
  const PreparedRequest request = Request(check);
  Open();
  session_.Start(7, request);
  Bytes({});
  const std::string stream = Head(1, kOk) +
                             Data(1, std::string("\x02") + "hel" + "ab", NGHTTP2_FLAG_PADDED) +
                             Bytes({NGHTTP2_PING, 0, 0, "12345678"}) + Data(1, "lo", kEnd);
  for (const char& byte : stream) {
    ASSERT_EQ(session_.Feed({&byte, 1}), RequestError::kNone);
  }
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(seen_[0].body, "hello");
}

TEST_F(Http2SessionTest, KeepsHeaderLinesForAChecks) {
  Check check;
  check.headers.push_back({"x-a", {Matcher::Kind::kContains, "b"}});
  const PreparedRequest request = Request(check);
  Open();
  for (std::uint32_t stream = 1; stream <= 3; stream += 2) {
    session_.Start(stream, request);
    session_.Feed(Head(stream, std::string(kOk) + std::string("\x00\x03x-a\x02yb", 8), kEnd));
  }
  ASSERT_EQ(seen_.size(), 2U);
  EXPECT_EQ(seen_[0].head, "x-a: yb\n");
  EXPECT_EQ(seen_[1].head, "x-a: yb\n");
}

// The same bytes mean another header once the table behind them has changed.
TEST_F(Http2SessionTest, DoesNotRememberABlockWhoseTableHasChanged) {
  Check check;
  check.headers.push_back({"x-a", {Matcher::Kind::kContains, "1"}});
  const PreparedRequest request = Request(check);
  Open();
  const auto insert = [](char value) {
    return std::string(kOk) + "\x40\x03x-a\x01" + std::string(1, value);
  };
  const std::string newest = std::string(kOk) + "\xbe";  // Entry 62.
  std::uint32_t stream = 1;
  for (const std::string& block : {insert('1'), newest, newest, insert('2'), newest}) {
    session_.Start(stream, request);
    session_.Feed(Head(stream, block, kEnd));
    stream += 2;
  }
  ASSERT_EQ(seen_.size(), 5U);
  EXPECT_EQ(seen_[2].head, "x-a: 1\n");
  EXPECT_EQ(seen_[4].head, "x-a: 2\n");
}

// Blocks known by their bytes still fill the table, in their order, for the one that refers to it.
TEST_F(Http2SessionTest, InsertionsOfKnownBlocksAreMadeUpFor) {
  Check check;
  check.headers.push_back({"x-a", {Matcher::Kind::kContains, "1"}});
  const PreparedRequest request = Request(check);
  Open();
  const std::string one = std::string(kOk) +
                          "\x40\x03x-a\x01"
                          "1";
  const std::string two = std::string(kOk) +
                          "\x40\x03x-a\x01"
                          "2";
  std::vector<std::string> blocks;
  for (int i = 0; i < 300; ++i) {
    blocks.push_back(i % 3 == 0 ? two : one);
  }
  blocks.push_back(std::string(kOk) + "\xbe\xbf\xc0");  // The newest three: 1, 1, 2.
  std::uint32_t stream = 1;
  for (const std::string& block : blocks) {
    session_.Start(stream, request);
    ASSERT_EQ(session_.Feed(Head(stream, block, kEnd)), RequestError::kNone);
    stream += 2;
  }
  EXPECT_EQ(seen_.back().head, "x-a: 1\nx-a: 1\nx-a: 2\n");
}

TEST_F(Http2SessionTest, ObeysThePeersLimitOfStreams) {
  Open(Setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2));
  session_.Start(1, plain_);
  session_.Start(2, plain_);
  EXPECT_FALSE(session_.HasRoom());
  session_.Feed(Settings(Setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 3)));
  // The ring has twice the room of the first limit.
  EXPECT_EQ(more_room_, 0);
  session_.Feed(Head(1, kOk, kEnd));
  EXPECT_TRUE(session_.HasRoom());
}

TEST_F(Http2SessionTest, StreamsStartedFromAnAnswerGoOn) {
  Open();
  session_.Start(7, plain_);
  again_ = &plain_;
  for (std::uint32_t stream = 1; stream < 2001; stream += 2) {
    ASSERT_EQ(session_.Feed(Head(stream, kOk, kEnd)), RequestError::kNone);
    session_.output().clear();
  }
  EXPECT_EQ(seen_.size(), 1000U);
  EXPECT_EQ(session_.active(), 1U);
}

// A stream that lingers must not be overrun by those that come and go.
TEST_F(Http2SessionTest, ASlowStreamKeepsItsPlace) {
  Open();
  session_.Start(99, plain_);
  for (int i = 0; i < 100; ++i) {
    const Http2Session::StreamId id = session_.Start(1, plain_);
    session_.Feed(Head(id, kOk, kEnd));
  }
  session_.Feed(Head(1, kOk, kEnd));
  ASSERT_EQ(seen_.size(), 101U);
  EXPECT_EQ(seen_.back().exchange, 99U);
}

TEST_F(Http2SessionTest, BodiesWaitForTheWindows) {
  const PreparedRequest post = Request({}, std::string(100'000, 'b'));
  Open(Setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10));
  session_.Start(1, post);
  std::size_t sent = 0;
  const auto count = [this, &sent] {
    for (const Frame& frame : Sent()) {
      sent += frame.type == NGHTTP2_DATA ? frame.payload.size() : 0;
      EXPECT_LE(frame.payload.size(), 16'384U);
    }
  };
  count();
  EXPECT_EQ(sent, 10U);
  session_.Feed(Bytes({NGHTTP2_WINDOW_UPDATE, 0, 1, U32(90'000)}));
  count();
  EXPECT_EQ(sent, 65'535U);  // The window of the connection.
  session_.Feed(Bytes({NGHTTP2_WINDOW_UPDATE, 0, 0, U32(100'000)}));
  count();
  EXPECT_EQ(sent, 90'010U);
  session_.Feed(Settings(Setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 20'000)));
  count();
  EXPECT_EQ(sent, 100'000U);
}

TEST_F(Http2SessionTest, AResetBreaksItsStreamOnly) {
  Open();
  session_.Start(1, plain_);
  session_.Start(2, plain_);
  session_.Feed(Bytes({NGHTTP2_RST_STREAM, 0, 1, U32(NGHTTP2_CANCEL)}));
  session_.Feed(Bytes({NGHTTP2_RST_STREAM, 0, 3, U32(NGHTTP2_REFUSED_STREAM)}));
  ASSERT_EQ(seen_.size(), 2U);
  EXPECT_EQ(seen_[0].error, RequestError::kStreamReset);
  EXPECT_EQ(seen_[1].error, RequestError::kStreamRefused);
  EXPECT_FALSE(session_.draining());
}

TEST_F(Http2SessionTest, GoAwayReturnsWhatThePeerDidNotBegin) {
  Open();
  session_.Start(1, plain_);
  session_.Start(2, plain_);
  session_.Feed(Bytes({NGHTTP2_GOAWAY, 0, 0, U32(1) + U32(0)}));
  EXPECT_TRUE(seen_.empty());
  EXPECT_EQ(returned_, std::vector<ExchangeId>{2U});
  EXPECT_EQ(session_.active(), 1U);
  EXPECT_TRUE(session_.draining());
  session_.Feed(Head(1, kOk, kEnd));
  EXPECT_EQ(seen_.back().status, 200);
}

TEST_F(Http2SessionTest, APushEndsTheConnection) {
  Open();
  session_.Start(1, plain_);
  EXPECT_EQ(session_.Feed(Bytes({NGHTTP2_PUSH_PROMISE, 4, 1, U32(2) + std::string(kOk)})),
            RequestError::kMalformed);
}

TEST_F(Http2SessionTest, CancelResetsTheStreamAndIgnoresItsAnswer) {
  Open();
  const Http2Session::StreamId id = session_.Start(1, plain_);
  Sent();
  session_.Cancel(id);
  const std::vector<Frame> sent = Sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].payload, U32(NGHTTP2_CANCEL));
  EXPECT_EQ(session_.Feed(Head(1, kOk) + Data(1, "late", kEnd)), RequestError::kNone);
  EXPECT_TRUE(seen_.empty());
}

TEST_F(Http2SessionTest, InterimAnswersAndTrailersAreNoAnswers) {
  Open();
  session_.Start(1, plain_);
  session_.Feed(Head(1,
                     "\x08\x03"
                     "103"));
  EXPECT_TRUE(seen_.empty());
  session_.Feed(Head(1, kOk) + Data(1, "body") + Head(1, std::string("\x00\x01t\x01v", 5), kEnd));
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(seen_[0].status, 200);
}

TEST_F(Http2SessionTest, ABodyOfAnotherLengthIsMalformed) {
  Open();
  session_.Start(1, plain_);
  session_.Feed(Head(1, std::string(kOk) + "\x5c\x01"
                                           "9") +
                Data(1, "short", kEnd));
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(seen_[0].error, RequestError::kMalformed);
}

TEST_F(Http2SessionTest, HeadersMayContinue) {
  Open();
  session_.Start(1, plain_);
  const std::string field("\x00\x03x-a\x02yb", 8);
  session_.Feed(Bytes({NGHTTP2_HEADERS, kEnd, 1, std::string(kOk) + field.substr(0, 3)}));
  session_.Feed(Bytes({NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1, field.substr(3)}));
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(seen_[0].status, 200);
}

TEST_F(Http2SessionTest, FramesOutOfPlaceEndTheConnection) {
  for (const std::string& bad :
       {Head(5, kOk, kEnd),                                       // A stream never opened.
        Data(1, "before its head"),                               //
        Data(0, "x"),                                             //
        Bytes({NGHTTP2_CONTINUATION, 4, 1, ""}),                  //
        Bytes({NGHTTP2_HEADERS, 0, 1, ""}) + Settings(),          // Inside a header block.
        Bytes({NGHTTP2_SETTINGS, 0, 0, "12345"}),                 //
        Bytes({NGHTTP2_PING, 0, 0, "short"}),                     //
        Bytes({NGHTTP2_WINDOW_UPDATE, 0, 0, U32(0)}),             //
        Bytes({NGHTTP2_WINDOW_UPDATE, 0, 0, U32(0x7fffffff)}),    // Past 2^31 - 1.
        Bytes({NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, "\x09 x"}),  // More padding than payload.
        Bytes({NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, "\xff"}),  // No HPACK.
        Settings(Setting(NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 1)),
        std::string("\x01\x00\x00\x00\x00\x00\x00\x00\x01", 9)}) {  // 64 KiB in a frame.
    Http2Session session(4, *this);
    ASSERT_EQ(session.Feed(Settings()), RequestError::kNone);
    session.Start(1, plain_);
    EXPECT_EQ(session.Feed(bad), RequestError::kMalformed) << ::testing::PrintToString(bad);
  }
}

TEST_F(Http2SessionTest, AbandonBreaksEveryStream) {
  Open();
  session_.Start(1, plain_);
  session_.Start(2, plain_);
  session_.Abandon(RequestError::kReset);
  EXPECT_EQ(seen_.size(), 2U);
  EXPECT_EQ(session_.active(), 0U);
}

TEST_F(Http2SessionTest, DataIsAcknowledgedByHalfWindows) {
  Open();
  session_.Start(1, plain_);
  Sent();
  session_.Feed(Head(1, kOk));
  const std::string data = Data(1, std::string(16'384, 'x'));
  std::uint64_t acknowledged = 0;
  for (int i = 0; i < 33'000; ++i) {
    ASSERT_EQ(session_.Feed(data), RequestError::kNone);
  }
  for (const Frame& frame : Sent()) {
    EXPECT_EQ(frame.type, NGHTTP2_WINDOW_UPDATE);
    acknowledged += frame.stream == 0 ? 1 : 0;
  }
  EXPECT_EQ(acknowledged, 1U);
}

// What nghttp2 makes of a block of ours is what we meant.
TEST(H2HeadersTest, ReadsBackAsTheRequest) {
  scenarios::Request request;
  request.method = "POST";
  request.path = "/a?b=c";
  request.body = "12345";
  request.headers = {{"X-Long", std::string(300, 'v')},
                     {"Host", "shop.test"},
                     {"Connection", "close"},
                     {"Accept", "text/html"}};
  scenarios::Target target;
  target.scheme = scenarios::Target::Scheme::kHttps;
  target.host = "localhost";
  target.base_path = "/v1";
  const std::string block = EncodeH2Headers(request, target);
  nghttp2_hd_inflater* inflater = nullptr;
  ASSERT_EQ(nghttp2_hd_inflate_new(&inflater), 0);
  std::string text;
  const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
  const auto* end = at + block.size();
  for (int flags = 0; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
    nghttp2_nv field{};
    const ssize_t used =
        nghttp2_hd_inflate_hd2(inflater, &field, &flags, at, static_cast<std::size_t>(end - at), 1);
    ASSERT_GE(used, 0);
    at += used;
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      text.append(reinterpret_cast<const char*>(field.name), field.namelen).append("=");
      text.append(reinterpret_cast<const char*>(field.value), field.valuelen).append("\n");
    }
  }
  nghttp2_hd_inflate_del(inflater);
  EXPECT_EQ(text, ":method=POST\n:scheme=https\n:authority=shop.test\n:path=/v1/a?b=c\nx-long=" +
                      std::string(300, 'v') +
                      "\naccept=text/html\nuser-agent=weir\ncontent-length=5\n");
}

}  // namespace
}  // namespace weir::loadgen
