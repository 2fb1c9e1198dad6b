#include "store/history.h"

#include <map>
#include <utility>

#include "base/check.h"
#include "store/internal/figure_rows.h"
#include "store/internal/record_rows.h"
#include "store/internal/run_reader.h"
#include "store/internal/schema.h"
#include "store/internal/validity_rows.h"
#include "store/internal/verdict_rows.h"

namespace weir::store {

using internal::Connection;
using internal::Transaction;

namespace {

// Runs `read` on one moment of the file.
template <typename Read>
auto InSnapshot(Connection& connection, Read read) -> decltype(read()) {
  const Result<Transaction> transaction = Transaction::Begin(connection, Transaction::Kind::kRead);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  return read();
}

// Adds up the records of one (second, phase), which come one after the other, and hands each sum
// on.
class SecondSummer {
 public:
  explicit SecondSummer(const std::function<void(const SecondPoint&)>& visit) : visit_(visit) {}

  void Add(std::uint32_t second, const StepRecord& record) {
    if (!pending_ || point_.second != second || point_.phase != record.phase) {
      HandOn();
      point_.second = second;
      point_.phase = record.phase;
      pending_ = true;
    }
    point_.counts += record.counts;
    for (const auto& [outcome, set] : record.latency) {
      point_.response.Merge(set.response);
    }
  }

  void HandOn() {
    if (pending_) {
      visit_(point_);
    }
    pending_ = false;
    point_.counts = RequestCounts{};
    point_.response.Clear();
  }

