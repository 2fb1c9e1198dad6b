#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace weir::target {

/// One line of the truth file.
struct TruthRow {
  std::int64_t arrival_ns = 0;  ///< CLOCK_MONOTONIC, when the whole request had been read.
  std::int64_t service_ns = 0;  ///< From there until its answer had been written.
  std::int64_t planned_ns = 0;  ///< The drawn latency.
  int status = 0;               ///< Of the answer; 0 = the client left, or Stop came, before it.
};

/// Writes the truth file: rows gather in blocks, which a thread of its own formats and writes, so
/// that the serving thread never waits for the disk. Memory is bounded by kBlocksMax blocks; rows
/// beyond it are lost, counted and make Finish fail.
class TruthWriter {
 public:
  static constexpr std::size_t kBlockRows = 4096;
  static constexpr std::size_t kBlocksMax = 256;  ///< 32 MiB, a million rows.

  /// Creates or truncates `path` and writes `header`, which ends with a newline.
  /// Errors: kUnavailable with the cause.
  static Result<std::unique_ptr<TruthWriter>> Create(const std::string& path,
                                                     const std::string& header);

  TruthWriter(const TruthWriter&) = delete;
  TruthWriter& operator=(const TruthWriter&) = delete;
  ~TruthWriter();

  /// Takes a row. Never blocks on the disk. Serving thread only.
  void Record(const TruthRow& row);

  /// Hands over what has gathered, so that the file lags by no more than the time between two
  /// calls. Serving thread only.
  void HandOver();

  /// Whether the file already lacks rows. Any thread.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }

  /// Writes what is left and closes the file. Serving thread, once. Errors: kUnavailable if any
  /// row is not in the file, with the cause.
  Status Finish();

 private:
  struct Block {
    std::size_t count = 0;
    std::array<TruthRow, kBlockRows> rows;
  };

  TruthWriter(std::string path, int fd);
  std::unique_ptr<Block> TakeEmpty();
  void WriteBlocks();
  void WriteBlock(const Block& block, std::string& text);
  bool WriteAll(const std::string& text);

  const std::string path_;
  int fd_;  ///< -1 once closed.

  // Serving thread only.
  std::unique_ptr<Block> filling_;
  std::uint64_t lost_rows_ = 0;

  std::atomic<bool> failed_{false};
  int write_error_ = 0;  ///< errno; the writer thread's, read after it has been joined.

  std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable work_;
  std::vector<std::unique_ptr<Block>> full_;
  std::vector<std::unique_ptr<Block>> empty_;
  std::size_t blocks_made_ = 0;
  bool finishing_ = false;

  std::thread thread_;
};

}  // namespace weir::target
