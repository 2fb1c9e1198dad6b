#pragma once

#include <string_view>

#include "reports/text_options.h"

namespace weir::cli {

/// Width, colour and characters for text on standard output: colour and real width only on a
/// terminal and without NO_COLOR; ASCII only when the locale asks for it (LC_ALL=C).
reports::TextOptions TerminalOptions();

/// Whether standard output is a terminal, so that somebody looks at pictures.
bool StdoutIsTerminal();

/// Whether standard error is a terminal, so that progress makes sense.
bool StderrIsTerminal();

/// Writes to standard output. A reader that went away (`weir history | head`) is no error.
void Print(std::string_view text);

}  // namespace weir::cli
