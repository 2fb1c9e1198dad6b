#include "tests/cli/gate_fixture.h"

#include "store/run_writer.h"
#include "tests/analysis/gate_runs.h"

namespace weir::cli {

void GateCommand::Record(const Origin& origin, const std::vector<double>& latencies_ms,
                         int first_slot) const {
  for (weir::Run& run :
       analysis::FlatRuns(latencies_ms, {.first_slot = first_slot, .slot_step = 2})) {
    run.plan.build = origin.build;
    run.plan.branch = origin.branch;
    Record(std::move(run));
  }
}

void GateCommand::Record(weir::Run run) const {
  run.plan.target = "http://shop";
  auto writer = store::RunWriter::Begin(dir_.Path("weir.db"), run.plan, run.started_at);
  ASSERT_TRUE(writer) << writer.error().message;
  const Status finished = (*writer)->Finish(run);
  ASSERT_TRUE(finished) << finished.error().message;
}

Said GateCommand::Gate(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "gate");
  return dir_.Weir(arguments);
}

}  // namespace weir::cli
