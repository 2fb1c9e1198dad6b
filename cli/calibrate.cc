#include "cli/calibrate.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "analysis/instrument_error.h"
#include "analysis/validity.h"
#include "base/text.h"
#include "cli/certificate.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "loadgen/engine.h"
#include "loadgen/resources.h"
#include "scenarios/from_flags.h"
#include "target/server.h"
#include "target/truth_reader.h"

namespace weir::cli {
namespace {

using namespace std::chrono_literals;

// Like a web service; the same as ci/bench engine uses.
constexpr const char* kLatency = "lognormal:2ms:0.5";

constexpr std::uint32_t kConnections = 100;

// What the first second of a process costs (page faults, a processor that wakes up) is no error of
// measuring.
constexpr Nanos kWarmUpMax = 1s;

/// An empty file that goes with the object.
class TemporaryFile {
 public:
  static Result<std::unique_ptr<TemporaryFile>> Create() {
    std::error_code failed;
    const std::filesystem::path folder = std::filesystem::temp_directory_path(failed);
    std::string path = (failed ? "/tmp" : folder.string()) + "/weir-truth-XXXXXX";
    const int fd = mkstemp(path.data());
    if (fd < 0) {
      return Unavailable(fmt::format(
          "cannot make a file for the target's record ({}): {}\n  hint: set TMPDIR to a "
          "folder that can be written",
          Printable(path), std::generic_category().message(errno)));
    }
    close(fd);
    return std::unique_ptr<TemporaryFile>(new TemporaryFile(std::move(path)));
  }

  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

/// The target on a thread of its own, until Finish.
class KnownTarget {
 public:
  static Result<std::unique_ptr<KnownTarget>> Start(const std::string& truth_path,
                                                    std::uint64_t seed, const Clock& clock) {
    target::TargetOptions options;
    options.host = "127.0.0.1";
    options.latency = *target::ParseLatency(kLatency);
    options.seed = seed;
    options.truth_path = truth_path;
    options.spin = loadgen::AllowedCpus().size() > 1;
    Result<std::unique_ptr<target::Server>> server = target::Server::Create(options, clock);
    if (!server) {
      return tl::unexpected(server.error());
    }
    return std::unique_ptr<KnownTarget>(new KnownTarget(std::move(*server)));
  }

  KnownTarget(const KnownTarget&) = delete;
  KnownTarget& operator=(const KnownTarget&) = delete;

  ~KnownTarget() { Join(); }

  std::string Url() const { return fmt::format("http://{}/", server_->addresses().front()); }

  /// Ends it; the truth is whole if there is no error.
  Status Finish() {
    Join();
    return status_;
  }

 private:
  explicit KnownTarget(std::unique_ptr<target::Server> server)
      : server_(std::move(server)), thread_([this] { status_ = server_->Run(); }) {}

  void Join() {
    if (thread_.joinable()) {
      server_->Stop();
      thread_.join();
    }
  }

  const std::unique_ptr<target::Server> server_;
  Status status_;
  std::thread thread_;
};

/// The target's own latencies of what was measured: all but the `warm_up` requests that came first.
Result<Histogram> TrueLatencies(std::vector<target::TruthRow> rows, std::uint64_t warm_up) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const target::TruthRow& a, const target::TruthRow& b) {
                     return a.arrival_ns < b.arrival_ns;
                   });
  Histogram truth;
  for (std::size_t i = warm_up; i < rows.size(); ++i) {
    if (rows[i].status != 200) {
      return Unavailable(fmt::format(
          "the calibration broke: the target answered a request with status {}", rows[i].status));
    }
    truth.Record(Nanos(rows[i].service_ns));
  }
  return truth;
}

scenarios::FlagLoad LoadFor(const CalibrationOrder& order, const std::string& url) {
  scenarios::FlagLoad load;
  load.url = url;
  load.connections = kConnections;
  load.rate = order.rate;
  load.duration = order.duration;
  load.warm_up = std::min(kWarmUpMax, order.duration / 4);
  return load;
}

Run RunOf(const scenarios::Scenario& scenario, const CalibrationOrder& order,
          loadgen::EngineResult& result) {
  Run run;
  run.plan.seed = order.seed;
  run.plan.warm_up = scenario.load.warm_up;
  run.plan.planned_duration = scenario.Duration();
  run.state = result.state;
  run.started_at = result.started_at;
  run.duration = result.duration;
  run.measured = result.measured;
  run.totals = std::move(result.totals);
  return run;
}

