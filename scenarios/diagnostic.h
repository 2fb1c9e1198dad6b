#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// Errors in a file that a person wrote, shown where they are:
///
///     checkout.yaml:12:12: error: unknown key 'stats' in check
///       12 |   check: { stats: 200 }
///          |            ^~~~~
///       hint: did you mean 'status'? known keys: status, header.NAME, body
namespace weir::scenarios {

/// A stretch of one line of a text. Lines and columns count from 1, columns and length in bytes.
struct SourceSpan {
  std::size_t line = 0;  ///< 0 = the file as a whole: no line is shown.
  std::size_t column = 1;
  std::size_t length = 1;
};

/// One error. Message and hint are prose without a newline at the end; the hint may be empty.
struct Diagnostic {
  SourceSpan span;
  std::string message;
  std::string hint;
};

/// A usage error for a text that has no place in a file: `message`, then the hint on a second line
/// as RenderDiagnostic shows it.
Error HintedError(std::string message, std::string_view hint);

/// One diagnostic as above, without a newline at the end. The column that is shown counts
/// characters, not bytes. Of a long line the part around the place is shown; control characters
/// are made visible; the caret stands under the place also behind tabs and wide characters.
std::string RenderDiagnostic(std::string_view file_name, std::string_view text,
                             const Diagnostic& diagnostic);

/// Collects the errors of one file. Keeps the first kKeptMax and counts the rest.
class Diagnostics {
 public:
  static constexpr std::size_t kShownMax = 20;
  static constexpr std::size_t kKeptMax = 1000;

  void Add(SourceSpan span, std::string message, std::string hint = "");

  /// An error without place, perhaps a HintedError, gets its place.
  void Add(SourceSpan span, const Error& error);

  bool empty() const { return kept_.empty(); }

  std::size_t count() const { return kept_.size() + left_out_; }

  /// All of them in the order of their lines, those without a line last; kShownMax at most, then
  /// how many are not shown; as an error of kind kUsage. There must be at least one.
  Error ToError(std::string_view file_name, std::string_view text) const;

 private:
  std::vector<Diagnostic> kept_;
  std::size_t left_out_ = 0;
};

}  // namespace weir::scenarios
