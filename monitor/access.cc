#include "monitor/access.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace weir::monitor {
namespace {

constexpr std::size_t kHeaderBytesMax = 1024;

bool IsVisible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// Case does not count in the name of a scheme (RFC 9110, 11.1).
std::optional<std::string_view> After(std::string_view scheme, std::string_view value) {
  if (value.size() <= scheme.size() || value[scheme.size()] != ' ') {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    if ((value[i] | 0x20) != scheme[i]) {
      return std::nullopt;
    }
  }
  value.remove_prefix(scheme.size() + 1);
  return value;
}

// The password of Basic credentials; empty for what is none.
std::string PasswordOf(std::string_view base64) {
  std::string text(base64.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  if (size < 0) {
    return {};
  }
  text.resize(static_cast<std::size_t>(size));
  // The decoder counts the padding as zero bytes.
  text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
  const std::size_t colon = text.find(':');
  return colon == std::string::npos ? std::string() : text.substr(colon + 1);
}

}  // namespace

Result<Access> Access::Parse(std::string_view text) {
  Access access;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    if (line.empty() || line.front() == '#') {
      continue;
    }
    if (line.size() < kTokenBytesMin || !IsVisible(line)) {
      return UsageError(
          fmt::format("a token must have {} visible ASCII characters at least, without blanks\n"
                      "  hint: openssl rand -hex 24 > token",
                      kTokenBytesMin));
    }
    access.tokens_.emplace_back(line);
    if (access.tokens_.size() > kTokensMax) {
      return UsageError(fmt::format("more than {} tokens", kTokensMax));
    }
  }
  if (access.tokens_.empty()) {
    return UsageError("there is no token in it\n  hint: openssl rand -hex 24 > token");
  }
  return access;
}

bool Access::Allows(std::string_view authorization) const {
  if (open()) {
    return true;
  }
  if (authorization.size() > kHeaderBytesMax) {
    return false;
  }
  std::string given;
  if (const auto bearer = After("bearer", authorization)) {
    given = *bearer;
  } else if (const auto basic = After("basic", authorization)) {
    given = PasswordOf(*basic);
  }
  bool allowed = false;
  for (const std::string& token : tokens_) {
    // No shortcut after a hit: how long it takes says nothing about which token it was.
    const bool same = token.size() == given.size() &&
                      CRYPTO_memcmp(token.data(), given.data(), token.size()) == 0;
    allowed = same || allowed;
  }
  return allowed;
}

std::string Access::Authorization() const {
  return open() ? std::string() : "Bearer " + tokens_.front();
}

bool Roles::MayPush(std::string_view authorization) const {
  return Of(authorization) == Role::kAct || (!push.open() && push.Allows(authorization));
}

Role Roles::Of(std::string_view authorization) const {
  if (open() || (!act.open() && act.Allows(authorization))) {
    return Role::kAct;
  }
  return !read.open() && read.Allows(authorization) ? Role::kRead : Role::kNone;
}

}  // namespace weir::monitor
