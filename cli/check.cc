#include <string>
#include <vector>

#include <fmt/core.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/plan.h"
#include "cli/terminal.h"
#include "scenarios/reader.h"
#include "scenarios/schema.h"
#include "scenarios/target.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "check";
  spec.usage = "weir check SCENARIO.yaml... [OPTIONS]";
  spec.about =
      "Says whether scenario files are valid, with line, caret and fix where they are not, and\n"
      "what they will do: requests, duration, peak rate and a drawing of the load. Looks through\n"
      "their data files too. Sends nothing. Exit code 2: a file is not valid.";
  spec.examples =
      "  weir check checkout.yaml\n"
      "  weir check checkout.yaml --render --seed 7\n"
      "  weir check scenarios/*.yaml --quiet\n"
      "  weir check --schema > weir.schema.json";
  spec.positionals = {"SCENARIO"};
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("schema", "print the JSON schema of scenario files, for editors; no file is needed");
  add("render", "also the first ten requests as they will be sent, slots filled in");
  add("target", text("URL"), "where they will be sent, instead of the scenario's own target");
  add("seed", text("N"), "of the run that is shown; default 1");
  AddJsonFlag(spec.options);
  add("quiet,q", "errors only");
  return spec;
}

Result<PlanOptions> ReadOptions(const ParsedFlags& flags) {
  PlanOptions options;
  options.rendered = flags.Has("render") ? kRequestsRendered : 0;
  if (flags.Has("target")) {
    Result<scenarios::Target> target = scenarios::ParseTarget(flags.Text("target"));
    if (!target) {
      return UsageError("--target: " + target.error().message);
    }
    options.target = *std::move(target);
  }
  if (flags.Has("seed")) {
    const Result<std::uint64_t> seed = ParseCount(flags.Text("seed"));
    if (!seed) {
      return UsageError("--seed: " + seed.error().message);
    }
    options.seed = *seed;
  }
  return options;
}

Status Check(const std::string& file, PlanOptions options, const ParsedFlags& flags) {
  const Result<scenarios::Scenario> scenario = scenarios::ReadScenarioFile(file);
  if (!scenario) {
    return tl::unexpected(scenario.error());
  }
  options.source = file;
  const Result<reports::PlanReport> plan = PlanScenario(*scenario, options, SystemClock());
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  return PrintPlan(*plan, flags.Text("json"), flags.Has("quiet"));
}

}  // namespace

int CheckMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("check", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  if (flags->Has("schema")) {
    Print(std::string(scenarios::ScenarioSchema()));
    return kExitPass;
  }
  const std::vector<std::string> files = flags->Texts("SCENARIO");
  const Result<PlanOptions> options = ReadOptions(*flags);
  if (!options) {
    return Complain("check", options.error());
  }
  if (files.empty() || (files.size() > 1 && flags->Has("json"))) {
    return Complain("check", UsageError(files.empty() ? "no scenario file is named\n  hint: weir "
                                                        "check checkout.yaml"
                                                      : "--json goes with one file")
                                 .value());
  }
  int code = kExitPass;
  for (const std::string& file : files) {
    if (const Status checked = Check(file, *options, *flags); !checked) {
      code = Complain("check", checked.error());
    }
  }
  return code;
}

}  // namespace weir::cli
