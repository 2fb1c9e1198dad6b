#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "base/text.h"
#include "cli/deploy.h"
#include "cli/signals.h"
#include "store/deployments.h"

namespace weir::cli {
namespace {

std::string WorstReason(const std::vector<GateCheck>& checks) {
  for (const GateCheck& check : checks) {
    if (check.verdict == Verdict::kFail) {
      return check.reason;
    }
  }
  return "";
}

/// Looks at both sides' seconds as they come. All on the engine's thread.
class Watch {
 public:
  Watch(const WatchOrder& order, const Clock& clock, loadgen::Engine& engine)
      : order_(order),
        clock_(clock),
        engine_(engine),
        begun_at_(clock.WallNow()),
        test_(order.rule),
        rollout_(order.rollout),
        sides_{Side(*this, 0), Side(*this, 1)} {}

  std::array<RecordSink*, 2> sinks() { return {&sides_[0], &sides_[1]}; }

  bool over() const { return over_; }

  /// The load came to its end before anything was decided.
  void TimeOver() {
    const bool lets_pass = order_.on_inconclusive == OnInconclusive::kPass;
    Record(
        {.phase = rollout_.phase(), .action = lets_pass ? GateAction::kProceed : GateAction::kHold},
        lets_pass ? "nothing: the policy lets that pass" : "nothing: the time was over");
  }

  WatchOutcome Finish() {
    outcome_.phase = rollout_.phase();
    if (outcome_.checks.empty()) {
      outcome_.checks = test_.Checks();
    }
    return std::move(outcome_);
  }

 private:
  struct Side final : RecordSink {
    Side(Watch& its_watch, std::size_t its_number) : watch(&its_watch), number(its_number) {}

    void OnSecond(const SecondRecord& record) override { watch->Take(number, record); }

    void OnResources(const ResourceSample&) override {}

    Watch* watch;
    std::size_t number;
  };

  struct Pending {
    std::array<StepRecord, 2> records;
    std::array<bool, 2> there{};
  };

  void Take(std::size_t side, const SecondRecord& record) {
    // What ended late comes under a second that was looked at already: it joins the next.
    Pending& pending = pending_[std::max(record.second, next_second_)];
    pending.there[side] = pending.there[side] || record.second >= next_second_;
    for (const StepRecord& step : record.steps) {
      if (step.phase == Phase::kMeasure) {
        pending.records[side].Merge(step);
      }
    }
    while (!pending_.empty() && pending_.begin()->second.there[0] &&
           pending_.begin()->second.there[1]) {
      const Pending whole = std::move(pending_.begin()->second);
      const std::uint32_t second = pending_.begin()->first;
      pending_.erase(pending_.begin());
      next_second_ = second + 1;
      Look(second, whole.records[0], whole.records[1]);
    }
  }

  void Look(std::uint32_t second, const StepRecord& stable, const StepRecord& canary) {
    if (over_ || (stable.counts.planned == 0 && canary.counts.planned == 0 &&
                  stable.Answered() == 0 && canary.Answered() == 0)) {
      return;
    }
    const analysis::CanarySecond seen = analysis::CanarySecondOf(stable, canary);
    test_.Add(seen);
    Follow(test_.verdict(), evidence_);
    if (seconds_.size() < kWatchSecondsKept) {
      seconds_.push_back(seen);
    } else {
      ++seconds_left_out_;
    }
    outcome_.seconds = second + 1;
    if (test_.last_is_worse() && !outcome_.first_worse_s) {
      outcome_.first_worse_s = second;
    }
    Act(rollout_.Step(clock_.Now(), test_.verdict(), WasPromoted()));
  }

  void Act(monitor::RolloutAct act) {
    switch (act) {
      case monitor::RolloutAct::kGoOn:
        return;
      case monitor::RolloutAct::kPromote:
        Promote();
        return;
      case monitor::RolloutAct::kRollBack:
        RollBack();
        break;
      case monitor::RolloutAct::kPassed:
        outcome_.ending = WatchEnding::kPassed;
        outcome_.reason = "surely not worse by what would matter";
        Record({.phase = rollout_.phase(), .window_over = true, .action = GateAction::kProceed},
               "it stays");
        break;
    }
    End();
  }

