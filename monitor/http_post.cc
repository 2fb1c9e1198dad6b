#include "monitor/http_post.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "loadgen/transport/libcurl.h"

namespace weir::monitor {
namespace {

struct FreeCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t Drop(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

// What one attempt came to: a status, or 0 and why there is none.
struct Attempt {
  long status = 0;
  std::string trouble;
};

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

Attempt PostOnce(const HttpMessage& message, Nanos timeout) {
  if (const Status loaded = loadgen::LoadLibcurl(); !loaded) {
    return {.status = 0, .trouble = loaded.error().message};
  }
  const std::unique_ptr<CURL, FreeCurl> curl(curl_easy_init());
  WEIR_CHECK(curl != nullptr);
  std::unique_ptr<curl_slist, FreeList> headers;
  for (const std::string& header : message.headers) {
    curl_slist* longer = curl_slist_append(headers.get(), header.c_str());
    WEIR_CHECK(longer != nullptr);
    // The list is the same one unless it was empty.
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  CURL* handle = curl.get();
  curl_easy_setopt(handle, CURLOPT_URL, message.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(message.body.size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, message.body.data());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Drop);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(CountNs(timeout) / 1'000'000));
  Attempt attempt;
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) {
    attempt.trouble = curl_easy_strerror(code);
    return attempt;
  }
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &attempt.status);
  return attempt;
}

bool IsWorthAnother(const Attempt& attempt) {
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
  Attempt attempt;
  for (int number = 1; number <= options.attempts; ++number) {
    attempt = PostOnce(message, options.timeout);
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
