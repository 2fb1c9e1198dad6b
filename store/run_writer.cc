#include "store/run_writer.h"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <sched.h>

#include "base/check.h"
#include "store/internal/batch_queue.h"
#include "store/internal/figure_rows.h"
#include "store/internal/run_lock.h"
#include "store/internal/run_rows.h"
#include "store/internal/schema.h"

namespace weir::store {

using internal::Batch;
using internal::BatchQueue;
using internal::Connection;
using internal::RecordInserter;
using internal::RunLock;
using internal::Transaction;

namespace {

/// Everything that Begin has to get before the thread can start.
struct OpenRun {
  std::unique_ptr<Connection> connection;
  RecordInserter records;
  std::unique_ptr<RunLock> lock;
  RunId id = 0;
};

Result<OpenRun> Enter(const std::string& path, const RunPlan& plan, WallTime started_at,
                      const WriteOptions& options) {
  auto connection = internal::OpenForWriting(path, options, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  // In KiB. By default SQLite keeps 2 MiB of pages, and here they are written once and not read.
  if (Status small = (*connection)->Execute("PRAGMA cache_size = -256", "open"); !small) {
    return tl::unexpected(small.error());
  }
  Result<RecordInserter> records = RecordInserter::Create(**connection);
  if (!records) {
    return tl::unexpected(records.error());
  }
  Result<Transaction> transaction = Transaction::Begin(**connection, Transaction::Kind::kWrite);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  const Result<RunId> id = internal::InsertRun(**connection, plan, started_at);
  if (!id) {
    return tl::unexpected(id.error());
  }
  // Before the commit: no reader may see the run without its lock.
  Result<std::unique_ptr<RunLock>> lock = RunLock::Take(path, *id);
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  if (Status committed = transaction->Commit(); !committed) {
    return tl::unexpected(committed.error());
  }
  return OpenRun{std::move(*connection), std::move(*records), std::move(*lock), *id};
}

/// Ctrl-C and its like are for the thread that drives the run.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }

  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

class RunWriter::Impl {
 public:
  Impl(OpenRun run, std::size_t step_count, Nanos batch_every)
      : step_count_(step_count), batch_every_(batch_every), run_(std::move(run)) {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { Loop(); });
  }

  ~Impl() { StopThread(); }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  RunId id() const { return run_.id; }

  std::size_t step_count() const { return step_count_; }

  template <typename Record>
  void Push(const Record& record) {
    const std::lock_guard lock(mutex_);
    queue_.Push(record);
  }

  Status Flush() {
    std::unique_lock lock(mutex_);
    const std::uint64_t ticket = ++attempts_wanted_;
    wake_.notify_one();
    attempted_.wait(lock, [&] { return attempts_made_ >= ticket; });
    return trouble_ ? Status(tl::unexpected(*trouble_)) : Status();
  }

  std::optional<Error> trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
  }

  Status Finish(const Run& run, const RunFigures& figures);

 private:
  void Loop();
  void StopThread();
  Status Write(const Batch& batch);
  Status WriteEnd(const Run& run, const RunFigures& figures);

  // Constant.
  const std::size_t step_count_;
  const Nanos batch_every_;

  // The writer thread's until it is joined, then the owner's.
  OpenRun run_;
  Batch batch_;  // Taken from the queue and not yet on the disk.

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable attempted_;
  BatchQueue queue_{kQueuedSecondsMax};
  std::uint64_t attempts_wanted_ = 0;
  std::uint64_t attempts_made_ = 0;
  bool stopping_ = false;
  std::optional<Error> trouble_;

