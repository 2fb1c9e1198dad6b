#include "monitor/http_exchange.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <curl/curl.h>

#include "base/check.h"
#include "loadgen/transport/libcurl.h"

namespace weir::monitor {
namespace {

struct FreeCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }

  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

using List = std::unique_ptr<curl_slist, FreeCurl>;

List MakeList(const std::vector<std::string>& lines) {
  List list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    WEIR_CHECK(longer != nullptr);
    // The list is the same one unless it was empty.
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

struct Kept {
  std::string* into;
  std::size_t bytes_max;
};

std::size_t Keep(char* data, std::size_t, std::size_t size, void* user) {
  const Kept& kept = *static_cast<Kept*>(user);
  if (kept.into->size() + size > kept.bytes_max) {
    return 0;
  }
  kept.into->append(data, size);
  return size;
}

std::size_t Give(char* to, std::size_t item, std::size_t count, void* user) {
  std::string_view& rest = *static_cast<std::string_view*>(user);
  const std::size_t size = std::min(rest.size(), item * count);
  std::memcpy(to, rest.data(), size);
  rest.remove_prefix(size);
  return size;
}

long Milliseconds(Nanos span) {
  return std::max(1L, static_cast<long>(CountNs(span) / 1'000'000));
}

}  // namespace

class HttpClient::Impl {
 public:
  /// The handle with all options as at first; null when libcurl is missing.
  CURL* Fresh(HttpReply& reply) {
    if (const Status loaded = loadgen::LoadLibcurl(); !loaded) {
      reply.trouble = loaded.error().message;
      return nullptr;
    }
    if (curl_ == nullptr) {
      curl_.reset(curl_easy_init());
      WEIR_CHECK(curl_ != nullptr);
    }
    curl_easy_reset(curl_.get());
    curl_easy_setopt(curl_.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_.get(), CURLOPT_USERAGENT, "weir");
    return curl_.get();
  }

  /// In place, as what is received goes into the body of `reply`.
  static void Perform(CURL* curl, HttpReply& reply) {
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
    if (code != CURLE_OK) {
      reply.trouble =
          code == CURLE_WRITE_ERROR ? "its answer is too long" : curl_easy_strerror(code);
    }
    curl_off_t seconds = 0;
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > 0) {
      reply.retry_after = std::chrono::seconds(std::min<curl_off_t>(seconds, 86'400));
    }
  }

 private:
  std::unique_ptr<CURL, FreeCurl> curl_;
};

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}

HttpClient::~HttpClient() = default;

HttpReply HttpClient::Exchange(const HttpAsk& ask) {
  HttpReply reply;
  CURL* curl = impl_->Fresh(reply);
  if (curl == nullptr) {
    return reply;
  }
  const List headers = MakeList(ask.headers);
  Kept kept{&reply.body, ask.answer_bytes_max};
  curl_easy_setopt(curl, CURLOPT_URL, ask.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Keep);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &kept);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, Milliseconds(ask.timeout));
  if (!ask.key_pin.empty()) {
    curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, ask.key_pin.c_str());
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (ask.body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(ask.body->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask.body->data());
  }
  Impl::Perform(curl, reply);
  if (!reply.trouble.empty()) {
    reply.status = 0;
  }
  return reply;
}

HttpReply HttpClient::Mail(const MailAsk& ask) {
  HttpReply reply;
  CURL* curl = impl_->Fresh(reply);
  if (curl == nullptr) {
    return reply;
  }
  const List to = MakeList(ask.to);
  std::string_view rest = ask.text;
  curl_easy_setopt(curl, CURLOPT_URL, ask.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_TRY));
  if (!ask.user.empty()) {
    // A password does not leave in the clear.
    curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    curl_easy_setopt(curl, CURLOPT_USERNAME, ask.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, ask.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, ask.from.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to.get());
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, &Give);
  curl_easy_setopt(curl, CURLOPT_READDATA, &rest);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, Milliseconds(ask.timeout));
  Impl::Perform(curl, reply);
  if (reply.trouble.empty()) {
    reply.status = 250;
  }
  return reply;
}

}  // namespace weir::monitor
