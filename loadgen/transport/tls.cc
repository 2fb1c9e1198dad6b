#include "loadgen/transport/tls.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::loadgen {

// The session as OpenSSL sees it: a BIO that reads from input_ and writes to output_.
struct TlsBio {
  static int Read(BIO* bio, char* out, std::size_t size, std::size_t* done) {
    auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (session.input_.empty()) {
      BIO_set_retry_read(bio);
      return 0;
    }
    *done = std::min(size, session.input_.size());
    std::memcpy(out, session.input_.data(), *done);
    session.input_.remove_prefix(*done);
    return 1;
  }

  static int Write(BIO* bio, const char* data, std::size_t size, std::size_t* done) {
    static_cast<TlsSession*>(BIO_get_data(bio))->output_.append(data, size);
    *done = size;
    return 1;
  }

  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* Method() {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir");
      WEIR_CHECK(made != nullptr);
      BIO_meth_set_read_ex(made, &Read);
      BIO_meth_set_write_ex(made, &Write);
      BIO_meth_set_ctrl(made, &Control);
      return made;
    }();
    return method;
  }
};

namespace {

// The largest record (RFC 8446, 5.1): one SSL_read returns at most this.
constexpr std::size_t kPlainBytes = 16 * 1024;

int OpenSslVersion(scenarios::TlsVersion version) {
  switch (version) {
    case scenarios::TlsVersion::kTls10:
      return TLS1_VERSION;
    case scenarios::TlsVersion::kTls11:
      return TLS1_1_VERSION;
    case scenarios::TlsVersion::kTls12:
      return TLS1_2_VERSION;
    case scenarios::TlsVersion::kTls13:
      return TLS1_3_VERSION;
  }
  WEIR_CHECK(false);
}

std::string ReasonText(unsigned long code) {
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : fmt::format("OpenSSL error {:#x}", code);
}

// Why the last call failed; empties OpenSSL's queue.
std::string LastReason() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  return code == 0 ? "unknown reason" : ReasonText(code);
}

Status FileError(std::string_view what, const std::string& path) {
  return UsageError(fmt::format("cannot read {} '{}': {}\n  hint: a PEM file is needed", what,
                                Printable(path, 200), LastReason()));
}

bool IsAddress(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
}

// "TLS_..." suites are those of TLS 1.3, which OpenSSL keeps in a list of their own.
Status SetCiphers(SSL_CTX* context, std::string_view list) {
  std::string old_suites;
  std::string new_suites;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(':', at), list.size());
    const std::string_view name = list.substr(at, end - at);
    std::string& suites = name.starts_with("TLS_") ? new_suites : old_suites;
    suites += suites.empty() ? "" : ":";
    suites += name;
    at = end + 1;
  }
  const bool taken =
      (old_suites.empty() || SSL_CTX_set_cipher_list(context, old_suites.c_str()) == 1) &&
      (new_suites.empty() || SSL_CTX_set_ciphersuites(context, new_suites.c_str()) == 1);
  if (!taken) {
    return UsageError(fmt::format(
        "cipher list '{}': {}\n  hint: `openssl ciphers -v` lists the names, for example "
        "TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256",
        Printable(list, 200), LastReason()));
  }
  return {};
}

Status SetTrust(SSL_CTX* context, const scenarios::Tls& tls) {
  SSL_CTX_set_verify(context, tls.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  if (tls.insecure) {
    // Reading the system's authorities takes some 50 ms, and nobody would look at them.
    return {};
  }
  if (tls.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_locations(context, tls.ca_file.c_str(), nullptr) != 1) {
    return FileError("the authorities in", tls.ca_file);
  }
  return {};
}

Status SetIdentity(SSL_CTX* context, const scenarios::Tls& tls) {
  if (tls.certificate_file.empty()) {
    return {};
  }
  if (SSL_CTX_use_certificate_chain_file(context, tls.certificate_file.c_str()) != 1) {
    return FileError("the client certificate", tls.certificate_file);
  }
  const std::string& key = tls.key_file.empty() ? tls.certificate_file : tls.key_file;
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return FileError("the key of the client certificate", key);
  }
  return {};
}

RequestError ReasonError(int reason) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return RequestError::kNotTls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_WRONG_SSL_VERSION:
      return RequestError::kTlsVersion;
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return RequestError::kTlsClientCertificate;
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
      return RequestError::kNoHttp2;
    default:
      // OpenSSL counts the alerts of the peer from here (RFC 8446, 6).
      return reason >= SSL_AD_REASON_OFFSET ? RequestError::kTlsRefused : RequestError::kTls;
  }
}

}  // namespace

RequestError CertificateError(long verdict) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return RequestError::kTlsExpired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return RequestError::kTlsWrongName;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // An authority of the same name, but not ours.
      return RequestError::kTlsUnknownCa;
    default:
      return RequestError::kTlsCertificate;
  }
}

TlsContext::TlsContext(const Options& options)
    : options_(options),
      server_name_(options.tls.server_name.empty() ? options.host : options.tls.server_name),
      name_is_address_(IsAddress(server_name_)),
      plain_(kPlainBytes) {}

