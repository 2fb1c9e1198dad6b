#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.h"
#include "base/time.h"
#include "base/validity.h"

/// What a run is made of: the nouns that loadgen fills, store keeps, analysis judges and
/// reports shows. Plain data without behaviour; no I/O. Enumerator values are persisted in the
/// store: never renumber, only append.
namespace weir {

/// A run's number in its store; 0 = not stored.
using RunId = std::int64_t;

/// What became of a planned request. Each planned request gets exactly one.
enum class Outcome : std::uint8_t {
  kCompleted = 0,   ///< Answered, and every check held.
  kFailed = 1,      ///< Answered wrongly (status, check) or the exchange broke.
  kTimedOut = 2,    ///< Sent, no whole answer within the step's timeout: a censored sample.
  kDropped = 3,     ///< Never sent, because in_flight_max was reached when it was due.
  kUnfinished = 4,  ///< Due, but without an answer when the run ended: a censored sample.
};
inline constexpr std::size_t kOutcomeCount = 5;

/// Lower-case word for an outcome as in JSON and SQL: "completed", "failed", "timed_out", ...
std::string_view OutcomeName(Outcome outcome);

/// Why a request failed, in the order in which an exchange can break.
enum class RequestError : std::uint8_t {
  kNone = 0,
  kDns = 1,                    ///< The name could not be resolved.
  kConnectRefused = 2,         ///< Nobody listens.
  kConnectFailed = 3,          ///< Any other failure to connect (unreachable, no route).
  kNoLocalResource = 4,        ///< This machine is out of memory or buffers for a connection.
  kReset = 5,                  ///< The peer reset the connection while a request was on it.
  kClosedEarly = 6,            ///< The peer closed before the answer was whole.
  kMalformed = 7,              ///< What came back is not HTTP.
  kTooLarge = 8,               ///< Head or body above the stated limit.
  kTimeout = 9,                ///< No whole answer in time.
  kStatus = 10,                ///< Status not the expected one (without a check: 400 and above).
  kCheckHeader = 11,           ///< A header check did not hold.
  kCheckBody = 12,             ///< A body check did not hold.
  kInFlightMax = 13,           ///< Dropped: no room among requests in flight.
  kRunEnded = 14,              ///< Unfinished when the run ended.
  kTls = 15,                   ///< TLS handshake or record failure of no kind below.
  kTlsExpired = 16,            ///< The peer's certificate is expired or not valid yet.
  kTlsWrongName = 17,          ///< The peer's certificate is for another name.
  kTlsUnknownCa = 18,          ///< Nobody whom we trust has signed the peer's certificate.
  kTlsCertificate = 19,        ///< Any other fault of the peer's certificate.
  kTlsRefused = 20,            ///< The peer ended the handshake, by an alert or by closing.
  kTlsVersion = 21,            ///< No TLS version or cipher in common.
  kTlsClientCertificate = 22,  ///< The peer wants a client certificate, or another one.
  kNotTls = 23,                ///< The peer does not speak TLS on this port.
  kNoHttp2 = 24,               ///< The peer does not speak HTTP/2.
  kStreamReset = 25,           ///< HTTP/2: the peer reset the stream.
  kStreamRefused = 26,         ///< HTTP/2: the peer did not begin it (REFUSED_STREAM, GOAWAY).
  kProxy = 27,                 ///< The proxy could not be had, or refused.
  kTransfer = 28,              ///< libcurl gave up for a reason of no other kind.
  kNoDescriptor = 29,          ///< This process or machine may not open another file.
  kNoLocalPort = 30,           ///< No free port left at the source address.
  kExitCode = 31,              ///< A program ended with a code not the expected one (above 0).
  kSignal = 32,                ///< A signal ended the program.
  kNoProgram = 33,             ///< The program could not be started: missing, not executable.
};
inline constexpr std::size_t kRequestErrorCount = 34;

/// Snake-case word for an error kind as in JSON and SQL: "connect_refused", "status", ...
std::string_view RequestErrorName(RequestError error);

/// How many requests were planned and what became of them.
struct RequestCounts {
  std::uint64_t planned = 0;
  std::array<std::uint64_t, kOutcomeCount> by_outcome{};

  std::uint64_t of(Outcome outcome) const { return by_outcome[static_cast<std::size_t>(outcome)]; }

  /// The accounting identity (design promise 2): planned is the sum over the outcomes. Holds at
  /// the end of a run, not in its middle.
  bool Balanced() const;

  /// Everything that did not complete, over planned; no value when nothing was planned. Like
  /// Balanced, for the end of a run: in its middle, requests in flight count as not completed.
  std::optional<double> ErrorRatio() const;

