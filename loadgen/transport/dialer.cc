#include "loadgen/transport/dialer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace weir::loadgen {

// Apart from the connection, because libuv uses the requests until their callbacks, which may come
// after the connection was given up.
struct Dialer::Attempt {
  uv_getaddrinfo_t lookup{};
  uv_connect_t connect{};
  uv_tcp_t* tcp = nullptr;
  Dialer* owner = nullptr;
  Done done = nullptr;
  void* context = nullptr;  // Null: nobody waits for it any more.
  Instant begun{};
  OpeningTimes times;
  bool connecting = false;
};

Dialer::Dialer(uv_loop_t& loop, Options options, const Clock& clock)
    : loop_(loop), options_(std::move(options)), clock_(clock) {
  WEIR_CHECK(!options_.addresses.empty());
}

Dialer::~Dialer() {
  WEIR_CHECK(pending_ == 0);
}

int Dialer::Dial(uv_tcp_t& tcp, Done done, void* context, Attempt*& attempt) {
  auto owned = std::make_unique<Attempt>();
  owned->tcp = &tcp;
  owned->owner = this;
  owned->done = done;
  owned->context = context;
  owned->begun = clock_.Now();
  owned->lookup.data = owned.get();
  owned->connect.data = owned.get();
  free_at_ = std::max(free_at_, owned->begun - options_.open_gap) + options_.open_gap;
  int status = 0;
  if (options_.resolve_each) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    status = uv_getaddrinfo(&loop_, &owned->lookup, &OnLookup, options_.host.c_str(),
                            std::to_string(options_.port).c_str(), &hints);
  } else {
    status = Connect(*owned, options_.addresses[dialled_ % options_.addresses.size()]);
  }
  ++dialled_;
  if (status != 0) {
    return status;
  }
  ++pending_;
  attempt = owned.release();
  return 0;
}

void Dialer::Abandon(Attempt& attempt) {
  attempt.context = nullptr;
  if (!attempt.connecting) {
    uv_cancel(reinterpret_cast<uv_req_t*>(&attempt.lookup));
  }
}

int Dialer::Connect(Attempt& attempt, const SocketAddress& to) {
  if (!options_.sources.empty()) {
    if (const int status = BindToSource(*attempt.tcp); status != 0) {
      return status;
    }
  }
  const int status = uv_tcp_connect(&attempt.connect, attempt.tcp, to.get(), &OnConnect);
  if (status != 0) {
    return status;
  }
  attempt.connecting = true;
  uv_tcp_nodelay(attempt.tcp, 1);
  return 0;
}

// A socket of our own, because libuv would bind one at once and thereby take a port for all
// targets; IP_BIND_ADDRESS_NO_PORT leaves the choice of the port to connect.
int Dialer::BindToSource(uv_tcp_t& tcp) {
  const SocketAddress& from = options_.sources[dialled_ % options_.sources.size()];
  const int fd = socket(from.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return -errno;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  int status = bind(fd, from.get(), from.length) == 0 ? 0 : -errno;
  if (status == 0) {
    status = uv_tcp_open(&tcp, fd);
  }
  if (status != 0) {
    close(fd);
  }
  return status;
}

void Dialer::OnLookup(uv_getaddrinfo_t* request, int status, addrinfo* found) {
  auto* attempt = static_cast<Attempt*>(request->data);
  Dialer& owner = *attempt->owner;
  attempt->times.dns = owner.clock_.Now() - attempt->begun;
  if (attempt->context != nullptr && status == 0) {
    SocketAddress to;
    to.length = found->ai_addrlen;
    std::memcpy(&to.storage, found->ai_addr, found->ai_addrlen);
    status = owner.Connect(*attempt, to);
  }
  uv_freeaddrinfo(found);
  if (!attempt->connecting) {
    owner.End(attempt, status);
  }
}

void Dialer::OnConnect(uv_connect_t* request, int status) {
  auto* attempt = static_cast<Attempt*>(request->data);
  attempt->owner->End(attempt, status);
}

void Dialer::End(Attempt* attempt, int status) {
  const std::unique_ptr<Attempt> owned(attempt);
  --pending_;
  if (owned->context != nullptr) {
    owned->done(owned->context, status, owned->times);
  }
}

}  // namespace weir::loadgen
