#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "scenarios/connection.h"

using BIO = struct bio_st;
using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;
using SSL_SESSION = struct ssl_session_st;

namespace weir::loadgen {

/// What OpenSSL's verdict on a certificate (X509_V_ERR_...) means.
RequestError CertificateError(long verdict);

/// What all TLS connections of one worker share: authorities, client certificate, limits, and the
/// session of the latest connection, with which the next one resumes. Thread rule: one thread, so
/// that workers share nothing; its sessions must not outlive it.
class TlsContext {
 public:
  struct Options {
    scenarios::Tls tls;
    std::string host;  ///< Of the target: the name asked for and checked unless tls says another.
    scenarios::Protocol protocol = scenarios::Protocol::kHttp1;  ///< The one that ALPN offers.
  };

  /// Errors: kUsage, naming the file or cipher that OpenSSL does not take, and why.
  static Result<std::unique_ptr<TlsContext>> Create(const Options& options);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

 private:
  friend class TlsSession;

  explicit TlsContext(const Options& options);
  static int OnNewSession(SSL* ssl, SSL_SESSION* session);

  const Options options_;
  const std::string server_name_;
  bool name_is_address_ = false;
  SSL_CTX* context_ = nullptr;
  SSL_SESSION* latest_ = nullptr;
  std::vector<char> plain_;  ///< What Read returns lies here; one read at a time per worker.
};

/// The TLS of one connection, as an engine without I/O: ciphertext that was read goes in by Feed,
/// plaintext comes out of Read; plaintext goes in by Write, ciphertext waits in output().
///
/// OpenSSL reads straight from the caller's buffer and writes straight into output(), so a record
/// costs one copy on either way, and there is one system call for a read and one for a write
/// whatever OpenSSL asks for. Allocates nothing per record once output() has its size.
class TlsSession {
 public:
  enum class State : std::uint8_t {
    kHandshaking,
    kOpen,
    kClosed,  ///< The peer has said that it sends no more.
    kFailed,  ///< See error().
  };

  /// Begins the handshake: output() holds the first flight.
  explicit TlsSession(TlsContext& context);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  /// Takes what a read brought and goes on with the handshake. `ciphertext` must stay until Read
  /// has returned nothing.
  void Feed(std::string_view ciphertext);

  /// The next plaintext, at most 16 KiB, valid until the next Read on any session of the context;
  /// empty when there is no more.
  std::string_view Read();

  /// Encrypts `plaintext` behind what output() already holds. Only while kOpen.
  void Write(std::string_view plaintext);

  /// The peer closed the connection underneath.
  void OnEnd();

  State state() const { return state_; }

  /// Ciphertext for the peer; the caller takes it away.
  std::string& output() { return output_; }

  /// After kFailed: what kind of failure, and OpenSSL's words for it.
  RequestError error() const { return error_; }

  const std::string& error_text() const { return error_text_; }

  /// The peer took the session of an earlier connection. Known once kOpen.
  bool resumed() const;

  /// "h2", "http/1.1", or empty when the peer chose nothing. Known once kOpen.
  std::string_view alpn() const;

  /// "TLSv1.3 TLS_AES_256_GCM_SHA384". Known once kOpen.
  std::string Description() const;

 private:
  friend struct TlsBio;

  void Handshake();
  void Fail();

  TlsContext& context_;
  SSL* ssl_ = nullptr;
  std::string_view input_;
  std::string output_;
  State state_ = State::kHandshaking;
  RequestError error_ = RequestError::kNone;
  std::string error_text_;
};

}  // namespace weir::loadgen
