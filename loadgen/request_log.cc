#include "loadgen/request_log.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"
#include "base/write_all.h"
#include "loadgen/resources.h"
#include "scenarios/request_log.h"

namespace weir::loadgen {
namespace {

// Buffers of all workers together, and more for each: some 30 MiB are sent before anything is lost
// to a disk that has stopped. Their memory is touched only when it comes to that.
constexpr std::size_t kBuffersShared = 28;
constexpr std::size_t kBuffersPerWorker = 2;

// Lines are written when there are so many.
constexpr std::size_t kWriteBytes = std::size_t{256} * 1024;

// Stands before the bytes of each request.
struct NoteHead {
  std::int64_t due_ns = 0;
  std::uint64_t length = 0;
};

tl::unexpected<Error> CannotWrite(const std::string& path, int error) {
  return Unavailable(fmt::format(
      "cannot write the request log {}: {}\n  hint: name a file in a directory that is there",
      Printable(path), std::generic_category().message(error)));
}

}  // namespace

void NoteExchange::Add(std::size_t count) {
  const std::lock_guard lock(mutex_);
  buffers_ += count;
  full_.reserve(buffers_);
  empty_.reserve(buffers_);
  for (std::size_t i = 0; i < count; ++i) {
    empty_.emplace_back().reserve(kBufferBytes);
  }
}

bool NoteExchange::Swap(std::string& full) {
  {
    const std::lock_guard lock(mutex_);
    if (empty_.empty()) {
      return false;
    }
    full_.push_back(std::move(full));
    full = std::move(empty_.back());
    empty_.pop_back();
  }
  filled_.notify_one();
  return true;
}

bool NoteExchange::Take(std::string& full) {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [this] { return closed_ || !full_.empty(); });
  if (full_.empty()) {
    return false;
  }
  full = std::move(full_.front());
  full_.erase(full_.begin());
  return true;
}

void NoteExchange::GiveBack(std::string empty) {
  empty.clear();
  const std::lock_guard lock(mutex_);
  empty_.push_back(std::move(empty));
}

void NoteExchange::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  filled_.notify_all();
}

RequestNotes::RequestNotes(NoteExchange& exchange) : exchange_(exchange) {
  buffer_.reserve(NoteExchange::kBufferBytes);
}

void RequestNotes::Note(Instant due, std::string_view wire) {
  const NoteHead head{CountNs(due.time_since_epoch()), wire.size()};
  const auto fits = [&] {
    return wire.size() + sizeof(head) <= NoteExchange::kBufferBytes - buffer_.size();
  };
  if (!fits() && (buffer_.empty() || !exchange_.Swap(buffer_) || !fits())) {
    ++lost_;
    return;
  }
  std::array<char, sizeof(head)> bytes{};
  std::memcpy(bytes.data(), &head, sizeof(head));
  buffer_.append(bytes.data(), bytes.size());
  buffer_.append(wire);
}

void RequestNotes::HandOver() {
  if (!buffer_.empty()) {
    exchange_.Swap(buffer_);
  }
}

Result<std::unique_ptr<RequestLog>> RequestLog::Create(const std::string& path, bool keeps_secrets,
                                                       const Clock& clock) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return CannotWrite(path, EISDIR);
  }
  // Bodies are nobody else's business.
  const int fd = open((path + ".part").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return CannotWrite(path, errno);
  }
  const Nanos offset = clock.WallNow().time_since_epoch() - clock.Now().time_since_epoch();
  return std::unique_ptr<RequestLog>(new RequestLog(path, keeps_secrets, offset, fd));
}

RequestLog::RequestLog(std::string path, bool keeps_secrets, Nanos wall_minus_monotonic, int fd)
    : path_(std::move(path)),
      part_(path_ + ".part"),
      keeps_secrets_(keeps_secrets),
      wall_minus_monotonic_(wall_minus_monotonic),
      fd_(fd) {
  exchange_.Add(kBuffersShared);
  writer_ = std::thread([this] {
    const InBackground behind_the_workers;
    WriteAll();
  });
}

RequestLog::~RequestLog() {
  if (!finished_) {
    exchange_.Close();
    writer_.join();
    close(fd_);
    unlink(part_.c_str());
  }
}

RequestNotes& RequestLog::AddWorker() {
  exchange_.Add(kBuffersPerWorker);
  return *workers_.emplace_back(std::make_unique<RequestNotes>(exchange_));
}

void RequestLog::WriteAll() {
  std::string notes;
  while (exchange_.Take(notes)) {
    WriteNotes(notes);
    exchange_.GiveBack(std::move(notes));
  }
}

void RequestLog::WriteNotes(std::string_view notes) {
  while (!notes.empty() && write_error_ == 0) {
    NoteHead head;
    std::memcpy(&head, notes.data(), sizeof(head));
    const WallTime due(Nanos(head.due_ns) + wall_minus_monotonic_);
    const std::string_view wire = notes.substr(sizeof(head), head.length);
    const bool said = scenarios::AppendRequestLine(due, wire, keeps_secrets_, lines_);
    ++(said ? written_ : unsayable_);
    notes.remove_prefix(sizeof(head) + wire.size());
    if (notes.empty() || lines_.size() >= kWriteBytes) {
      write_error_ = weir::WriteAll(fd_, lines_) ? 0 : errno;
      lines_.clear();
    }
  }
}

Status RequestLog::Finish() {
  WEIR_CHECK(!finished_);
  finished_ = true;
  exchange_.Close();
  writer_.join();
  std::uint64_t lost = 0;
  for (const std::unique_ptr<RequestNotes>& worker : workers_) {
    WriteNotes(worker->buffer_);
    lost += worker->lost_;
  }
  if (close(fd_) != 0 && write_error_ == 0) {
    write_error_ = errno;
  }
  if (write_error_ != 0) {
    return Unavailable(
        fmt::format("the request log is incomplete: writing {} ended with: {}\n  hint: is the "
                    "disk full? The run itself is not affected",
                    Printable(part_), std::generic_category().message(write_error_)));
  }
  if (lost + unsayable_ > 0) {
    return Unavailable(fmt::format(
        "the request log is incomplete, and stays {}: missing are {} that came faster than they "
        "could be written or were larger than 1 MiB, and {} that a line cannot say\n"
        "  hint: docs/replay.md says what a line can say",
        Printable(part_), FormatCount(lost), FormatCount(unsayable_)));
  }
  if (written_ == 0) {
    unlink(part_.c_str());
    return Unavailable(
        fmt::format("no request was sent, so there is no request log {}", Printable(path_)));
  }
  return Name();
}

Status RequestLog::Name() {
  if (std::rename(part_.c_str(), path_.c_str()) != 0) {
    return CannotWrite(path_, errno);
  }
  return {};
}

}  // namespace weir::loadgen
