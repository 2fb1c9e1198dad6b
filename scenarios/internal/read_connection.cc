#include "scenarios/internal/read_connection.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {
namespace {

constexpr CountRange kStreamsRange = {1, kStreamsMax};
constexpr CountRange kPipelineRange = {1, kPipelineMax};

// Reads key `name` of `map` with `parse`, if it is there.
template <typename T, typename Parse>
void ReadWord(const YamlNode& map, std::string_view name, Parse parse, T& out,
              Diagnostics& diagnostics) {
  const YamlNode* node = FindValue(map, name);
  if (node == nullptr) {
    return;
  }
  const std::optional<std::string> text = ReadText({*node, name}, diagnostics);
  if (!text) {
    return;
  }
  auto value = parse(Trimmed(*text));
  if (!value) {
    diagnostics.Add(node->span, value.error());
    return;
  }
  out = *std::move(value);
}

Result<bool> ParseYesNo(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on") {
    return true;
  }
  if (text == "false" || text == "no" || text == "off") {
    return false;
  }
  return tl::unexpected(HintedError(fmt::format("'{}' is neither yes nor no", Printable(text, 40)),
                                    "write 'true' or 'false'"));
}

Result<std::string> ParseNonEmpty(std::string_view text) {
  if (text.empty() || text.find_first_of("\r\n") != std::string_view::npos) {
    return tl::unexpected(
        HintedError("it must be one line that is not empty", "leave the key out"));
  }
  return std::string(text);
}

void ReadTls(const YamlNode& node, Tls& tls, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 9> kKnown = {
      "insecure", "cacert", "cert", "key", "sni", "min", "max", "ciphers", "resume"};
  if (!CheckKeys(node, {"tls", kKnown, {}}, diagnostics)) {
    return;
  }
  ReadWord(node, "insecure", ParseYesNo, tls.insecure, diagnostics);
  ReadWord(node, "resume", ParseYesNo, tls.resume, diagnostics);
  ReadWord(node, "cacert", ParseNonEmpty, tls.ca_file, diagnostics);
  ReadWord(node, "cert", ParseNonEmpty, tls.certificate_file, diagnostics);
  ReadWord(node, "key", ParseNonEmpty, tls.key_file, diagnostics);
  ReadWord(node, "sni", ParseNonEmpty, tls.server_name, diagnostics);
  ReadWord(node, "ciphers", ParseNonEmpty, tls.ciphers, diagnostics);
  ReadWord(node, "min", ParseTlsVersion, tls.version_min, diagnostics);
  ReadWord(node, "max", ParseTlsVersion, tls.version_max, diagnostics);
}

void ReadCurl(const YamlNode& node, Curl& curl, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 5> kKnown = {"proxy", "proxy_user", "unix_socket", "user",
                                                      "auth"};
  if (!CheckKeys(node, {"curl", kKnown, {}}, diagnostics)) {
    return;
  }
  ReadWord(node, "proxy", ParseNonEmpty, curl.proxy, diagnostics);
  ReadWord(node, "proxy_user", ParseNonEmpty, curl.proxy_user, diagnostics);
  ReadWord(node, "unix_socket", ParseNonEmpty, curl.unix_socket, diagnostics);
  ReadWord(node, "user", ParseNonEmpty, curl.user, diagnostics);
  ReadWord(node, "auth", ParseAuth, curl.auth, diagnostics);
}

}  // namespace

Connection ReadConnection(const YamlNode& root, Diagnostics& diagnostics) {
  Connection connection;
  ReadWord(root, "protocol", ParseProtocol, connection.protocol, diagnostics);
  ReadWord(root, "engine", ParseClient, connection.client, diagnostics);
  if (const YamlNode* streams = FindValue(root, "streams")) {
    connection.streams_max = ReadCount({*streams, "streams"}, kStreamsRange, diagnostics)
                                 .value_or(connection.streams_max);
  }
  if (const YamlNode* pipeline = FindValue(root, "pipeline")) {
    connection.pipeline =
        ReadCount({*pipeline, "pipeline"}, kPipelineRange, diagnostics).value_or(1);
  }
  const YamlNode* tls = FindValue(root, "tls");
  if (tls != nullptr) {
    ReadTls(*tls, connection.tls, diagnostics);
  }
  const YamlNode* curl = FindValue(root, "curl");
  if (curl != nullptr) {
    ReadCurl(*curl, connection.curl, diagnostics);
  }
  if (const Status fits = CheckConnection(connection); !fits) {
    const YamlNode* at = curl != nullptr && connection.curl.any() ? curl : tls;
    diagnostics.Add(at != nullptr ? at->span : SourceSpan(), fits.error());
  }
  return connection;
}

}  // namespace weir::scenarios::internal
