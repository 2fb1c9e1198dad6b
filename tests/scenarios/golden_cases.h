#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Bad inputs with the complete error text that each must give, many to a file:
///
///     === what is wrong
///     the input
///     --- error
///     the error
namespace weir::scenarios {

struct GoldenCase {
  std::string title;
  std::string input;
  std::string error;
};

/// The cases of tests/golden/scenarios/`name`.
std::vector<GoldenCase> ReadGoldenCases(const std::string& name);

/// Expects of each case that `read` answers its input with its error. With UPDATE_GOLDEN=1 in the
/// environment the file is written anew instead.
void ExpectGoldenErrors(const std::string& name,
                        const std::function<std::string(std::string_view)>& read);

}  // namespace weir::scenarios
