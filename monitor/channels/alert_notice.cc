#include "monitor/channels/alert_notice.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::monitor {
namespace {

Labels Common(const std::vector<ToldAlert>& alerts, const Labels ToldAlert::*which) {
  Labels common;
  if (alerts.empty()) {
    return common;
  }
  for (const auto& label : alerts.front().*which) {
    const bool shared = std::all_of(alerts.begin(), alerts.end(), [&](const ToldAlert& alert) {
      return LabelValue(alert.*which, label.first) == label.second;
    });
    if (shared) {
      common.insert(label);
    }
  }
  return common;
}

/// The values in the order of their names, "alertname" first.
std::string Values(const Labels& labels) {
  std::string text(LabelValue(labels, "alertname"));
  for (const auto& [name, value] : labels) {
    if (name != "alertname") {
      text += text.empty() ? "" : " ";
      text += value;
    }
  }
  return text;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string_view AlertNotice::Status() const {
  return CountFiring() > 0 ? "firing" : "resolved";
}

std::size_t AlertNotice::CountFiring() const {
  return static_cast<std::size_t>(std::count_if(
      alerts.begin(), alerts.end(), [](const ToldAlert& alert) { return alert.firing; }));
}

Labels AlertNotice::CommonLabels() const {
  return Common(alerts, &ToldAlert::labels);
}

Labels AlertNotice::CommonAnnotations() const {
  return Common(alerts, &ToldAlert::annotations);
}

std::string AlertNotice::Title() const {
  const std::size_t firing = CountFiring();
  if (digest) {
    const std::size_t all = alerts.size() + truncated;
    return fmt::format("[DIGEST] {} alert{}, {} still {}", all, all == 1 ? "" : "s", firing,
                       firing == 1 ? "fires" : "fire");
  }
  std::string title =
      firing == 0 ? "[RESOLVED]"
                  : fmt::format("[{}:{}]", escalation_step > 0 ? "ESCALATED" : "FIRING", firing);
  if (const std::string values = Values(group); !values.empty()) {
    title += " " + values;
  }
  Labels rest = CommonLabels();
  const bool more = rest.size() > group.size();
  for (const auto& [name, value] : group) {
    rest.erase(name);
  }
  if (more) {
    title += fmt::format(" ({})", Values(rest));
  }
  return title;
}

std::string Sha256Hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  WEIR_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) ==
             1);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += fmt::format("{:02x}", static_cast<unsigned>(digest[i]));
  }
  return hex;
}

std::string Base64(std::string_view bytes) {
  std::string base64(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()), Bytes(bytes),
                                      static_cast<int>(bytes.size()));
  base64.resize(static_cast<std::size_t>(written));
  return base64;
}

std::string EscapedMarkup(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string FormatMillis(WallTime at) {
  std::string text = FormatWallTime(at);
  const auto ms = CountNs(at) / 1'000'000 % 1000;
  text.insert(text.size() - 1, fmt::format(".{:03}", ms));
  return text;
}

}  // namespace weir::monitor
