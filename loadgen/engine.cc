#include "loadgen/engine.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "loadgen/arrival_sampler.h"
#include "loadgen/evidence.h"
#include "loadgen/mailbox.h"
#include "loadgen/prepared.h"
#include "loadgen/reach.h"
#include "loadgen/request_log.h"
#include "loadgen/request_script.h"
#include "loadgen/resources.h"
#include "loadgen/schedule.h"
#include "loadgen/sides.h"
#include "loadgen/transport/address.h"
#include "loadgen/transport/worker_thread.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kThreadsMax = 256;

// Files that are open beside the connections: loops, timers, the store.
constexpr std::uint64_t kOtherFiles = 64;

// Between the decision to start and the first due instant: time for all threads to get ready.
constexpr Nanos kStartDelay = 20ms;

// How long after a second's end its record may wait for a worker that has not handed over.
constexpr auto kCollectPeriod = 200ms;

// Programs at a time when nobody says how many: as many as a machine may bear without being asked.
constexpr std::uint32_t kProgramsMax = 64;

// Of all closed loads together.
std::uint32_t UsersTogether(const PreparedScenario& scenario) {
  std::uint32_t users = 0;
  for (const PreparedPart& part : scenario.parts) {
    users += part.open ? 0 : UsersMax(part.load);
  }
  return users;
}

std::uint32_t ConnectionsMax(const PreparedScenario& scenario) {
  if (scenario.load.connections_max) {
    return *scenario.load.connections_max;
  }
  const std::uint32_t users = UsersTogether(scenario);
  const bool programs = scenario.requests.front().program != nullptr;
  return scenario.open ? std::min(scenario.load.in_flight_max,
                                  programs ? std::max(kProgramsMax, users) : UINT32_MAX)
                       : users;
}

// Only connections that were asked for count: an open load may never need all that it is allowed.
Status CheckFileLimit(const PreparedScenario& scenario, std::uint64_t files_max) {
  const std::uint64_t wanted =
      scenario.sides * std::uint64_t{scenario.load.connections_max.value_or(0)};
  if (wanted + kOtherFiles <= files_max) {
    return {};
  }
  return Unavailable(fmt::format(
      "{} connections need as many open files, and this process may have {}\n  hint: raise the "
      "limit ('ulimit -n {}', as root beyond 'ulimit -Hn'), or ask for fewer connections",
      FormatCount(wanted), FormatCount(files_max), wanted + kOtherFiles));
}

}  // namespace

class Engine::Impl {
 public:
  Impl(PreparedScenario scenario, const scenarios::Scenario& source, const EngineOptions& options,
       const Clock& clock)
      : scenario_(std::move(scenario)),
        duration_(source.Duration()),
        counts_rounds_(source.CountsRounds()),
        options_(options),
        clock_(clock) {}

  /// `other` is the second of a pair of targets; null for one.
  Status MakeWorkers(const TransportOptions& transport, const TransportOptions* other = nullptr);
  EngineResult Run(RecordSink& sink);
  Status PlaceScript(std::uint32_t index, std::uint32_t count,
                     WorkerThread::Options& options) const;

  std::uint32_t steps_per_side() const { return scenario_.step_count / scenario_.sides; }

  void Stop();

 private:
  struct Worker {
    std::unique_ptr<Mailbox> mailbox;
    std::unique_ptr<WorkerThread> thread;
  };

  void Collect(RecordSink& sink, EngineResult& result);
  /// Passes on what was collected up to second `last` and adds it to the totals.
  void Emit(RecordSink& sink, std::uint32_t last, EngineResult& result);
  ResourceSample SampleResources(std::uint32_t second, EngineResult& result) const;
  void SampleEvidence(Nanos elapsed);
  void Conclude(EngineResult& result) const;
  void ConcludeEvidence(GeneratorEvidence& evidence) const;
  void ConcludePrograms(EngineResult& result) const;
  bool AllClosed() const;

  const PreparedScenario scenario_;
  const Nanos duration_;
  const bool counts_rounds_;
  const EngineOptions options_;
  const Clock& clock_;
  Bell bell_;
  std::vector<Worker> workers_;
  std::map<std::uint32_t, SecondRecord> pending_;
  Instant start_{};
  double cpu_s_before_ = 0;
  std::optional<EvidenceCollector> evidence_;
  std::atomic<bool> stopped_{false};
};

