#pragma once

#include <string_view>

/// The bundled page, made by reports/web/build.mjs and compiled in. Empty when weir was configured
/// with WEIR_WEB=OFF: reports then consist of their tables.
namespace weir::reports {

extern const std::string_view kPageScript;
extern const std::string_view kPageStyle;
extern const std::string_view kPageScriptSha256;  ///< Base64, as in a content security policy.
extern const std::string_view kPageStyleSha256;

/// The same of the dashboard of a monitor.
extern const std::string_view kLiveScript;
extern const std::string_view kLiveStyle;
extern const std::string_view kLiveScriptSha256;
extern const std::string_view kLiveStyleSha256;

/// What pages of others load (reports/rum_script.h).
extern const std::string_view kRumScript;

}  // namespace weir::reports
