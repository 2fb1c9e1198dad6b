#include "cli/monitor_book_flags.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "cli/exit_codes.h"

namespace weir::cli {

void AddSpeakerFlags(po::options_description& options) {
  auto add = options.add_options();
  add("by", po::value<std::string>()->value_name("NAME"), "who says so; default $USER");
  add("comment", po::value<std::string>()->value_name("TEXT"), "and why");
}

monitor::Speaker ReadSpeaker(const ParsedFlags& flags) {
  // Read before any thread is started.
  const char* user = std::getenv("USER");  // NOLINT(concurrency-mt-unsafe)
  const std::string fallback = user == nullptr || *user == '\0' ? "somebody" : user;
  return {.by = flags.Has("by") ? flags.Text("by") : fallback, .comment = flags.Text("comment")};
}

Result<std::unique_ptr<store::MonitorBook>> OpenBook(const ParsedFlags& flags, BookUse use) {
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  // Also to change: a history that is not there has no alerts, and a typing error must not make it.
  auto reading = store::MonitorBook::OpenForReading(*path);
  return reading && use == BookUse::kChange ? store::MonitorBook::OpenForWriting(*path)
                                            : std::move(reading);
}

int RunBookCommand(FlagSpec spec, const Arguments& arguments, Status (*run)(const ParsedFlags&)) {
  const std::string command(spec.command);
  const Result<ParsedFlags> flags = ParseFlags(std::move(spec), arguments);
  if (!flags) {
    return Complain(command, flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status done = run(*flags);
  return done ? static_cast<int>(kExitPass) : Complain(command, done.error());
}

}  // namespace weir::cli
