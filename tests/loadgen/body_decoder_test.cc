#include "loadgen/body_decoder.h"

#include <string>

#include <gtest/gtest.h>
#include <zlib.h>

namespace weir::loadgen {
namespace {

std::string Gzipped(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Decoded {
  RequestError error = RequestError::kNone;
  std::string body;
};

Decoded Decode(BodyDecoder& decoder, std::string_view encoding, std::string_view body) {
  const std::string head = "A: b\ncontent-ENCODING: " + std::string(encoding) + "\nC: d\n";
  Answer answer;
  answer.status = 200;
  answer.head = head;
  answer.body = body;
  std::string_view plain;
  Decoded made;
  made.error = decoder.Decode(answer, plain);
  made.body = plain;
  return made;
}

TEST(BodyDecoderTest, UndoesOneEncodingAfterTheOther) {
  BodyDecoder decoder;
  EXPECT_EQ(Decode(decoder, "gzip", Gzipped("text")).body, "text");
  EXPECT_EQ(Decode(decoder, "gzip , identity,X-GZIP", Gzipped(Gzipped("twice"))).body, "twice");
  EXPECT_EQ(Decode(decoder, "br", "\x8b\x05\x80hello needle\x03").body, "hello needle");
  EXPECT_EQ(Decode(decoder, "gzip", Gzipped("again")).body, "again");
}

TEST(BodyDecoderTest, LeavesWhatItDoesNotKnowAndWhatIsEmpty) {
  BodyDecoder decoder;
  EXPECT_EQ(Decode(decoder, "zstd", "as it is").body, "as it is");
  const Decoded empty = Decode(decoder, "gzip", "");
  EXPECT_EQ(empty.error, RequestError::kNone);
  EXPECT_EQ(empty.body, "");
}

TEST(BodyDecoderTest, EveryCutOfABodyIsMalformed) {
  BodyDecoder decoder;
  const std::string whole = Gzipped("a body that is cut short somewhere, wherever that may be");
  for (std::size_t length = 1; length < whole.size(); ++length) {
    EXPECT_EQ(Decode(decoder, "gzip", whole.substr(0, length)).error, RequestError::kMalformed)
        << length;
  }
}

TEST(BodyDecoderTest, TheLargestBodyIsWholeAndOneByteMoreIsTooLarge) {
  BodyDecoder decoder;
  std::string text(BodyDecoder::kDecodedBytesMax, 'x');
  EXPECT_EQ(Decode(decoder, "gzip", Gzipped(text)).body.size(), text.size());
  text += 'x';
  const Decoded more = Decode(decoder, "gzip", Gzipped(text));
  EXPECT_EQ(more.error, RequestError::kTooLarge);
  EXPECT_EQ(more.body, "");
}

}  // namespace
}  // namespace weir::loadgen