  RequestCounts& operator+=(const RequestCounts& other);
  friend bool operator==(const RequestCounts&, const RequestCounts&) = default;
};

/// The three clocks of a request, never mixed (design promise 1). All in ns.
struct LatencySet {
  /// Due instant to last byte: what a user waits. For censored outcomes the time waited so far, a
  /// lower bound. Empty for kDropped.
  Histogram response;
  /// Send instant to last byte: what the target took.
  Histogram service;
  /// Due instant to the generator's attempt to send: our own lateness.
  Histogram send_lag;

  void Merge(const LatencySet& other);
  void Clear();
};

/// The stretches that a response time consists of after the send lag, in their order. They add up
/// to the nanosecond: response = send lag + all parts.
enum class LatencyPart : std::uint8_t {
  kWait = 0,       ///< For a connection: none was free, and none could be opened yet.
  kDns = 1,        ///< Looking up the name, when a connection was opened for the request.
  kConnect = 2,    ///< The TCP handshake of that connection.
  kTls = 3,        ///< Its TLS handshake.
  kSend = 4,       ///< Until the kernel had taken the whole request.
  kFirstByte = 5,  ///< From there to the first bytes of the answer.
  kBody = 6,       ///< From there to the last.
};
inline constexpr std::size_t kLatencyPartCount = 7;

/// "wait", "dns", "connect", "tls", "send", "first_byte", "body", as in JSON and SQL.
std::string_view LatencyPartName(LatencyPart part);

/// What a run of a program used, its children included as far as it has waited for them. Counters
/// of the processor count user space only. Persisted: never renumber.
enum class UsageMetric : std::uint8_t {
  kUserTime = 0,         ///< Processor time in user space, ns.
  kSystemTime = 1,       ///< Processor time in the kernel, ns.
  kPeakMemory = 2,       ///< Largest resident memory, bytes.
  kPageFaults = 3,       ///< Minor and major.
  kContextSwitches = 4,  ///< Voluntary and not.
  kInstructions = 5,
  kCycles = 6,
  kCacheMisses = 7,  ///< Of the last level.
  kBranchMisses = 8,
};
inline constexpr std::size_t kUsageMetricCount = 9;

/// "user_time", "peak_memory", "instructions", ...
std::string_view UsageMetricName(UsageMetric metric);

/// "ns", "bytes" or "count".
std::string_view UsageMetricUnit(UsageMetric metric);

/// A metric that is not known of some or all programs of a run, and why.
struct UnknownUsage {
  UsageMetric metric = UsageMetric::kUserTime;
  std::string reason;
  friend bool operator==(const UnknownUsage&, const UnknownUsage&) = default;
};

/// Whether a request counts: decided by its due instant, not by when it ended.
enum class Phase : std::uint8_t {
  kWarmUp = 0,  ///< Measured and shown, left out of the statistics.
  kMeasure = 1,
};

/// Everything that one step of a flow did in one stretch of time and one phase.
struct StepRecord {
  std::uint32_t step = 0;  ///< Index into RunPlan::steps.
  Phase phase = Phase::kMeasure;
  RequestCounts counts;
  std::array<std::uint64_t, kRequestErrorCount> errors{};  ///< By RequestError.
  /// Completed before the last stage ended. The achieved rate is this over Run::measured: answers
  /// that trickle in during the drain are no throughput.
  std::uint64_t completed_in_window = 0;
  std::uint64_t bytes_received = 0;  ///< Heads and bodies.
  std::uint64_t bytes_sent = 0;
  /// Latencies by outcome; only outcomes that occurred are present. Requests that got a whole
  /// answer or are censored are recorded; broken exchanges (reset, refused, malformed) have no
  /// response time and only count.
  std::map<Outcome, LatencySet> latency;
  /// Where the response times of answered requests went, rightly or wrongly answered. Only spans
  /// above zero are in: a part that is absent was always zero, PartHistogram puts the zeros back.
  /// All absent: the parts are not known.
  std::map<LatencyPart, Histogram> parts;
  /// What the programs used that ended by themselves, in the unit of each metric (values above
  /// Histogram::kHighestNs saturate); absent: not known, or the step is no program.
  std::map<UsageMetric, Histogram> usage;

  /// Requests that got a whole answer.
  std::uint64_t Answered() const;

