#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace weir::monitor {

/// What is asked of another service over HTTP.
struct HttpAsk {
  std::string url;                        ///< http or https; may carry a secret: not logged whole.
  std::vector<std::string> headers = {};  ///< "name: value", without control characters.
  std::optional<std::string> body = {};   ///< With one it is a POST, else a GET.
  Nanos timeout = std::chrono::seconds(5);
  std::size_t answer_bytes_max = 64 * 1024;  ///< A longer answer is a trouble.

  /// Of a server whose certificate is at hand: the key it must have (ServerTls::key_pin), then its
  /// name and its authority do not matter. Empty: the certificate is checked as usual.
  std::string key_pin = {};
};

/// What came of it: a status, or 0 and why there is none.
struct HttpReply {
  long status = 0;
  std::string body;
  std::string trouble;
  std::optional<Nanos> retry_after;  ///< As the service asks, in seconds or as a date.
};

/// A mail for a server that takes it over SMTP.
struct MailAsk {
  std::string url;  ///< smtp or smtps.
  std::string user = {};
  std::string password = {};
  std::string from;
  std::vector<std::string> to;
  std::string text;  ///< The whole mail with its headers, lines ended by CR LF.
  Nanos timeout = std::chrono::seconds(10);
};

/// A client over libcurl that keeps its connection for the next exchange. Redirects are not
/// followed. One thread at a time; blocks for at most the timeout of what is asked.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  HttpReply Exchange(const HttpAsk& ask);

  /// The status is SMTP's: 250 for a mail that is taken.
  HttpReply Mail(const MailAsk& ask);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::monitor
