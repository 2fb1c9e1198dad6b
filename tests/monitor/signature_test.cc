#include "monitor/signature.h"

#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

// The example of Svix, whose scheme Standard Webhooks took over.
TEST(SignatureTest, GivesThePublishedExample) {
  const auto key = WebhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(WebhookSignature(*key, {.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                    .timestamp_s = 1614265330,
                                    .body = R"({"test": 2432232314})"}),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(SignatureTest, EveryPartIsSigned) {
  const std::string key(24, 'k');
  const std::string signature = WebhookSignature(key, {.id = "1", .timestamp_s = 2, .body = "3"});
  EXPECT_NE(WebhookSignature(key, {.id = "2", .timestamp_s = 2, .body = "3"}), signature);
  EXPECT_NE(WebhookSignature(key, {.id = "1", .timestamp_s = 3, .body = "3"}), signature);
  EXPECT_NE(WebhookSignature(key, {.id = "1", .timestamp_s = 2, .body = "4"}), signature);
  EXPECT_NE(WebhookSignature(std::string(24, 'l'), {.id = "1", .timestamp_s = 2, .body = "3"}),
            signature);
}

TEST(SignatureTest, ShortOrBrokenSecretsAreRefusedAndNotShown) {
  for (const std::string_view secret :
       {"", "tooshort", "whsec_", "whsec_?????", "whsec_c2hvcnQ="}) {
    const auto key = WebhookKey(secret);
    ASSERT_FALSE(key) << secret;
    EXPECT_EQ(key.error().message.find("tooshort"), std::string::npos);
  }
  EXPECT_EQ(WebhookKey("a plain secret of its own").value_or(""), "a plain secret of its own");
}

}  // namespace
}  // namespace weir::monitor
