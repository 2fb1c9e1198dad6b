#include <array>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/acknowledge_link.h"
#include "monitor/config/config_reader.h"

namespace weir::monitor {

using scenarios::FindValue;
using scenarios::YamlNode;

namespace {

Access ReadTokens(const ConfigReader& reader, const YamlNode& root, std::string_view key) {
  const YamlNode* node = FindValue(root, key);
  if (node == nullptr) {
    return {};
  }
  const Result<std::string> text = reader.access.read_secret(reader.TextOf(root, key));
  Result<Access> access =
      text ? Access::Parse(*text) : Result<Access>(tl::unexpected(text.error()));
  if (!access) {
    reader.diagnostics.Add(node->span, fmt::format("{}: {}", key, access.error().message));
    return {};
  }
  return std::move(*access);
}

std::string ReadLinkKey(const ConfigReader& reader, const YamlNode& root) {
  constexpr std::string_view kKey = "link_key_file";
  const YamlNode* node = FindValue(root, kKey);
  if (node == nullptr) {
    return {};
  }
  if (reader.config.link.empty()) {
    reader.diagnostics.Add(node->span,
                           "link_key_file is for links in messages, and there is no link",
                           "write 'link: https://...' too: where people reach this service");
  }
  const Result<std::string> text = reader.access.read_secret(reader.TextOf(root, kKey));
  const Result<std::string> key =
      text ? LinkKey(*text) : Result<std::string>(tl::unexpected(text.error()));
  if (!key) {
    reader.diagnostics.Add(node->span, fmt::format("{}: {}", kKey, key.error().message));
    return {};
  }
  return *key;
}

std::shared_ptr<const ServerTls> ReadTls(const ConfigReader& reader, const YamlNode& root) {
  constexpr std::array<std::string_view, 2> kKnown = {"certificate_file", "key_file"};
  const YamlNode* node = FindValue(root, "tls");
  if (node == nullptr || !CheckKeys(*node, {"tls", kKnown, {}}, reader.diagnostics)) {
    return nullptr;
  }
  std::array<std::string, 2> texts;
  for (std::size_t i = 0; i < kKnown.size(); ++i) {
    const YamlNode* name = FindValue(*node, kKnown[i]);
    if (name == nullptr) {
      reader.diagnostics.Add(node->span, fmt::format("tls has no {}", kKnown[i]),
                             "write 'tls: { certificate_file: PATH, key_file: PATH }'");
      return nullptr;
    }
    Result<std::string> text = reader.access.read_secret(reader.TextOf(*node, kKnown[i]));
    if (!text) {
      reader.diagnostics.Add(name->span, fmt::format("{}: {}", kKnown[i], text.error().message));
      return nullptr;
    }
    texts[i] = std::move(*text);
  }
  Result<std::shared_ptr<const ServerTls>> tls = ServerTls::Create(texts[0], texts[1]);
  if (!tls) {
    reader.diagnostics.Add(node->span, "tls: " + tls.error().message);
    return nullptr;
  }
  return std::move(*tls);
}

}  // namespace

void ConfigReader::ReadService(const YamlNode& root) const {
  const YamlNode* listen = FindValue(root, "listen");
  for (const std::string_view key :
       {"read_token_file", "act_token_file", "push_token_file", "link_key_file", "tls"}) {
    if (const YamlNode* node = FindValue(root, key); node != nullptr && listen == nullptr) {
      diagnostics.Add(node->span, fmt::format("{} is for the service, and there is none", key),
                      "write 'listen: 127.0.0.1:8471' too");
    }
  }
  if (listen == nullptr) {
    return;
  }
  ServiceSpec service;
  if (const auto address = ParseListenAddress(TextOf(root, "listen"))) {
    service.listen = *address;
  } else {
    diagnostics.Add(listen->span, address.error().message);
  }
  service.roles.read = ReadTokens(*this, root, "read_token_file");
  service.roles.act = ReadTokens(*this, root, "act_token_file");
  service.roles.push = ReadTokens(*this, root, "push_token_file");
  if (const YamlNode* push = FindValue(root, "push_token_file");
      push != nullptr && service.roles.read.open() && service.roles.act.open()) {
    diagnostics.Add(push->span,
                    "with push_token_file alone nobody could look at the monitor or act on it",
                    "write 'act_token_file: PATH' too");
  }
  service.link_key = ReadLinkKey(*this, root);
  service.tls = ReadTls(*this, root);
  if (service.roles.open() && !service.listen.IsLoopback()) {
    diagnostics.Add(listen->span,
                    fmt::format("{} can be reached from other machines, so a token is needed",
                                Printable(service.listen.host)),
                    "write 'act_token_file: PATH', or listen on 127.0.0.1");
  }
  config.service = std::move(service);
}

}  // namespace weir::monitor
