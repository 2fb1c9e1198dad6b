#include "loadgen/transport/worker_thread.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/check.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

// A poll of the sockets costs about as much; nearer than this to a deadline it would miss it.
constexpr Nanos kPollCost = 2us;

constexpr Nanos kLatenessGuess = 50us;

// Beyond this a deadline is slept for without a look at the clock: the timer is exact, and goes off
// at once if the turn should have taken that long.
constexpr Nanos kFar = 1ms;

void PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  // A processor that has gone away since it was listed is no reason not to run.
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

std::string UvText(int status) {
  return uv_strerror(status);
}

}  // namespace

Result<std::unique_ptr<DeadlineTimer>> DeadlineTimer::Create(uv_loop_t& loop) {
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) {
    return Unavailable(
        fmt::format("cannot make a timer: {}", std::generic_category().message(errno)));
  }
  std::unique_ptr<DeadlineTimer> made(new DeadlineTimer(fd));
  if (const int status = uv_poll_init(&loop, made->poll_.get(), fd); status != 0) {
    made->poll_.reset();
    return Unavailable("cannot watch a timer: " + UvText(status));
  }
  made->poll_->data = made.get();
  uv_poll_start(made->poll_.get(), UV_READABLE, &OnReadable);
  return made;
}

DeadlineTimer::DeadlineTimer(int fd) : fd_(fd), poll_(std::make_unique<uv_poll_t>()) {}

DeadlineTimer::~DeadlineTimer() {
  if (poll_ != nullptr) {
    uv_poll_stop(poll_.get());
    uv_close(reinterpret_cast<uv_handle_t*>(poll_.release()),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
  }
  close(fd_);
}

void DeadlineTimer::ArmFor(Instant at) {
  if (armed_ && *armed_ <= at) {
    return;
  }
  armed_ = at;
  const Nanos since = std::max(at.time_since_epoch(), Nanos(1));
  itimerspec spec{};
  spec.it_value.tv_sec = static_cast<time_t>(since / 1s);
  spec.it_value.tv_nsec = static_cast<long>((since % 1s).count());
  WEIR_CHECK(timerfd_settime(fd_, TFD_TIMER_ABSTIME, &spec, nullptr) == 0);
}

std::optional<Instant> DeadlineTimer::TakeExpired() {
  const std::optional<Instant> expired = expired_;
  expired_.reset();
  return expired;
}

void DeadlineTimer::OnReadable(uv_poll_t* poll, int, int) {
  auto& timer = *static_cast<DeadlineTimer*>(poll->data);
  std::uint64_t count = 0;
  // Reading resets it; without that the loop would spin on a timer that has gone off.
  if (read(timer.fd_, &count, sizeof(count)) == sizeof(count)) {
    timer.expired_ = timer.armed_;
    timer.armed_.reset();
  }
}

class WorkerThread::Forwarder final : public TransportEvents {
 public:
  void OnSent(ExchangeId id, Instant now) override { loop->OnSent(id, now); }

  void OnAnswer(ExchangeId id, const Answer& answer, Instant now) override {
    ++answers;
    stamped += answer.times.whole < now ? 1U : 0U;
    loop->OnAnswer(id, answer, now);
  }

  void OnBroken(ExchangeId id, RequestError error, Instant now) override {
    loop->OnBroken(id, error, now);
  }

  void OnCapacity(Instant now) override {
    if (loop != nullptr) {
      loop->OnCapacity(now);
    }
  }

  WorkerLoop* loop = nullptr;
  std::uint64_t answers = 0;
  std::uint64_t stamped = 0;  ///< Those that say when they came: reading them late is no harm.
};

WorkerThread::WorkerThread(const PreparedScenario& scenario, const Options& options,
                           const Clock& clock, RecordExchange& records)
    : scenario_(scenario),
      options_(options),
      clock_(clock),
      records_(records),
      forwarder_(std::make_unique<Forwarder>()),
      usual_lateness_(0.5, kLatenessGuess),
      worst_lateness_(0.95, kLatenessGuess) {}

Result<std::unique_ptr<WorkerThread>> WorkerThread::Create(const PreparedScenario& scenario,
                                                           const Options& options,
                                                           const Clock& clock,
                                                           RecordExchange& records) {
  std::unique_ptr<WorkerThread> made(new WorkerThread(scenario, options, clock, records));
  if (Status opened = made->Open(); !opened) {
    return tl::unexpected(opened.error());
  }
  return made;
}

Status WorkerThread::Open() {
  auto loop = std::make_unique<uv_loop_t>();
  if (const int status = uv_loop_init(loop.get()); status != 0) {
    return Unavailable("cannot make an event loop: " + UvText(status));
  }
  loop_ = std::move(loop);
  auto signal = std::make_unique<uv_async_t>();
  if (const int status = uv_async_init(loop_.get(), signal.get(), [](uv_async_t*) {});
      status != 0) {
    return Unavailable("cannot make a wake-up: " + UvText(status));
  }
  stop_signal_ = std::move(signal);
  Result<std::unique_ptr<DeadlineTimer>> timer = DeadlineTimer::Create(*loop_);
  if (!timer) {
    return tl::unexpected(timer.error());
  }
  timer_ = std::move(*timer);
  Result<std::unique_ptr<SocketPoll>> sockets = SocketPoll::Create(*loop_);
  if (!sockets) {
    return tl::unexpected(sockets.error());
  }
  sockets_ = std::move(*sockets);
  Result<OwnedTransport> transport =
      options_.other_transport
          ? OwnedTransport::CreatePair(*sockets_, {options_.transport, *options_.other_transport},
                                       clock_, *forwarder_)
          : OwnedTransport::Create(*sockets_, options_.transport, clock_, *forwarder_);
  if (!transport) {
    return tl::unexpected(transport.error());
  }
  transport_ = std::move(*transport);
  return {};
}

WorkerThread::~WorkerThread() {
  transport_ = OwnedTransport();
  sockets_.reset();
  timer_.reset();
  if (stop_signal_ != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(stop_signal_.get()), nullptr);
  }
  if (loop_ != nullptr) {
    uv_run(loop_.get(), UV_RUN_DEFAULT);
    WEIR_CHECK(uv_loop_close(loop_.get()) == 0);
  }
}

