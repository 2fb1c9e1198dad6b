#include "tests/scenarios/golden_cases.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

constexpr std::string_view kTitle = "=== ";
constexpr std::string_view kError = "--- error";

std::string PathOf(const std::string& name) {
  return std::string(WEIR_GOLDEN_DIR "/scenarios/") + name;
}

}  // namespace

std::vector<GoldenCase> ReadGoldenCases(const std::string& name) {
  std::ifstream file(PathOf(name));
  std::vector<GoldenCase> cases;
  std::string GoldenCase::*part = &GoldenCase::input;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kTitle)) {
      cases.push_back(GoldenCase{line.substr(kTitle.size()), "", ""});
      part = &GoldenCase::input;
    } else if (line == kError) {
      part = &GoldenCase::error;
    } else if (!cases.empty()) {
      cases.back().*part += line + "\n";
    }
  }
  return cases;
}

void ExpectGoldenErrors(const std::string& name,
                        const std::function<std::string(std::string_view)>& read) {
  const std::vector<GoldenCase> cases = ReadGoldenCases(name);
  ASSERT_FALSE(cases.empty()) << PathOf(name);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::ofstream file(PathOf(name));
    for (const GoldenCase& one : cases) {
      file << kTitle << one.title << "\n" << one.input << kError << "\n" << read(one.input) << "\n";
    }
    return;
  }
  for (const GoldenCase& one : cases) {
    EXPECT_EQ(read(one.input) + "\n", one.error) << one.title << ":\n" << one.input;
  }
}

}  // namespace weir::scenarios
