#include "cli/secret_file.h"

#include <fstream>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::cli {

Result<std::string> ReadSecretFile(const std::string& path) {
  constexpr std::size_t kBytesMax = 64 * 1024;
  std::ifstream file(path, std::ios::binary);
  std::string text(kBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || !file.eof()) {
    return UsageError(fmt::format("cannot read '{}': {}", Printable(path),
                                  text.size() > kBytesMax ? "it is too large for a file of secrets"
                                                          : "no such file, or no right to"));
  }
  return text;
}

}  // namespace weir::cli
