#pragma once

#include "cli/command.h"

namespace weir::cli {

int ServeMain(const Arguments& arguments);
int DeployMain(const Arguments& arguments);

}  // namespace weir::cli
