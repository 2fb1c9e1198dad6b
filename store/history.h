#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "base/time.h"
#include "base/verdict.h"
#include "store/figures.h"

/// The history of runs and verdicts: one SQLite file, drawn in docs/schema.md. This module is the
/// only place that knows SQL. Recording a run is in store/run_writer.h.
namespace weir::store {

namespace internal {
class Connection;
}  // namespace internal

/// Which runs. Every field that is set must hold; texts are compared whole and case counts.
struct RunFilter {
  std::vector<RunId> ids = {};  ///< Any of these; empty = all.
  std::optional<std::string> scenario = {};
  std::optional<std::string> build = {};
  std::optional<std::string> branch = {};
  std::optional<std::string> tag = {};
  std::optional<std::string> target = {};
  std::optional<RunState> state = {};    ///< A gate asks for kComplete.
  std::vector<RunId> except = {};        ///< None of these.
  std::optional<std::size_t> last = {};  ///< At most this many, the newest of those that match.
};

/// Which verdicts of the past, by what they judged: whose runs a baseline may be made of.
struct JudgedFilter {
  Verdict worst = Verdict::kPass;  ///< At most as bad as this.
  std::size_t verdicts = 1;        ///< The newest so many.
  std::string scenario = {};       ///< Of a judged run; empty = any.
  std::vector<RunId> except = {};  ///< Verdicts that judged any of these do not count.
};

/// One line of a history: cheap to list by the thousand. What is not known before a run has
/// finished (from `duration` on) has no value for one that never did.
struct RunHead {
  RunId id = 0;
  std::string scenario;
  std::string target;
  std::string build;
  std::string branch;
  std::string tag;
  std::string load;         ///< In words, as RunPlan::load.
  std::string environment;  ///< As RunPlan::environment.
  WallTime started_at{};
  RunState state = RunState::kRunning;
  std::string state_reason;
  bool in_progress = false;  ///< kRunning, and the process that records it is alive right now.
                             ///< kRunning without this: killed, incomplete for good.
  std::uint64_t seconds_merged = 0;  ///< Seconds that lie in the one before them, because the disk
                                     ///< could not keep up. No count is lost by it.
  std::optional<Nanos> duration;
  std::optional<Nanos> measured;
  std::optional<RequestCounts> counts;  ///< Of Phase::kMeasure, all steps.
  std::optional<double> rate_per_s;     ///< StepRecord::completed_in_window over `measured`.
  std::optional<std::uint64_t> response_p50_ns;  ///< As MergedLatency(.., kResponse).
  std::optional<std::uint64_t> response_p99_ns;
  std::optional<Grade> validity;  ///< Of its certificate, if it was judged.
};

/// "running" for a run in progress, else RunStateName: what `weir history` prints.
std::string_view StateWord(const RunHead& head);

/// What seals a verdict: all that it rests on and all that it says, as texts, and the hash that
/// chains it to the one before. docs/schema.md, "The chain of verdicts".
struct VerdictRecord {
  std::string inputs;
  std::string answer;
  std::string previous_sha256;  ///< Of the record before; empty for the first.
  std::string sha256;           ///< Of ChainText.
};

/// What is hashed: previous_sha256, inputs and answer, a newline after each of the first two.
std::string ChainText(const VerdictRecord& record);

/// SHA-256 in lower-case hex; this module has no hash of its own.
using HashText = std::function<std::string(std::string_view)>;

/// What to seal a verdict with; without `sha256` it gets no record.
struct VerdictSeal {
  std::string inputs = {};
  std::string answer = {};
  HashText sha256 = {};
};

/// A verdict as it was handed out.
struct StoredVerdict {
  std::int64_t id = 0;
  WallTime decided_at{};
  GateResult result;
  std::optional<VerdictRecord> record = {};  ///< None: handed out before there were records.
};

/// A verdict without its evidence: cheap to list by the thousand.
struct VerdictHead {
  std::int64_t id = 0;
  WallTime decided_at{};
  Verdict verdict = Verdict::kInconclusive;
  GateAction action = GateAction::kHold;
  std::string reason;     ///< One sentence.
  std::string candidate;  ///< Selector as written, e.g. "build:b7".
  std::string scenario;   ///< Of the first run that was judged; empty: none, or it is gone.
  std::string service;    ///< Of a watch of a deployment, which judges no runs; else empty.
  std::string build;      ///< Of that run, or of the watch; empty: not known.
};

/// How to wait and how often to write; the defaults are meant for use, others for tests.
struct WriteOptions {
  Nanos lock_wait = std::chrono::seconds(5);    ///< For another process's write to end. > 0.
  Nanos batch_every = std::chrono::seconds(1);  ///< RunWriter: between two transactions. > 0.
};

/// An open history. Owns one connection.
///
/// Errors, for every call: kUnavailable naming the file, what was found and the way out (locked,
/// full, read-only, damaged, not a database, another program's, made by a newer weir). Contents
/// are not trusted: bytes that make no sense are an error that names run, second and step.
/// Thread rule: one thread at a time. Readers never block a writer, in whatever process.
class Store {
 public:
  /// Opens the file, makes it if there is none, and brings an older schema up to date.
  static Result<std::unique_ptr<Store>> OpenForWriting(const std::string& path,
                                                       const WriteOptions& options = {});

