#include "monitor/acknowledge_link.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace weir::monitor {
namespace {

constexpr std::size_t kKeyBytesMin = 16;

std::int64_t SecondsUp(WallTime at) {
  return std::chrono::ceil<std::chrono::seconds>(at.time_since_epoch()).count();
}

std::string Claimed(std::string_view group, std::string_view told, std::string_view until) {
  return fmt::format("group={}&told={}&until={}", group, told, until);
}

std::string Sign(std::string_view key, std::string_view claimed) {
  // The word keeps a signature of something else from being one of a link.
  const std::string text = fmt::format("weir acknowledge\n{}", claimed);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  WEIR_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                  reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
                  &size) != nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += fmt::format("{:02x}", digest[i]);
  }
  return hex;
}

std::string_view ValueOf(const std::map<std::string, std::string>& query, const char* name) {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view() : found->second;
}

std::optional<WallTime> TimeOf(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t kSecondsMax = 4'000'000'000;
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0 ||
      seconds > kSecondsMax) {
    return std::nullopt;
  }
  return WallTime(std::chrono::seconds(seconds));
}

}  // namespace

Result<std::string> LinkKey(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  const std::string_view key = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  if (key.size() < kKeyBytesMin) {
    return UsageError(fmt::format(
        "the key of links must be {} bytes at least\n  hint: openssl rand -hex 24 > link.key",
        kKeyBytesMin));
  }
  return std::string(key);
}

std::string AcknowledgeLink(std::string_view base, std::string_view key, const LinkClaim& claim) {
  while (base.ends_with('/')) {
    base.remove_suffix(1);
  }
  const std::string claimed = Claimed(claim.group, fmt::format("{}", SecondsUp(claim.told_at)),
                                      fmt::format("{}", SecondsUp(claim.expires_at)));
  return fmt::format("{}{}?{}&signature={}", base, kLinkPath, claimed, Sign(key, claimed));
}

tl::expected<LinkClaim, LinkFault> ReadLink(const std::map<std::string, std::string>& query,
                                            std::string_view key, WallTime now) {
  const std::string_view group = ValueOf(query, "group");
  const std::string_view told = ValueOf(query, "told");
  const std::string_view until = ValueOf(query, "until");
  const std::string_view signature = ValueOf(query, "signature");
  const std::string right = Sign(key, Claimed(group, told, until));
  if (signature.size() != right.size() ||
      CRYPTO_memcmp(signature.data(), right.data(), right.size()) != 0) {
    return tl::unexpected(LinkFault::kForged);
  }
  const std::optional<WallTime> told_at = TimeOf(told);
  const std::optional<WallTime> expires_at = TimeOf(until);
  if (!told_at || !expires_at) {
    return tl::unexpected(LinkFault::kForged);
  }
  if (now >= *expires_at) {
    return tl::unexpected(LinkFault::kExpired);
  }
  return LinkClaim{std::string(group), *told_at, *expires_at};
}

}  // namespace weir::monitor
