#include "monitor/server_tls.h"

#include <array>
#include <ctime>
#include <vector>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/check.h"

namespace weir::monitor {
namespace {

struct FreeOpenSsl {
  void operator()(BIO* bio) const { BIO_free(bio); }

  void operator()(X509* certificate) const { X509_free(certificate); }

  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

using Certificate = std::unique_ptr<X509, FreeOpenSsl>;
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeOpenSsl>;

std::unique_ptr<BIO, FreeOpenSsl> Lines(const std::string& text) {
  std::unique_ptr<BIO, FreeOpenSsl> lines(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  WEIR_CHECK(lines != nullptr);
  return lines;
}

// Without this one, OpenSSL asks at the terminal.
int NoPassword(char*, int, int, void*) {
  return -1;
}

// OpenSSL's words for what failed last; empties its queue.
std::string LastReason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : fmt::format("OpenSSL error {:#x}", code);
}

WallTime ExpiryOf(const X509& certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts) != 1) {
    return {};
  }
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

std::string PinOf(const X509& certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &bytes);
  WEIR_CHECK(size > 0);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes, static_cast<std::size_t>(size), digest.data());
  OPENSSL_free(bytes);
  std::array<unsigned char, 4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), SHA256_DIGEST_LENGTH);
  return "sha256//" + std::string(text.begin(), text.begin() + length);
}

Status UseCertificates(SSL_CTX* context, const std::vector<Certificate>& chain) {
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return UsageError(fmt::format("the certificate cannot be used: {}", LastReason()));
  }
  for (auto next = chain.begin() + 1; next != chain.end(); ++next) {
    if (SSL_CTX_add1_chain_cert(context, next->get()) != 1) {
      return UsageError(fmt::format("certificate {} of its file cannot be used: {}",
                                    next - chain.begin() + 1, LastReason()));
    }
  }
  return {};
}

Status UseKey(SSL_CTX* context, const std::string& text) {
  const PrivateKey key(PEM_read_bio_PrivateKey(Lines(text).get(), nullptr, &NoPassword, nullptr));
  if (key == nullptr) {
    ERR_clear_error();
    const bool locked = text.find("ENCRYPTED") != std::string::npos;
    return UsageError(locked ? "the key has a password, and nobody is there to give it\n"
                               "  hint: 'openssl pkey -in KEY -out PLAIN' takes it off; let only "
                               "the user of weir read that file"
                             : "there is no key in its file; it begins with "
                               "'-----BEGIN PRIVATE KEY-----'");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return UsageError(fmt::format("the key does not go with the first certificate of its file: {}",
                                  LastReason()));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const ServerTls>> ServerTls::Create(const std::string& certificates,
                                                           const std::string& key) {
  std::shared_ptr<ServerTls> made(new ServerTls());
  if (Status loaded = made->Load(certificates, key); !loaded) {
    return tl::unexpected(loaded.error());
  }
  return made;
}

Status ServerTls::Load(const std::string& certificates, const std::string& key) {
  ERR_clear_error();
  context_ = SSL_CTX_new(TLS_server_method());
  WEIR_CHECK(context_ != nullptr);
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  // One request to a connection: one ticket leads to the next.
  SSL_CTX_set_num_tickets(context_, 1);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  const auto lines = Lines(certificates);
  std::vector<Certificate> chain;
  while (X509* next = PEM_read_bio_X509(lines.get(), nullptr, &NoPassword, nullptr)) {
    chain.emplace_back(next);
    if (chain.size() > kChainMax) {
      return UsageError(fmt::format("there are more than {} certificates in its file", kChainMax));
    }
  }
  ERR_clear_error();
  if (chain.empty()) {
    return UsageError(
        "there is no certificate in its file; it begins with '-----BEGIN CERTIFICATE-----'");
  }
  if (Status used = UseCertificates(context_, chain); !used) {
    return used;
  }
  expires_at_ = ExpiryOf(*chain.front());
  key_pin_ = PinOf(*chain.front());
  return UseKey(context_, key);
}

ServerTls::~ServerTls() {
  SSL_CTX_free(context_);
}

SSL* ServerTls::NewConnection() const {
  SSL* ssl = SSL_new(context_);
  WEIR_CHECK(ssl != nullptr);
  SSL_set_accept_state(ssl);
  return ssl;
}

}  // namespace weir::monitor