  void End() {
    over_ = true;
    engine_.Stop();
  }

  void Promote() {
    outcome_.checks = test_.Checks();
    const bool passed = test_.verdict() == Verdict::kPass;
    Ended ended = {.action = GateAction::kProceed};
    if (passed && order_.promote && !order_.dry_run) {
      HookFacts facts = order_.facts;
      facts.verdict = "pass";
      if (Status done = order_.promote->Run(facts, clock_); !done) {
        outcome_.reason =
            "the canary passed, but promoting it did not work: " + done.error().message;
        ended.action = GateAction::kHold;
        Record(ended, "promoting it did not work: " + done.error().message);
        End();
        return;
      }
    }
    Mark("promoted", passed ? "passed" : "");
    Record(ended, !passed          ? "somebody else had promoted it"
                  : order_.dry_run ? "nothing: this is a dry run"
                  : order_.promote ? "promoted"
                                   : "left to whoever promotes it");
    if (order_.rollout.after <= Nanos(0) && passed) {
      outcome_.ending = WatchEnding::kPassed;
      outcome_.reason = "surely not worse by what would matter";
      End();
      return;
    }
    test_.Restart();
    evidence_ = {};
    seconds_.clear();
    seconds_left_out_ = 0;
    outcome_.checks.clear();
  }

  void RollBack() {
    outcome_.ending = WatchEnding::kWorse;
    outcome_.checks = test_.Checks();
    outcome_.reason = WorstReason(outcome_.checks);
    outcome_.not_fired = order_.dry_run                    ? "this is a dry run"
                         : order_.on_fail == OnFail::kWarn ? "the policy says on_fail: warn"
                                                           : CoolingDown();
    if (!outcome_.not_fired.empty()) {
      const bool cooling = !order_.dry_run && order_.on_fail != OnFail::kWarn;
      Record(
          {.phase = rollout_.phase(), .action = cooling ? GateAction::kHold : GateAction::kProceed},
          "not rolled back: " + outcome_.not_fired);
      return;
    }
    HookFacts facts = order_.facts;
    facts.verdict = "fail";
    facts.reason = outcome_.reason;
    outcome_.fired = true;
    outcome_.triggers = Fire(order_.triggers, facts, clock_);
    Mark("rolledback", outcome_.reason);
    Record({.phase = rollout_.phase(), .action = GateAction::kRollback}, Fired());
  }

  // "rollback triggers: exec done, webhook FAILED (...)".
  std::string Fired() const {
    std::string text;
    for (const TriggerResult& each : outcome_.triggers) {
      text += fmt::format("{}{} {}", text.empty() ? "rollback triggers: " : ", ", each.name,
                          each.done ? "done" : "FAILED (" + each.done.error().message + ")");
    }
    return text.empty() ? "no rollback trigger was asked for" : text;
  }

  struct Ended {
    monitor::Rollout::Phase phase = monitor::Rollout::Phase::kCanary;
    bool window_over = false;
    GateAction action = GateAction::kHold;
  };

  // The verdict counts even where it cannot be recorded; that is said, not hidden.
  void Record(const Ended& ended, const std::string& did) {
    const monitor::EventSubject& subject = order_.facts.subject;
    const WatchCase watch = {.policy = order_.policy,
                             .service = subject.service,
                             .build = subject.build,
                             .environment = subject.environment,
                             .stable_url = order_.facts.stable_url,
                             .canary_url = order_.facts.canary_url,
                             .rule = order_.rule,
                             .rollout = order_.rollout,
                             .phase = ended.phase,
                             .window_over = ended.window_over,
                             .seconds = seconds_,
                             .seconds_left_out = seconds_left_out_,
                             .action = ended.action,
                             .did = did,
                             .decided_at = clock_.WallNow()};
    evidence_.checks = test_.Checks();
    const Result<std::int64_t> id = RecordWatch(order_.store_path, watch, evidence_);
    if (id) {
      outcome_.verdicts.push_back(*id);
    } else {
      fmt::print(stderr, "weir deploy watch: the verdict was not recorded: {}\n",
                 id.error().message);
    }
  }