Result<std::unique_ptr<TlsContext>> TlsContext::Create(const Options& options) {
  std::unique_ptr<TlsContext> made(new TlsContext(options));
  ERR_clear_error();
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  WEIR_CHECK(context != nullptr);
  made->context_ = context;
  const scenarios::Tls& tls = options.tls;
  SSL_CTX_set_min_proto_version(context, OpenSslVersion(tls.version_min));
  SSL_CTX_set_max_proto_version(context, OpenSslVersion(tls.version_max));
  if (tls.version_min < scenarios::TlsVersion::kTls12) {
    // OpenSSL 3 has the old versions only at this level, and only if asked.
    SSL_CTX_set_security_level(context, 0);
  }
  for (const Status& set : {SetTrust(context, tls), SetIdentity(context, tls),
                            tls.ciphers.empty() ? Status() : SetCiphers(context, tls.ciphers)}) {
    if (!set) {
      return tl::unexpected(set.error());
    }
  }
  const std::string_view alpn = options.protocol == scenarios::Protocol::kHttp2
                                    ? std::string_view("\x02h2")
                                    : std::string_view("\x08http/1.1");
  // Unlike everything else in OpenSSL, this returns 0 for success.
  WEIR_CHECK(SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(alpn.data()),
                                     static_cast<unsigned>(alpn.size())) == 0);
  // One call of the BIO for all records that are there, instead of two for each.
  SSL_CTX_set_read_ahead(context, 1);
  if (tls.resume) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &OnNewSession);
    SSL_CTX_set_app_data(context, made.get());
  }
  return made;
}

TlsContext::~TlsContext() {
  SSL_SESSION_free(latest_);
  SSL_CTX_free(context_);
}

int TlsContext::OnNewSession(SSL* ssl, SSL_SESSION* session) {
  auto* context = static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  SSL_SESSION_free(context->latest_);
  context->latest_ = session;
  // 1 = the reference is ours now.
  return 1;
}

TlsSession::TlsSession(TlsContext& context) : context_(context), ssl_(SSL_new(context.context_)) {
  WEIR_CHECK(ssl_ != nullptr);
  BIO* bio = BIO_new(TlsBio::Method());
  WEIR_CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_connect_state(ssl_);
  const std::string& name = context.server_name_;
  if (context.name_is_address_) {
    // RFC 6066, 3: SNI carries names only.
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl_, name.c_str());
    SSL_set1_host(ssl_, name.c_str());
  }
  if (context.latest_ != nullptr) {
    SSL_set_session(ssl_, context.latest_);
  }
  Handshake();
}

TlsSession::~TlsSession() {
  SSL_free(ssl_);
}

void TlsSession::Handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    state_ = State::kOpen;
  } else if (SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ) {
    Fail();
  }
}

void TlsSession::Feed(std::string_view ciphertext) {
  input_ = ciphertext;
  if (state_ == State::kHandshaking) {
    Handshake();
  }
}

std::string_view TlsSession::Read() {
  // Everything fed has been decrypted: asking OpenSSL would only make it build an error.
  if (state_ != State::kOpen || (input_.empty() && SSL_has_pending(ssl_) == 0)) {
    return {};
  }
  std::size_t length = 0;
  // Every failure empties OpenSSL's queue of errors, so it need not be emptied here each time.
  const int result = SSL_read_ex(ssl_, context_.plain_.data(), context_.plain_.size(), &length);
  if (result == 1) {
    return {context_.plain_.data(), length};
  }
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      break;
    case SSL_ERROR_ZERO_RETURN:
      state_ = State::kClosed;
      break;
    default:
      Fail();
  }
  return {};
}

void TlsSession::Write(std::string_view plaintext) {
  WEIR_CHECK(state_ == State::kOpen);
  std::size_t written = 0;
  // The BIO takes everything, so OpenSSL does too.
  if (SSL_write_ex(ssl_, plaintext.data(), plaintext.size(), &written) != 1) {
    Fail();
  }
}

void TlsSession::OnEnd() {
  if (state_ == State::kHandshaking) {
    state_ = State::kFailed;
    error_ = RequestError::kTlsRefused;
    error_text_ = "the peer closed the connection during the handshake";
  }
}

void TlsSession::Fail() {
  state_ = State::kFailed;
  const unsigned long code = ERR_peek_error();
  const int reason = ERR_GET_REASON(code);
  // Not by the reason: a signature that does not hold leaves errors of other libraries. With
  // --insecure the verdict is there and does not count.
  const long verdict = SSL_get_verify_result(ssl_);
  if (verdict != X509_V_OK && SSL_get_verify_mode(ssl_) != SSL_VERIFY_NONE) {
    error_ = CertificateError(verdict);
    error_text_ = X509_verify_cert_error_string(verdict);
  } else {
    error_ = ReasonError(reason);
    error_text_ = code == 0 ? "TLS failed" : ReasonText(code);
  }
  ERR_clear_error();
}

bool TlsSession::resumed() const {
  return SSL_session_reused(ssl_) == 1;
}

std::string_view TlsSession::alpn() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl_, &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

std::string TlsSession::Description() const {
  return fmt::format("{} {}", SSL_get_version(ssl_), SSL_get_cipher_name(ssl_));
}

}  // namespace weir::loadgen
