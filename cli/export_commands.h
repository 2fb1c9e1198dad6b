#pragma once

#include "cli/command.h"

namespace weir::cli {

int ExportMain(const Arguments& arguments);

}  // namespace weir::cli
