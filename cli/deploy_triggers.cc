#include <condition_variable>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/deploy.h"
#include "loadgen/program_path.h"
#include "loadgen/transport/program_runner.h"
#include "monitor/http_post.h"
#include "monitor/signature.h"
#include "scenarios/command_line.h"

namespace weir::cli {
namespace {

constexpr Nanos kAlertLasts = std::chrono::minutes(5);

// A value of a variable: foreign texts are cut and made printable.
std::string Variable(std::string_view name, const std::string& value) {
  return fmt::format("{}={}", name, Printable(value, 500));
}

bool WaitFor(Nanos span) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, span, [] { return false; });
  return true;
}

std::string WebhookBody(const HookFacts& facts, WallTime now) {
  const nlohmann::ordered_json json = {{"type", "weir.rollback"},
                                       {"timestamp", FormatWallTime(now)},
                                       {"data",
                                        {{"service", facts.subject.service},
                                         {"build", facts.subject.build},
                                         {"environment", facts.subject.environment},
                                         {"verdict", facts.verdict},
                                         {"reason", facts.reason},
                                         {"stable", facts.stable_url},
                                         {"canary", facts.canary_url}}}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

monitor::HttpMessage WebhookMessage(const RollbackTriggers& triggers, const HookFacts& facts,
                                    const std::string& id, WallTime now) {
  monitor::HttpMessage message;
  message.url = triggers.webhook_url;
  message.body = WebhookBody(facts, now);
  const std::int64_t seconds = CountNs(now) / 1'000'000'000;
  message.headers = {"content-type: application/json", "webhook-id: " + id,
                     fmt::format("webhook-timestamp: {}", seconds)};
  if (!triggers.webhook_key.empty()) {
    message.headers.push_back(
        "webhook-signature: " +
        monitor::WebhookSignature(triggers.webhook_key,
                                  {.id = id, .timestamp_s = seconds, .body = message.body}));
  }
  return message;
}

}  // namespace

Result<ExecHook> ExecHook::Parse(const std::string& line) {
  Result<std::vector<std::string>> argv = scenarios::ParseCommandLine(line);
  if (!argv) {
    return tl::unexpected(argv.error());
  }
  Result<std::string> path = loadgen::FindProgram(argv->front());
  if (!path) {
    return tl::unexpected(path.error());
  }
  if (path->find('=') != std::string::npos) {
    return UsageError(fmt::format("'{}' has a = in its name", Printable(*path)));
  }
  ExecHook hook;
  hook.line_ = line;
  hook.argv_ = std::move(*argv);
  hook.argv_.front() = std::move(*path);
  return hook;
}

Status ExecHook::Run(const HookFacts& facts, const Clock& clock) const {
  Result<loadgen::ProgramRunner> runner = loadgen::ProgramRunner::Create(clock);
  if (!runner) {
    return tl::unexpected(runner.error());
  }
  // env(1) takes variables as arguments, so that no shell reads them, and this process, whose
  // threads may be reading its own, need not change any.
  std::vector<std::string> argv = {"env",
                                   Variable("WEIR_SERVICE", facts.subject.service),
                                   Variable("WEIR_BUILD", facts.subject.build),
                                   Variable("WEIR_ENVIRONMENT", facts.subject.environment),
                                   Variable("WEIR_STABLE", facts.stable_url),
                                   Variable("WEIR_CANARY", facts.canary_url),
                                   Variable("WEIR_VERDICT", facts.verdict),
                                   Variable("WEIR_REASON", facts.reason)};
  argv.insert(argv.end(), argv_.begin(), argv_.end());
  const loadgen::ProgramSample sample =
      runner->Run({"/usr/bin/env", std::move(argv)}, {.timeout = kTimeout});
  if (sample.error != RequestError::kNone) {
    return Unavailable(fmt::format("'{}' did not work: {}", Printable(line_), sample.end));
  }
  return {};
}

std::vector<TriggerResult> Fire(const RollbackTriggers& triggers, const HookFacts& facts,
                                const Clock& clock) {
  std::vector<TriggerResult> results;
  if (triggers.exec) {
    results.push_back({"exec", triggers.exec->Run(facts, clock)});
  }
  const WallTime now = clock.WallNow();
  const std::string id = fmt::format("rollback-{}", CountNs(now));
  const auto post = [&](const char* name, const monitor::HttpMessage& message) {
    results.push_back({name, monitor::Post(message, {}, &WaitFor)});
  };
  if (!triggers.webhook_url.empty()) {
    post("webhook", WebhookMessage(triggers, facts, id, now));
  }
  if (!triggers.alertmanager_url.empty()) {
    monitor::Alert alert;
    alert.subject = facts.subject;
    alert.description = facts.reason;
    alert.starts_at = now;
    alert.ends_at = now + kAlertLasts;
    post("alertmanager", monitor::AlertMessage(triggers.alertmanager_url, alert));
  }
  if (!triggers.events_url.empty()) {
    const monitor::EventOrigin origin = {.source = triggers.event_source, .id = id, .at = now};
    post("incident",
         monitor::ToMessage(triggers.events_url,
                            monitor::IncidentEvent(origin, facts.subject, facts.reason)));
    const bool rolled_back = triggers.exec && results.front().done.has_value();
    if (rolled_back) {
      const monitor::EventOrigin second = {
          .source = triggers.event_source, .id = id + "-done", .at = now};
      post("rolledback", monitor::ToMessage(triggers.events_url,
                                            monitor::RolledBackEvent(second, facts.subject)));
    }
  }
  return results;
}

}  // namespace weir::cli
