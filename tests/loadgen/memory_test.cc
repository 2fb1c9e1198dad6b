// What the load engine allocates. The program's operator new and delete are replaced by counting
// ones, and libuv's allocator too, so nothing else is tested here.

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "loadgen/mailbox.h"
#include "loadgen/transport/worker_thread.h"
#include "loadgen/worker_loop.h"
#include "tests/loadgen/models.h"
#include "tests/support/manual_clock.h"

namespace {

thread_local std::uint64_t allocations_of_thread = 0;
std::atomic<std::int64_t> live_bytes{0};

void* Count(void* memory) {
  ++allocations_of_thread;
  live_bytes += static_cast<std::int64_t>(malloc_usable_size(memory));
  return memory;
}

void Uncount(void* memory) {
  live_bytes -= static_cast<std::int64_t>(malloc_usable_size(memory));
}

void* UvMalloc(std::size_t size) {
  return Count(std::malloc(size));
}

void* UvRealloc(void* memory, std::size_t size) {
  Uncount(memory);
  return Count(std::realloc(memory, size));
}

void* UvCalloc(std::size_t count, std::size_t size) {
  return Count(std::calloc(count, size));
}

void UvFree(void* memory) {
  Uncount(memory);
  std::free(memory);
}

}  // namespace

// Not inlined: GCC would take the pair malloc and delete for a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return Count(memory);
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
  UvFree(memory);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  UvFree(memory);
}

namespace weir::tests {
namespace {

using namespace std::chrono_literals;
using loadgen::ExchangeId;
using loadgen::RecordSet;

/// Takes records and hands the same two sets out in turn, as the engine does; keeps sums only.
class SummingExchange final : public loadgen::RecordExchange {
 public:
  explicit SummingExchange(std::uint32_t steps)
      : spare_(std::make_unique<RecordSet>(steps, false)) {}

  std::unique_ptr<RecordSet> Swap(std::unique_ptr<RecordSet> full) override {
    if (allocations_at_swap_.size() < allocations_at_swap_.capacity()) {
      allocations_at_swap_.push_back(allocations_of_thread);
    }
    Take(*full);
    allocations_of_thread = allocations_at_swap_.back();  // The collector's are its own.
    std::swap(spare_, full);
    return full;
  }

  void Last(std::unique_ptr<RecordSet> full) override { Take(*full); }

  StepRecord total() const { return sum_.steps.empty() ? StepRecord() : sum_.steps.front(); }

  /// Of the worker's thread, at the end of each second.
  const std::vector<std::uint64_t>& allocations_at_swap() const { return allocations_at_swap_; }

  void ExpectSwaps(std::size_t count) { allocations_at_swap_.reserve(count); }

 private:
  void Take(RecordSet& full) { full.DrainInto(sum_); }

  std::unique_ptr<RecordSet> spare_;
  SecondRecord sum_;  // Of all seconds.
  std::vector<std::uint64_t> allocations_at_swap_;
};

/// A clock that runs faster than time does.
class FastClock final : public Clock {
 public:
  Instant Now() const override { return begun_ + kFactor * (clock_.Now() - begun_); }

  WallTime WallNow() const override { return clock_.WallNow(); }

 private:
  static constexpr int kFactor = 20;
  SystemClock clock_;
  Instant begun_ = clock_.Now();
};

/// Answers every request on every connection with 200.
class EchoServer {
 public:
  EchoServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto* in = reinterpret_cast<sockaddr_in*>(&address_.storage);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_.length = sizeof(sockaddr_in);
    auto* raw = reinterpret_cast<sockaddr*>(&address_.storage);
    WEIR_CHECK(bind(listener_, raw, address_.length) == 0);
    WEIR_CHECK(listen(listener_, 16) == 0);
    WEIR_CHECK(getsockname(listener_, raw, &address_.length) == 0);
    thread_ = std::thread([this] { Serve(); });
  }

