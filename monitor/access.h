#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// Who may ask: shared secrets ("tokens").
namespace weir::monitor {

/// The tokens of a service. None: everybody may ask.
class Access {
 public:
  static constexpr std::size_t kTokenBytesMin = 16;
  static constexpr std::size_t kTokensMax = 16;

  Access() = default;

  /// Reads tokens, one a line, several so that they can be rotated; empty lines and lines that
  /// begin with # do not count. Errors: kUsage: none, too many, or one that is short or has other
  /// than visible ASCII characters. No message shows a token.
  static Result<Access> Parse(std::string_view text);

  bool open() const { return tokens_.empty(); }

  /// Whether the value of an Authorization header has one of the tokens: `Bearer TOKEN`, or `Basic`
  /// with the token as password (Flagger can only put user information into a URL). Takes the
  /// same time for every wrong token of a length, and compares with all of them.
  bool Allows(std::string_view authorization) const;

  /// An Authorization header that this allows, for a client that may read the same file; empty
  /// while it is open.
  std::string Authorization() const;

 private:
  std::vector<std::string> tokens_;
};

/// What somebody may do.
enum class Role : std::uint8_t {
  kNone,
  kRead,  ///< Look.
  kAct,   ///< And change something.
};

/// Who may look, who may act, and who may only push. Without any token everybody may act.
struct Roles {
  Access read;
  Access act;
  Access push = {};

  bool open() const { return read.open() && act.open() && push.open(); }

  /// Whether who sent this may push metrics: with a token for that, or one that may act.
  bool MayPush(std::string_view authorization) const;

  /// Of who sent this Authorization header. A token that may act may look, too; one that may only
  /// push has no role.
  Role Of(std::string_view authorization) const;
};

}  // namespace weir::monitor