  /// Adds what `other` counted and recorded; step and phase stay.
  void Merge(const StepRecord& other);
};

/// What happened in one second of a run, summed over the workers. Requests are booked in the
/// second in which they ended (planned ones: in which they were due).
struct SecondRecord {
  std::uint32_t second = 0;  ///< Whole seconds since the start of the run.
  /// At most one per (step, phase); those without events are absent.
  std::vector<StepRecord> steps;
};

/// What the generator itself used, sampled once a second.
struct ResourceSample {
  std::uint32_t second = 0;
  double cpu_s = 0;  ///< User + system CPU of the process so far, since the start of the run.
  std::uint64_t rss_bytes = 0;    ///< Resident memory now.
  std::uint32_t in_flight = 0;    ///< Requests sent and not answered, all workers.
  std::uint32_t connections = 0;  ///< Open connections, all workers.
};

/// One number that the watched target gave.
struct TargetValue {
  std::string name;  ///< "process_cpu_s", "cgroup_memory_bytes", or the name of a metric.
  double value = 0;
  friend bool operator==(const TargetValue&, const TargetValue&) = default;
};

/// What the target used, looked at about once a second; only what it gave.
struct TargetSample {
  std::uint32_t second = 0;  ///< Whole seconds since the start of the run.
  std::vector<TargetValue> values;
};

/// All samples of one name.
struct TargetMetric {
  std::string name;
  std::uint64_t samples = 0;
  std::uint32_t first_second = 0;
  std::uint32_t last_second = 0;
  double first = 0;
  double last = 0;
  double min = 0;
  double max = 0;

  /// It only ever counts up (processor seconds, totals): its rate is what matters.
  bool IsCounter() const;
  friend bool operator==(const TargetMetric&, const TargetMetric&) = default;
};

/// Adds a value of second `second` to the metric of its name, making one if there is none; at most
/// kTargetMetricsMax are kept.
void AddTargetValue(std::vector<TargetMetric>& metrics, std::uint32_t second,
                    const TargetValue& value);
inline constexpr std::size_t kTargetMetricsMax = 64;

/// A label of a step, `kind: api`: what puts steps together that belong together.
struct Tag {
  std::string name;
  std::string value;
  friend bool operator==(const Tag&, const Tag&) = default;
};

/// "kind:api,team:shop"; their names and values have neither ',' nor ':'.
std::string TagsText(const std::vector<Tag>& tags);

/// What TagsText has written.
std::vector<Tag> TagsFrom(std::string_view text);

/// The name of a step and the flow it belongs to.
struct StepName {
  std::string flow;
  std::string step;
  std::vector<Tag> tags = {};  ///< Ascending by name, each name once.

  /// It has each of these.
  bool Has(const std::vector<Tag>& wanted) const;
  friend bool operator==(const StepName&, const StepName&) = default;
};

enum class LatencyKind : std::uint8_t { kResponse, kService, kSendLag };

/// One comparison that the user demands of a run, in k6's grammar: `p(95) < 200ms`,
/// `list: p(99) < 400ms`, `p(95){kind:api} < 1s`, `send_lag p(99) < 1ms`, `error_rate < 1%`,
/// `rate > 450/s over 10s abort after 30s`. Enumerators are persisted: never renumber.
struct Threshold {
  enum class Metric : std::uint8_t {
    kQuantile = 0,
    kMean = 1,
    kMin = 2,
    kMax = 3,
    kErrorRate = 4,
    kRate = 5,      ///< Completed requests per second.
    kCount = 6,     ///< Completed requests.
    kAchieved = 7,  ///< Completed over planned requests.
    kValue = 8,     ///< The last value of what the watched target gave: `name`.
    kValidity = 9,  ///< 2 valid, 1 suspect, 0 invalid.
  };
  enum class Op : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual };

  std::string text;            ///< As the user wrote it.
  std::string step = {};       ///< Step name; empty = the whole run.
  std::vector<Tag> tags = {};  ///< Of the steps that count, together; empty = `step`.
  Metric metric = Metric::kQuantile;
  LatencyKind latency = LatencyKind::kResponse;  ///< Of the first four.
  double quantile = 0;                           ///< For kQuantile, in (0, 1): 0.95 for p(95).
  std::string name = {};                         ///< For kValue.
  Op op = Op::kLess;
  double limit = 0;  ///< Latencies in ns, ratios 0..1, rates per second.
  Nanos window{0};   ///< It must hold in every stretch of so many whole seconds; 0 = of the run.
  /// The run ends when it has not held for so long, in whole seconds; 0 = never.
  Nanos abort_after{0};
};

/// A threshold and what came of it.
struct ThresholdResult {
  enum class State : std::uint8_t { kPass, kFail, kUnknown };
  Threshold threshold;
  State state = State::kUnknown;
  std::optional<double> observed;  ///< In the unit of Threshold::limit; of a window the worst.
  std::string reason;              ///< Why unknown, or where the worst window was; may be empty.
};

