#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace weir::monitor {

/// Who a server says it is over TLS: its certificate, with those that lead to an authority, and its
/// key. TLS 1.2 and 1.3, without renegotiation; sessions are resumed by tickets, so that nothing is
/// kept of a client that has gone. Constant after construction: any thread, any number at a time.
class ServerTls {
 public:
  static constexpr int kChainMax = 10;

  /// Both texts are PEM. Errors: kUsage: no certificate, no key, a key with a password, one of
  /// another certificate, one that is too short. No message shows a part of the key.
  static Result<std::shared_ptr<const ServerTls>> Create(const std::string& certificates,
                                                         const std::string& key);

  ServerTls(const ServerTls&) = delete;
  ServerTls& operator=(const ServerTls&) = delete;
  ~ServerTls();

  /// When the certificate is no longer good.
  WallTime expires_at() const { return expires_at_; }

  /// `sha256//BASE64` of the public key, by which a client of this machine knows it, whatever name
  /// it asks for (HttpAsk).
  const std::string& key_pin() const { return key_pin_; }

  /// One more connection, on the side of the server; the caller frees it.
  SSL* NewConnection() const;

 private:
  ServerTls() = default;
  Status Load(const std::string& certificates, const std::string& key);

  SSL_CTX* context_ = nullptr;
  WallTime expires_at_{};
  std::string key_pin_;
};

}  // namespace weir::monitor
