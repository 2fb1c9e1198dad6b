// Feeds a fuzzer's committed corpus, and seeded damage of it, through the fuzzer's entry point:
// what once crashed stays mended under every compiler and sanitizer.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace weir {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int kDamagedPerInput = 100;

std::vector<std::filesystem::path> CorpusFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(WEIR_CORPUS_DIR)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

Bytes Read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// One to four bytes changed, inserted or cut away.
Bytes Damaged(Bytes bytes, Rng& rng) {
  for (std::uint64_t i = 1 + rng.Below(4); i > 0 && !bytes.empty(); --i) {
    const auto at = static_cast<std::ptrdiff_t>(rng.Below(bytes.size()));
    const auto byte = static_cast<std::uint8_t>(rng.Below(256));
    switch (rng.Below(4)) {
      case 0:
        bytes.resize(static_cast<std::size_t>(at));
        break;
      case 1:
        bytes.insert(bytes.begin() + at, byte);
        break;
      default:
        bytes[static_cast<std::size_t>(at)] = byte;
    }
  }
  return bytes;
}

TEST(CorpusReplayTest, EveryInputIsSurvived) {
  const std::vector<std::filesystem::path> files = CorpusFiles();
  ASSERT_FALSE(files.empty());
  for (const std::filesystem::path& file : files) {
    SCOPED_TRACE(file.string());
    const Bytes bytes = Read(file);
    EXPECT_EQ(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()), 0);
  }
}

TEST(CorpusReplayTest, EveryDamagedInputIsSurvived) {
  Rng rng(20260101);
  for (const std::filesystem::path& file : CorpusFiles()) {
    SCOPED_TRACE(file.string());
    const Bytes bytes = Read(file);
    for (int i = 0; i < kDamagedPerInput; ++i) {
      const Bytes damaged = Damaged(bytes, rng);
      EXPECT_EQ(LLVMFuzzerTestOneInput(damaged.data(), damaged.size()), 0);
    }
  }
}

}  // namespace
}  // namespace weir
