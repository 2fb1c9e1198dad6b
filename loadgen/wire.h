#pragma once

#include "scenarios/scenario.h"

namespace weir::loadgen {

struct PreparedRequest;

/// How requests become bytes for one target.
struct Wire {
  scenarios::Target target;
  bool keep_alive = true;
  bool h2 = false;
  bool by_curl = false;  ///< libcurl makes its own bytes, of the request as it stands.

  /// Sets the bytes of `made`, and for HTTP/2 its header block, for libcurl its source. `request`
  /// has no slots, or they are filled in.
  void Make(const scenarios::Request& request, PreparedRequest& made) const;
};

}  // namespace weir::loadgen
