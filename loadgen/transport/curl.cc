#include "loadgen/transport/curl.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "loadgen/transport/curl_error.h"
#include "loadgen/transport/libcurl.h"
#include "loadgen/transport/tcp_info.h"

namespace weir::loadgen {
namespace {

using scenarios::Curl;
using scenarios::TlsVersion;

long AuthBits(Curl::Auth auth) {
  switch (auth) {
    case Curl::Auth::kBasic:
      return static_cast<long>(CURLAUTH_BASIC);
    case Curl::Auth::kDigest:
      return static_cast<long>(CURLAUTH_DIGEST);
    case Curl::Auth::kNtlm:
      return static_cast<long>(CURLAUTH_NTLM);
    case Curl::Auth::kNegotiate:
      return static_cast<long>(CURLAUTH_NEGOTIATE);
    case Curl::Auth::kAny:
      return static_cast<long>(CURLAUTH_ANY);
  }
  WEIR_CHECK(false);
}

long CurlVersion(TlsVersion version) {
  switch (version) {
    case TlsVersion::kTls10:
      return CURL_SSLVERSION_TLSv1_0;
    case TlsVersion::kTls11:
      return CURL_SSLVERSION_TLSv1_1;
    case TlsVersion::kTls12:
      return CURL_SSLVERSION_TLSv1_2;
    case TlsVersion::kTls13:
      return CURL_SSLVERSION_TLSv1_3;
  }
  WEIR_CHECK(false);
}

// Since the transfer began.
Nanos TimeOf(CURL* easy, CURLINFO what) {
  curl_off_t us = 0;
  curl_easy_getinfo(easy, what, &us);
  return std::chrono::microseconds(us);
}

const char* OrNull(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

}  // namespace

// A request's headers as libcurl wants them, with its address; made once.
struct CurlTransport::Headers {
  Headers() = default;
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;

  ~Headers() { curl_slist_free_all(list); }

  void Add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }

  std::string url;
  curl_slist* list = nullptr;
};

struct CurlTransport::Exchange {
  Exchange() : easy(curl_easy_init()) { WEIR_CHECK(easy != nullptr); }

  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  ~Exchange() { curl_easy_cleanup(easy); }

  static std::size_t OnHeader(char* data, std::size_t, std::size_t size, void* user) {
    auto& self = *static_cast<Exchange*>(user);
    std::string_view line(data, size);
    if (line.starts_with("HTTP/")) {
      // The head of a proxy, of a refused authentication or of an interim answer came before.
      self.head.clear();
      return size;
    }
    line = line.substr(0, std::min(line.find_last_not_of("\r\n") + 1, line.size()));
    if (!line.empty() && self.request->check.needs_head()) {
      self.head.append(line).push_back('\n');
    }
    return self.head.size() > kHeadBytesMax ? 0 : size;
  }

  static std::size_t OnBody(char* data, std::size_t, std::size_t size, void* user) {
    auto& self = *static_cast<Exchange*>(user);
    if (self.request->check.needs_body()) {
      self.body.append(data, size);
    }
    return self.body.size() > kBodyKeptMax ? 0 : size;
  }

  CURL* easy;
  ExchangeId id = 0;
  const PreparedRequest* request = nullptr;
  Instant started{};
  std::string head;
  std::string body;
};

// libcurl's sockets and timer in the loop.
class CurlTransport::Shell {
 public:
  explicit Shell(CurlTransport& owner) : owner_(owner), multi_(curl_multi_init()) {
    WEIR_CHECK(multi_ != nullptr);
    timer_.data = this;
    uv_timer_init(&owner.loop_, &timer_);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                      static_cast<long>(owner.options_.exchanges_max));
  }

  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  CURLM* multi() const { return multi_; }

