#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/time.h"

/// Messages to other services, over HTTP.
namespace weir::monitor {

struct HttpMessage {
  std::string url;                   ///< http or https; may carry a secret: never logged whole.
  std::vector<std::string> headers;  ///< "name: value", without control characters.
  std::string body;
};

struct PostOptions {
  int attempts = 3;                                    ///< > 0.
  Nanos timeout = std::chrono::seconds(5);             ///< Of each.
  Nanos first_pause = std::chrono::milliseconds(500);  ///< Doubled after each.
};

/// Waits; false: do not try again.
using Pause = std::function<bool(Nanos)>;

/// Posts until a 2xx comes back. Tries again on failures to connect, time-outs, 429 and 5xx; any
/// other answer is final. Redirects are not followed. Blocks. Thread-safe. Errors: kUsage (the
/// message), kUnavailable, with scheme and host of the URL and no more of it.
Status Post(const HttpMessage& message, const PostOptions& options, const Pause& pause);

/// Errors: kUsage when it is no http or https URL.
Status CheckUrl(std::string_view url);

/// "https://host:port" of a URL: what may be shown of it.
std::string OriginOf(std::string_view url);

/// Posts messages one after the other on a thread of its own, in their order. Thread-safe.
class PostQueue {
 public:
  static constexpr std::size_t kQueuedMax = 256;

  /// `complain` is called on that thread for each message that is given up.
  PostQueue(const PostOptions& options, std::function<void(const Error&)> complain);

  /// What was queued is given up but for one attempt at the message in hand.
  ~PostQueue();
  PostQueue(const PostQueue&) = delete;
  PostQueue& operator=(const PostQueue&) = delete;

  /// False: kQueuedMax are waiting, and this one is dropped.
  bool Push(HttpMessage message);

 private:
  void Work();
  bool WaitUnlessStopped(Nanos span);

  const PostOptions options_;
  const std::function<void(const Error&)> complain_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<HttpMessage> queue_;  // Guarded by mutex_, as is the next.
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace weir::monitor
