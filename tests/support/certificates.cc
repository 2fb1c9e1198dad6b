#include "tests/support/certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace weir::tests {
namespace {

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(length));
  BIO_free(bio);
  return text;
}

std::string Pem(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  WEIR_CHECK(PEM_write_bio_X509(bio, certificate) == 1);
  return TextOf(bio);
}

std::string Pem(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  WEIR_CHECK(PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TextOf(bio);
}

X509* NewCertificate(EVP_PKEY* key, const char* common_name, const CertificateOptions& options) {
  static long serial = 1;
  X509* made = X509_new();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made), options.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(made), options.valid_to_s);
  X509_set_pubkey(made, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
  return made;
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  WEIR_CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Authority::Authority() : key_(EVP_EC_gen("P-256")), certificate_(nullptr) {
  certificate_ = NewCertificate(key_, "test authority", {});
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  AddExtension(certificate_, NID_basic_constraints, "critical,CA:TRUE");
  WEIR_CHECK(X509_sign(certificate_, key_, EVP_sha256()) > 0);
}

Authority::~Authority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

std::string Authority::certificate() const {
  return Pem(certificate_);
}

Certificate Authority::Issue(const CertificateOptions& options) const {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* made = NewCertificate(key, "peer", options);
  X509_set_issuer_name(made, X509_get_subject_name(certificate_));
  std::string names;
  for (const std::string& name : options.names) {
    names += (names.empty() ? "" : ",") + name;
  }
  if (!names.empty()) {
    AddExtension(made, NID_subject_alt_name, names);
  }
  WEIR_CHECK(X509_sign(made, key_, EVP_sha256()) > 0);
  const Certificate issued{Pem(made), Pem(key)};
  X509_free(made);
  EVP_PKEY_free(key);
  return issued;
}

}  // namespace weir::tests