 private:
  const std::function<void(const SecondPoint&)>& visit_;
  SecondPoint point_;
  bool pending_ = false;
};

}  // namespace

std::string_view StateWord(const RunHead& head) {
  return head.in_progress ? "running" : RunStateName(head.state);
}

std::string ChainText(const VerdictRecord& record) {
  return record.previous_sha256 + "\n" + record.inputs + "\n" + record.answer;
}

Store::Store(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::OpenForWriting(const std::string& path,
                                                     const WriteOptions& options) {
  WEIR_CHECK(options.lock_wait > Nanos(0));
  auto connection = internal::OpenForWriting(path, options, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  return std::unique_ptr<Store>(new Store(std::move(*connection)));
}

Result<std::unique_ptr<Store>> Store::OpenForReading(const std::string& path) {
  auto connection = internal::OpenForReading(path, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  return std::unique_ptr<Store>(new Store(std::move(*connection)));
}

Result<std::vector<RunHead>> Store::ListRuns(const RunFilter& filter) {
  return InSnapshot(*connection_, [&] { return internal::SelectHeads(*connection_, filter); });
}

Result<Run> Store::LoadRun(RunId id) {
  return InSnapshot(*connection_, [&] { return internal::SelectRun(*connection_, id); });
}

Result<std::vector<Run>> Store::LoadRuns(const RunFilter& filter) {
  return InSnapshot(*connection_, [&]() -> Result<std::vector<Run>> {
    const Result<std::vector<RunHead>> heads = internal::SelectHeads(*connection_, filter);
    if (!heads) {
      return tl::unexpected(heads.error());
    }
    std::vector<Run> runs;
    for (const RunHead& head : *heads) {
      Result<Run> run = internal::SelectRun(*connection_, head.id);
      if (!run) {
        return tl::unexpected(run.error());
      }
      runs.push_back(std::move(*run));
    }
    return runs;
  });
}

Status Store::VisitSeconds(RunId id, const std::function<void(const SecondPoint&)>& visit) {
  return InSnapshot(*connection_, [&]() -> Status {
    const Result<std::size_t> step_count = internal::SelectStepCount(*connection_, id);
    if (!step_count) {
      return tl::unexpected(step_count.error());
    }
    SecondSummer summer(visit);
    Status read = internal::ReadRecords(
        *connection_,
        {.run = id,
         .step_count = *step_count,
         .scope = internal::RecordScope::kSeconds,
         .depth = internal::RecordDepth::kResponseOnly},
        [&](std::uint32_t second, const StepRecord& record) { summer.Add(second, record); });
    if (read) {
      summer.HandOn();
    }
    return read;
  });
}

Result<std::vector<SecondPoint>> Store::LoadSeconds(RunId id) {
  std::vector<SecondPoint> points;
  if (Status read = VisitSeconds(id, [&](const SecondPoint& point) { points.push_back(point); });
      !read) {
    return tl::unexpected(read.error());
  }
  return points;
}

Result<RunStretch> Store::LoadStretch(RunId id, std::uint32_t from_s, std::uint32_t to_s) {
  WEIR_CHECK(from_s < to_s);
  RunStretch stretch{.from_s = from_s, .to_s = to_s, .totals = {}};
  Status read = InSnapshot(*connection_, [&]() -> Status {
    const Result<std::size_t> step_count = internal::SelectStepCount(*connection_, id);
    if (!step_count) {
      return tl::unexpected(step_count.error());
    }
    std::map<std::uint32_t, StepRecord> totals;
    Status records = internal::ReadRecords(
        *connection_,
        {.run = id, .step_count = *step_count, .scope = internal::RecordScope::kSeconds},
        [&](std::uint32_t second, const StepRecord& record) {
          if (second >= from_s && second < to_s && record.phase == Phase::kMeasure) {
            StepRecord& total = totals[record.step];
            total.step = record.step;
            total.Merge(record);
          }
        });
    for (auto& [step, total] : totals) {
      stretch.totals.push_back(std::move(total));
    }
    return records;
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return stretch;
}

Result<std::vector<ResourceSample>> Store::LoadResources(RunId id) {
  return InSnapshot(*connection_, [&]() -> Result<std::vector<ResourceSample>> {
    if (const auto run = internal::SelectStepCount(*connection_, id); !run) {
      return tl::unexpected(run.error());
    }
    return internal::SelectResources(*connection_, id);
  });
}

Result<std::vector<TargetSample>> Store::LoadTargetSamples(RunId id) {
  return InSnapshot(*connection_, [&]() -> Result<std::vector<TargetSample>> {
    if (const auto run = internal::SelectStepCount(*connection_, id); !run) {
      return tl::unexpected(run.error());
    }
    bool damaged = false;
    auto samples = internal::SelectTargetSamples(*connection_, id, damaged);
    if (samples && damaged) {
      return Unavailable("a sample of the target's resources in the history is out of range");
    }
    return samples;
  });
}

Status Store::VisitFigures(RunId first, int edition, const FiguresVisitor& visit) {
  return InSnapshot(*connection_,
                    [&] { return internal::SelectFigures(*connection_, first, edition, visit); });
}

Status Store::SaveFigures(const std::vector<RunFigures>& figures) {
  Result<Transaction> transaction = Transaction::Begin(*connection_, Transaction::Kind::kWrite);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  for (const RunFigures& each : figures) {
    if (!internal::SelectStepCount(*connection_, each.run)) {
      continue;
    }
    if (Status kept = internal::ReplaceFigures(*connection_, each); !kept) {
      return kept;
    }
  }
  return transaction->Commit();
}

Status Store::AppendCalibration(const Calibration& calibration) {
  Result<Transaction> transaction = Transaction::Begin(*connection_, Transaction::Kind::kWrite);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  if (Status inserted = internal::InsertCalibration(*connection_, calibration); !inserted) {
    return inserted;
  }
  return transaction->Commit();
}

Result<std::optional<Calibration>> Store::LoadCalibration(const std::string& environment,
                                                          const std::string& pacing) {
  return InSnapshot(*connection_,
                    [&] { return internal::SelectCalibration(*connection_, environment, pacing); });
}

Result<std::int64_t> Store::AppendVerdict(const GateResult& result, WallTime decided_at,
                                          const VerdictSeal& seal) {
  Result<Transaction> transaction = Transaction::Begin(*connection_, Transaction::Kind::kWrite);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  Result<std::int64_t> id = internal::InsertVerdict(*connection_, result, decided_at);
  if (!id) {
    return id;
  }
  if (seal.sha256) {
    if (Status sealed = internal::InsertVerdictRecord(*connection_, *id, seal); !sealed) {
      return tl::unexpected(sealed.error());
    }
  }
  if (Status committed = transaction->Commit(); !committed) {
    return tl::unexpected(committed.error());
  }
  return id;
}

Result<StoredVerdict> Store::LoadVerdict(std::int64_t id) {
  return InSnapshot(*connection_, [&] { return internal::SelectVerdict(*connection_, id); });
}

Status Store::VisitVerdicts(const std::function<void(const StoredVerdict&)>& visit) {
  return InSnapshot(*connection_, [&] { return internal::VisitVerdicts(*connection_, visit); });
}

Result<std::vector<RunId>> Store::JudgedRuns(const JudgedFilter& filter) {
  return InSnapshot(*connection_, [&] { return internal::SelectJudgedRuns(*connection_, filter); });
}

Result<std::vector<StoredVerdict>> Store::ListVerdicts(std::size_t count) {
  return InSnapshot(*connection_, [&] { return internal::SelectVerdicts(*connection_, count); });
}

Result<std::vector<VerdictHead>> Store::ListVerdictHeads(std::int64_t after, std::size_t count) {
  return internal::SelectVerdictHeads(*connection_, after, count);
}

}  // namespace weir::store
