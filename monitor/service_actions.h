#pragma once

#include <string>

#include "base/time.h"
#include "monitor/http_server.h"

/// What people do over HTTP (interventions.h). Who asks was let through.
namespace weir::monitor {

/// POST, application/json, unknown keys are refused:
///
/// - `/api/v1/acknowledge` `{"ids": ["3f9a21c0"], "undo": false, "by": "ann", "comment": "disk"}`,
///   `matchers` instead of `ids`.
/// - `/api/v1/mark` `{"ids": ["3f9a21c0"], "mark": "noise", "by", "comment"}`, "useful" instead, or
///   `"undo": true`; `matchers` instead of `ids`.
/// - `/api/v1/silences` `{"matchers": ["service=\"shop\""], "for_s": 7200, "by", "comment"}`.
/// - `/api/v1/silences/remove` `{"id": "3f9a21c0"}`.
///
/// 200, 400 with what is wrong, 404, 415, or 503 when the history at `store_path` is not to be had.
HttpResponse Act(const HttpRequest& request, const std::string& store_path, WallTime now);

}  // namespace weir::monitor
