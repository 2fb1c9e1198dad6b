#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"

namespace weir::loadgen {

/// Notes of workers on their way to whoever writes them down, and empty buffers on their way back.
/// Bounded: when no buffer is left, who asks for one goes without. Any thread; waits for no more
/// than a pointer to change hands.
class NoteExchange {
 public:
  static constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;

  /// Makes room for `count` more buffers. Before the run only: it allocates.
  void Add(std::size_t count);

  /// Gives an empty buffer for `full`; false: there is none, and `full` stays.
  bool Swap(std::string& full);

  /// The next full buffer; waits for one. False: Close was called and there is none left.
  bool Take(std::string& full);
  void GiveBack(std::string empty);
  void Close();

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<std::string> full_;  // Guarded by mutex_, like all below.
  std::vector<std::string> empty_;
  std::size_t buffers_ = 0;
  bool closed_ = false;
};

/// What one worker sends, as it sends it. Allocates nothing and never waits for a disk. Thread
/// rule: the thread of the worker while the run lasts.
class RequestNotes {
 public:
  explicit RequestNotes(NoteExchange& exchange);

  /// A request that was due at `due`; `wire` is its bytes as HTTP/1.1. Counted as lost when there
  /// is no room. Cost: a copy.
  void Note(Instant due, std::string_view wire);

  /// Lets what there is so far be written. Once a second.
  void HandOver();

  /// Requests that found no room, because they came faster than they can be written or are larger
  /// than a buffer.
  std::uint64_t lost() const { return lost_; }

 private:
  friend class RequestLog;

  NoteExchange& exchange_;
  std::string buffer_;
  std::uint64_t lost_ = 0;
};

/// The request log of a run: what its workers send becomes lines that `replay` reads
/// (docs/replay.md), written by a thread of its own beside them. The file is FILE.part, and takes
/// its name only when it is whole.
///
/// Life: Create, AddWorker for each worker before the run, Finish after it. Thread rule: one thread
/// owns it.
class RequestLog {
 public:
  /// Errors: kUnavailable: it cannot be written, naming path and cause.
  static Result<std::unique_ptr<RequestLog>> Create(const std::string& path, bool keeps_secrets,
                                                    const Clock& clock);
  RequestLog(const RequestLog&) = delete;
  RequestLog& operator=(const RequestLog&) = delete;

  /// Without Finish nothing stays.
  ~RequestLog();

  /// Valid as long as the log.
  RequestNotes& AddWorker();

  /// Writes what is left and gives the file its name. Errors: kUnavailable: it is not whole, and
  /// why; what there is of it then is in FILE.part. Or nothing was sent, and nothing stays.
  Status Finish();

 private:
  RequestLog(std::string path, bool keeps_secrets, Nanos wall_minus_monotonic, int fd);
  void WriteAll();
  void WriteNotes(std::string_view notes);
  Status Name();

  const std::string path_;
  const std::string part_;
  const bool keeps_secrets_;
  const Nanos wall_minus_monotonic_;
  const int fd_;
  NoteExchange exchange_;
  std::vector<std::unique_ptr<RequestNotes>> workers_;
  bool finished_ = false;
  // Of the thread that writes, until it has been joined.
  std::string lines_;
  std::uint64_t written_ = 0;
  std::uint64_t unsayable_ = 0;
  int write_error_ = 0;
  std::thread writer_;
};

}  // namespace weir::loadgen
