#include "target/server.h"

#include <array>
#include <csignal>
#include <ctime>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <uv.h>

#include "base/check.h"
#include "base/text.h"
#include "target/internal/connection.h"
#include "target/internal/engine.h"
#include "target/internal/listen_socket.h"
#include "target/internal/wake_lead.h"
#include "target/internal/wake_timer.h"

namespace weir::target {
namespace {

/// Answers in a row before the sockets are looked at, so that arrivals are stamped in time even
/// while a stall's backlog is being sent.
constexpr int kServeBatch = 16;

/// How far the truth file may lag behind.
constexpr std::uint64_t kTruthLagMs = 500;

/// A write to a socket whose peer has gone raises SIGPIPE, and libuv cannot ask the kernel not to:
/// this keeps it from the calling thread for as long as it lives, and swallows what came.
class SigpipeBlock {
 public:
  SigpipeBlock() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }

  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;

  ~SigpipeBlock() {
    const timespec at_once{};
    if (sigismember(&before_, SIGPIPE) == 0) {
      while (sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

std::string TruthHeader(const TargetOptions& options, const Engine& engine,
                        const std::vector<std::string>& addresses) {
  return fmt::format(
      "# weir.truth/1 clock=CLOCK_MONOTONIC epoch_ns={} epoch_wall={} listen={}\n"
      "# latency={} slow_tail={}:{} stall_ns={} every_ns={} error_ratio={} body_bytes={} seed={}\n"
      "arrival_ns,service_ns,planned_ns,status\n",
      engine.epoch.time_since_epoch().count(), FormatWallTime(engine.clock.WallNow()),
      fmt::join(addresses, "+"), FormatLatency(options.latency), options.slow_tail.factor,
      options.slow_tail.quantile, options.stall.count(), options.every.count(), options.error_ratio,
      options.body_bytes, options.seed);
}

Status FromUv(int code, std::string_view what) {
  if (code == 0) {
    return {};
  }
  return Unavailable(fmt::format("cannot {}: {}", what, uv_strerror(code)));
}

}  // namespace

class Server::Impl {
 public:
  Impl(const TargetOptions& options, const Clock& clock)
      : engine_(options, clock), spin_(options.spin) {}

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  Status Start(const TargetOptions& options);
  Status Run();

  void Stop() { uv_async_send(&stop_); }

  std::uint16_t port() const { return port_; }

  const std::vector<std::string>& addresses() const { return addresses_; }

  const Engine& engine() const { return engine_; }

 private:
  Status StartHandles();
  Status Listen(ListenSocket socket, uv_tcp_t& listener);
  void ServeDue();
  bool SomethingIsReadable() const;
  void CloseAll();
  void RunDry();

  Engine engine_;
  std::uint16_t port_ = 0;
  std::vector<std::string> addresses_;
  bool loop_ready_ = false;
  bool has_run_ = false;
  uv_loop_t loop_{};
  std::array<uv_tcp_t, 2> listeners_{};
  uv_prepare_t prepare_{};
  uv_idle_t spinner_{};  ///< While it is active, the loop polls and never sleeps.
  const bool spin_;
  uv_timer_t truth_timer_{};
  uv_async_t stop_{};
  WakeTimer wake_timer_;
  WakeLead wake_lead_;
};

Server::Impl::~Impl() {
  if (!loop_ready_) {
    return;
  }
  CloseAll();
  if (uv_is_closing(reinterpret_cast<uv_handle_t*>(&stop_)) == 0) {
    uv_close(reinterpret_cast<uv_handle_t*>(&stop_), nullptr);
  }
  RunDry();
  const int result = uv_loop_close(&loop_);
  WEIR_CHECK(result == 0);
}

Status Server::Impl::Start(const TargetOptions& options) {
  Result<std::vector<ListenSocket>> sockets = OpenListenSockets(options.host, options.port);
  if (!sockets) {
    return tl::unexpected(sockets.error());
  }
  port_ = sockets->front().port();
  for (const ListenSocket& socket : *sockets) {
    addresses_.push_back(socket.address());
  }
  if (Status started = StartHandles(); !started) {
    return started;
  }
  if (!options.truth_path.empty()) {
    Result<std::unique_ptr<TruthWriter>> truth =
        TruthWriter::Create(options.truth_path, TruthHeader(options, engine_, addresses_));
    if (!truth) {
      return tl::unexpected(truth.error());
    }
    engine_.truth = std::move(*truth);
  }
  WEIR_CHECK(sockets->size() <= listeners_.size());
  for (std::size_t i = 0; i < sockets->size(); ++i) {
    if (Status listening = Listen(std::move((*sockets)[i]), listeners_[i]); !listening) {
      return listening;
    }
  }
  return {};
}

Status Server::Impl::StartHandles() {
  if (Status status = FromUv(uv_loop_init(&loop_), "make an event loop"); !status) {
    return status;
  }
  const auto on_stop = [](uv_async_t* async) { uv_stop(async->loop); };
  if (const int error = uv_async_init(&loop_, &stop_, on_stop); error != 0) {
    uv_loop_close(&loop_);
    return FromUv(error, "make an event loop");
  }
  loop_ready_ = true;
  // Stop must not keep the loop alive, so that CloseAll can run it dry.
  uv_unref(reinterpret_cast<uv_handle_t*>(&stop_));
  uv_prepare_init(&loop_, &prepare_);
  prepare_.data = this;
  uv_prepare_start(&prepare_,
                   [](uv_prepare_t* prepare) { static_cast<Impl*>(prepare->data)->ServeDue(); });
  uv_idle_init(&loop_, &spinner_);
  uv_timer_init(&loop_, &truth_timer_);
  truth_timer_.data = this;
  return FromUv(wake_timer_.Start(&loop_), "make a timer");
}

Status Server::Impl::Listen(ListenSocket socket, uv_tcp_t& listener) {
  uv_tcp_init(&loop_, &listener);
  listener.data = this;
  int error = uv_tcp_open(&listener, socket.Release());
  if (error == 0) {
    error = uv_listen(reinterpret_cast<uv_stream_t*>(&listener), SOMAXCONN,
                      [](uv_stream_t* stream, int status) {
                        Engine& engine = static_cast<Impl*>(stream->data)->engine_;
                        if (status != 0) {
                          ++engine.counters.connections_refused;
                          return;
                        }
                        Connection::Accept(stream, engine);
                      });
  }
  return FromUv(error, fmt::format("listen on {}", socket.address()));
}

Status Server::Impl::Run() {
  WEIR_CHECK(!has_run_);
  has_run_ = true;
  const SigpipeBlock sigpipe_block;
  if (engine_.truth != nullptr) {
    uv_timer_start(
        &truth_timer_,
        [](uv_timer_t* timer) {
          TruthWriter& truth = *static_cast<Impl*>(timer->data)->engine_.truth;
          truth.HandOver();
          if (truth.failed()) {
            uv_stop(timer->loop);
          }
        },
        kTruthLagMs, kTruthLagMs);
  }
  if (spin_) {
    uv_idle_start(&spinner_, [](uv_idle_t*) {});
  }
  uv_run(&loop_, UV_RUN_DEFAULT);
  CloseAll();
  if (engine_.truth == nullptr) {
    return {};
  }
  const std::unique_ptr<TruthWriter> truth = std::move(engine_.truth);
  return truth->Finish();
}

/// Runs before each sleep of the loop: sends what is due, then sees to it that the loop wakes, or
/// stays awake, for the next deadline.
void Server::Impl::ServeDue() {
  if (engine_.deadlines.empty()) {
    wake_timer_.TakeExpired();
    return;
  }
  engine_.Tick();
  if (const std::optional<Instant> wished = wake_timer_.TakeExpired()) {
    wake_lead_.Observe(engine_.now - *wished);
  }
  for (int served = 0; !engine_.deadlines.empty();) {
    auto& next = static_cast<Connection&>(engine_.deadlines.front());
    const Nanos left = next.at() - engine_.now;
    if (left <= Nanos(0)) {
      next.OnDeadline();
      if (++served % kServeBatch == 0 && SomethingIsReadable()) {
        return;
      }
    } else if (spin_) {
      return;
    } else if (left > wake_lead_.value()) {
      wake_timer_.Arm(next.at() - wake_lead_.value());
      return;
    } else if (SomethingIsReadable()) {
      return;
    } else {
      engine_.Tick();
    }
  }
}

/// If so, the loop's next sleep ends at once, and so does this spin: reading comes first, since an
/// arrival that is stamped late is an error of the truth itself.
bool Server::Impl::SomethingIsReadable() const {
  pollfd backend{};
  backend.fd = uv_backend_fd(&loop_);
  backend.events = POLLIN;
  return poll(&backend, 1, 0) > 0;
}

/// Closes all handles but stop_, which Stop may still touch, and runs the loop until they are gone.
void Server::Impl::CloseAll() {
  while (!engine_.connections.empty()) {
    engine_.connections.back()->Close();
  }
  uv_walk(
      &loop_,
      [](uv_handle_t* handle, void* stop) {
        if (handle != stop && uv_is_closing(handle) == 0) {
          uv_close(handle, nullptr);
        }
      },
      &stop_);
  RunDry();
}

/// A Stop that comes late ends a run of the loop before its work is done.
void Server::Impl::RunDry() {
  while (uv_run(&loop_, UV_RUN_DEFAULT) != 0) {
  }
}

Result<std::unique_ptr<Server>> Server::Create(const TargetOptions& options, const Clock& clock) {
  if (const Status valid = Validate(options); !valid) {
    return tl::unexpected(valid.error());
  }
  auto impl = std::make_unique<Impl>(options, clock);
  if (const Status started = impl->Start(options); !started) {
    return tl::unexpected(started.error());
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

std::uint16_t Server::port() const {
  return impl_->port();
}

const std::vector<std::string>& Server::addresses() const {
  return impl_->addresses();
}

Instant Server::epoch() const {
  return impl_->engine().epoch;
}

Status Server::Run() {
  return impl_->Run();
}

void Server::Stop() {
  impl_->Stop();
}

ServerCounters Server::counters() const {
  return impl_->engine().counters;
}

std::uint64_t RaiseOpenFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return 0;
  }
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

}  // namespace weir::target
