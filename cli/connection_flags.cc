#include "cli/connection_flags.h"

#include <utility>

#include <fmt/core.h>

namespace weir::cli {
namespace {

using scenarios::Curl;

void ReadText(const ParsedFlags& flags, const char* name, std::string& out) {
  if (flags.Has(name)) {
    out = flags.Text(name);
  }
}

template <typename T, typename Parse>
Status ReadWord(const ParsedFlags& flags, const char* name, Parse parse, T& out) {
  Result<T> value = ReadFlag(flags, name, parse, out);
  if (!value) {
    return tl::unexpected(value.error());
  }
  out = *std::move(value);
  return {};
}

Status ReadAuth(const ParsedFlags& flags, Curl& curl) {
  constexpr std::pair<const char*, Curl::Auth> kFlags[] = {{"digest", Curl::Auth::kDigest},
                                                           {"ntlm", Curl::Auth::kNtlm},
                                                           {"negotiate", Curl::Auth::kNegotiate},
                                                           {"anyauth", Curl::Auth::kAny}};
  const char* given = nullptr;
  for (const auto& [name, auth] : kFlags) {
    if (!flags.Has(name)) {
      continue;
    }
    if (given != nullptr) {
      return UsageError(
          fmt::format("--{} and --{} exclude each other\n  hint: use --anyauth", given, name));
    }
    given = name;
    curl.auth = auth;
  }
  return {};
}

}  // namespace

void AddConnectionFlags(po::options_description& options) {
  auto add = options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("http2", "HTTP/2: by ALPN on https://, with prior knowledge on http://");
  add("streams", text("N"), "URL only: HTTP/2 streams per connection; default 1 without -R");
  add("pipeline", text("N"), "URL only: HTTP/1.1 requests on a connection at a time; default 1");
  add("insecure,k", "take any certificate of the target");
  add("cacert", text("FILE"), "trust the authorities in this PEM file instead of the system's");
  add("cert,E", text("FILE"), "client certificate, PEM");
  add("key", text("FILE"), "its private key, PEM; default: it is in the same file");
  add("sni", text("NAME"), "server name to ask for and to check; default the target's host");
  add("tls-min", text("VERSION"), "lowest TLS version, 1.0 to 1.3; default 1.2");
  add("tls-max", text("VERSION"), "highest TLS version; default 1.3");
  add("ciphers", text("LIST"), "cipher suites in OpenSSL's spelling, ':' between");
  add("no-sessionid", "a full TLS handshake for every connection, no resumption");
  add("engine", text("NAME"), "native (default) or curl: slower, for what the next flags ask");
  add("proxy,x", text("URL"), "curl engine: http://, https://, socks5:// or socks5h:// proxy");
  add("proxy-user,U", text("USER:PASSWORD"), "curl engine: for the proxy");
  add("unix-socket", text("PATH"), "curl engine: connect there instead of by TCP");
  add("user,u", text("USER:PASSWORD"), "curl engine: authenticate, Basic unless told otherwise");
  add("digest", "curl engine: with HTTP Digest");
  add("ntlm", "curl engine: with NTLM");
  add("negotiate", "curl engine: with Kerberos (SPNEGO)");
  add("anyauth", "curl engine: with what the target offers");
}

Status ReadConnectionFlags(const ParsedFlags& flags, scenarios::Connection& connection) {
  if (flags.Has("http2")) {
    connection.protocol = scenarios::Protocol::kHttp2;
  }
  scenarios::Tls& tls = connection.tls;
  tls.insecure = tls.insecure || flags.Has("insecure");
  tls.resume = tls.resume && !flags.Has("no-sessionid");
  if (flags.Has("pipeline")) {
    const Result<std::uint64_t> count = ParseCount(flags.Text("pipeline"));
    if (!count || *count == 0 || *count > scenarios::kPipelineMax) {
      return UsageError(fmt::format("--pipeline: it must be 1 to {}", scenarios::kPipelineMax));
    }
    connection.pipeline = static_cast<std::uint32_t>(*count);
  }
  ReadText(flags, "cacert", tls.ca_file);
  ReadText(flags, "cert", tls.certificate_file);
  ReadText(flags, "key", tls.key_file);
  ReadText(flags, "sni", tls.server_name);
  ReadText(flags, "ciphers", tls.ciphers);
  ReadText(flags, "proxy", connection.curl.proxy);
  ReadText(flags, "proxy-user", connection.curl.proxy_user);
  ReadText(flags, "unix-socket", connection.curl.unix_socket);
  ReadText(flags, "user", connection.curl.user);
  for (const Status& status :
       {ReadWord(flags, "tls-min", scenarios::ParseTlsVersion, tls.version_min),
        ReadWord(flags, "tls-max", scenarios::ParseTlsVersion, tls.version_max),
        ReadWord(flags, "engine", scenarios::ParseClient, connection.client),
        ReadAuth(flags, connection.curl)}) {
    if (!status) {
      return tl::unexpected(status.error());
    }
  }
  return scenarios::CheckConnection(connection);
}

}  // namespace weir::cli
