#pragma once

#include <curl/curl.h>

#include "base/run.h"

namespace weir::loadgen {

/// What is known of a transfer that libcurl gave up.
struct CurlFailure {
  CURLcode code = CURLE_OK;  ///< Not CURLE_OK.
  int socket_errno = 0;      ///< Why the latest socket could not be made; libcurl does not ask.
  bool has_proxy = false;    ///< It is a proxy that it connected to.
};

/// The kind of failure of a transfer; `easy` still knows of it.
RequestError CurlErrorOf(CURL* easy, const CurlFailure& failure);

}  // namespace weir::loadgen