  // Why the service may not be rolled back yet; empty when it may. A history that cannot be read
  // holds no rollback up.
  std::string CoolingDown() const {
    const Result<std::vector<store::Deployment>> past = Marks("rolledback");
    if (!past || past->empty()) {
      return "";
    }
    const Nanos ago = clock_.WallNow() - past->front().at;
    if (ago < Nanos(0) || ago >= order_.cooldown) {
      return "";
    }
    return fmt::format("it was rolled back {} ago (--cooldown {})", FormatDuration(ago),
                       FormatDuration(order_.cooldown));
  }

  // Somebody has told of a promotion since this watch began.
  bool WasPromoted() const {
    if (rollout_.phase() == monitor::Rollout::Phase::kPromoted) {
      return false;
    }
    for (const char* phase : {"promoted", "Succeeded"}) {
      const auto marks = Marks(phase);
      if (marks && !marks->empty() && marks->front().at > begun_at_) {
        return true;
      }
    }
    return false;
  }

  Result<std::vector<store::Deployment>> Marks(const char* phase) const {
    const auto store = store::Deployments::OpenForReading(order_.store_path);
    if (!store) {
      return tl::unexpected(store.error());
    }
    store::DeploymentFilter filter;
    filter.service = order_.facts.subject.service;
    filter.phase = phase;
    filter.count = 1;
    return (*store)->List(filter);
  }

  void Mark(const char* phase, const std::string& message) const {
    if (order_.dry_run) {
      return;
    }
    const store::Deployment mark = {0,
                                    clock_.WallNow(),
                                    order_.facts.subject.service,
                                    order_.facts.subject.build,
                                    phase,
                                    "weir deploy watch",
                                    message};
    auto store = store::Deployments::OpenForWriting(order_.store_path);
    Error error;
    if (!store) {
      error = store.error();
    } else if (const auto id = (*store)->Append(mark); !id) {
      error = id.error();
    } else {
      return;
    }
    fmt::print(stderr, "weir deploy watch: not noted in the history: {}\n", error.message);
  }

  const WatchOrder& order_;
  const Clock& clock_;
  loadgen::Engine& engine_;
  const WallTime begun_at_;
  analysis::CanaryTest test_;
  monitor::Rollout rollout_;
  std::array<Side, 2> sides_;
  std::map<std::uint32_t, Pending> pending_;
  std::uint32_t next_second_ = 0;
  bool over_ = false;
  WatchEvidence evidence_;
  std::vector<analysis::CanarySecond> seconds_;  ///< Since the test began; at most as are kept.
  std::uint64_t seconds_left_out_ = 0;
  WatchOutcome outcome_;
};

}  // namespace

Result<WatchOutcome> WatchRollout(const WatchOrder& order, const Clock& clock) {
  auto engine = loadgen::Engine::CreatePair(order.scenario, order.targets, order.engine, clock);
  if (!engine) {
    return tl::unexpected(engine.error());
  }
  Watch watch(order, clock, **engine);
  std::array<loadgen::EngineResult, 2> results;
  {
    const StopOnSignal stop([&engine] { (*engine)->Stop(); });
    results = (*engine)->RunPair(watch.sinks());
  }
  const bool interrupted = results[0].state == RunState::kInterrupted && !watch.over();
  if (!watch.over() && !interrupted) {
    watch.TimeOver();
  }
  WatchOutcome outcome = watch.Finish();
  outcome.interrupted = interrupted;
  return outcome;
}

}  // namespace weir::cli
