#include "cli/deploy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "cli/deploy_commands.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/load_flags.h"
#include "cli/output_file.h"
#include "cli/secret_file.h"
#include "cli/terminal.h"
#include "monitor/http_post.h"
#include "monitor/signature.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "deploy watch";
  spec.usage = "weir deploy watch --stable URL --canary URL [OPTIONS]";
  spec.about =
      "Sends the same light load to the stable deployment and to the canary, in pairs, and looks\n"
      "after every second whether the canary is worse (looking often makes a false alarm no\n"
      "likelier). Ends when the canary passed, or is worse: then the rollback triggers are set\n"
      "off, once. With --after it goes on after the promotion. Exit code 0 passed, 10 worse, 11\n"
      "not decided in time. The verdict is added to the history, with the seconds that it rests\n"
      "on: see 'weir deploy list', 'weir gate replay' and 'weir gate verify'.";
  spec.examples =
      "  weir deploy watch --stable http://shop:8080 --canary http://shop-canary:8080 \\\n"
      "    --service shop --build b7 --rollback './weights stable=100 canary=0'\n"
      "  weir deploy watch checkout.yaml --stable URL --canary URL --promote ./promote --after "
      "5m\\\n"
      "    --rollback ./undo --webhook https://ops/hook --webhook-secret-file secret";
  spec.positionals = {"SCENARIO"};
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("stable", text("URL"), "the deployment that is known to be good");
  add("canary", text("URL"), "the deployment that is judged");
  add("duration,d", text("TIME"), "URL only: the longest watch, --after included; default 10m");
  add("after", text("TIME"), "how long to go on after the promotion; default: not at all");
  add("tolerance", text("SHARE"), "response time: what would matter; default 5%");
  add("error-tolerance", text("SHARE"), "the same of wrong answers; default 0.5%");
  add("alpha", text("SHARE"), "chance of a false alarm over the whole watch; default 5%");
  add("policy", text("FILE"),
      "what is tolerated and what follows (YAML, as of 'weir gate'): criteria response_time: body "
      "and error_rate, alpha, on_fail, on_inconclusive, dry_run");
  add("in-a-row", text("N"), "looks in a row that must fail before it counts; default 2");
  add("rollback", text("COMMAND"),
      "run when the canary is worse; no shell, facts in $WEIR_SERVICE, $WEIR_BUILD, $WEIR_REASON");
  add("promote", text("COMMAND"), "run when the canary passed");
  add("webhook", text("URL"), "post that the canary is worse");
  add("webhook-secret-file", text("FILE"), "sign it (Standard Webhooks, HMAC-SHA256)");
  add("alertmanager", text("URL"), "raise an alert there");
  add("events", text("URL"), "post CDEvents there");
  add("event-source", text("TEXT"), "what events call this weir; default /weir");
  add("service", text("NAME"), "what is deployed; default: the host of --stable");
  add("build", text("NAME"), "the build that the canary runs");
  add("environment", text("NAME"), "default 'default'");
  add("cooldown", text("TIME"),
      "no second rollback of the service within it, going by the history; default 10m");
  add("dry-run", "say what would be done, and do nothing");
  add("timeout", text("TIME"), "URL only: of a request; default 5s");
  add("warm-up", text("TIME"), "URL only: first part of the load, left out; default none");
  AddEngineFlags(spec.options);
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  add("quiet,q", "no text, only the exit code");
  AddUrlFlags(spec.options);
  return spec;
}

Result<int> ParseInARow(std::string_view text) {
  const Result<std::uint64_t> count = ParseCount(text);
  if (!count || *count == 0 || *count > 60) {
    return UsageError("it must be 1 to 60");
  }
  return static_cast<int>(*count);
}

Result<double> ParseShare(std::string_view text) {
  Result<double> share = ParseRatio(text);
  if (share && (*share <= 0 || *share > 0.5)) {
    return UsageError("it must be above 0 and at most 50 %");
  }
  return share;
}

