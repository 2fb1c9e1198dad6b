#include "monitor/http_post.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "monitor/http_exchange.h"

namespace weir::monitor {
namespace {

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

bool IsWorthAnother(const HttpReply& attempt) {
  return attempt.status == 0 || attempt.status == 429 || attempt.status >= 500;
}

}  // namespace

std::string OriginOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return "?";
  }
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t user = rest.rfind('@');
  rest = user == std::string_view::npos ? rest : rest.substr(user + 1);
  return Printable(fmt::format("{}://{}", url.substr(0, scheme), rest));
}

Status CheckUrl(std::string_view url) {
  const bool known = url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://";
  if (!known || HasControl(url) || OriginOf(url).back() == '/') {
    return UsageError("it is no http or https URL");
  }
  return {};
}

Status Post(const HttpMessage& message, const PostOptions& options, const Pause& pause) {
  if (Status fits = CheckUrl(message.url); !fits) {
    return fits;
  }
  for (const std::string& header : message.headers) {
    WEIR_CHECK(!HasControl(header));
  }
  Nanos next_pause = options.first_pause;
  HttpClient client;
  HttpReply attempt;
  for (int number = 1; number <= options.attempts; ++number) {
    attempt = client.Exchange({.url = message.url,
                               .headers = message.headers,
                               .body = message.body,
                               .timeout = options.timeout});
    if (attempt.status >= 200 && attempt.status < 300) {
      return {};
    }
    if (!IsWorthAnother(attempt) || number == options.attempts || !pause(next_pause)) {
      break;
    }
    next_pause *= 2;
  }
  return Unavailable(fmt::format(
      "cannot post to {}: {}", OriginOf(message.url),
      attempt.status == 0 ? attempt.trouble : fmt::format("it answers {}", attempt.status)));
}

PostQueue::PostQueue(const PostOptions& options, std::function<void(const Error&)> complain)
    : options_(options), complain_(std::move(complain)), thread_([this] { Work(); }) {}

PostQueue::~PostQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool PostQueue::Push(HttpMessage message) {
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= kQueuedMax) {
    return false;
  }
  queue_.push_back(std::move(message));
  changed_.notify_all();
  return true;
}

bool PostQueue::WaitUnlessStopped(Nanos span) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, span, [this] { return stopping_; });
}

void PostQueue::Work() {
  while (true) {
    HttpMessage message;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) {
        return;
      }
      message = std::move(queue_.front());
      queue_.pop_front();
    }
    const Status posted =
        Post(message, options_, [this](Nanos span) { return WaitUnlessStopped(span); });
    if (!posted) {
      complain_(posted.error());
    }
  }
}

}  // namespace weir::monitor
