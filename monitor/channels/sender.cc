#include "monitor/channels/sender.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"
#include "loadgen/transport/program_runner.h"
#include "monitor/channels/render.h"
#include "monitor/http_exchange.h"
#include "monitor/signature.h"

namespace weir::monitor {
namespace {

// Of one variable of a program's environment; the kernel takes 128 KiB.
constexpr std::size_t kVariableBytesMax = 120'000;
// EX_TEMPFAIL of sysexits.h: what a program says that wants to be called again.
constexpr std::string_view kTemporary = "exit code 75";

std::string Replaced(std::string text, std::string_view mark, std::string_view with) {
  if (const std::size_t at = text.find(mark); at != std::string::npos) {
    text.replace(at, mark.size(), with);
  }
  return text;
}

class HttpSender final : public Sender {
 public:
  HttpSender(const ChannelSpec& channel, const Clock& clock) : channel_(channel), clock_(clock) {}

  DeliveryAttempt Send(const Parcel& parcel) override {
    HttpAsk ask = {.url = channel_.url,
                   .headers = {"Content-Type: application/json"},
                   .body = parcel.payload,
                   .timeout = channel_.timeout};
    if (!channel_.authorization.empty()) {
      ask.headers.push_back("Authorization: " + channel_.authorization);
    }
    if (channel_.kind == ChannelKind::kWebhook) {
      Sign(parcel, ask);
    } else if (channel_.kind == ChannelKind::kPagerDuty) {
      ask.body = Replaced(parcel.payload, kSecretMark, channel_.secret);
    }
    return JudgeReply(channel_, client_.Exchange(ask));
  }

 private:
  void Sign(const Parcel& parcel, HttpAsk& ask) const {
    const std::int64_t seconds = CountNs(clock_.WallNow()) / 1'000'000'000;
    ask.headers.push_back("webhook-id: " + parcel.event_id);
    ask.headers.push_back(fmt::format("webhook-timestamp: {}", seconds));
    if (!channel_.secret.empty()) {
      const SignedContent content{parcel.event_id, seconds, parcel.payload};
      ask.headers.push_back("webhook-signature: " + WebhookSignature(channel_.secret, content));
    }
  }

  const ChannelSpec channel_;
  const Clock& clock_;
  HttpClient client_;
};

class MailSender final : public Sender {
 public:
  explicit MailSender(const ChannelSpec& channel) : channel_(channel) {}

  DeliveryAttempt Send(const Parcel& parcel) override {
    return JudgeReply(channel_, client_.Mail({.url = channel_.url,
                                              .user = channel_.target,
                                              .password = channel_.secret,
                                              .from = channel_.from,
                                              .to = channel_.to,
                                              .text = parcel.payload,
                                              .timeout = channel_.timeout}));
  }

 private:
  const ChannelSpec channel_;
  HttpClient client_;
};

class ExecSender final : public Sender {
 public:
  ExecSender(const ChannelSpec& channel, loadgen::ProgramRunner runner)
      : channel_(channel), runner_(std::move(runner)) {}

  DeliveryAttempt Send(const Parcel& parcel) override {
    if (parcel.payload.size() > kVariableBytesMax) {
      return {DeliveryResult::kFinal, "the message is too long for a program's environment"};
    }
    // env(1) takes variables as arguments, so that no shell reads them, and this process, whose
    // threads may be reading its own, need not change any.
    std::vector<std::string> argv = {"env", "WEIR_EVENT_ID=" + parcel.event_id,
                                     "WEIR_DEDUP_KEY=" + parcel.dedup_key,
                                     "WEIR_ALERTS=" + parcel.payload};
    argv.insert(argv.end(), channel_.argv.begin(), channel_.argv.end());
    const loadgen::ProgramSample sample =
        runner_.Run({"/usr/bin/env", std::move(argv)}, {.timeout = channel_.timeout});
    if (sample.error == RequestError::kNone) {
      return {};
    }
    const bool final =
        sample.error == RequestError::kExitCode && !sample.end.starts_with(kTemporary);
    return {final ? DeliveryResult::kFinal : DeliveryResult::kTryAgain,
            fmt::format("'{}': {}", Printable(channel_.argv.front()), sample.end)};
  }

  void Stop() override { runner_.Stop(); }

 private:
  const ChannelSpec channel_;
  loadgen::ProgramRunner runner_;
};

class FileSender final : public Sender {
 public:
  explicit FileSender(const ChannelSpec& channel) : path_(channel.target) {}

  DeliveryAttempt Send(const Parcel& parcel) override {
    const int file = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
      return Trouble();
    }
    const std::string line = parcel.payload + "\n";
    std::string_view rest = line;
    bool written = true;
    while (written && !rest.empty()) {
      const ssize_t size = write(file, rest.data(), rest.size());
      written = size > 0 || (size < 0 && errno == EINTR);
      rest.remove_prefix(size > 0 ? static_cast<std::size_t>(size) : 0);
    }
    // A pipe or a terminal cannot be synced, and need not be.
    written = written && (fsync(file) == 0 || errno == EINVAL || errno == EROFS);
    DeliveryAttempt attempt = written ? DeliveryAttempt{} : Trouble();
    close(file);
    return attempt;
  }

 private:
  DeliveryAttempt Trouble() const {
    return {DeliveryResult::kTryAgain,
            fmt::format("cannot write to '{}': {}", Printable(path_),
                        std::error_code(errno, std::generic_category()).message())};
  }

  const std::string path_;
};

}  // namespace

Result<std::unique_ptr<Sender>> MakeSender(const ChannelSpec& channel, const Clock& clock) {
  switch (channel.kind) {
    case ChannelKind::kWebhook:
    case ChannelKind::kSlack:
    case ChannelKind::kPagerDuty:
    case ChannelKind::kAlertmanager:
      return std::make_unique<HttpSender>(channel, clock);
    case ChannelKind::kEmail:
      return std::make_unique<MailSender>(channel);
    case ChannelKind::kExec: {
      Result<loadgen::ProgramRunner> runner = loadgen::ProgramRunner::Create(clock);
      if (!runner) {
        return tl::unexpected(runner.error());
      }
      return std::make_unique<ExecSender>(channel, std::move(*runner));
    }
    case ChannelKind::kFile:
      return std::make_unique<FileSender>(channel);
  }
  WEIR_CHECK(false);
}

}  // namespace weir::monitor
