#include "cli/terminal.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/ioctl.h>
#include <unistd.h>

namespace weir::cli {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before threads
  return value == nullptr ? std::string() : value;
}

reports::Charset LocaleCharset() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = Variable(name);
    if (!locale.empty()) {
      return locale == "C" || locale == "POSIX" ? reports::Charset::kAscii
                                                : reports::Charset::kUnicode;
    }
  }
  return reports::Charset::kUnicode;
}

}  // namespace

reports::TextOptions TerminalOptions() {
  reports::TextOptions options;
  options.charset = LocaleCharset();
  options.width = 100;
  if (isatty(STDOUT_FILENO) == 0) {
    return options;
  }
  if (Variable("NO_COLOR").empty() && Variable("TERM") != "dumb") {
    options.colour = reports::Colour::kOn;
  }
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    options.width = size.ws_col;
  }
  return options;
}

bool StdoutIsTerminal() {
  return isatty(STDOUT_FILENO) != 0;
}

bool StderrIsTerminal() {
  return isatty(STDERR_FILENO) != 0;
}

void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace weir::cli
