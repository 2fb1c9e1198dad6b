#include "loadgen/transport/tls.h"

#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/support/certificates.h"
#include "tests/support/temp_dir.h"

namespace weir::loadgen {
namespace {

using tests::Authority;
using tests::Certificate;
using tests::TempDir;

const Authority& TestAuthority() {
  static const Authority authority;
  return authority;
}

// The other end: OpenSSL's server over memory.
class MemoryServer {
 public:
  explicit MemoryServer(const Certificate& certificate)
      : context_(SSL_CTX_new(TLS_server_method())) {
    const TempDir dir;
    SSL_CTX_use_certificate_chain_file(context_,
                                       dir.Write("c.pem", certificate.certificate).c_str());
    SSL_CTX_use_PrivateKey_file(context_, dir.Write("k.pem", certificate.key).c_str(),
                                SSL_FILETYPE_PEM);
    SSL_CTX_set_session_id_context(context_, reinterpret_cast<const unsigned char*>("t"), 1);
  }

  MemoryServer(const MemoryServer&) = delete;
  MemoryServer& operator=(const MemoryServer&) = delete;

  ~MemoryServer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }

  SSL_CTX* context() { return context_; }

  void Accept() {
    SSL_free(ssl_);
    ssl_ = SSL_new(context_);
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_accept_state(ssl_);
  }

  /// Takes the client's bytes and returns what the server answers on the TLS level.
  std::string Exchange(std::string& bytes) {
    BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
    bytes.clear();
    if (SSL_is_init_finished(ssl_) == 0) {
      SSL_do_handshake(ssl_);
    }
    char buffer[4096];
    if (SSL_is_init_finished(ssl_) == 1) {
      for (int length = SSL_read(ssl_, buffer, sizeof(buffer)); length > 0;
           length = SSL_read(ssl_, buffer, sizeof(buffer))) {
        received_.append(buffer, static_cast<std::size_t>(length));
      }
    }
    ERR_clear_error();
    return Output();
  }

  std::string Encrypt(std::string_view plain) {
    SSL_write(ssl_, plain.data(), static_cast<int>(plain.size()));
    return Output();
  }

  std::string Close() {
    SSL_shutdown(ssl_);
    return Output();
  }

  const std::string& received() const { return received_; }

 private:
  std::string Output() {
    std::string out;
    char buffer[4096];
    for (int length = BIO_read(out_, buffer, sizeof(buffer)); length > 0;
         length = BIO_read(out_, buffer, sizeof(buffer))) {
      out.append(buffer, static_cast<std::size_t>(length));
    }
    return out;
  }

  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  std::string received_;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsContext::Options Trusting() const {
    TlsContext::Options options;
    options.host = "weir.test";
    options.tls.ca_file = dir_.Write("ca.pem", TestAuthority().certificate());
    return options;
  }

  static std::unique_ptr<TlsContext> Context(const TlsContext::Options& options) {
    Result<std::unique_ptr<TlsContext>> made = TlsContext::Create(options);
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message);
    return made ? std::move(*made) : nullptr;
  }

  static std::string ReadAll(TlsSession& session) {
    std::string all;
    for (std::string_view piece = session.Read(); !piece.empty(); piece = session.Read()) {
      all += piece;
    }
    return all;
  }

  static void Shake(TlsSession& session, MemoryServer& server) {
    server.Accept();
    for (int turn = 0; turn < 8 && !session.output().empty(); ++turn) {
      const std::string answer = server.Exchange(session.output());
      session.Feed(answer);
      ReadAll(session);
    }
  }

  static Certificate Good() { return TestAuthority().Issue({{"DNS:weir.test"}}); }

  /// The kind with which a handshake with this certificate fails.
  RequestError Failure(const tests::CertificateOptions& certificate) const {
    MemoryServer server(TestAuthority().Issue(certificate));
    const auto context = Context(Trusting());
    TlsSession session(*context);
    Shake(session, server);
    EXPECT_EQ(session.state(), TlsSession::State::kFailed);
    EXPECT_FALSE(session.error_text().empty());
    return session.error();
  }