void WorkerThread::Preconnect(Instant deadline) {
  std::uint32_t left = options_.preconnect - transport_->Preconnect(options_.preconnect);
  while (transport_->preconnecting() > 0 && clock_.Now() < deadline &&
         !stop_.load(std::memory_order_relaxed)) {
    timer_->ArmFor(deadline);
    sockets_->Turn(SocketPoll::Patience::kWait);
    left -= transport_->Preconnect(left);
  }
}

void WorkerThread::Run(Instant start) {
  if (options_.cpu) {
    PinTo(*options_.cpu);
  }
  WorkerLoop loop(
      scenario_,
      {start, options_.slice, options_.seed, options_.recording, options_.script, options_.notes},
      clock_, records_);
  loop.Attach(*transport_);
  forwarder_->loop = &loop;
  while (!loop.Done()) {
    if (stop_.load(std::memory_order_relaxed)) {
      loop.Stop(clock_.Now());
      break;
    }
    transport_->DeliverDeferred();
    const Instant now = clock_.Now();
    const Instant next = loop.RunOnce(now);
    in_flight_.store(loop.in_flight(), std::memory_order_relaxed);
    connections_.store(transport_->connections(), std::memory_order_relaxed);
    gather_.Observe(now, forwarder_->stamped, loop.in_flight());
    if (!loop.Done()) {
      Wait(std::min(next, transport_->deferred_at()), now);
    }
  }
  forwarder_->loop = nullptr;
  finished_at_ = loop.finished_at();
  sampled_arrivals_ = loop.sampled_arrivals();
  poll_counts_.useful = forwarder_->answers;
  retransmits_ = transport_->retransmits();
}

// `turn_began` is what the clock said last.
void WorkerThread::Wait(Instant next, Instant turn_began) {
  const bool is_near = next <= turn_began || next - Lead() < turn_began + kFar;
  if (options_.pacing == Pacing::kSpin || is_near) {
    const Instant now = clock_.Now();
    if (options_.pacing == Pacing::kSpin || next <= now || next - Lead() <= now) {
      Poll(next, now);
      return;
    }
  }
  timer_->ArmFor(next - Lead());
  if (const Nanos gather = gather_.Get(); gather > 0ns && !is_near) {
    ReadOrGather(gather);
    return;
  }
  sockets_->Turn(SocketPoll::Patience::kWait);
  if (const std::optional<Instant> expired = timer_->TakeExpired()) {
    const Nanos lateness = clock_.Now() - *expired;
    usual_lateness_.Observe(lateness);
    worst_lateness_.Observe(lateness);
  }
}

// Reads the answers that are there; without any, sleeps whatever comes, so that nobody is woken for
// the first one. What the turn may have begun is looked at in the next round before anything waits.
void WorkerThread::ReadOrGather(Nanos span) {
  const std::uint64_t before = forwarder_->answers;
  sockets_->Turn(SocketPoll::Patience::kNone);
  if (forwarder_->answers != before) {
    return;
  }
  if (!sleeps_exactly_) {
    // Else 50 us more, so that one interrupt may serve several timers.
    prctl(PR_SET_TIMERSLACK, 1);
    sleeps_exactly_ = true;
  }
  const timespec time{0, static_cast<long>(span.count())};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}

// How much before `next` the sleep is to end; negative: after it.
Nanos WorkerThread::Lead() const {
  if (options_.lag_budget > 0ns) {
    // All but the latest wake-ups shall keep to the budget; polling would save nothing.
    return std::min(usual_lateness_.Get(), worst_lateness_.Get() - options_.lag_budget);
  }
  return options_.pacing == Pacing::kHybrid ? usual_lateness_.Get() : 0ns;
}

void WorkerThread::Poll(Instant next, Instant now) {
  if (next > now && next - now < kPollCost) {
    while (clock_.Now() < next) {
    }
    ++poll_counts_.vain;
    return;
  }
  const std::uint64_t before = forwarder_->answers;
  sockets_->Turn(SocketPoll::Patience::kNone);
  // With something due, the turn was not in vain whatever the sockets had.
  poll_counts_.vain += forwarder_->answers == before && next > now ? 1U : 0U;
}

void WorkerThread::Stop() {
  stop_.store(true, std::memory_order_relaxed);
  uv_async_send(stop_signal_.get());
}

}  // namespace weir::loadgen
