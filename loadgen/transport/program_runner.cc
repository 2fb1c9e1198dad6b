#include "loadgen/transport/program_runner.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::loadgen {
namespace {

enum Watched : std::size_t { kProcess, kStop, kOut, kErr };

// Reads what is there; false at the end of the stream.
bool Drain(int fd, std::string& kept, std::size_t kept_max) {
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t length = read(fd, buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) {
      continue;
    }
    if (length <= 0) {
      return length < 0 && errno == EAGAIN;
    }
    kept.append(buffer.data(), std::min(static_cast<std::size_t>(length), kept_max - kept.size()));
  }
}

RequestError ErrorOf(int status) {
  if (!WIFEXITED(status)) {
    return RequestError::kSignal;
  }
  return WEXITSTATUS(status) == 0 ? RequestError::kNone : RequestError::kExitCode;
}

timespec TimespecOf(Nanos span) {
  const Nanos positive = std::max(span, Nanos(0));
  timespec made{};
  made.tv_sec = static_cast<time_t>(positive / std::chrono::seconds(1));
  made.tv_nsec = static_cast<long>((positive % std::chrono::seconds(1)).count());
  return made;
}

}  // namespace

ProgramRunner::ProgramRunner(const Clock& clock)
    : clock_(&clock),
      counters_(ProbeCounters(ProcessorCounters())),
      null_(open("/dev/null", O_RDONLY | O_CLOEXEC)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Result<ProgramRunner> ProgramRunner::Create(const Clock& clock) {
  ProgramRunner made(clock);
  if (!made.null_.valid() || !made.stop_.valid()) {
    return Unavailable(fmt::format("cannot get ready to run programs: {}",
                                   std::generic_category().message(errno)));
  }
  return made;
}

void ProgramRunner::Stop() const {
  const std::uint64_t one = 1;
  // It cannot fail: the counter does not overflow by a signal or two.
  [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof(one));
}

std::vector<UnknownUsage> ProgramRunner::unknown() const {
  std::vector<UnknownUsage> all = counters_.unknown;
  if (small_ > 0) {
    all.push_back(UnknownPeak(small_, ended_, own_peak_bytes_));
  }
  return all;
}

ProgramSample ProgramRunner::Run(const PreparedProgram& program, const Options& options) {
  ProgramSample sample;
  Child child;
  sample.started = clock_->Now();
  if (const int error = Spawn(program, {counters_.known, null_.get()}, child); error != 0) {
    if (child.pid > 0) {
      waitpid(child.pid, nullptr, 0);
    }
    sample.error = RequestError::kNoProgram;
    sample.end = fmt::format("it could not be started: {}", std::strerror(error));
    return sample;
  }
  std::array<pollfd, 4> watched = {{{child.process.get(), POLLIN, 0},
                                    {stop_.get(), POLLIN, 0},
                                    {child.out.get(), POLLIN, 0},
                                    {child.err.get(), POLLIN, 0}}};
  const Instant deadline = sample.started + options.timeout;
  while (watched[kProcess].revents == 0) {
    const timespec left = TimespecOf(deadline - clock_->Now());
    const int ready = ppoll(watched.data(), watched.size(),
                            sample.error == RequestError::kNone ? &left : nullptr, nullptr);
    if (ready == 0 || (ready > 0 && watched[kStop].revents != 0)) {
      sample.error = ready == 0 ? RequestError::kTimeout : RequestError::kRunEnded;
      sample.end = ready == 0 ? "it took longer than it may" : "stopped";
      kill(-child.pid, SIGKILL);
      watched[kStop].fd = -1;
    }
    if (watched[kOut].revents != 0 && !Drain(child.out.get(), sample.out, options.out_kept_max)) {
      watched[kOut].fd = -1;
    }
    if (watched[kErr].revents != 0 && !Drain(child.err.get(), sample.err, options.err_kept_max)) {
      watched[kErr].fd = -1;
    }
  }
  sample.wall = clock_->Now() - sample.started;
  Drain(child.out.get(), sample.out, options.out_kept_max);
  Drain(child.err.get(), sample.err, options.err_kept_max);
  if (const std::optional<ChildEnd> end = Reap(child, counters_.known);
      end && sample.error == RequestError::kNone) {
    sample.usage = end->usage;
    sample.error = ErrorOf(end->status);
    sample.end = EndInWords(end->status, sample.err);
    ++ended_;
    small_ += sample.usage.of(UsageMetric::kPeakMemory) ? 0U : 1U;
    own_peak_bytes_ = end->own_peak_bytes;
  }
  return sample;
}

}  // namespace weir::loadgen
