#include "scenarios/connection.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "scenarios/diagnostic.h"

namespace weir::scenarios {
namespace {

template <typename T>
using Word = std::pair<std::string_view, T>;

constexpr std::array<Word<TlsVersion>, 4> kVersions = {{{"1.0", TlsVersion::kTls10},
                                                        {"1.1", TlsVersion::kTls11},
                                                        {"1.2", TlsVersion::kTls12},
                                                        {"1.3", TlsVersion::kTls13}}};
constexpr std::array<Word<Protocol>, 2> kProtocols = {
    {{"http1", Protocol::kHttp1}, {"h2", Protocol::kHttp2}}};
constexpr std::array<Word<Client>, 2> kClients = {
    {{"native", Client::kNative}, {"curl", Client::kCurl}}};
constexpr std::array<Word<Curl::Auth>, 5> kAuths = {{{"basic", Curl::Auth::kBasic},
                                                     {"digest", Curl::Auth::kDigest},
                                                     {"ntlm", Curl::Auth::kNtlm},
                                                     {"negotiate", Curl::Auth::kNegotiate},
                                                     {"any", Curl::Auth::kAny}}};

// The value that `text` names, or an error that lists all names.
template <typename Words>
auto ValueOf(std::string_view text, std::string_view what, const Words& words)
    -> Result<std::decay_t<decltype(words[0].second)>> {
  std::string list;
  for (const auto& [word, value] : words) {
    if (word == text) {
      return value;
    }
    list += fmt::format("{}{}", list.empty() ? "" : ", ", word);
  }
  return tl::unexpected(HintedError(fmt::format("'{}' is not {}", Printable(text, 40), what),
                                    fmt::format("write one of: {}", list)));
}

template <typename T, typename Words>
std::string_view NameOf(T value, const Words& words) {
  const auto* found = std::find_if(words.begin(), words.end(),
                                   [value](const auto& word) { return word.second == value; });
  WEIR_CHECK(found != words.end());
  return found->first;
}

Status Refuse(std::string message, std::string_view hint) {
  return tl::unexpected(HintedError(std::move(message), hint));
}

}  // namespace

Result<TlsVersion> ParseTlsVersion(std::string_view text) {
  return ValueOf(text, "a TLS version", kVersions);
}

std::string_view TlsVersionName(TlsVersion version) {
  return NameOf(version, kVersions);
}

Result<Protocol> ParseProtocol(std::string_view text) {
  return ValueOf(text, "a protocol", kProtocols);
}

Result<Client> ParseClient(std::string_view text) {
  return ValueOf(text, "an engine", kClients);
}

Result<Curl::Auth> ParseAuth(std::string_view text) {
  return ValueOf(text, "a way to authenticate", kAuths);
}

std::string_view AuthName(Curl::Auth auth) {
  return NameOf(auth, kAuths);
}

Status CheckConnection(const Connection& connection) {
  const Tls& tls = connection.tls;
  if (tls.version_max < tls.version_min) {
    return Refuse("tls: the highest version is below the lowest", "swap 'min' and 'max'");
  }
  if (!tls.key_file.empty() && tls.certificate_file.empty()) {
    return Refuse("tls: a key without a certificate", "add the certificate that belongs to it");
  }
  if (connection.pipeline > 1 &&
      (connection.protocol != Protocol::kHttp1 || connection.client != Client::kNative)) {
    return Refuse("a pipeline is a thing of HTTP/1.1, and not of libcurl",
                  "leave out 'pipeline' (--pipeline); HTTP/2 has 'streams' (--streams)");
  }
  if (connection.curl.any() && connection.client != Client::kCurl) {
    return Refuse("proxies, unix sockets and authentication need libcurl",
                  "add 'engine: curl' (--engine curl); it costs several times more processor time");
  }
  return {};
}

}  // namespace weir::scenarios