Status ReadTargets(const ParsedFlags& flags, WatchOrder& order) {
  const std::array<const char*, 2> names = {"stable", "canary"};
  for (std::size_t side = 0; side < names.size(); ++side) {
    if (!flags.Has(names[side])) {
      return UsageError(
          fmt::format("--{} is missing\n  hint: weir deploy watch --stable http://shop:8080 "
                      "--canary http://shop-canary:8080",
                      names[side]));
    }
    Result<scenarios::Target> target = scenarios::ParseTarget(flags.Text(names[side]));
    if (!target) {
      return UsageError(fmt::format("--{}: {}", names[side], target.error().message));
    }
    order.targets[side] = *std::move(target);
  }
  order.facts.stable_url = order.targets[0].Url();
  order.facts.canary_url = order.targets[1].Url();
  monitor::EventSubject& subject = order.facts.subject;
  subject.service =
      flags.Has("service") ? flags.Text("service") : monitor::OriginOf(order.facts.stable_url);
  subject.build = flags.Text("build");
  subject.environment = flags.Has("environment") ? flags.Text("environment") : subject.environment;
  return {};
}

Status ReadRules(const ParsedFlags& flags, WatchOrder& order) {
  const auto tolerance =
      ReadFlag<double>(flags, "tolerance", ParseShare, order.rule.response_tolerance);
  const auto errors =
      ReadFlag<double>(flags, "error-tolerance", ParseShare, order.rule.error_tolerance);
  const auto alpha = ReadFlag<double>(flags, "alpha", ParseShare, order.rule.alpha);
  const auto in_a_row = ReadFlag<int>(flags, "in-a-row", ParseInARow, order.rollout.looks_in_a_row);
  const auto after = ReadFlag<Nanos>(flags, "after", ParseDuration, order.rollout.after);
  const auto cooldown = ReadFlag<Nanos>(flags, "cooldown", ParseDuration, order.cooldown);
  for (const Error* error :
       {tolerance ? nullptr : &tolerance.error(), errors ? nullptr : &errors.error(),
        alpha ? nullptr : &alpha.error(), in_a_row ? nullptr : &in_a_row.error(),
        after ? nullptr : &after.error(), cooldown ? nullptr : &cooldown.error()}) {
    if (error != nullptr) {
      return tl::unexpected(*error);
    }
  }
  order.rule.response_tolerance = *tolerance;
  order.rule.error_tolerance = *errors;
  // Before and after the promotion are two tests, each with its share.
  order.rule.alpha = *after > Nanos(0) ? *alpha / 2 : *alpha;
  order.rollout = {.looks_in_a_row = *in_a_row, .after = *after};
  order.cooldown = *cooldown;
  return {};
}

Status ReadUrl(const ParsedFlags& flags, const char* name, std::string& url) {
  url = flags.Text(name);
  const Status fits = url.empty() ? Status() : monitor::CheckUrl(url);
  return fits ? fits : UsageError(fmt::format("--{}: {}", name, fits.error().message));
}

Status ReadHook(const ParsedFlags& flags, const char* name, std::optional<ExecHook>& hook) {
  if (!flags.Has(name)) {
    return {};
  }
  Result<ExecHook> read = ExecHook::Parse(flags.Text(name));
  if (!read) {
    return UsageError(fmt::format("--{}: {}", name, read.error().message));
  }
  hook = std::move(*read);
  return {};
}

Status ReadTriggers(const ParsedFlags& flags, WatchOrder& order) {
  RollbackTriggers& triggers = order.triggers;
  for (const Status& read :
       {ReadHook(flags, "rollback", triggers.exec), ReadHook(flags, "promote", order.promote),
        ReadUrl(flags, "webhook", triggers.webhook_url),
        ReadUrl(flags, "alertmanager", triggers.alertmanager_url),
        ReadUrl(flags, "events", triggers.events_url)}) {
    if (!read) {
      return read;
    }
  }
  if (flags.Has("event-source")) {
    triggers.event_source = flags.Text("event-source");
  }
  if (flags.Has("webhook-secret-file")) {
    Result<std::string> secret = ReadSecretFile(flags.Text("webhook-secret-file"));
    if (secret) {
      secret->erase(secret->find_last_not_of(" \r\n\t") + 1);
      secret = monitor::WebhookKey(*secret);
    }
    if (!secret) {
      return UsageError("--webhook-secret-file: " + secret.error().message);
    }
    triggers.webhook_key = std::move(*secret);
  }
  return {};
}

