#pragma once

#include <memory>
#include <string>
#include <vector>

using EVP_PKEY = struct evp_pkey_st;
using X509 = struct x509_st;

namespace weir::tests {

/// A certificate with its key (P-256), as PEM. Made anew by each test: nothing to expire in the
/// tree.
struct Certificate {
  std::string certificate;
  std::string key;
};

/// What is in a certificate.
struct CertificateOptions {
  std::vector<std::string> names;  ///< Subject alternative names, e.g. "DNS:localhost".
  long valid_from_s = -3600;       ///< Seconds from now.
  long valid_to_s = 24 * 3600;
};

/// A certificate authority of a test's own.
class Authority {
 public:
  Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;
  ~Authority();

  /// Its own certificate, PEM: what a client must trust.
  std::string certificate() const;

  Certificate Issue(const CertificateOptions& options) const;

 private:
  EVP_PKEY* key_;
  X509* certificate_;
};

}  // namespace weir::tests
