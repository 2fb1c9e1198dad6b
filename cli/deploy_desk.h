#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/gate_policy.h"
#include "cli/gate_case.h"
#include "monitor/deploy_gate.h"
#include "store/deployments.h"
#include "store/history.h"

namespace weir::cli {

/// The gate behind `weir serve`: answers by the code of `weir gate` from the runs in the history.
/// What was judged is judged and recorded again only when other runs are found; while nobody has
/// written to the history, asking costs microseconds.
///
/// Words of selectors come from the network: only those are taken that look at the history
/// (`merge-base` would run git), and at most kSelectorMax bytes of plain characters.
class DeployDesk final : public monitor::DeployGate {
 public:
  static constexpr std::size_t kSelectorMax = 512;
  static constexpr std::size_t kAnswersMax = 256;  ///< Kept; then all are forgotten.

  struct Options {
    std::string store_path;
    GivenFile policy;  ///< None: the default policy.
    GivenFile waivers;
    std::string baseline = "last-pass";  ///< When the question names none. Trusted.
    std::string history;
    std::string scenario;
    /// Called once for every verdict that is recorded, on the thread that asked.
    std::function<void(const monitor::GateQuestion&, const monitor::GateAnswer&, WallTime)> judged;
  };

  /// Errors: kUsage, from the policy. `clock` must outlive it.
  static Result<std::unique_ptr<DeployDesk>> Create(Options options, const Clock& clock);

  Result<monitor::GateAnswer> Ask(const monitor::GateQuestion& question) override;

 private:
  struct Kept {
    std::int64_t change = 0;  ///< Deployments::ChangeCount when it was looked at.
    Instant at{};
    std::string content;  ///< What it was judged from.
    monitor::GateAnswer answer;
  };

  DeployDesk(Options options, GatePolicy policy, const Clock& clock)
      : options_(std::move(options)), policy_(std::move(policy)), clock_(clock) {}

  Result<monitor::GateQuestion> Resolve(const monitor::GateQuestion& question) const;
  Result<monitor::GateAnswer> Look(const monitor::GateQuestion& question);
  Result<monitor::GateAnswer> JudgeAnew(const monitor::GateQuestion& question, Kept& kept);
  std::string ContentOf(const GateCase& gate_case) const;

  const Options options_;
  const GatePolicy policy_;
  const Clock& clock_;

  std::mutex mutex_;
  std::unique_ptr<store::Store> store_;  // Guarded by mutex_, as are the next.
  std::unique_ptr<store::Deployments> changes_;
  std::map<monitor::GateQuestion, Kept> answers_;
};

}  // namespace weir::cli