  ~EchoServer() {
    stopping_ = true;
    thread_.join();
    close(listener_);
  }

  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  const loadgen::SocketAddress& address() const { return address_; }

 private:
  void Serve() {
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    std::vector<pollfd> sockets = {{listener_, POLLIN, 0}};
    std::array<char, 4096> buffer{};
    while (!stopping_) {
      poll(sockets.data(), sockets.size(), 5);
      for (std::size_t i = 1; i < sockets.size(); ++i) {
        if (sockets[i].revents != 0 && recv(sockets[i].fd, buffer.data(), buffer.size(), 0) > 0) {
          send(sockets[i].fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
        }
      }
      if (sockets[0].revents != 0) {
        sockets.push_back({accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), POLLIN, 0});
      }
    }
    for (std::size_t i = 1; i < sockets.size(); ++i) {
      close(sockets[i].fd);
    }
  }

  int listener_;
  loadgen::SocketAddress address_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Real sockets, checks, all histograms and the hand-over, for four seconds of a fast clock.
TEST(MemoryTest, AWorkerAllocatesNothingInSteadyState) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP()
      << "a sanitizer slows the requests down and not the clock: too few for a steady state";
#endif
  uv_replace_allocator(&UvMalloc, &UvRealloc, &UvCalloc, &UvFree);
  EchoServer server;
  scenarios::Request second = GetStep("second", "/b");
  second.check.status = {{200, 200}};
  const loadgen::PreparedScenario prepared =
      PreparedOf(ScenarioOf(ClosedLoad(4, 4s), {GetStep("first"), second}));
  const FastClock clock;
  SummingExchange records(prepared.step_count);
  records.ExpectSwaps(16);
  loadgen::WorkerThread::Options options;
  options.transport.dialer.addresses = {server.address()};
  options.transport.connections_max = 4;
  options.pacing = loadgen::Pacing::kSpin;
  auto worker = loadgen::WorkerThread::Create(prepared, options, clock, records);
  ASSERT_TRUE(worker) << worker.error().message;
  (*worker)->Run(clock.Now());
  const std::vector<std::uint64_t>& counts = records.allocations_at_swap();
  ASSERT_GE(counts.size(), 3U);
  EXPECT_EQ(counts.back() - counts[1], 0U) << "from the second second on";
  EXPECT_GT(records.total().counts.of(Outcome::kCompleted), 100U);
}

// The real hand-over, with a collector that keeps up and then one that does not: the worker moves
// pointers, asks for no memory and never waits.
TEST(MemoryTest, HandingOverMovesPointersOnly) {
  loadgen::Bell bell;
  loadgen::Mailbox mailbox(bell, 3, true);
  auto own = std::make_unique<RecordSet>(3, true);
  std::uint64_t of_swaps = 0;
  for (int second = 0; second < 100; ++second) {
    own->LatencyAt(Phase::kMeasure, 1, Outcome::kCompleted).response.RecordNs(1000, 1);
    const std::uint64_t before = allocations_of_thread;
    own = mailbox.Swap(std::move(own));
    of_swaps += allocations_of_thread - before;
    for (std::unique_ptr<RecordSet>& full : mailbox.TakeAll()) {
      SecondRecord sum;
      full->DrainInto(sum);
      mailbox.GiveBack(std::move(full));
    }
  }
  for (int second = 0; second < 100; ++second) {
    const std::uint64_t before = allocations_of_thread;
    own = mailbox.Swap(std::move(own));
    of_swaps += allocations_of_thread - before;
  }
  EXPECT_EQ(of_swaps, 0U);
  EXPECT_EQ(mailbox.late_swaps(), 100U - loadgen::Mailbox::kSpareSets);
}

// What a worker notes goes round in buffers that were there before, also when nobody takes them.
TEST(MemoryTest, NotingRequestsAllocatesNothing) {
  loadgen::NoteExchange exchange;
  exchange.Add(3);
  loadgen::RequestNotes notes(exchange);
  const std::string wire(1000, 'x');
  const std::uint64_t before = allocations_of_thread;
  for (int i = 0; i < 10'000; ++i) {
    notes.Note(Instant(Nanos(i)), wire);
    if (i % 100 == 0) {
      notes.HandOver();
    }
  }
  EXPECT_EQ(allocations_of_thread - before, 0U);
  EXPECT_GT(notes.lost(), 5'000U);
}

/// Answers after a fixed time; some never, some break. Its memory is bounded by the load's.
class SteadyTransport final : public loadgen::Transport {
 public:
  explicit SteadyTransport(ManualClock& clock) : clock_(clock) {}

  void Attach(loadgen::TransportEvents& events) { events_ = &events; }

  StartResult Start(ExchangeId id, const loadgen::PreparedRequest&) override {
    ++started_;
    if (started_ % 97 != 0) {  // The others are never answered.
      pending_.push_back({clock_.Now() + 3ms, id, started_ % 89 == 0});
    }
    return StartResult::kSent;
  }

  void Cancel(ExchangeId id) override {
    std::erase_if(pending_, [id](const Pending& pending) { return pending.id == id; });
  }

  std::uint32_t connections() const override { return 1; }

  Instant NextAt() const { return pending_.empty() ? Instant::max() : pending_.front().at; }

  void DeliverDue() {
    while (NextAt() <= clock_.Now()) {
      const Pending pending = pending_.front();
      pending_.erase(pending_.begin());
      if (pending.breaks) {
        events_->OnBroken(pending.id, RequestError::kReset, clock_.Now());
      } else {
        loadgen::Answer answer;
        answer.status = 200;
        events_->OnAnswer(pending.id, answer, clock_.Now());
      }
    }
  }

 private:
  struct Pending {
    Instant at;
    ExchangeId id;
    bool breaks;
  };

  ManualClock& clock_;
  loadgen::TransportEvents* events_ = nullptr;
  std::vector<Pending> pending_;
  std::uint64_t started_ = 0;
};

// A day of Poisson arrivals with timeouts and resets on a fake clock: what is in use after an hour
// is in use after a day. Accelerated, because it is the number of seconds, rounds and failures that
// could make something grow, and not the time that passes.
TEST(MemoryTest, NothingGrowsInADay) {
  constexpr Nanos kDay = 24h;
  scenarios::Request request = GetStep("get");
  request.timeout = 10s;
  const loadgen::PreparedScenario prepared =
      PreparedOf(ScenarioOf(OpenLoad(3, kDay, scenarios::Arrivals::kPoisson), {request}));
  ManualClock clock;
  SummingExchange records(prepared.step_count);
  records.ExpectSwaps(1);
  SteadyTransport transport(clock);
  const Instant start = clock.Now();
  loadgen::WorkerLoop loop(prepared, {start, {}, 1}, clock, records);
  loop.Attach(transport);
  transport.Attach(loop);
  std::int64_t after_an_hour = 0;
  std::int64_t most = 0;
  for (Instant next = loop.RunOnce(start); !loop.Done(); next = loop.RunOnce(clock.Now())) {
    if (clock.Now() - start < 1h) {
      after_an_hour = std::max<std::int64_t>(after_an_hour, live_bytes);
    }
    most = std::max<std::int64_t>(most, live_bytes);
    clock.AdvanceTo(std::max(clock.Now(), std::min(next, transport.NextAt())));
    transport.DeliverDue();
  }
  EXPECT_GT(records.total().counts.planned, 250'000U);
  EXPECT_GT(records.total().counts.of(Outcome::kTimedOut), 2'000U);
  EXPECT_TRUE(records.total().counts.Balanced());
  // Vectors may still double once for a burst that the first hour did not have.
  EXPECT_LE(most, after_an_hour + std::int64_t{16} * 1024);
}

}  // namespace
}  // namespace weir::tests