  /// Every exchange has been removed before. The memory must stay until closing_ is 0.
  void Close() {
    // Takes the sockets of kept connections off the loop too.
    curl_multi_cleanup(multi_);
    ++owner_.closing_;
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_),
             [](uv_handle_t* handle) { --static_cast<Shell*>(handle->data)->owner_.closing_; });
  }

 private:
  struct Watch {
    uv_poll_t poll{};
    Shell* shell = nullptr;
    curl_socket_t socket = 0;
  };

  static int OnSocket(CURL*, curl_socket_t socket, int what, void* user, void* known) {
    auto& self = *static_cast<Shell*>(user);
    auto* watch = static_cast<Watch*>(known);
    if (what == CURL_POLL_REMOVE) {
      self.Unwatch(watch);
      return 0;
    }
    if (watch == nullptr) {
      watch = self.NewWatch(socket);
    }
    const int events =
        (what == CURL_POLL_OUT ? 0 : UV_READABLE) | (what == CURL_POLL_IN ? 0 : UV_WRITABLE);
    uv_poll_start(&watch->poll, events, &OnReady);
    return 0;
  }

  Watch* NewWatch(curl_socket_t socket) {
    auto* watch = new Watch;
    watch->poll.data = watch;
    watch->shell = this;
    watch->socket = socket;
    WEIR_CHECK(uv_poll_init_socket(&owner_.loop_, &watch->poll, socket) == 0);
    curl_multi_assign(multi_, socket, watch);
    ++owner_.sockets_;
    return watch;
  }

  void Unwatch(Watch* watch) {
    if (watch == nullptr) {
      return;
    }
    curl_multi_assign(multi_, watch->socket, nullptr);
    --owner_.sockets_;
    ++owner_.closing_;
    uv_poll_stop(&watch->poll);
    uv_close(reinterpret_cast<uv_handle_t*>(&watch->poll), [](uv_handle_t* handle) {
      const std::unique_ptr<Watch> gone(static_cast<Watch*>(handle->data));
      --gone->shell->owner_.closing_;
    });
  }

  static void OnReady(uv_poll_t* poll, int status, int events) {
    const auto& watch = *static_cast<Watch*>(poll->data);
    const int mask = status < 0 ? CURL_CSELECT_ERR
                                : ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                                      ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
    watch.shell->Act(watch.socket, mask);
  }

  static int OnTimer(CURLM*, long timeout_ms, void* user) {
    auto& self = *static_cast<Shell*>(user);
    if (timeout_ms < 0) {
      uv_timer_stop(&self.timer_);
    } else {
      // libuv counts from when the loop last looked; work since then must not shorten the wait.
      uv_update_time(&self.owner_.loop_);
      uv_timer_start(
          &self.timer_,
          [](uv_timer_t* timer) { static_cast<Shell*>(timer->data)->Act(CURL_SOCKET_TIMEOUT, 0); },
          static_cast<std::uint64_t>(timeout_ms), 0);
    }
    return 0;
  }

  void Act(curl_socket_t socket, int mask) {
    int running = 0;
    curl_multi_socket_action(multi_, socket, mask, &running);
    owner_.CollectDone();
  }

  CurlTransport& owner_;
  CURLM* multi_;
  uv_timer_t timer_{};
};

CurlTransport::CurlTransport(uv_loop_t& loop, const Options& options, const Clock& clock,
                             TransportEvents& events)
    : loop_(loop), options_(options), clock_(clock), events_(events) {
  WEIR_CHECK(LoadLibcurl().has_value());
  shell_ = std::make_unique<Shell>(*this);
}

CurlTransport::~CurlTransport() {
  for (const std::unique_ptr<Exchange>& exchange : exchanges_) {
    if (exchange->request != nullptr) {
      curl_multi_remove_handle(shell_->multi(), exchange->easy);
    }
  }
  exchanges_.clear();
  shell_->Close();
  while (closing_ > 0) {
    uv_run(&loop_, UV_RUN_ONCE);
  }
}

CurlTransport::Exchange& CurlTransport::TakeExchange() {
  if (free_.empty()) {
    free_.push_back(exchanges_.emplace_back(std::make_unique<Exchange>()).get());
  }
  Exchange& exchange = *free_.back();
  free_.pop_back();
  return exchange;
}

CurlTransport::Headers& CurlTransport::HeadersOf(const PreparedRequest& request) {
  std::unique_ptr<Headers>& made = headers_[&request];
  if (made == nullptr || request.is_filled) {
    WEIR_CHECK(request.source != nullptr);
    made = std::make_unique<Headers>();
    scenarios::Target target = options_.target;
    target.base_path = request.source->below_base ? target.base_path : "";
    made->url = target.Url() + request.source->path;
    for (const scenarios::Header& header : request.source->headers) {
      // An empty value is written "Name;": "Name:" would take the header away.
      made->Add(header.value.empty() ? header.name + ";"
                                     : fmt::format("{}: {}", header.name, header.value));
    }
    // libcurl would wait a second for permission to send a body.
    made->Add("Expect:");
  }
  return *made;
}

void CurlTransport::Prepare(Exchange& exchange, const PreparedRequest& request) {
  CURL* easy = exchange.easy;
  const Headers& headers = HeadersOf(request);
  const scenarios::Request& source = *request.source;
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, headers.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.list);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &exchange);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "weir");
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  // Connections outlive the exchange that opened them, and the transport outlives both.
  curl_easy_setopt(
      easy, CURLOPT_OPENSOCKETFUNCTION,
      +[](void* self, curlsocktype, curl_sockaddr* address) -> curl_socket_t {
        return static_cast<CurlTransport*>(self)->OpenSocket(address);
      });
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_CLOSESOCKETFUNCTION, +[](void* self, curl_socket_t fd) {
        return static_cast<CurlTransport*>(self)->CloseSocket(fd);
      });
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  if (source.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!source.body.empty() || source.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, source.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(source.body.size()));
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, source.method.c_str());
  const scenarios::Connection& connection = options_.connection;
  const bool h2 = connection.protocol == scenarios::Protocol::kHttp2;
  const bool secure = options_.target.scheme == scenarios::Target::Scheme::kHttps;
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                   static_cast<long>(!h2      ? CURL_HTTP_VERSION_1_1
                                     : secure ? CURL_HTTP_VERSION_2TLS
                                              : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE));
  const Curl& curl = connection.curl;
  // An empty proxy also keeps libcurl from reading http_proxy of the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, curl.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXYUSERPWD, OrNull(curl.proxy_user));
  curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, OrNull(curl.unix_socket));
  curl_easy_setopt(easy, CURLOPT_USERPWD, OrNull(curl.user));
  curl_easy_setopt(easy, CURLOPT_HTTPAUTH, AuthBits(curl.auth));
  const scenarios::Tls& tls = connection.tls;
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.insecure ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.insecure ? 0L : 2L);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, tls.resume ? 1L : 0L);
  if (!tls.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_SSLCERT, OrNull(tls.certificate_file));
  curl_easy_setopt(easy, CURLOPT_SSLKEY, OrNull(tls.key_file));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                   CurlVersion(tls.version_min) | CurlVersion(tls.version_max) << 16);
  curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, OrNull(tls.ciphers));
}