  std::thread thread_;
};

void RunWriter::Impl::Loop() {
  // Nothing is lost by writing a little later; whoever measures on this processor is not pushed off
  // it when this thread wakes up.
  const sched_param none{};
  sched_setscheduler(0, SCHED_BATCH, &none);
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, batch_every_,
                   [&] { return stopping_ || attempts_wanted_ > attempts_made_; });
    const std::uint64_t ticket = attempts_wanted_;
    const bool last = stopping_;
    // A batch that failed is tried again before anything is added to it, so that memory stays
    // bounded; the queue merges meanwhile. At the end there is no later turn for the queue.
    for (int turn = 0; turn < (last || ticket > attempts_made_ ? 2 : 1); ++turn) {
      if (batch_.empty()) {
        batch_ = queue_.Take();
      }
      if (batch_.empty()) {
        break;
      }
      lock.unlock();
      Status written = Write(batch_);
      lock.lock();
      trouble_ = written ? std::nullopt : std::optional(written.error());
      if (!written) {
        break;
      }
      batch_ = Batch{};
    }
    attempts_made_ = ticket;
    attempted_.notify_all();
    if (last) {
      return;
    }
  }
}

void RunWriter::Impl::StopThread() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Status RunWriter::Impl::Write(const Batch& batch) {
  // Not synced batch by batch: what a power cut may take is the tail of a run that it kills anyway.
  if (Status relaxed = run_.connection->Execute("PRAGMA synchronous = NORMAL", "write to");
      !relaxed) {
    return relaxed;
  }
  Result<Transaction> transaction = Transaction::Begin(*run_.connection, Transaction::Kind::kWrite);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  if (Status inserted = internal::InsertBatch(*run_.connection, run_.records, run_.id, batch);
      !inserted) {
    return inserted;
  }
  return transaction->Commit();
}

Status RunWriter::Impl::WriteEnd(const Run& run, const RunFigures& figures) {
  if (Status strict = run_.connection->Execute("PRAGMA synchronous = FULL", "write to"); !strict) {
    return strict;
  }
  Result<Transaction> transaction = Transaction::Begin(*run_.connection, Transaction::Kind::kWrite);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  if (Status finished = internal::FinishRun(*run_.connection, run_.records, run_.id, run);
      !finished) {
    return finished;
  }
  if (figures.edition != 0) {
    if (Status kept = internal::ReplaceFigures(*run_.connection, figures); !kept) {
      return kept;
    }
  }
  return transaction->Commit();
}

Status RunWriter::Impl::Finish(const Run& run, const RunFigures& figures) {
  WEIR_CHECK(thread_.joinable());
  StopThread();
  Status ended = trouble_ ? Status(tl::unexpected(*trouble_)) : WriteEnd(run, figures);
  run_.lock.reset();
  if (ended) {
    return ended;
  }
  return Fail(ended.error().kind,
              fmt::format("{}. Run {} stays incomplete in it, with what was written before",
                          ended.error().message, run_.id));
}

RunWriter::RunWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RunWriter::~RunWriter() = default;

Result<std::unique_ptr<RunWriter>> RunWriter::Begin(const std::string& path, const RunPlan& plan,
                                                    WallTime started_at,
                                                    const WriteOptions& options) {
  WEIR_CHECK(options.lock_wait > Nanos(0));
  WEIR_CHECK(options.batch_every > Nanos(0));
  Result<OpenRun> run = Enter(path, plan, started_at, options);
  if (!run) {
    return tl::unexpected(run.error());
  }
  return std::unique_ptr<RunWriter>(new RunWriter(
      std::make_unique<Impl>(std::move(*run), plan.steps.size(), options.batch_every)));
}

RunId RunWriter::id() const {
  return impl_->id();
}

void RunWriter::OnSecond(const SecondRecord& record) {
  for (const StepRecord& step : record.steps) {
    WEIR_CHECK(step.step < impl_->step_count());
  }
  impl_->Push(record);
}

void RunWriter::OnResources(const ResourceSample& sample) {
  impl_->Push(sample);
}

void RunWriter::OnTarget(const TargetSample& sample) {
  impl_->Push(sample);
}

Status RunWriter::Flush() {
  return impl_->Flush();
}

std::optional<Error> RunWriter::trouble() const {
  return impl_->trouble();
}

Status RunWriter::Finish(const Run& run, RunFigures figures) {
  figures.run = id();
  return impl_->Finish(run, figures);
}

}  // namespace weir::store
