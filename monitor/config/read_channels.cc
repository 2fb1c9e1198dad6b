#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/config/config_reader.h"
#include "monitor/signature.h"
#include "scenarios/command_line.h"

namespace weir::monitor {

using scenarios::FindValue;
using scenarios::YamlNode;

namespace {

constexpr std::size_t kNameBytesMax = 100;
constexpr std::size_t kAddressesMax = 50;

constexpr std::array<ChannelKind, 7> kKinds = {
    ChannelKind::kWebhook, ChannelKind::kSlack, ChannelKind::kPagerDuty, ChannelKind::kAlertmanager,
    ChannelKind::kEmail,   ChannelKind::kExec,  ChannelKind::kFile};

/// "a@b", in characters that need no quotes in a header and on the wire.
bool IsAddress(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != 0 && at != std::string_view::npos && at + 1 < text.size() && text.size() <= 254 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           const auto code = static_cast<unsigned char>(c);
           return code < 0x80 &&
                  (std::isalnum(code) != 0 ||
                   std::string_view("@.!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos);
         });
}

class ChannelReader {
 public:
  ChannelReader(const ConfigReader& reader, const YamlNode& node) : reader_(reader), node_(node) {}

  ChannelSpec Read() {
    constexpr std::array<std::string_view, 18> kKnown = {"name",
                                                         "webhook",
                                                         "slack",
                                                         "pagerduty",
                                                         "alertmanager",
                                                         "email",
                                                         "exec",
                                                         "file",
                                                         "channel",
                                                         "from",
                                                         "to",
                                                         "user",
                                                         "rate",
                                                         "timeout",
                                                         "secret_file",
                                                         "send_resolved",
                                                         "authorization_file",
                                                         "give_up_after"};
    if (!CheckKeys(node_, {"channel", kKnown, {}}, reader_.diagnostics)) {
      return std::move(spec_);
    }
    if (const YamlNode* name = FindValue(node_, "name")) {
      spec_.name = ReadName({*name, "name"}, kNameBytesMax, reader_.diagnostics).value_or("");
    } else {
      Complain("name", "a channel has no name", "write 'name: chat'");
    }
    ReadCommon();
    ReadKind();
    return std::move(spec_);
  }

 private:
  void Complain(std::string_view key, std::string message, std::string hint = "") {
    const YamlNode* at = FindValue(node_, key);
    reader_.diagnostics.Add(at == nullptr ? node_.span : at->span, std::move(message),
                            std::move(hint));
  }

  void ReadCommon() {
    reader_.ReadSpan(node_, "timeout", std::chrono::milliseconds(100), spec_.timeout);
    reader_.ReadSpan(node_, "give_up_after", std::chrono::seconds(1), spec_.give_up_after);
    reader_.ReadFlag(node_, "send_resolved", spec_.send_resolved);
    spec_.authorization = reader_.ReadSecret(node_, "authorization_file");
    spec_.secret = reader_.ReadSecret(node_, "secret_file");
    if (FindValue(node_, "rate") != nullptr) {
      const Result<Rate> rate = ParseRate(reader_.TextOf(node_, "rate"));
      if (rate) {
        spec_.per_s = rate->per_second();
      } else {
        Complain("rate", "rate: " + rate.error().message);
      }
    }
  }

  void ReadKind() {
    int kinds = 0;
    for (const ChannelKind kind : kKinds) {
      if (const YamlNode* value = FindValue(node_, ChannelKindName(kind))) {
        spec_.kind = kind;
        ReadTarget(*value);
        ++kinds;
      }
    }
    if (kinds != 1) {
      Complain("name",
               "a channel is one of webhook, slack, pagerduty, alertmanager, email, exec "
               "and file",
               "for example 'slack: file:slack.url'");
    }
  }