Result<std::unique_ptr<Engine>> Engine::Create(const scenarios::Scenario& scenario,
                                               const scenarios::Target& target,
                                               const EngineOptions& options, const Clock& clock) {
  Result<PreparedScenario> prepared = Prepare(scenario, target);
  if (!prepared) {
    return tl::unexpected(prepared.error());
  }
  if (options.script != nullptr) {
    options.script->Place(*prepared);
  }
  const Result<TransportOptions> transport = Reach(target, scenario);
  if (!transport) {
    return tl::unexpected(transport.error());
  }
  // Programs would inherit a raised limit, and some behave differently under one.
  if (!transport->programs) {
    if (Status enough = CheckFileLimit(*prepared, RaiseFileLimit()); !enough) {
      return tl::unexpected(enough.error());
    }
  }
  auto impl = std::make_unique<Impl>(std::move(*prepared), scenario, options, clock);
  if (Status made = impl->MakeWorkers(*transport); !made) {
    return tl::unexpected(made.error());
  }
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Result<std::unique_ptr<Engine>> Engine::CreatePair(const scenarios::Scenario& scenario,
                                                   const std::array<scenarios::Target, 2>& targets,
                                                   const EngineOptions& options,
                                                   const Clock& clock) {
  if (scenario.RunsPrograms()) {
    return UsageError("the scenario runs programs; pairs of them are: weir duet --command");
  }
  Result<PreparedScenario> prepared = PreparePair(scenario, targets);
  if (!prepared) {
    return tl::unexpected(prepared.error());
  }
  std::array<TransportOptions, 2> transports;
  for (std::size_t side = 0; side < targets.size(); ++side) {
    Result<TransportOptions> reached = Reach(targets[side], scenario);
    if (!reached) {
      return tl::unexpected(reached.error());
    }
    transports[side] = *std::move(reached);
  }
  if (Status enough = CheckFileLimit(*prepared, RaiseFileLimit()); !enough) {
    return tl::unexpected(enough.error());
  }
  auto impl = std::make_unique<Impl>(std::move(*prepared), scenario, options, clock);
  if (Status made = impl->MakeWorkers(transports[0], &transports[1]); !made) {
    return tl::unexpected(made.error());
  }
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() = default;

EngineResult Engine::Run(RecordSink& sink) {
  return impl_->Run(sink);
}

std::array<EngineResult, 2> Engine::RunPair(const std::array<RecordSink*, 2>& sinks) {
  SideSplitter splitter(sinks, impl_->steps_per_side());
  return SplitResult(impl_->Run(splitter), impl_->steps_per_side());
}

void Engine::Stop() {
  impl_->Stop();
}

Status Engine::Impl::MakeWorkers(const TransportOptions& transport, const TransportOptions* other) {
  const std::uint32_t connections = ConnectionsMax(scenario_);
  const std::uint32_t useful =
      scenario_.open ? connections : std::min(connections, UsersTogether(scenario_));
  const std::vector<int> cpus = AllowedCpus();
  const std::uint32_t wanted =
      options_.threads > 0 ? options_.threads : static_cast<std::uint32_t>(cpus.size());
  const std::uint32_t count =
      std::clamp<std::uint32_t>(wanted, 1, std::clamp<std::uint32_t>(useful, 1, kThreadsMax));
  for (std::uint32_t i = 0; i < count; ++i) {
    const WorkerSlice slice{i, count};
    WorkerThread::Options options;
    options.transport = transport;
    options.transport.connections_max = std::max(1U, UsersOf(connections, slice));
    options.transport.dialer.open_gap *= count;
    if (other != nullptr) {
      options.other_transport = *other;
      options.other_transport->connections_max = options.transport.connections_max;
      options.other_transport->dialer.open_gap *= count;
    }
    if (options_.script != nullptr) {
      if (Status placed = PlaceScript(i, count, options); !placed) {
        return placed;
      }
    }
    if (options_.request_log != nullptr) {
      options.notes = &options_.request_log->AddWorker();
    }
    options.preconnect = scenario_.load.connections_max ? options.transport.connections_max : 1;
    options.pacing = options_.pacing;
    options.lag_budget = options_.lag_budget;
    if (options_.pin) {
      options.cpu = cpus[i % cpus.size()];
    }
    options.slice = slice;
    options.seed = options_.seed;
    options.recording = options_.recording;
    Worker worker;
    worker.mailbox =
        std::make_unique<Mailbox>(bell_, scenario_.step_count, scenario_.load.warm_up > 0ns);
    Result<std::unique_ptr<WorkerThread>> thread =
        WorkerThread::Create(scenario_, options, clock_, *worker.mailbox);
    if (!thread) {
      return tl::unexpected(thread.error());
    }
    worker.thread = std::move(*thread);
    workers_.push_back(std::move(worker));
  }
  return {};
}

Status Engine::Impl::PlaceScript(std::uint32_t index, std::uint32_t count,
                                 WorkerThread::Options& options) const {
  WEIR_CHECK(options_.script->workers() == count);
  options.script = &options_.script->ScriptOf(index);
  const std::string address = options_.script->AddressOf(index);
  if (!address.empty()) {
    Result<SocketAddress> chosen = ParseSocketAddress(address);
    if (!chosen) {
      return tl::unexpected(chosen.error());
    }
    options.transport.dialer.addresses = {*chosen};
    options.transport.dialer.resolve_each = false;
  }
  return {};
}

EngineResult Engine::Impl::Run(RecordSink& sink) {
  EngineResult result;
  for (Worker& worker : workers_) {
    worker.thread->Preconnect(clock_.Now() + kConnectTimeout);
  }
  cpu_s_before_ = ReadProcessUsage().cpu_s;
  start_ = clock_.Now() + kStartDelay;
  result.started_at = clock_.WallNow() + kStartDelay;
  std::vector<std::thread> threads;
  evidence_.emplace(static_cast<std::uint32_t>(workers_.size()), clock_);
  for (std::uint32_t i = 0; i < workers_.size(); ++i) {
    threads.emplace_back([this, i] {
      evidence_->RegisterWorker(i);
      workers_[i].thread->Run(start_);
      evidence_->FinishWorker(i);
    });
  }
  {
    // Made after the workers, who would inherit it: what wakes up to take their measurements must
    // not push them off their processor.
    const InBackground behind_the_workers;
    Collect(sink, result);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  evidence_->SampleIfNone();
  Conclude(result);
  return result;
}

void Engine::Impl::Stop() {
  stopped_.store(true, std::memory_order_relaxed);
  for (Worker& worker : workers_) {
    worker.thread->Stop();
  }
}

bool Engine::Impl::AllClosed() const {
  return std::all_of(workers_.begin(), workers_.end(),
                     [](const Worker& worker) { return worker.mailbox->closed(); });
}

void Engine::Impl::Collect(RecordSink& sink, EngineResult& result) {
  std::uint32_t next_second = 0;
  bool all_closed = false;
  while (!all_closed) {
    {
      std::unique_lock lock(bell_.mutex);
      bell_.rung.wait_for(lock, kCollectPeriod);
      all_closed = AllClosed();
    }
    for (Worker& worker : workers_) {
      for (std::unique_ptr<RecordSet>& set : worker.mailbox->TakeAll()) {
        SecondRecord& sum = pending_[set->second];
        sum.second = set->second;
        set->DrainInto(sum);
        worker.mailbox->GiveBack(std::move(set));
      }
    }
    const Nanos elapsed = clock_.Now() - start_;
    while (elapsed >= (next_second + 1) * Nanos(1s) + kCollectPeriod) {
      Emit(sink, next_second, result);
      sink.OnResources(SampleResources(next_second, result));
      SampleEvidence(elapsed);
      ++next_second;
    }
  }
  Emit(sink, UINT32_MAX, result);
  sink.OnResources(SampleResources(next_second, result));
}

void Engine::Impl::Emit(RecordSink& sink, std::uint32_t last, EngineResult& result) {
  while (!pending_.empty() && pending_.begin()->first <= last) {
    const SecondRecord& record = pending_.begin()->second;
    for (const StepRecord& step : record.steps) {
      MergeInto(result.totals, step);
    }
    sink.OnSecond(record);
    pending_.erase(pending_.begin());
  }
}

ResourceSample Engine::Impl::SampleResources(std::uint32_t second, EngineResult& result) const {
  const ProcessUsage usage = ReadProcessUsage();
  ResourceSample sample;
  sample.second = second;
  sample.cpu_s = usage.cpu_s - cpu_s_before_;
  sample.rss_bytes = usage.rss_bytes;
  for (const Worker& worker : workers_) {
    sample.in_flight += worker.thread->in_flight();
    sample.connections += worker.thread->connections();
  }
  result.cpu_s = sample.cpu_s;
  result.rss_bytes_max = std::max(result.rss_bytes_max, sample.rss_bytes);
  return sample;
}

// What is measured counts: neither warm-up nor drain.
void Engine::Impl::SampleEvidence(Nanos elapsed) {
  const bool counts = elapsed - 1s >= scenario_.load.warm_up && elapsed <= duration_ + 1s;
  evidence_->Sample(counts ? EvidenceCollector::Counts::kYes : EvidenceCollector::Counts::kNo);
}

void Engine::Impl::ConcludeEvidence(GeneratorEvidence& evidence) const {
  evidence_->Conclude(evidence);
  std::uint64_t turns = 0;
  std::uint64_t vain_turns = 0;
  evidence.retransmits = 0;
  for (const Worker& worker : workers_) {
    turns += worker.thread->poll_counts().useful + worker.thread->poll_counts().vain;
    vain_turns += worker.thread->poll_counts().vain;
    *evidence.retransmits += worker.thread->retransmits();
  }
  if (scenario_.requests.front().program != nullptr) {
    evidence.retransmits.reset();
  }
  if (evidence.worker_idle && turns > 0) {
    *evidence.worker_idle +=
        *evidence.worker_busy * static_cast<double>(vain_turns) / static_cast<double>(turns);
  }
  if (!scenario_.open) {
    return;
  }
  const scenarios::Load& sampled = scenario_.parts[scenario_.sampled_part].load;
  evidence.process = sampled.arrivals == scenarios::Arrivals::kPoisson ? ArrivalProcess::kPoisson
                                                                       : ArrivalProcess::kUniform;
  std::vector<SentArrival> arrivals;
  for (const Worker& worker : workers_) {
    const std::vector<SentArrival>& kept = worker.thread->sampled_arrivals();
    arrivals.insert(arrivals.end(), kept.begin(), kept.end());
  }
  evidence.gaps = GapsOf(std::move(arrivals), sampled);
}

void Engine::Impl::ConcludePrograms(EngineResult& result) const {
  for (const Worker& worker : workers_) {
    ProgramNotes notes = worker.thread->program_notes();
    for (UnknownUsage& unknown : notes.unknown) {
      const bool is_new = std::none_of(
          result.unknown_usage.begin(), result.unknown_usage.end(),
          [&unknown](const UnknownUsage& known) { return known.metric == unknown.metric; });
      if (is_new) {
        result.unknown_usage.push_back(std::move(unknown));
      }
    }
    if (result.first_failure.empty()) {
      result.first_failure = std::move(notes.first_failure);
    }
  }
}

void Engine::Impl::Conclude(EngineResult& result) const {
  Instant end = start_;
  for (const Worker& worker : workers_) {
    end = std::max(end, worker.thread->finished_at());
  }
  const bool stopped = stopped_.load(std::memory_order_relaxed);
  // A count of rounds ends a load before its stages do, and so may a script.
  const bool cut_short = stopped || counts_rounds_ || options_.script != nullptr;
  result.duration =
      cut_short ? std::min(end - start_, duration_) : std::max(end - start_, duration_);
  result.measured =
      std::max(std::min(result.duration, duration_) - scenario_.load.warm_up, Nanos(0));
  if (stopped) {
    result.state = RunState::kInterrupted;
    result.state_reason = fmt::format("stopped after {:.1f} s of {:.1f} s",
                                      Seconds(result.duration), Seconds(duration_));
  }
  ConcludeEvidence(result.evidence);
  ConcludePrograms(result);
  for (const StepRecord& record : result.totals) {
    WEIR_CHECK(record.counts.Balanced());
    result.answered = result.answered || HasAnswer(record);
  }
}

}  // namespace weir::loadgen
