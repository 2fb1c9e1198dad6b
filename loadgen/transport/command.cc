#include "loadgen/transport/command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::loadgen {
namespace {

constexpr ExchangeId kNoExchange = UINT32_MAX;

RequestError SpawnError(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
      return RequestError::kNoDescriptor;
    case EAGAIN:
    case ENOMEM:
      return RequestError::kNoLocalResource;
    default:
      return RequestError::kNoProgram;
  }
}

// One of the streams that a program writes to.
struct Stream {
  UniqueFd fd;
  uv_poll_t poll{};
  std::string kept;
  std::size_t kept_max = 0;
  std::uint64_t bytes = 0;

  void Begin(UniqueFd from, std::size_t bytes_kept_max) {
    fd = std::move(from);
    kept.clear();
    kept_max = bytes_kept_max;
    bytes = 0;
  }

  /// Reads what is there. False at the end of the stream.
  bool Drain() {
    std::array<char, 16 * 1024> buffer;
    while (fd.valid()) {
      const ssize_t length = read(fd.get(), buffer.data(), buffer.size());
      if (length < 0 && errno == EINTR) {
        continue;
      }
      if (length <= 0) {
        return length < 0 && errno == EAGAIN;
      }
      bytes += static_cast<std::uint64_t>(length);
      kept.append(buffer.data(),
                  std::min(static_cast<std::size_t>(length), kept_max - kept.size()));
    }
    return false;
  }
};

}  // namespace

struct CommandTransport::Program {
  CommandTransport* owner = nullptr;
  ExchangeId id = kNoExchange;
  const PreparedRequest* request = nullptr;
  Child child;
  uv_poll_t process{};
  Stream out;
  Stream err;
  int handles = 0;  ///< That the loop still knows.
};

CommandTransport::CommandTransport(uv_loop_t& loop, const Options& options, const Clock& clock,
                                   TransportEvents& events)
    : loop_(loop),
      options_(options),
      clock_(clock),
      events_(events),
      counters_(ProbeCounters(options.counters)),
      null_(open("/dev/null", O_RDONLY | O_CLOEXEC)) {}

CommandTransport::~CommandTransport() {
  for (const std::unique_ptr<Program>& program : programs_) {
    if (program->id != kNoExchange) {
      Cancel(program->id);
    }
  }
  while (active_ > 0) {
    uv_run(&loop_, UV_RUN_ONCE);
  }
}

CommandTransport::Program& CommandTransport::TakeProgram() {
  if (free_.empty()) {
    programs_.push_back(std::make_unique<Program>());
    free_.push_back(programs_.back().get());
  }
  Program& program = *free_.back();
  free_.pop_back();
  program.owner = this;
  return program;
}

Transport::StartResult CommandTransport::Start(ExchangeId id, const PreparedRequest& request) {
  if (running_ >= options_.programs_max) {
    return StartResult::kNoRoom;
  }
  Program& program = TakeProgram();
  if (const int error = Launch(program, request); error != 0) {
    deferred_.push_back({id, SpawnError(error)});
    if (first_failure_.empty()) {
      first_failure_ =
          fmt::format("'{}' could not be started: {}", request.program->path, std::strerror(error));
    }
    return StartResult::kSent;
  }
  program.id = id;
  if (id >= by_id_.size()) {
    by_id_.resize(id + std::size_t{1});
  }
  by_id_[id] = &program;
  ++running_;
  return StartResult::kSent;
}

int CommandTransport::Launch(Program& program, const PreparedRequest& request) {
  program.request = &request;
  program.child = Child();
  const int error = Spawn(*request.program, {counters_.known, null_.get()}, program.child);
  if (error != 0) {
    if (program.child.pid > 0) {
      waitpid(program.child.pid, nullptr, 0);
    }
    program.child = Child();
    free_.push_back(&program);
    return error;
  }
  program.out.Begin(std::move(program.child.out), request.check.needs_body() ? kOutputKeptMax : 0);
  program.err.Begin(std::move(program.child.err), kComplaintMax);
  const std::array<std::pair<uv_poll_t*, int>, 3> watched = {
      {{&program.process, program.child.process.get()},
       {&program.out.poll, program.out.fd.get()},
       {&program.err.poll, program.err.fd.get()}}};
  for (const auto& [poll, fd] : watched) {
    // Neither can fail: the descriptors are ours, open and of a kind that epoll takes.
    WEIR_CHECK(uv_poll_init(&loop_, poll, fd) == 0);
    poll->data = &program;
    ++program.handles;
  }
  ++active_;
  WEIR_CHECK(uv_poll_start(&program.process, UV_READABLE, &OnExit) == 0);
  WEIR_CHECK(uv_poll_start(&program.out.poll, UV_READABLE, &OnOutput) == 0);
  WEIR_CHECK(uv_poll_start(&program.err.poll, UV_READABLE, &OnComplaint) == 0);
  return 0;
}