// `address` is a curl_sockaddr.
int CurlTransport::OpenSocket(const void* address) {
  const auto& to = *static_cast<const curl_sockaddr*>(address);
  const int fd = socket(to.family, to.socktype | SOCK_CLOEXEC, to.protocol);
  socket_errno_ = fd < 0 ? errno : 0;
  if (fd >= 0) {
    open_fds_.insert(fd);
  }
  return fd;
}

int CurlTransport::CloseSocket(int fd) {
  closed_retransmits_ += RetransmitsOf(fd);
  open_fds_.erase(fd);
  return close(fd);
}

std::uint64_t CurlTransport::retransmits() const {
  std::uint64_t sum = closed_retransmits_;
  for (const int fd : open_fds_) {
    sum += RetransmitsOf(fd);
  }
  return sum;
}

Transport::StartResult CurlTransport::Start(ExchangeId id, const PreparedRequest& request) {
  if (active_ >= options_.exchanges_max) {
    return StartResult::kNoRoom;
  }
  Exchange& exchange = TakeExchange();
  exchange.id = id;
  exchange.request = &request;
  exchange.head.clear();
  exchange.body.clear();
  Prepare(exchange, request);
  exchange.started = clock_.Now();
  if (id >= by_id_.size()) {
    by_id_.resize(std::max<std::size_t>(id + std::size_t{1}, by_id_.size() * 2));
  }
  by_id_[id] = &exchange;
  ++active_;
  WEIR_CHECK(curl_multi_add_handle(shell_->multi(), exchange.easy) == CURLM_OK);
  return StartResult::kConnecting;
}

void CurlTransport::Release(Exchange& exchange) {
  curl_multi_remove_handle(shell_->multi(), exchange.easy);
  by_id_[exchange.id] = nullptr;
  exchange.request = nullptr;
  free_.push_back(&exchange);
  --active_;
}

void CurlTransport::Cancel(ExchangeId id) {
  WEIR_CHECK(id < by_id_.size() && by_id_[id] != nullptr);
  Release(*by_id_[id]);
}

void CurlTransport::CollectDone() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(shell_->multi(), &left)) {
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    void* data = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
    // The message dies with the next call to the handle.
    const CURLcode result = message->data.result;
    Finish(*static_cast<Exchange*>(data), static_cast<int>(result));
  }
}

void CurlTransport::Finish(Exchange& exchange, int result) {
  const Instant now = clock_.Now();
  const ExchangeId id = exchange.id;
  const auto code = static_cast<CURLcode>(result);
  if (code != CURLE_OK) {
    const bool has_proxy = !options_.connection.curl.proxy.empty();
    const RequestError error = CurlErrorOf(exchange.easy, {code, socket_errno_, has_proxy});
    Release(exchange);
    events_.OnBroken(id, error, now);
    return;
  }
  long status = 0;
  curl_off_t body_bytes = 0;
  long head_bytes = 0;
  curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(exchange.easy, CURLINFO_SIZE_DOWNLOAD_T, &body_bytes);
  curl_easy_getinfo(exchange.easy, CURLINFO_HEADER_SIZE, &head_bytes);
  const Nanos before_sending = TimeOf(exchange.easy, CURLINFO_PRETRANSFER_TIME_T);
  events_.OnSent(id, std::min(now, exchange.started + before_sending));
  OpeningTimes opening;
  opening.dns = TimeOf(exchange.easy, CURLINFO_NAMELOOKUP_TIME_T);
  // Zero without TLS, and on a connection that was open already.
  opening.tls = std::max(Nanos(0), TimeOf(exchange.easy, CURLINFO_APPCONNECT_TIME_T) -
                                       TimeOf(exchange.easy, CURLINFO_CONNECT_TIME_T));
  ExchangeTimes times;
  times.first_byte = exchange.started + TimeOf(exchange.easy, CURLINFO_STARTTRANSFER_TIME_T);
  times.opening = &opening;
  // Free before the worker is told, as it may start again at once; its texts stay until then.
  std::string head = std::move(exchange.head);
  std::string body = std::move(exchange.body);
  Release(exchange);
  events_.OnAnswer(id,
                   {static_cast<int>(status), head, body,
                    static_cast<std::uint64_t>(body_bytes + head_bytes), times},
                   now);
}

}  // namespace weir::loadgen
