#include "monitor/deploy_hooks.h"

#include <array>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

using Codes = std::array<int, kGateStateCount>;

// The whole contract, in the order of GateState: pass, warn, running, inconclusive, fail.
TEST(DeployHooksTest, EveryHookAnswersEveryStateByTheContract) {
  const auto codes = [](Hook hook, Undecided rollout) {
    Codes made{};
    for (std::size_t state = 0; state < kGateStateCount; ++state) {
      made[state] = HookStatus(hook, static_cast<GateState>(state), rollout);
    }
    return made;
  };
  const Codes asks = {200, 200, 409, 409, 403};
  const Codes notes = {200, 200, 200, 200, 200};
  for (const Undecided rollout : {Undecided::kKeepGoing, Undecided::kFailedCheck}) {
    EXPECT_EQ(codes(Hook::kConfirmRollout, rollout), asks);
    EXPECT_EQ(codes(Hook::kPreRollout, rollout), asks);
    EXPECT_EQ(codes(Hook::kConfirmTrafficIncrease, rollout), asks);
    EXPECT_EQ(codes(Hook::kConfirmPromotion, rollout), asks);
    EXPECT_EQ(codes(Hook::kPostRollout, rollout), notes);
    EXPECT_EQ(codes(Hook::kEvent, rollout), notes);
    EXPECT_EQ(codes(Hook::kRollback, rollout), (Codes{403, 403, 403, 403, 200}));
  }
  EXPECT_EQ(codes(Hook::kRollout, Undecided::kKeepGoing), (Codes{200, 200, 200, 200, 403}));
  EXPECT_EQ(codes(Hook::kRollout, Undecided::kFailedCheck), asks);
}

// Up to 202 is a yes, 429 and 5xx are asked again at once.
TEST(DeployHooksTest, NoCodeIsOneThatFlaggerMisreads) {
  for (std::size_t hook = 0; hook < kHookCount; ++hook) {
    const int trouble = HookTroubleStatus(static_cast<Hook>(hook));
    EXPECT_TRUE(trouble == 403 || trouble == 409) << hook;
    EXPECT_EQ(HookOf(HookName(static_cast<Hook>(hook))), static_cast<Hook>(hook));
  }
  EXPECT_EQ(HookTroubleStatus(Hook::kRollback), 403);
  EXPECT_EQ(HookOf("promote"), std::nullopt);
}

TEST(DeployHooksTest, OnlyWhatThePolicyBlocksIsAFail) {
  GateResult result;
  result.verdict = Verdict::kFail;
  for (const auto& [action, state] : {std::pair{GateAction::kProceed, GateState::kWarn},
                                      std::pair{GateAction::kHold, GateState::kInconclusive},
                                      std::pair{GateAction::kBlock, GateState::kFail},
                                      std::pair{GateAction::kRerun, GateState::kInconclusive},
                                      std::pair{GateAction::kConfirm, GateState::kInconclusive},
                                      std::pair{GateAction::kRollback, GateState::kFail}}) {
    result.action = action;
    EXPECT_EQ(StateOf(result), state) << GateActionName(action);
  }
  result.verdict = Verdict::kPass;
  result.action = GateAction::kProceed;
  EXPECT_EQ(StateOf(result), GateState::kPass);
}

TEST(DeployHooksTest, ReadsWhatFlaggerPosts) {
  const auto call = ReadHookCall(
      R"({"name":"shop","namespace":"prod","phase":"Progressing","checksum":"85d557f47b",)"
      R"("metadata":{"baseline":"branch:main last:10","eventMessage":"New revision",)"
      R"("eventType":"Normal","timestamp":"1767225600123"}})");
  ASSERT_TRUE(call) << call.error().message;
  EXPECT_EQ(call->question.service, "shop.prod");
  EXPECT_EQ(call->question.rev, "85d557f47b");
  EXPECT_EQ(call->question.baseline, "branch:main last:10");
  EXPECT_EQ(call->event_message, "New revision");
  EXPECT_EQ(call->event_at, WallTime(std::chrono::milliseconds(1'767'225'600'123)));
}

TEST(DeployHooksTest, MetadataNamesServiceAndRevOverTheCanary) {
  const auto call =
      ReadHookCall(R"({"name":"shop","checksum":"85d5","metadata":{"service":"cart","rev":"b7"}})");
  ASSERT_TRUE(call) << call.error().message;
  EXPECT_EQ(call->question.service, "cart");
  EXPECT_EQ(call->question.rev, "b7");
}

TEST(DeployHooksTest, RefusesWhatIsNoHook) {
  const auto refused = [](std::string_view body) {
    const auto call = ReadHookCall(body);
    return call ? std::string("read") : call.error().message;
  };
  EXPECT_EQ(refused("{"), "the body must be a JSON object of texts");
  EXPECT_EQ(refused("[]"), "the body must be a JSON object of texts");
  EXPECT_EQ(refused(""), "the body must be a JSON object of texts");
  EXPECT_EQ(refused("{}"), "'name' is missing: the canary that is asked about");
  EXPECT_EQ(refused(R"({"name":7})"), "'name' must be a text");
  EXPECT_EQ(refused(R"({"name":"a","metadata":[]})"), "'metadata' must be an object of texts");
  EXPECT_EQ(refused(fmt::format(R"({{"name":"{}"}})", std::string(1025, 'x'))),
            "'name' is longer than 1024 bytes");
  EXPECT_EQ(refused(std::string(60'000, '[')), "the body must be a JSON object of texts");
}

TEST(DeployHooksTest, AMarkNeedsServiceAndPhaseAndNoOtherKeys) {
  EXPECT_TRUE(ReadMarkCall(R"({"service":"shop","phase":"Succeeded"})"));
  EXPECT_FALSE(ReadMarkCall(R"({"service":"shop"})"));
  EXPECT_FALSE(ReadMarkCall(R"({"service":"shop","phase":"x","at":"now"})"));
}

}  // namespace
}  // namespace weir::monitor
