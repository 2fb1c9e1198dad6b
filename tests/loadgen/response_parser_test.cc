#include "loadgen/response_parser.h"

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::loadgen {
namespace {

using State = ResponseParser::State;
using namespace std::string_literals;

// Everything that a reader of the parser can see once an answer has ended.
struct Seen {
  State state = State::kNeedMore;
  RequestError error = RequestError::kNone;
  int status = 0;
  bool keep_alive = false;
  std::size_t consumed = 0;
  std::string head;
  std::string body;

  friend bool operator==(const Seen&, const Seen&) = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << "state " << static_cast<int>(seen.state) << ", error "
             << RequestErrorName(seen.error) << ", status " << seen.status << ", keep-alive "
             << seen.keep_alive << ", consumed " << seen.consumed << ", head '" << seen.head
             << "', body of " << seen.body.size() << " bytes";
}

enum class AfterInput { kPeerStays, kPeerCloses };

struct Input {
  std::string bytes;
  bool is_head = false;
  AfterInput after = AfterInput::kPeerStays;
};

// Where an error is found depends on how much a read brought; what is found does not.
Seen Report(const ResponseParser& parser, State state, std::size_t consumed) {
  Seen seen;
  seen.state = state;
  if (state == State::kError) {
    seen.error = parser.error();
  }
  if (state == State::kDone) {
    EXPECT_EQ(parser.bytes(), consumed);
    seen.status = parser.status();
    seen.keep_alive = parser.keep_alive();
    seen.consumed = consumed;
    seen.head = parser.head();
    seen.body = parser.body();
  }
  return seen;
}

// Feeds the pieces between `cuts` (ascending) one after the other.
Seen Parse(ResponseParser& parser, const Input& input, const std::vector<std::size_t>& cuts,
           bool keep_head = true) {
  parser.Begin({input.is_head, keep_head, true});
  std::size_t at = 0;
  std::size_t consumed = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : input.bytes.size();
    // A copy of its own, so that a view kept beyond the call is found by the sanitizers.
    const std::string piece = input.bytes.substr(at, end - at);
    at = end;
    const ResponseParser::Progress progress = parser.Feed(piece);
    EXPECT_LE(progress.consumed, piece.size());
    consumed += progress.consumed;
    if (progress.state != State::kNeedMore) {
      return Report(parser, progress.state, consumed);
    }
    EXPECT_EQ(progress.consumed, piece.size());
  }
  const State state = input.after == AfterInput::kPeerCloses ? parser.OnEnd() : State::kNeedMore;
  return Report(parser, state, consumed);
}

// Whole, byte by byte and cut in two at every place; the parser is used again and again, as on a
// connection that is kept alive.
Seen ParseEveryWay(const Input& input) {
  ResponseParser parser;
  const Seen whole = Parse(parser, input, {});
  std::vector<std::size_t> every;
  for (std::size_t cut = 1; cut < input.bytes.size(); ++cut) {
    every.push_back(cut);
    EXPECT_EQ(Parse(parser, input, {cut}), whole) << "cut at " << cut;
  }
  EXPECT_EQ(Parse(parser, input, every), whole) << "byte by byte";
  return whole;
}

struct DoneCase {
  std::string name;
  Input input;
  int status = 200;
  std::string body;
  bool keep_alive = true;
  std::size_t left_over = 0;
};

void PrintTo(const DoneCase& c, std::ostream* out) {
  *out << c.name;
}

class ResponseParserDoneTest : public testing::TestWithParam<DoneCase> {};

TEST_P(ResponseParserDoneTest, EndsTheSameHoweverItIsCut) {
  const DoneCase& c = GetParam();
  const Seen seen = ParseEveryWay(c.input);
  EXPECT_EQ(seen.state, State::kDone);
  EXPECT_EQ(seen.status, c.status);
  EXPECT_EQ(seen.body, c.body);
  EXPECT_EQ(seen.keep_alive, c.keep_alive);
  EXPECT_EQ(seen.consumed, c.input.bytes.size() - c.left_over);
}

constexpr AfterInput kCloses = AfterInput::kPeerCloses;

const std::vector<DoneCase> kDoneCases = {
    {"ContentLength", {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"}, 200, "hello"},
    {"EmptyBody", {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, 200, ""},
    {"NoReason", {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"}, 200, ""},
    {"EmptyReason", {"HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n"}, 503, ""},
    {"UnknownStatus", {"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"}, 999, ""},
    {"BareLineFeeds", {"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"}, 200, "hi"},
    {"NamesInAnyCase", {"HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh: 2\r\n\r\nhi"}, 200, "hi"},
    {"SpaceAroundValue", {"HTTP/1.1 200 OK\r\nContent-Length: \t 2 \t\r\n\r\nhi"}, 200, "hi"},
    {"NoSpaceBeforeValue", {"HTTP/1.1 200 OK\r\nContent-Length:2\r\n\r\nhi"}, 200, "hi"},
    {"EqualLengthsTwice",
     {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi"},
     200,
     "hi"},
    {"MoreThanTheAnswer",
     {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1"},
     200,
     "hi",
     true,
     8},
    {"Chunked",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n "
      "world\r\n0\r\n\r\n"},
     200,
     "hello world"},
    {"ChunkedUpperCase",
     {"HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n"},
     200,
     "0123456789"},
    {"ChunkedLineFeedInBody",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n"},
     200,
     "\r\n\r\n"},
    {"ChunkExtensions",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;a=1;b=\"x\"\r\nhi\r\n1 ; c\r\n!\r\n0;last\r\n\r\n"},
     200,
     "hi!"},
    {"ChunkLeadingZeros",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0002\r\nhi\r\n000\r\n\r\n"},
     200,
     "hi"},
    {"ChunkedEmpty", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}, 200, ""},
    {"ChunkedBareLineFeeds",
     {"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nhi\n0\n\n"},
     200,
     "hi"},
    {"Trailers",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Expires\r\n\r\n"
      "2\r\nhi\r\n0\r\nExpires: never\r\nX: y\r\n\r\n"},
     200,
     "hi"},
    {"TrailerMayNotChangeTheFrame",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\nX"},
     200,
     "",
     true,
     1},
    {"ChunkedIsTheLastCoding",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
     200,
     "hi"},
    {"ChunkedOnALineOfItsOwn",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhi\r\n0\r\n\r\n"},
     200,
     "hi"},
    // RFC 9112, 6.3 (4): when chunked is not the last coding, the body ends with the connection.
    {"ChunkedIsNotTheLastCoding",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n2\r\nhi\r\n", false, kCloses},
     200,
     "2\r\nhi\r\n",
     false},
    {"OtherCoding",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nzipped", false, kCloses},
     200,
     "zipped",
     false},
    // RFC 9112, 6.1 and 6.3 (3): the coding wins over the length, and the connection must not be
    // used again, for somebody in between may have read it the other way.
    {"CodingAndLength",
     {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhi\r\n0\r\n\r\n"},
     200,
     "hi",
     false},
    {"LengthAfterCoding",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
      "2\r\nhi\r\n0\r\n\r\n"},
     200,
     "hi",
     false},
    {"OldVersionWithCoding",
     {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhi\r\n0\r\n\r\n"},
     200,
     "hi",
     false},
    {"Interim",
     {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
     200,
     "hi"},
    {"InterimTwiceWithHeaders",
     {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 7\r\nConnection: close\r\n\r\n"
      "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
     200,
     "hi"},
    {"NoContent", {"HTTP/1.1 204 No Content\r\n\r\n"}, 204, ""},
    {"NoContentWithLength",
     {"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi"},
     204,
     "",
     true,
     2},
    {"NotModified", {"HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n"}, 304, ""},
    {"NotModifiedChunked",
     {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"},
     304,
     ""},
    {"HeadWithLength", {"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", true}, 200, ""},
    {"HeadChunked", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true}, 200, ""},
    {"HeadWithoutLength", {"HTTP/1.1 404 Not Found\r\n\r\n", true}, 404, ""},
    {"HeadAfterInterim", {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", true}, 200, ""},
    {"EndsWithConnection",
     {"HTTP/1.1 200 OK\r\n\r\nall of it", false, kCloses},
     200,
     "all of it",
     false},
    {"EndsWithConnectionEmpty", {"HTTP/1.1 200 OK\r\n\r\n", false, kCloses}, 200, "", false},
    {"OldVersion", {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"}, 200, "hi", false},
    {"OldVersionKeptAlive",
     {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi"},
     200,
     "hi"},
    {"OldVersionToTheEnd",
     {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhi", false, kCloses},
     200,
     "hi",
     false},
    {"Close",
     {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"},
     200,
     "hi",
     false},
    {"CloseInAList",
     {"HTTP/1.1 200 OK\r\nConnection: upgrade , CLOSE\r\nContent-Length: 2\r\n\r\nhi"},
     200,
     "hi",
     false},
    {"CloseIsAWholeWord",
     {"HTTP/1.1 200 OK\r\nConnection: x-close\r\nContent-Length: 2\r\n\r\nhi"},
     200,
     "hi"},
    // RFC 9112, 9.3: the close option is asked for first.
    {"CloseWinsOverKeepAlive",
     {"HTTP/1.0 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\n"
      "Content-Length: 2\r\n\r\nhi"},
     200,
     "hi",
     false},
    {"CloseWinsInOneLine",
     {"HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 2\r\n\r\nhi"},
     200,
     "hi",
     false},
    {"EmptyHeaderValue", {"HTTP/1.1 200 OK\r\nX:\r\nContent-Length: 2\r\n\r\nhi"}, 200, "hi"},
    {"ColonInValue",
     {"HTTP/1.1 200 OK\r\nLocation: http://a:1/\r\nContent-Length: 2\r\n\r\nhi"},
     200,
     "hi"},
};

INSTANTIATE_TEST_SUITE_P(Rfc9112, ResponseParserDoneTest, testing::ValuesIn(kDoneCases),
                         [](const auto& c) { return c.param.name; });

struct BrokenCase {
  std::string name;
  Input input;
  RequestError error = RequestError::kMalformed;
};

void PrintTo(const BrokenCase& c, std::ostream* out) {
  *out << c.name;
}

class ResponseParserBrokenTest : public testing::TestWithParam<BrokenCase> {};

TEST_P(ResponseParserBrokenTest, NamesTheSameErrorHoweverItIsCut) {
  const Seen seen = ParseEveryWay(GetParam().input);
  EXPECT_EQ(seen.state, State::kError);
  EXPECT_EQ(seen.error, GetParam().error);
}

constexpr RequestError kTooLarge = RequestError::kTooLarge;
constexpr RequestError kClosedEarly = RequestError::kClosedEarly;

const std::vector<BrokenCase> kBrokenCases = {
    {"Garbage", {"\x16\x03\x01 not http\r\n\r\n"}},
    {"OtherProtocol", {"SSH-2.0-OpenSSH_9.2\r\n"}},
    {"EmptyLineFirst", {"\r\nHTTP/1.1 200 OK\r\n\r\n"}},
    {"Version2", {"HTTP/2.0 200 OK\r\n\r\n"}},
    {"Version12", {"HTTP/1.2 200 OK\r\n\r\n"}},
    {"LowerCaseVersion", {"http/1.1 200 OK\r\n\r\n"}},
    {"ShortStatus", {"HTTP/1.1 20 OK\r\n\r\n"}},
    {"LongStatus", {"HTTP/1.1 2000 OK\r\n\r\n"}},
    {"StatusBelow100", {"HTTP/1.1 099 OK\r\n\r\n"}},
    {"SwitchingProtocols", {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"}},
    {"HeaderWithoutColon", {"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"}},
    {"HeaderWithoutName", {"HTTP/1.1 200 OK\r\n: x\r\n\r\n"}},
    {"FoldedHeader", {"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"}},
    // RFC 9112, 5.1: read over, this length would be missed, and the next answer with it.
    {"SpaceBeforeColon", {"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi"}},
    {"TabBeforeColon", {"HTTP/1.1 200 OK\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"}},
    {"ConflictingLengths",
     {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!"}},
    {"LengthList", {"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi"}},
    {"NegativeLength", {"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi"}},
    {"SignedLength", {"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi"}},
    {"HexLength", {"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nhi"}},
    {"EmptyLength", {"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nhi"}},
    {"HugeLength", {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"}, kTooLarge},
    {"LengthWithCarriageReturn", {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\r\n\r\nhi"}},
    {"ChunkSizeMissing", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhi\r\n"}},
    {"ChunkSizeNotHex", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ng\r\nhi\r\n"}},
    {"ChunkSizeNegative", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nhi\r\n"}},
    {"ChunkSizePrefixed", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n"}},
    {"ChunkSizeTwoWords", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 2\r\nhi\r\n"}},
    {"ChunkSizeHuge",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"},
     kTooLarge},
    {"ChunkLongerThanSaid",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi!\r\n0\r\n\r\n"}},
    {"NothingAtAll", {"", false, kCloses}, kClosedEarly},
    {"ClosedInStatusLine", {"HTTP/1.1 2", false, kCloses}, kClosedEarly},
    {"ClosedInHeaders", {"HTTP/1.1 200 OK\r\nX: y\r\n", false, kCloses}, kClosedEarly},
    {"ClosedInBody",
     {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", false, kCloses},
     kClosedEarly},
    {"ClosedInChunk",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhi", false, kCloses},
     kClosedEarly},
    {"ClosedBeforeLastChunk",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", false, kCloses},
     kClosedEarly},
    {"ClosedInTrailers",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n", false, kCloses},
     kClosedEarly},
    {"ClosedAfterInterim", {"HTTP/1.1 100 Continue\r\n\r\n", false, kCloses}, kClosedEarly},
};

INSTANTIATE_TEST_SUITE_P(Rfc9112, ResponseParserBrokenTest, testing::ValuesIn(kBrokenCases),
                         [](const auto& c) { return c.param.name; });

// Large inputs: whole and in reads of some sizes, for every cut would take minutes.
Seen ParseInPieces(const std::string& bytes) {
  ResponseParser parser;
  const Input input{bytes};
  const Seen whole = Parse(parser, input, {});
  for (const std::size_t size : {std::size_t{1000}, std::size_t{4096}, std::size_t{65536}}) {
    std::vector<std::size_t> cuts;
    for (std::size_t cut = size; cut < bytes.size(); cut += size) {
      cuts.push_back(cut);
    }
    EXPECT_EQ(Parse(parser, input, cuts), whole) << "in pieces of " << size;
  }
  return whole;
}

// Expectations take turns, so that what was learnt with one of them is there with the other.
TEST(ResponseParserTest, FindsTheSameInHeadsThatAreKnown) {
  ResponseParser::HeadMemo memo;
  ResponseParser knowing;
  knowing.ShareHeads(&memo);
  ResponseParser plain;
  std::vector<Input> inputs;
  for (const DoneCase& c : kDoneCases) {
    inputs.push_back(c.input);
  }
  for (const BrokenCase& c : kBrokenCases) {
    inputs.push_back(c.input);
  }
  const auto parse = [](ResponseParser& parser, const Input& input, int turn) {
    const bool keep_head = turn % 2 == 0;
    const bool is_head = turn % 4 == 3 ? !input.is_head : input.is_head;
    return Parse(parser, {input.bytes, is_head, input.after}, {}, keep_head);
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (int turn = 0; turn < 8; ++turn) {
      // The one before is still known.
      for (const Input& input : {inputs[i == 0 ? 0 : i - 1], inputs[i]}) {
        EXPECT_EQ(parse(knowing, input, turn), parse(plain, input, turn))
            << input.bytes.substr(0, 80) << ", turn " << turn;
      }
    }
  }
}

TEST(ResponseParserTest, KeepsAKnownHeadThatIsForgottenBeforeTheBodyIsWhole) {
  ResponseParser::HeadMemo memo;
  ResponseParser slow;
  ResponseParser other;
  slow.ShareHeads(&memo);
  other.ShareHeads(&memo);
  const Input input{
      "HTTP/1.1 200 OK\r\nX-Name: value that is too long for a short string\r\n"
      "Content-Length: 5\r\n\r\nhello"};
  const Seen whole = Parse(slow, input, {});
  slow.Begin({false, true, true});
  ASSERT_EQ(slow.Feed(std::string_view(input.bytes).substr(0, input.bytes.size() - 2)).state,
            State::kNeedMore);
  for (std::size_t i = 0; i < ResponseParser::HeadMemo::kHeads; ++i) {
    Parse(other,
          {"HTTP/1.1 404 No\r\nX: " + std::string(600 + i, 'x') + "\r\nContent-Length: 0\r\n\r\n"},
          {});
  }
  ASSERT_EQ(slow.Feed("lo").state, State::kDone);
  EXPECT_EQ(slow.head(), whole.head);
  EXPECT_EQ(slow.body(), "hello");
}

TEST(ResponseParserTest, TakesALineOfExactlyTheLimit) {
  const std::string before = "HTTP/1.1 200 OK\r\n";
  const std::string after = "Content-Length: 0\r\n\r\n";
  const std::size_t padding = ResponseParser::kLineBytesMax - "X: \r\n"s.size();
  EXPECT_EQ(ParseInPieces(before + "X: " + std::string(padding, 'a') + "\r\n" + after).state,
            State::kDone);
  const Seen over = ParseInPieces(before + "X: " + std::string(padding + 1, 'a') + "\r\n" + after);
  EXPECT_EQ(over.error, RequestError::kTooLarge);
}

TEST(ResponseParserTest, RefusesALineWithoutEnd) {
  const std::string endless = "HTTP/1.1 200 " + std::string(ResponseParser::kLineBytesMax, 'a');
  EXPECT_EQ(ParseInPieces(endless).error, RequestError::kTooLarge);
}

TEST(ResponseParserTest, RefusesHeadersWithoutEnd) {
  std::string endless = "HTTP/1.1 200 OK\r\n";
  while (endless.size() <= ResponseParser::kHeadBytesMax) {
    endless += "X-Header: some value\r\n";
  }
  EXPECT_EQ(ParseInPieces(endless).error, RequestError::kTooLarge);
}

TEST(ResponseParserTest, RefusesTrailersWithoutEnd) {
  std::string endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  for (std::size_t size = 0; size <= ResponseParser::kHeadBytesMax; size += 10) {
    endless += "X: 34567\r\n";
  }
  EXPECT_EQ(ParseInPieces(endless).error, RequestError::kTooLarge);
}

TEST(ResponseParserTest, RefusesInterimAnswersWithoutEnd) {
  std::string endless;
  while (endless.size() <= ResponseParser::kHeadBytesMax) {
    endless += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  EXPECT_EQ(ParseInPieces(endless).error, RequestError::kTooLarge);
}

TEST(ResponseParserTest, TakesManyChunksBeyondTheLimitOfAHead) {
  std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t size = 0; size <= ResponseParser::kHeadBytesMax; size += 3) {
    bytes += "1\r\na\r\n";
  }
  EXPECT_EQ(ParseInPieces(bytes + "0\r\n\r\n").state, State::kDone);
}

TEST(ResponseParserTest, KeepsABodyUpToItsLimitHoweverItIsCut) {
  const auto answer = [](std::size_t length) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
           std::string(length, 'a');
  };
  EXPECT_EQ(ParseInPieces(answer(ResponseParser::kBodyKeptMax)).state, State::kDone);
  EXPECT_EQ(ParseInPieces(answer(ResponseParser::kBodyKeptMax + 1)).error, RequestError::kTooLarge);
}

TEST(ResponseParserTest, PassesOverABodyOfAnySizeThatNobodyWants) {
  ResponseParser parser;
  parser.Begin({});
  parser.Feed("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n");
  const std::string piece(1'000'000, 'a');
  for (int i = 0; i < 9'999; ++i) {
    ASSERT_EQ(parser.Feed(piece).state, State::kNeedMore);
  }
  EXPECT_EQ(parser.Feed(piece).state, State::kDone);
  EXPECT_EQ(parser.bytes(), 10'000'000'000U + 48);
  EXPECT_TRUE(parser.body().empty());
  EXPECT_TRUE(parser.head().empty());
}

TEST(ResponseParserTest, ShowsTheHeadersOfTheFinalAnswerOnly) {
  const Seen seen =
      ParseEveryWay({"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: y\r\n\r\n"});
  EXPECT_EQ(seen.head, "Content-Length: 0\nX: y\n");
}

}  // namespace
}  // namespace weir::loadgen