  /// Opens an existing file and never changes it, but for an older schema, which is brought up to
  /// date. A missing file is an error that says how a history comes to be.
  static Result<std::unique_ptr<Store>> OpenForReading(const std::string& path);

  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Newest first, by start. Under 100 ms for 10,000 runs.
  Result<std::vector<RunHead>> ListRuns(const RunFilter& filter = {});

  /// A finished run from its totals; one without totals (running or killed) summed up from the
  /// seconds that reached the file, with `state` kRunning and a `state_reason` that says so. Such a
  /// run need not balance. Errors: kUsage if there is no such run.
  Result<Run> LoadRun(RunId id);

  /// The matching runs, whole, in the order of ListRuns, all from one moment of the file.
  Result<std::vector<Run>> LoadRuns(const RunFilter& filter);

  /// Calls `visit` for every second of a run in ascending order, at most once per (second, phase):
  /// one at a time in memory. `visit` may not use this store.
  Status VisitSeconds(RunId id, const std::function<void(const SecondPoint&)>& visit);

  /// VisitSeconds, collected: memory grows with the length of the run.
  Result<std::vector<SecondPoint>> LoadSeconds(RunId id);

  /// What the measured part of a run did in the seconds from `from_s` until before `to_s`. Errors:
  /// kUsage if there is no such run.
  Result<RunStretch> LoadStretch(RunId id, std::uint32_t from_s, std::uint32_t to_s);

  /// In ascending order of second.
  Result<std::vector<ResourceSample>> LoadResources(RunId id);

  /// What the watched target used, in ascending order of second; empty if it was not watched.
  Result<std::vector<TargetSample>> LoadTargetSamples(RunId id);

  /// Calls `visit` for every run from number `first` on of which that edition of figures is kept,
  /// ascending: one at a time in memory. `visit` may not use this store.
  Status VisitFigures(RunId first, int edition, const FiguresVisitor& visit);

  /// Keeps these in place of what was kept of the same runs; those of runs that are gone are
  /// ignored. Needs OpenForWriting.
  Status SaveFigures(const std::vector<RunFigures>& figures);

  /// Adds what `weir doctor` found. Durable when it returns. Needs OpenForWriting.
  Status AppendCalibration(const Calibration& calibration);

  /// The newest calibration of that environment (RunPlan::environment) and pacing, if any.
  Result<std::optional<Calibration>> LoadCalibration(const std::string& environment,
                                                     const std::string& pacing);

  /// Adds a verdict; the file refuses to change or delete one. Returns its number. Durable when it
  /// returns. With a seal, its record is chained to the newest one in the same transaction, so that
  /// two processes cannot both follow the same record. Needs OpenForWriting.
  Result<std::int64_t> AppendVerdict(const GateResult& result, WallTime decided_at,
                                     const VerdictSeal& seal = {});

  /// One verdict. Errors: kUsage if there is none of that number.
  Result<StoredVerdict> LoadVerdict(std::int64_t id);

  /// Calls `visit` for every verdict in the order in which they were handed out, one at a time in
  /// memory, all from one moment of the file. `visit` may not use this store.
  Status VisitVerdicts(const std::function<void(const StoredVerdict&)>& visit);

  /// The runs that the matching verdicts judged (their candidates), without duplicates, in
  /// ascending order; empty when no verdict matches. Runs that are gone from the history are left
  /// out.
  Result<std::vector<RunId>> JudgedRuns(const JudgedFilter& filter);

  /// The newest `count` verdicts, newest first.
  Result<std::vector<StoredVerdict>> ListVerdicts(std::size_t count);

  /// The newest `count` verdicts whose number is above `after`, newest first.
  Result<std::vector<VerdictHead>> ListVerdictHeads(std::int64_t after, std::size_t count);

 private:
  explicit Store(std::unique_ptr<internal::Connection> connection);

  std::unique_ptr<internal::Connection> connection_;
};

}  // namespace weir::store