  void ReadTarget(const YamlNode& value) {
    const std::string_view key = ChannelKindName(spec_.kind);
    switch (spec_.kind) {
      case ChannelKind::kWebhook:
        spec_.url = reader_.ReadUrl(value, key);
        ReadSignatureKey();
        break;
      case ChannelKind::kSlack:
        spec_.url = reader_.ReadUrl(value, key);
        spec_.target = reader_.TextOf(node_, "channel");
        break;
      case ChannelKind::kPagerDuty:
        spec_.url = reader_.ReadUrl(value, key);
        if (spec_.secret.empty()) {
          Complain("pagerduty", "PagerDuty wants a routing key",
                   "write 'secret_file: PATH' of a file that holds it");
        }
        break;
      case ChannelKind::kAlertmanager:
        spec_.url = reader_.ReadUrl(value, key) + "/api/v2/alerts";
        break;
      case ChannelKind::kEmail:
        ReadEmail(value);
        break;
      case ChannelKind::kExec:
        ReadProgram(value);
        break;
      case ChannelKind::kFile:
        spec_.target = reader_.TextOf(node_, "file");
        break;
    }
  }

  void ReadSignatureKey() {
    if (FindValue(node_, "secret_file") == nullptr) {
      return;
    }
    Result<std::string> signing = WebhookKey(spec_.secret);
    if (signing) {
      spec_.secret = std::move(*signing);
    } else {
      Complain("secret_file", signing.error().message);
    }
  }

  void ReadEmail(const YamlNode& value) {
    spec_.url = ReadScalar({value, "email"}, reader_.diagnostics).value_or("");
    if (!spec_.url.starts_with("smtp://") && !spec_.url.starts_with("smtps://")) {
      Complain("email", "email is no smtp or smtps address",
               "for example 'email: smtps://mail.example.org:465'");
    }
    spec_.target = reader_.TextOf(node_, "user");
    spec_.from = reader_.TextOf(node_, "from");
    spec_.to = reader_.ReadWords(node_, "to");
    if (!IsAddress(spec_.from)) {
      Complain("from", "from is no address", "for example 'from: weir@example.org'");
    }
    const bool sound = !spec_.to.empty() && spec_.to.size() <= kAddressesMax &&
                       std::all_of(spec_.to.begin(), spec_.to.end(), IsAddress);
    if (!sound) {
      Complain("to", fmt::format("to is no list of up to {} addresses", kAddressesMax),
               "for example 'to: [ ops@example.org ]'");
    }
    if (spec_.target.empty() != spec_.secret.empty()) {
      Complain("user", "a user and the file of a password belong together",
               "write both 'user' and 'secret_file', or none");
    }
  }

  void ReadProgram(const YamlNode& value) {
    const std::string line = ReadScalar({value, "exec"}, reader_.diagnostics).value_or("");
    Result<std::vector<std::string>> argv = scenarios::ParseCommandLine(line);
    if (!argv) {
      reader_.diagnostics.Add(value.span, argv.error());
      return;
    }
    Result<std::string> path = reader_.access.find_program(argv->front());
    if (!path) {
      Complain("exec", path.error().message);
      return;
    }
    if (path->find('=') != std::string::npos) {
      Complain("exec", fmt::format("'{}' has a = in its name", Printable(*path)));
    }
    spec_.argv = std::move(*argv);
    spec_.argv.front() = std::move(*path);
  }

  const ConfigReader& reader_;
  const YamlNode& node_;
  ChannelSpec spec_;
};

}  // namespace

void ConfigReader::ReadChannels(const YamlNode& list) const {
  if (!IsListOfMaps({list, "channels"}, MonitorConfig::kChannelsMax)) {
    return;
  }
  for (const YamlNode& node : list.items) {
    ChannelSpec spec = ChannelReader(*this, node).Read();
    for (const ChannelSpec& other : config.channels) {
      if (other.name == spec.name && !spec.name.empty()) {
        diagnostics.Add(node.span, fmt::format("there are two channels '{}'", Printable(spec.name)),
                        "give each its own name");
      }
    }
    config.channels.push_back(std::move(spec));
  }
}

}  // namespace weir::monitor
