#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

/// Signed webhooks. Source: Standard Webhooks 1.0.0, symmetric signatures.
namespace weir::monitor {

/// The key that a secret stands for: of `whsec_BASE64` the decoded bytes, of anything else its own.
/// Errors: kUsage: fewer than 16 bytes, or no base64 after whsec_. No message shows a secret.
Result<std::string> WebhookKey(std::string_view secret);

/// What is signed together.
struct SignedContent {
  std::string_view id;  ///< Of the message; the same when it is sent again.
  std::int64_t timestamp_s = 0;
  std::string_view body;
};

/// The value of `webhook-signature`: "v1," and the base64 of HMAC-SHA256(key, "id.timestamp.body").
/// Checked against: the example of the Svix documentation, tests/monitor/signature_test.cc.
std::string WebhookSignature(std::string_view key, const SignedContent& content);

}  // namespace weir::monitor
