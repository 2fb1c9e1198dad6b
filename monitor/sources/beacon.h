#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

/// What a browser says of a view of a page (reports/web/src/rum.ts).
namespace weir::monitor {

enum class ViewOutcome : std::uint8_t {
  kNone,   ///< Nothing was said of it.
  kDone,   ///< The page said that the user did what the page is for.
  kError,  ///< A script of the page failed, or the page said so.
};

/// One view so far; a later one of the same view replaces it.
struct Beacon {
  std::string view;          ///< Random, of this view.
  std::string session;       ///< Random, of this visit: the same for the views of a tab.
  std::uint64_t number = 0;  ///< How many were sent of this view before.
  std::string page;          ///< Its path, as PageOf.
  std::string segment;       ///< Of users: "phone", or what the page says; empty: not said.

  // Absent: not known, or not so far.
  std::optional<double> ttfb_s;  ///< Time to first byte.
  std::optional<double> lcp_s;   ///< Largest contentful paint.
  std::optional<double> inp_s;   ///< Interaction to next paint.
  std::optional<double> cls;     ///< Cumulative layout shift, no unit.
  std::optional<double> age_s;   ///< How long ago the view began, when it was sent.
  std::optional<bool> left;      ///< Whether the user left the site from here.
  ViewOutcome outcome = ViewOutcome::kNone;
};

inline constexpr std::size_t kBeaconBytesMax = 2048;
inline constexpr std::size_t kPageBytesMax = 200;
inline constexpr std::size_t kSegmentBytesMax = 32;

/// Reads
///
///     {"view": "9f...", "session": "a0...", "n": 0, "page": "/cart", "segment": "phone",
///      "age_ms": 9000, "ttfb_ms": 80, "lcp_ms": 1204, "inp_ms": 48, "cls": 0.02, "left": true,
///      "outcome": "done"}
///
/// Other keys are ignored; values may be null. A segment is letters, digits, `_`, `.` and `-`, at
/// most kSegmentBytesMax. Errors: why it is refused ("too_long", "malformed",
/// "no_view", "no_page", "bad_value"). Figures are 0 to an hour, `age_ms` to
/// ten years, `cls` 0 to 1000.
tl::expected<Beacon, std::string_view> ReadBeacon(std::string_view body);

/// A path as the name of a page: without query and fragment, and `:id` for parts that are numbers
/// or at least 16 hexadecimal digits and dashes. Empty for what is no path: it has to begin with /,
/// be at most kPageBytesMax long and of visible ASCII.
std::string PageOf(std::string_view path);

}  // namespace weir::monitor