  const TempDir dir_;
};

TEST_F(TlsTest, CarriesBytesBothWays) {
  MemoryServer server(Good());
  const auto context = Context(Trusting());
  TlsSession session(*context);
  Shake(session, server);
  ASSERT_EQ(session.state(), TlsSession::State::kOpen) << session.error_text();

  session.Write("hello ");
  session.Write("server");
  server.Exchange(session.output());
  EXPECT_EQ(server.received(), "hello server");

  const std::string answer = server.Encrypt("hello client");
  session.Feed(answer);
  EXPECT_EQ(ReadAll(session), "hello client");
}

// A record cut anywhere must come out whole, once its last byte is there.
TEST_F(TlsTest, TakesRecordsInAnyCut) {
  MemoryServer server(Good());
  const auto context = Context(Trusting());
  TlsSession session(*context);
  Shake(session, server);
  const std::string plain(40'000, 'x');
  const std::string answer = server.Encrypt(plain);
  std::string all;
  for (const char& byte : answer) {
    session.Feed({&byte, 1});
    all += ReadAll(session);
  }
  EXPECT_EQ(all, plain);
}

TEST_F(TlsTest, ResumesTheLatestSession) {
  MemoryServer server(Good());
  const auto context = Context(Trusting());
  TlsSession first(*context);
  Shake(first, server);
  EXPECT_FALSE(first.resumed());
  TlsSession second(*context);
  Shake(second, server);
  EXPECT_EQ(second.state(), TlsSession::State::kOpen);
  EXPECT_TRUE(second.resumed());
}

TEST_F(TlsTest, DoesNotResumeWhenToldNotTo) {
  MemoryServer server(Good());
  TlsContext::Options options = Trusting();
  options.tls.resume = false;
  const auto context = Context(options);
  TlsSession first(*context);
  Shake(first, server);
  TlsSession second(*context);
  Shake(second, server);
  EXPECT_FALSE(second.resumed());
}

TEST_F(TlsTest, AnExpiredCertificateIsNamed) {
  EXPECT_EQ(Failure({{"DNS:weir.test"}, -7200, -3600}), RequestError::kTlsExpired);
}

TEST_F(TlsTest, ACertificateOfTheFutureIsNamed) {
  EXPECT_EQ(Failure({{"DNS:weir.test"}, 3600, 7200}), RequestError::kTlsExpired);
}

TEST_F(TlsTest, AWrongNameIsNamed) {
  EXPECT_EQ(Failure({{"DNS:other.test"}}), RequestError::kTlsWrongName);
}

TEST_F(TlsTest, AnUnknownAuthorityIsNamed) {
  const Authority stranger;
  MemoryServer server(stranger.Issue({{"DNS:weir.test"}}));
  const auto context = Context(Trusting());
  TlsSession session(*context);
  Shake(session, server);
  EXPECT_EQ(session.error(), RequestError::kTlsUnknownCa) << session.error_text();
}

TEST_F(TlsTest, InsecureTakesAnyCertificate) {
  MemoryServer server(TestAuthority().Issue({{"DNS:other.test"}, -7200, -3600}));
  TlsContext::Options options;
  options.host = "weir.test";
  options.tls.insecure = true;
  const auto context = Context(options);
  TlsSession session(*context);
  Shake(session, server);
  EXPECT_EQ(session.state(), TlsSession::State::kOpen);
}

TEST_F(TlsTest, AddressesAreCheckedAsAddresses) {
  MemoryServer server(TestAuthority().Issue({{"IP:127.0.0.1"}}));
  TlsContext::Options options = Trusting();
  options.host = "127.0.0.1";
  const auto context = Context(options);
  TlsSession session(*context);
  Shake(session, server);
  EXPECT_EQ(session.state(), TlsSession::State::kOpen) << session.error_text();
}

TEST_F(TlsTest, NoVersionInCommonIsNamed) {
  MemoryServer server(Good());
  SSL_CTX_set_max_proto_version(server.context(), TLS1_2_VERSION);
  TlsContext::Options options = Trusting();
  options.tls.version_min = scenarios::TlsVersion::kTls13;
  const auto context = Context(options);
  TlsSession session(*context);
  Shake(session, server);
  EXPECT_EQ(session.error(), RequestError::kTlsVersion) << session.error_text();
}

TEST_F(TlsTest, AMissingClientCertificateIsNamed) {
  MemoryServer server(Good());
  SSL_CTX_set_verify(server.context(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const auto context = Context(Trusting());
  TlsSession session(*context);
  Shake(session, server);
  EXPECT_EQ(session.error(), RequestError::kTlsClientCertificate) << session.error_text();
}

TEST_F(TlsTest, AClientCertificateIsSent) {
  MemoryServer server(Good());
  SSL_CTX_load_verify_locations(server.context(), Trusting().tls.ca_file.c_str(), nullptr);
  SSL_CTX_set_verify(server.context(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const Certificate mine = TestAuthority().Issue({});
  TlsContext::Options options = Trusting();
  options.tls.certificate_file = dir_.Write("mine.pem", mine.certificate + mine.key);
  const auto context = Context(options);
  TlsSession session(*context);
  Shake(session, server);
  session.Write("ping");
  server.Exchange(session.output());
  EXPECT_EQ(server.received(), "ping");
}

TEST_F(TlsTest, APeerThatSpeaksPlainHttpIsNamed) {
  const auto context = Context(Trusting());
  TlsSession session(*context);
  session.Feed("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(session.error(), RequestError::kNotTls) << session.error_text();
}

TEST_F(TlsTest, ClosingDuringTheHandshakeIsARefusal) {
  const auto context = Context(Trusting());
  TlsSession session(*context);
  session.OnEnd();
  EXPECT_EQ(session.error(), RequestError::kTlsRefused);
}

TEST_F(TlsTest, ADamagedRecordIsATlsError) {
  MemoryServer server(Good());
  const auto context = Context(Trusting());
  TlsSession session(*context);
  Shake(session, server);
  std::string answer = server.Encrypt("hello");
  answer.back() = static_cast<char>(answer.back() ^ 1);
  session.Feed(answer);
  EXPECT_EQ(ReadAll(session), "");
  EXPECT_EQ(session.state(), TlsSession::State::kFailed);
  EXPECT_EQ(session.error(), RequestError::kTls);
}

TEST_F(TlsTest, TheClosingAlertEndsTheSession) {
  MemoryServer server(Good());
  const auto context = Context(Trusting());
  TlsSession session(*context);
  Shake(session, server);
  std::string bytes = server.Encrypt("last");
  bytes += server.Close();
  session.Feed(bytes);
  EXPECT_EQ(ReadAll(session), "last");
  EXPECT_EQ(session.state(), TlsSession::State::kClosed);
}

TEST_F(TlsTest, CiphersAreLimited) {
  MemoryServer server(Good());
  TlsContext::Options options = Trusting();
  options.tls.ciphers = "TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256";
  const auto context = Context(options);
  TlsSession session(*context);
  Shake(session, server);
  EXPECT_EQ(session.Description(), "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256");
}

TEST_F(TlsTest, AMissingFileIsNamedBeforeTheRun) {
  TlsContext::Options options;
  options.tls.ca_file = "/nowhere/ca.pem";
  const auto made = TlsContext::Create(options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kUsage);
  EXPECT_NE(made.error().message.find("/nowhere/ca.pem"), std::string::npos);
}

TEST_F(TlsTest, AnUnknownCipherIsNamedBeforeTheRun) {
  TlsContext::Options options;
  options.tls.ciphers = "TLS_NO_SUCH_THING";
  const auto made = TlsContext::Create(options);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("TLS_NO_SUCH_THING"), std::string::npos);
}

}  // namespace
}  // namespace weir::loadgen
