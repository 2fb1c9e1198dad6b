#pragma once

#include <string>
#include <string_view>

namespace weir::cli {

/// What of this machine decides whether two runs may be compared: processor, number of cores in
/// use, kernel, memory, frequency governor. Not the host's name: build agents get a new one each
/// time.
std::string EnvironmentFingerprint();

/// Lower-case hex.
std::string Sha256(std::string_view text);

/// A seed for a run that names none. Small enough for every JSON reader.
unsigned RandomSeed();

}  // namespace weir::cli