void CommandTransport::Cancel(ExchangeId id) {
  if (id < by_id_.size() && by_id_[id] != nullptr) {
    Program& program = *std::exchange(by_id_[id], nullptr);
    program.id = kNoExchange;
    --running_;
    // It is reaped when the loop hears of its end.
    kill(-program.child.pid, SIGKILL);
    return;
  }
  std::erase_if(deferred_, [id](const Deferred& deferred) { return deferred.id == id; });
}

void CommandTransport::DeliverDeferred() {
  // From a copy: the worker may start again and fail again at once.
  std::vector<Deferred> now_due;
  now_due.swap(deferred_);
  for (const Deferred& deferred : now_due) {
    events_.OnBroken(deferred.id, deferred.error, clock_.Now());
  }
}

void CommandTransport::OnOutput(uv_poll_t* poll, int, int) {
  if (!static_cast<Program*>(poll->data)->out.Drain()) {
    uv_poll_stop(poll);
  }
}

void CommandTransport::OnComplaint(uv_poll_t* poll, int, int) {
  if (!static_cast<Program*>(poll->data)->err.Drain()) {
    uv_poll_stop(poll);
  }
}

void CommandTransport::OnExit(uv_poll_t* poll, int, int) {
  auto& program = *static_cast<Program*>(poll->data);
  program.owner->Ended(program, program.owner->clock_.Now());
}

void CommandTransport::Ended(Program& program, Instant now) {
  std::optional<ChildEnd> end = Reap(program.child, counters_.known);
  if (!end) {
    return;
  }
  program.out.Drain();
  program.err.Drain();
  const ExchangeId id = std::exchange(program.id, kNoExchange);
  Release(program);
  if (id == kNoExchange) {
    return;
  }
  by_id_[id] = nullptr;
  --running_;
  ++ended_;
  small_ += end->usage.of(UsageMetric::kPeakMemory) ? 0U : 1U;
  own_peak_bytes_ = end->own_peak_bytes;
  if (end->status != 0) {
    NoteFailure(program, end->status);
  }
  if (!WIFEXITED(end->status)) {
    events_.OnBroken(id, RequestError::kSignal, now);
    return;
  }
  Answer answer;
  answer.status = WEXITSTATUS(end->status);
  answer.body = program.out.kept;
  answer.bytes_received = program.out.bytes;
  answer.usage = &end->usage;
  events_.OnAnswer(id, answer, now);
}

void CommandTransport::NoteFailure(const Program& program, int status) {
  if (!first_failure_.empty()) {
    return;
  }
  first_failure_ = EndInWords(status, program.err.kept);
}

// Its descriptors are closed at once; it may be used again when the loop has let go of its handles.
void CommandTransport::Release(Program& program) {
  for (uv_poll_t* poll : {&program.process, &program.out.poll, &program.err.poll}) {
    uv_close(reinterpret_cast<uv_handle_t*>(poll), [](uv_handle_t* handle) {
      auto& closed = *static_cast<Program*>(handle->data);
      if (--closed.handles == 0) {
        --closed.owner->active_;
        closed.owner->free_.push_back(&closed);
      }
    });
  }
  program.out.fd.Reset();
  program.err.fd.Reset();
  program.child.process.Reset();
  program.child.counters.clear();
}

ProgramNotes CommandTransport::notes() const {
  ProgramNotes notes{counters_.unknown, first_failure_};
  if (small_ > 0) {
    notes.unknown.push_back(UnknownPeak(small_, ended_, own_peak_bytes_));
  }
  return notes;
}

}  // namespace weir::loadgen
