#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// How a scenario talks to its target, apart from what it says: protocol, TLS, who moves the bytes.
/// Plain data; ranges named below hold in what ReadScenario returns.
namespace weir::scenarios {

/// TLS versions, oldest first; they compare in that order.
enum class TlsVersion : std::uint8_t { kTls10, kTls11, kTls12, kTls13 };

/// "1.2" and so on, as in `tls: { min: 1.2 }`. Errors: kUsage, HintedError.
Result<TlsVersion> ParseTlsVersion(std::string_view text);
std::string_view TlsVersionName(TlsVersion version);

/// How TLS is spoken; of no effect on an http:// target. Paths are relative to the working
/// directory.
struct Tls {
  bool insecure = false;         ///< Take any certificate. For targets of one's own.
  bool resume = true;            ///< Reconnect with the session of an earlier connection.
  std::string ca_file;           ///< PEM; trusted instead of the system's authorities.
  std::string certificate_file;  ///< PEM, the client's chain; empty = none is sent.
  std::string key_file;          ///< PEM; empty = it is in certificate_file.
  std::string server_name;       ///< For SNI and the check of the name; empty = the target's host.
  TlsVersion version_min = TlsVersion::kTls12;
  TlsVersion version_max = TlsVersion::kTls13;  ///< Not below version_min.
  std::string ciphers;  ///< OpenSSL's spelling, ':' between; empty = OpenSSL's defaults.
  friend bool operator==(const Tls&, const Tls&) = default;
};

enum class Protocol : std::uint8_t {
  kHttp1,  ///< HTTP/1.1.
  kHttp2,  ///< HTTP/2: by ALPN on https, with prior knowledge on http.
};

/// "http1" or "h2". Errors: kUsage, HintedError.
Result<Protocol> ParseProtocol(std::string_view text);

enum class Client : std::uint8_t {
  kNative,  ///< The fast engines for HTTP/1.1 and HTTP/2.
  kCurl,    ///< libcurl: slower, for proxies, authentication and so on.
};

/// "native" or "curl". Errors: kUsage, HintedError.
Result<Client> ParseClient(std::string_view text);

/// What only libcurl does. In the spelling of curl's flags.
struct Curl {
  enum class Auth : std::uint8_t { kBasic, kDigest, kNtlm, kNegotiate, kAny };
  std::string proxy;        ///< `http://p:3128`, `socks5h://p:1080`; empty = none.
  std::string proxy_user;   ///< "name:password".
  std::string unix_socket;  ///< Path; empty = TCP.
  std::string user;         ///< "name:password"; empty = no authentication.
  Auth auth = Auth::kBasic;
  friend bool operator==(const Curl&, const Curl&) = default;

  bool any() const { return !(*this == Curl()); }
};

/// "basic", "digest", "ntlm", "negotiate" or "any". Errors: kUsage, HintedError.
Result<Curl::Auth> ParseAuth(std::string_view text);
std::string_view AuthName(Curl::Auth auth);

/// How one run connects.
struct Connection {
  /// Streams that one HTTP/2 connection carries at a time; the server may allow fewer. 1..10,000.
  std::uint32_t streams_max = 100;
  /// Requests that one HTTP/1.1 connection carries at a time. 1..256.
  std::uint32_t pipeline = 1;
  Protocol protocol = Protocol::kHttp1;
  Client client = Client::kNative;
  Tls tls;
  Curl curl;
  friend bool operator==(const Connection&, const Connection&) = default;
};

inline constexpr std::uint32_t kStreamsMax = 10'000;
inline constexpr std::uint32_t kPipelineMax = 256;

/// What does not go together: proxies and the like without libcurl, a pipeline on anything but the
/// HTTP/1.1 of our own, a maximal version below the
/// minimal one, a key without a certificate. Errors: kUsage, HintedError.
Status CheckConnection(const Connection& connection);

}  // namespace weir::scenarios