/// What is known about a run before its first request.
struct RunPlan {
  std::string scenario;         ///< Name of the scenario, or the URL when run from flags.
  std::string scenario_text;    ///< The file as it was run (or the flags), for the record.
  std::string scenario_sha256;  ///< Hex digest of scenario_text without its name and target.
  std::string target;           ///< Base URL, or the command line of a program.
  std::string build;            ///< What was deployed; empty = not said.
  std::string branch;           ///< Empty = not said.
  std::string tag;              ///< Free label; empty = none.
  /// Fingerprint of the generator's machine: "host=... kernel=... cpus=2 ...".
  std::string environment;
  std::uint64_t seed = 0;
  std::string weir_version;
  std::string load;       ///< The load in words: "5,000/s uniform for 30 s".
  bool open_loop = true;  ///< False: a closed loop, whose rate is a result and not a plan.
  Nanos warm_up{0};
  Nanos planned_duration{0};    ///< Warm-up included; 0 when bounded by a count of requests.
  std::vector<StepName> steps;  ///< StepRecord::step points here.
  std::vector<Threshold> thresholds;
};

/// Numbers that another program has measured and handed over, kept as they are: they are no
/// requests, so they are in no histogram and count towards no rate.
struct Measurement {
  std::uint32_t step = 0;      ///< Index into RunPlan::steps: the benchmark.
  std::string name;            ///< "real_time", "cpu_time", or the name of a counter.
  std::string unit;            ///< "ns", "per_s", "bytes_per_s", "count".
  std::vector<double> values;  ///< One for each repetition, in their order; finite.
  friend bool operator==(const Measurement&, const Measurement&) = default;
};

/// How a run came to its end.
enum class RunState : std::uint8_t {
  kRunning = 0,  ///< In progress; found in a store without a live writer: killed, incomplete.
  kComplete = 1,
  kInterrupted = 2,  ///< Stopped by the user; what was measured is kept.
  kAborted = 3,      ///< Stopped by weir (target unreachable, threshold abort).
};

/// "incomplete" for kRunning (what a reader of history sees), "complete", "interrupted", "aborted".
std::string_view RunStateName(RunState state);

/// What a run did in one stretch of its time, by whole seconds since its start: requests are
/// booked in the second in which they ended (planned ones: in which they were due).
struct RunStretch {
  std::uint32_t from_s = 0;
  std::uint32_t to_s = 0;          ///< Behind its last second; > from_s.
  std::vector<StepRecord> totals;  ///< Of its measured part; at most one per step.
};

/// A whole run in memory: plan, sums over its seconds and how it ended. Size is bounded by
/// steps and outcomes, not by duration.
struct Run {
  RunId id = 0;
  RunPlan plan;
  RunState state = RunState::kRunning;
  std::string state_reason;  ///< Prose; empty when complete.
  WallTime started_at{};
  Nanos duration{0};  ///< First due instant to end, warm-up included.
  /// The part of it that counts (warm-up and drain left out); rates divide by this.
  Nanos measured{0};
  std::vector<StepRecord> totals;  ///< At most one per (step, phase).
  std::optional<double> cpu_s;     ///< Of the generator; no value if it was never sampled.
  std::optional<std::uint64_t> rss_bytes_max;
  std::vector<ThresholdResult> thresholds;
  std::vector<TargetMetric> target_metrics;  ///< Empty: the target was not watched.
  std::vector<Measurement> measurements;     ///< Of `weir run --gbench`; empty for loads.
  std::vector<UnknownUsage> unknown_usage;   ///< At most one per metric; of runs of programs.
  std::optional<Validity> validity;   ///< No value: recorded before weir judged it, or still going.
  std::vector<RunStretch> stretches;  ///< Only those that somebody has asked the history for.

  /// Sum over the steps of one phase, or one step of it; `step` < 0 = all (whose own `step` is 0).
  StepRecord Total(Phase phase, int step = -1) const;
};

/// One second of a run, small enough to draw: from stored seconds, statistics phase and warm-up
/// apart.
struct SecondPoint {
  std::uint32_t second = 0;
  Phase phase = Phase::kMeasure;
  RequestCounts counts;
  Histogram response;  ///< As MergedLatency below.
};

/// The distribution that is reported: completed, answered but failed, timed out and unfinished
/// together, the last two as lower bounds. Leaving them out would flatter the target.
struct LatencyView {
  Histogram histogram;
  std::uint64_t censored = 0;  ///< How many of its values are lower bounds.
};

/// All outcomes of `record` in one view. Send lag is never censored: the generator knows how late
/// it was, whatever became of the request.
LatencyView MergedLatency(const StepRecord& record, LatencyKind kind);

/// One part of the response times of all answered requests, zeros included; empty when the parts
/// are not known.
Histogram PartHistogram(const StepRecord& record, LatencyPart part);

}  // namespace weir
