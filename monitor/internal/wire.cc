#include "monitor/internal/wire.h"

#include <cerrno>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/check.h"

namespace weir::monitor {
namespace {

constexpr std::string_view kSpeakTls =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Connection: close\r\nContent-Length: 40\r\n\r\n"
    "this port speaks TLS: write https://...\n";

bool MayTryAgain(ssize_t result) {
  return result < 0 && (errno == EAGAIN || errno == EINTR);
}

Moved MovedBy(ssize_t result, short wait_for) {
  if (result > 0) {
    return {.bytes = static_cast<std::size_t>(result)};
  }
  return {.wait_for = MayTryAgain(result) ? wait_for : static_cast<short>(0)};
}

class PlainWire final : public Wire {
 public:
  explicit PlainWire(int fd) : fd_(fd) {}

  Moved Read(char* to, std::size_t size) override {
    return MovedBy(::recv(fd_, to, size, 0), POLLIN);
  }

  Moved Write(const char* from, std::size_t size) override {
    return MovedBy(::send(fd_, from, size, MSG_NOSIGNAL), POLLOUT);
  }

  void End() override { ::shutdown(fd_, SHUT_WR); }

  int fd() const override { return fd_; }

 private:
  const int fd_;
};

// The socket as OpenSSL sees it. Its own BIO writes without MSG_NOSIGNAL.
struct SocketBio {
  static PlainWire& WireOf(BIO* bio) { return *static_cast<PlainWire*>(BIO_get_data(bio)); }

  static int Read(BIO* bio, char* to, std::size_t size, std::size_t* done) {
    BIO_clear_retry_flags(bio);
    const Moved moved = WireOf(bio).Read(to, size);
    if (moved.wait_for != 0) {
      BIO_set_retry_read(bio);
    }
    *done = moved.bytes;
    return moved.bytes > 0 ? 1 : 0;
  }

  static int Write(BIO* bio, const char* from, std::size_t size, std::size_t* done) {
    BIO_clear_retry_flags(bio);
    const Moved moved = WireOf(bio).Write(from, size);
    if (moved.wait_for != 0) {
      BIO_set_retry_write(bio);
    }
    *done = moved.bytes;
    return moved.bytes > 0 ? 1 : 0;
  }

  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* Method() {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir server");
      WEIR_CHECK(made != nullptr);
      BIO_meth_set_read_ex(made, &Read);
      BIO_meth_set_write_ex(made, &Write);
      BIO_meth_set_ctrl(made, &Control);
      return made;
    }();
    return method;
  }
};

class TlsWire final : public Wire {
 public:
  TlsWire(int fd, const ServerTls& tls) : socket_(fd), ssl_(tls.NewConnection()) {
    BIO* bio = BIO_new(SocketBio::Method());
    WEIR_CHECK(bio != nullptr);
    BIO_set_data(bio, &socket_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
  }

  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  ~TlsWire() override { SSL_free(ssl_); }

  Moved Read(char* to, std::size_t size) override {
    return Try([&](std::size_t* done) { return SSL_read_ex(ssl_, to, size, done); });
  }

  Moved Write(const char* from, std::size_t size) override {
    return Try([&](std::size_t* done) { return SSL_write_ex(ssl_, from, size, done); });
  }

  void End() override {
    if (!failed_ && SSL_is_init_finished(ssl_) != 0) {
      ERR_clear_error();
      SSL_shutdown(ssl_);
      ERR_clear_error();
    }
    socket_.End();
  }

  int fd() const override { return socket_.fd(); }

 private:
  template <typename Call>
  Moved Try(const Call& call) {
    // After a fatal error OpenSSL must not be asked again.
    if (failed_) {
      return {};
    }
    ERR_clear_error();
    std::size_t done = 0;
    const int result = call(&done);
    switch (SSL_get_error(ssl_, result)) {
      case SSL_ERROR_NONE:
        return {.bytes = done};
      case SSL_ERROR_WANT_READ:
        return {.wait_for = POLLIN};
      case SSL_ERROR_WANT_WRITE:
        return {.wait_for = POLLOUT};
      default:
        Fail();
        return {};
    }
  }

  void Fail() {
    failed_ = true;
    const int reason = ERR_GET_REASON(ERR_peek_error());
    ERR_clear_error();
    if (reason == SSL_R_HTTP_REQUEST) {
      socket_.Write(kSpeakTls.data(), kSpeakTls.size());
    }
  }

  PlainWire socket_;
  SSL* const ssl_;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Wire> MakeWire(int fd, const ServerTls* tls) {
  if (tls == nullptr) {
    return std::make_unique<PlainWire>(fd);
  }
  return std::make_unique<TlsWire>(fd, *tls);
}

}  // namespace weir::monitor