Status ReadScenario(ParsedFlags flags, WatchOrder& order) {
  const std::vector<std::string> sources = flags.Texts("SCENARIO");
  if (sources.size() > 1) {
    return UsageError("one scenario file is read, or none");
  }
  const auto preset = [&flags](const char* name, const char* value) {
    if (!flags.Has(name)) {
      flags.values.insert({name, po::variable_value(boost::any(std::string(value)), true)});
    }
  };
  if (sources.empty()) {
    preset("duration", "10m");
    preset("rate", "50/s");
    preset("warm-up", "0");
  }
  Result<scenarios::Scenario> scenario =
      ReadLoad(flags, sources.empty() ? flags.Text("stable") : sources[0]);
  if (!scenario) {
    return tl::unexpected(scenario.error());
  }
  order.scenario = *std::move(scenario);
  const double seconds = Seconds(order.scenario.Duration());
  order.rule.seconds_max = static_cast<std::uint32_t>(std::clamp(seconds, 1.0, 604'800.0));
  return {};
}

Result<WatchOrder> ReadOrder(const ParsedFlags& flags) {
  WatchOrder order;
  for (const auto& read : {&ReadTargets, &ReadWatchPolicy, &ReadRules, &ReadTriggers}) {
    if (Status done = read(flags, order); !done) {
      return tl::unexpected(done.error());
    }
  }
  if (Status read = ReadScenario(flags, order); !read) {
    return tl::unexpected(read.error());
  }
  const auto engine = ReadEngineFlags(flags);
  const auto store = StorePath(flags);
  if (!engine || !store) {
    return tl::unexpected(engine ? store.error() : engine.error());
  }
  order.engine = *engine;
  order.store_path = *store;
  order.dry_run = order.dry_run || flags.Has("dry-run");
  order.quiet = flags.Has("quiet");
  return order;
}

Status Say(const ParsedFlags& flags, const WatchOrder& order, const WatchOutcome& outcome) {
  if (flags.Has("json")) {
    if (Status written = WriteJson(flags.Text("json"), WatchJson(order, outcome)); !written) {
      return written;
    }
  }
  if (!order.quiet && flags.Text("json") != "-") {
    Print(WatchText(outcome));
  }
  return {};
}

Result<int> RunWatch(const ParsedFlags& flags) {
  const Result<WatchOrder> order = ReadOrder(flags);
  if (!order) {
    return tl::unexpected(order.error());
  }
  const Result<WatchOutcome> watched = WatchRollout(*order, SystemClock());
  if (!watched) {
    return tl::unexpected(watched.error());
  }
  const WatchOutcome& outcome = *watched;
  if (Status said = Say(flags, *order, outcome); !said) {
    return tl::unexpected(said.error());
  }
  if (outcome.interrupted) {
    return kExitInterrupted;
  }
  switch (outcome.ending) {
    case WatchEnding::kWorse:
      return order->on_fail == OnFail::kWarn ? kExitPass : kExitFail;
    case WatchEnding::kUndecided:
      return order->on_inconclusive == OnInconclusive::kPass ? kExitPass : kExitInconclusive;
    case WatchEnding::kPassed:
      break;
  }
  return kExitPass;
}

}  // namespace

int DeployMain(const Arguments& arguments) {
  const std::string what = arguments.empty() ? "" : arguments[0];
  if (what == "list") {
    return DeployListMain(Arguments(arguments.begin() + 1, arguments.end()));
  }
  if (what != "watch" && what != "--help") {
    return Complain("deploy", Error{ErrorKind::kUsage,
                                    "there are two things to do: weir deploy watch, weir deploy "
                                    "list\n"
                                    "  hint: weir deploy watch --help"});
  }
  const Result<ParsedFlags> flags = ParseFlags(
      Spec(), what == "--help" ? arguments : Arguments(arguments.begin() + 1, arguments.end()));
  if (!flags) {
    return Complain("deploy watch", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Result<int> code = RunWatch(*flags);
  return code ? *code : Complain("deploy watch", code.error());
}

}  // namespace weir::cli
