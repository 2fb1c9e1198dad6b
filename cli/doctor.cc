#include "reports/doctor.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "analysis/host_checks.h"
#include "analysis/instrument_error.h"
#include "base/clock.h"
#include "cli/calibrate.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/pacing_flag.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "loadgen/host_facts.h"
#include "store/history.h"

namespace weir::cli {
namespace {

using namespace std::chrono_literals;

constexpr Nanos kDurationMin = 2s;
constexpr Nanos kDurationMax = 5min;

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "doctor";
  spec.usage = "weir doctor [OPTIONS]";
  spec.about =
      "Says whether this machine is fit to measure: processors, clock, limits, and what others\n"
      "take from it, each with its cure. Then calibrates the instrument: sends load to a target\n"
      "that writes down what it really did, and prints weir's own error. The history keeps it,\n"
      "and later runs on this machine refer to it. Needs no privileges and changes nothing.\n"
      "Exit code 11: not fit.";
  spec.examples =
      "  weir doctor\n"
      "  weir doctor --pacing hybrid --pacing spin --duration 11s\n"
      "  weir doctor --no-calibration --json";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("duration,d", text("TIME"), "length of a calibration, 2s to 5m; default 11s");
  add("rate,R", text("RATE"), "of its requests; default 5k");
  add("pacing", po::value<std::vector<std::string>>()->value_name("MODE"),
      "sleep, hybrid (default) or spin; repeated, one calibration for each");
  add("no-calibration", "look at the machine only");
  AddStoreFlag(spec.options);
  add("no-store", "do not keep the calibration");
  AddJsonFlag(spec.options);
  add("warn-exit", "exit code 12 when fit with reservations");
  return spec;
}

/// What the command line says, checked.
struct DoctorOrder {
  std::vector<CalibrationOrder> calibrations;
  std::string store_path;  ///< Empty = do not keep.
  std::string json;        ///< Destination; empty = text only.
  bool warn_exit = false;
};

Result<DoctorOrder> ReadOrder(const ParsedFlags& flags) {
  DoctorOrder order;
  order.json = flags.Text("json");
  order.warn_exit = flags.Has("warn-exit");
  if (!flags.Has("no-store")) {
    const Result<std::string> path = StorePath(flags);
    if (!path) {
      return tl::unexpected(path.error());
    }
    order.store_path = *path;
  }
  CalibrationOrder one;
  const Result<Nanos> duration = ReadFlag(flags, "duration", ParseDuration, one.duration);
  if (!duration) {
    return tl::unexpected(duration.error());
  }
  if (*duration < kDurationMin || *duration > kDurationMax) {
    return UsageError(fmt::format("--duration: {} is out of range; it must be 2s to 5m",
                                  FormatDuration(*duration)));
  }
  one.duration = *duration;
  const Result<Rate> rate = ReadFlag(flags, "rate", ParseRate, one.rate);
  if (!rate) {
    return tl::unexpected(rate.error());
  }
  one.rate = *rate;
  if (flags.Has("no-calibration")) {
    return order;
  }
  std::vector<std::string> pacings = flags.Texts("pacing");
  if (pacings.empty()) {
    pacings.emplace_back(loadgen::PacingName(one.pacing));
  }
  for (const std::string& text : pacings) {
    const Result<loadgen::Pacing> pacing = ParsePacing(text);
    if (!pacing) {
      return UsageError("--pacing: " + pacing.error().message);
    }
    one.pacing = *pacing;
    order.calibrations.push_back(one);
  }
  return order;
}

/// An invalid calibration is none: it would be held against runs that are valid.
Status Keep(const std::string& path, reports::CalibrationReport& report) {
  if (path.empty() || report.validity.grade == Grade::kInvalid) {
    return {};
  }
  const auto store = store::Store::OpenForWriting(path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  Status kept = (*store)->AppendCalibration(report.calibration);
  report.stored = kept.has_value();
  return kept;
}

int ExitCodeOf(analysis::HostState state, const DoctorOrder& order) {
  switch (state) {
    case analysis::HostState::kBad:
      return kExitInconclusive;
    case analysis::HostState::kDoubtful:
      return order.warn_exit ? kExitWarn : kExitPass;
    default:
      return kExitPass;
  }
}

Result<int> Execute(const DoctorOrder& order) {
  const SystemClock clock;
  reports::DoctorReport report;
  report.made_at = clock.WallNow();
  report.environment = EnvironmentFingerprint();
  report.weir_version = kVersion;
  HostFacts facts = loadgen::ReadHostFacts(clock);
  const loadgen::MachineMeter meter;
  for (const CalibrationOrder& calibration : order.calibrations) {
    Result<Calibrated> made = CalibrateInstrument(calibration, report.environment, clock);
    if (!made) {
      return tl::unexpected(made.error());
    }
    if (made->state == RunState::kInterrupted) {
      fmt::print(stderr, "weir doctor: interrupted; nothing was kept\n");
      return kExitInterrupted;
    }
    report.calibrations.push_back(std::move(made->report));
  }
  if (!order.calibrations.empty()) {
    meter.Put(facts);
  }
  report.checks = analysis::JudgeHost(facts);
  if (!report.calibrations.empty()) {
    report.checks.push_back(analysis::JudgeInstrument(
        report.calibrations.front().errors, report.calibrations.front().calibration.pacing));
  }
  Status kept;
  for (reports::CalibrationReport& calibration : report.calibrations) {
    if (kept) {
      kept = Keep(order.store_path, calibration);
    }
  }
  if (!order.json.empty()) {
    if (Status written = WriteJson(order.json, reports::DoctorJson(report)); !written) {
      return tl::unexpected(written.error());
    }
  }
  if (order.json != "-") {
    Print(reports::RenderDoctorText(report, TerminalOptions()));
  }
  if (!kept) {
    return tl::unexpected(kept.error());
  }
  return ExitCodeOf(reports::StateOf(report), order);
}

}  // namespace

int DoctorMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("doctor", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Result<DoctorOrder> order = ReadOrder(*flags);
  if (!order) {
    return Complain("doctor", order.error());
  }
  const Result<int> code = Execute(*order);
  return code ? *code : Complain("doctor", code.error());
}

}  // namespace weir::cli
