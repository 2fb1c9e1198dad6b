#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace weir::tests {

/// An empty directory of one's own, removed with all that is in it when this goes out of scope.
/// Unique among processes and threads, so tests that use it run side by side.
class TempDir {
 public:
  /// Aborts when the system's temporary directory cannot be written.
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// The path of `name` inside it; nothing is created.
  std::string File(std::string_view name) const;

  /// Writes `bytes` to `name`, creating the folders between, and returns its path.
  std::string Write(std::string_view name, std::string_view bytes) const;

 private:
  std::filesystem::path path_;
};

/// The bytes of a file. Aborts when it cannot be read: a test's own file is always there.
std::string ReadFile(const std::filesystem::path& path);

/// Writes `bytes` to `path`, creating the folders above it. Aborts when it cannot.
void WriteFile(const std::filesystem::path& path, std::string_view bytes);

}  // namespace weir::tests