Result<loadgen::EngineResult> Measure(const scenarios::Scenario& scenario,
                                      const CalibrationOrder& order, CertificateKeeper& keeper,
                                      const Clock& clock) {
  loadgen::EngineOptions options;
  options.threads = 1;
  options.pacing = order.pacing;
  options.seed = order.seed;
  Result<std::unique_ptr<loadgen::Engine>> engine =
      loadgen::Engine::Create(scenario, *scenario.target, options, clock);
  if (!engine) {
    return tl::unexpected(engine.error());
  }
  const StopOnSignal stop([&engine] { (*engine)->Stop(); });
  return (*engine)->Run(keeper);
}

/// Fills in what the two sides say. Errors: kUnavailable if they do not speak of the same requests.
Status Compare(const Run& run, std::vector<target::TruthRow> rows,
               reports::CalibrationReport& report) {
  const StepRecord measured = run.Total(Phase::kMeasure);
  const std::uint64_t warm_up = run.Total(Phase::kWarmUp).counts.planned;
  if (rows.size() != warm_up + measured.counts.planned ||
      measured.counts.of(Outcome::kCompleted) != measured.counts.planned) {
    return Unavailable(fmt::format(
        "the calibration broke: {} requests were planned and {} completed, the target saw {}\n  "
        "hint: a lower --rate",
        FormatCount(warm_up + measured.counts.planned),
        FormatCount(warm_up + measured.counts.of(Outcome::kCompleted)), FormatCount(rows.size())));
  }
  const Result<Histogram> truth = TrueLatencies(std::move(rows), warm_up);
  if (!truth) {
    return tl::unexpected(truth.error());
  }
  report.calibration.samples = truth->count();
  report.errors =
      analysis::InstrumentErrors(MergedLatency(measured, LatencyKind::kResponse), *truth);
  analysis::PutErrors(report.errors, report.calibration);
  return {};
}

}  // namespace

Result<Calibrated> CalibrateInstrument(const CalibrationOrder& order,
                                       const std::string& environment, const Clock& clock) {
  const Result<std::unique_ptr<TemporaryFile>> truth = TemporaryFile::Create();
  if (!truth) {
    return tl::unexpected(truth.error());
  }
  Result<std::unique_ptr<KnownTarget>> target =
      KnownTarget::Start((*truth)->path(), order.seed, clock);
  if (!target) {
    return tl::unexpected(target.error());
  }
  const Result<scenarios::Scenario> scenario =
      scenarios::ScenarioFromFlags(LoadFor(order, (*target)->Url()));
  if (!scenario) {
    return tl::unexpected(scenario.error());
  }
  Progress progress(nullptr, scenario->Duration(),
                    StderrIsTerminal() ? Progress::Display::kOn : Progress::Display::kOff);
  CertificateKeeper keeper(progress);
  Result<loadgen::EngineResult> result = Measure(*scenario, order, keeper, clock);
  progress.Clear();
  if (Status finished = (*target)->Finish(); !finished) {
    return tl::unexpected(finished.error());
  }
  if (!result) {
    return tl::unexpected(result.error());
  }
  const GeneratorEvidence evidence = std::move(result->evidence);
  const Run run = RunOf(*scenario, order, *result);
  Calibrated made;
  made.state = run.state;
  if (run.state != RunState::kComplete) {
    return made;
  }
  Result<std::vector<target::TruthRow>> rows = target::ReadTruth((*truth)->path());
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  made.report.latency = kLatency;
  made.report.calibration.made_at = run.started_at;
  made.report.calibration.environment = environment;
  made.report.calibration.pacing = loadgen::PacingName(order.pacing);
  made.report.calibration.rate_per_s = order.rate.per_second();
  if (Status compared = Compare(run, std::move(*rows), made.report); !compared) {
    return tl::unexpected(compared.error());
  }
  made.report.validity = analysis::JudgeValidity({.run = run,
                                                  .generator = evidence,
                                                  .seconds = keeper.seconds(),
                                                  .pacing = made.report.calibration.pacing});
  return made;
}

}  // namespace weir::cli
