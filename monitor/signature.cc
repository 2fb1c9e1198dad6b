#include "monitor/signature.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace weir::monitor {
namespace {

constexpr std::size_t kKeyBytesMin = 16;
constexpr std::string_view kPrefix = "whsec_";

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string FromBase64(std::string_view text) {
  std::string made(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(made.data()), Bytes(text),
                                   static_cast<int>(text.size()));
  if (size < 0) {
    return {};
  }
  // The decoder counts what the padding stands for.
  const std::size_t padding = text.size() - (text.find_last_not_of('=') + 1);
  made.resize(static_cast<std::size_t>(size) - std::min<std::size_t>(padding, 2));
  return made;
}

}  // namespace

Result<std::string> WebhookKey(std::string_view secret) {
  constexpr std::size_t kSecretBytesMax = 1024;
  std::string key;
  if (secret.size() <= kSecretBytesMax) {
    key = secret.substr(0, kPrefix.size()) == kPrefix ? FromBase64(secret.substr(kPrefix.size()))
                                                      : std::string(secret);
  }
  if (key.size() < kKeyBytesMin) {
    return UsageError(
        fmt::format("a webhook secret must be {} bytes at least, plain or as whsec_BASE64\n"
                    "  hint: openssl rand -hex 24 > secret",
                    kKeyBytesMin));
  }
  return key;
}

std::string WebhookSignature(std::string_view key, const SignedContent& content) {
  const std::string text = fmt::format("{}.{}.{}", content.id, content.timestamp_s, content.body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  WEIR_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(text), text.size(),
                  digest.data(), &size) != nullptr);
  std::string base64(4 * ((size + 2) / 3) + 1, '\0');
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                      digest.data(), static_cast<int>(size));
  base64.resize(static_cast<std::size_t>(written));
  return "v1," + base64;
}

}  // namespace weir::monitor
