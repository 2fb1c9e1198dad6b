#include "target/truth_writer.h"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::target {
namespace {

/// What goes to the disk in one write.
constexpr std::size_t kTextBytes = 256 * 1024;

/// Four numbers of at most 20 digits with their separators.
constexpr std::size_t kRowBytesMax = 88;

std::string CauseText(int error) {
  return std::generic_category().message(error);
}

tl::unexpected<Error> TruthError(const std::string& path, std::string_view problem) {
  return Unavailable(
      fmt::format("cannot write the truth file '{}': {}; give --truth a path on a "
                  "disk with room, in a folder that exists and may be written",
                  Printable(path), problem));
}

void AppendRow(std::string& text, const TruthRow& row) {
  for (const std::int64_t number : {row.arrival_ns, row.service_ns, row.planned_ns}) {
    const fmt::format_int digits(number);
    text.append(digits.data(), digits.size());
    text += ',';
  }
  const fmt::format_int status(row.status);
  text.append(status.data(), status.size());
  text += '\n';
}

}  // namespace

Result<std::unique_ptr<TruthWriter>> TruthWriter::Create(const std::string& path,
                                                         const std::string& header) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    return TruthError(path, CauseText(errno));
  }
  std::unique_ptr<TruthWriter> writer(new TruthWriter(path, fd));
  if (!writer->WriteAll(header)) {
    return TruthError(path, CauseText(writer->write_error_));
  }
  TruthWriter* self = writer.get();
  // Signals belong to the threads of whoever embeds the server, never to this one.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  writer->thread_ = std::thread([self] { self->WriteBlocks(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return writer;
}

TruthWriter::TruthWriter(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

TruthWriter::~TruthWriter() {
  if (fd_ >= 0) {
    static_cast<void>(Finish());
  }
}

std::unique_ptr<TruthWriter::Block> TruthWriter::TakeEmpty() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!empty_.empty()) {
    std::unique_ptr<Block> block = std::move(empty_.back());
    empty_.pop_back();
    return block;
  }
  if (blocks_made_ == kBlocksMax) {
    return nullptr;
  }
  ++blocks_made_;
  return std::make_unique<Block>();
}

void TruthWriter::Record(const TruthRow& row) {
  if (filling_ == nullptr) {
    filling_ = TakeEmpty();
  }
  if (filling_ == nullptr) {
    ++lost_rows_;
    failed_.store(true, std::memory_order_relaxed);
    return;
  }
  filling_->rows[filling_->count] = row;
  if (++filling_->count == kBlockRows) {
    HandOver();
  }
}

void TruthWriter::HandOver() {
  if (filling_ == nullptr || filling_->count == 0) {
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    full_.push_back(std::move(filling_));
  }
  work_.notify_one();
}

void TruthWriter::WriteBlocks() {
  std::vector<std::unique_ptr<Block>> taken;
  std::string text;
  text.reserve(kTextBytes);
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      work_.wait(lock, [this] { return finishing_ || !full_.empty(); });
      if (full_.empty()) {
        return;
      }
      taken.swap(full_);
    }
    for (std::unique_ptr<Block>& block : taken) {
      WriteBlock(*block, text);
      block->count = 0;
      const std::lock_guard<std::mutex> lock(mutex_);
      empty_.push_back(std::move(block));
    }
    taken.clear();
  }
}

void TruthWriter::WriteBlock(const Block& block, std::string& text) {
  // After a failure rows are only passed through: a file with a hole is worse than a short one.
  if (write_error_ != 0) {
    return;
  }
  text.clear();
  for (std::size_t i = 0; i < block.count; ++i) {
    AppendRow(text, block.rows[i]);
    if (text.size() + kRowBytesMax > kTextBytes) {
      WriteAll(text);
      text.clear();
    }
  }
  WriteAll(text);
}

bool TruthWriter::WriteAll(const std::string& text) {
  std::size_t done = 0;
  while (done < text.size() && write_error_ == 0) {
    const ssize_t written = write(fd_, text.data() + done, text.size() - done);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno != EINTR) {
      write_error_ = errno;
      failed_.store(true, std::memory_order_relaxed);
    }
  }
  return write_error_ == 0;
}

Status TruthWriter::Finish() {
  WEIR_CHECK(fd_ >= 0);
  HandOver();
  if (thread_.joinable()) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      finishing_ = true;
    }
    work_.notify_one();
    thread_.join();
  }
  // Some file systems report a full disk only here.
  if (close(std::exchange(fd_, -1)) != 0 && write_error_ == 0) {
    write_error_ = errno;
  }
  if (write_error_ != 0) {
    return TruthError(path_, CauseText(write_error_));
  }
  if (lost_rows_ > 0) {
    return TruthError(path_, fmt::format("the disk is slower than the load, {} lines are lost",
                                         FormatCount(lost_rows_)));
  }
  return {};
}

}  // namespace weir::target
