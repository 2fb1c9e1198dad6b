#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/record_sink.h"
#include "base/run.h"
#include "base/verdict.h"
#include "store/history.h"
#include "store/run_writer.h"

/// What the store's tests share: a directory of their own, small runs, and raw SQL to look at and
/// damage a file behind the store's back.
namespace weir::store {

/// A directory that goes when the object goes.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string File(std::string_view name) const { return (path_ / name).string(); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// No pauses: batches are written at Flush and Finish, locks are waited for briefly.
inline constexpr WriteOptions kTestOptions = {.lock_wait = std::chrono::milliseconds(20),
                                              .batch_every = std::chrono::hours(1)};

/// A plan with two steps, two thresholds and every field set.
RunPlan SamplePlan();

/// A second in which both steps did a little of everything, different for every `second`.
SecondRecord SampleSecond(std::uint32_t second);

ResourceSample SampleResources(std::uint32_t second);

/// The whole run that `seconds` SampleSeconds make.
Run SampleRun(std::uint32_t seconds);

/// Records SampleRun(seconds), one batch a second; fails the test if it cannot. Returns its number.
RunId RecordSampleRun(const std::string& path, std::uint32_t seconds,
                      const RunPlan& plan = SamplePlan());

/// A run that was killed: begun, `seconds` written, never finished.
RunId RecordKilledRun(const std::string& path, std::uint32_t seconds);

GateResult SampleVerdict();

/// Field by field, histograms bucket by bucket with exact minimum, maximum and sum.
void ExpectSameRecord(const StepRecord& actual, const StepRecord& expected);
void ExpectSameRun(const Run& actual, const Run& expected);

/// Runs SQL on the file without the store's help; fails the test if SQLite does not like it.
void RunSql(const std::string& path, const std::string& sql);

/// What SQLite says against the statement; empty = it was run.
std::string TrySql(const std::string& path, const std::string& sql);

/// The first column of all rows, one per line.
std::string QuerySql(const std::string& path, const std::string& sql);

/// "ok" if SQLite finds no damage.
std::string IntegrityOf(const std::string& path);

}  // namespace weir::store
