#include "loadgen/transport/curl_error.h"

#include <uv.h>

#include "loadgen/transport/peer_stream.h"
#include "loadgen/transport/tls.h"

namespace weir::loadgen {
namespace {

// Whether a proxy was asked for a tunnel and would not.
bool TunnelRefused(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
  return status != 0 && status / 100 != 2;
}

}  // namespace

RequestError CurlErrorOf(CURL* easy, const CurlFailure& failure) {
  const CURLcode code = failure.code;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return RequestError::kDns;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
      return RequestError::kProxy;
    case CURLE_COULDNT_CONNECT: {
      long os_error = 0;
      curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
      const int number = os_error != 0 ? static_cast<int>(os_error) : failure.socket_errno;
      const RequestError error = ConnectError(uv_translate_sys_error(number));
      // It is the proxy that we connect to; what this machine lacks is not its fault.
      const bool is_of_peer =
          error == RequestError::kConnectRefused || error == RequestError::kConnectFailed;
      return failure.has_proxy && is_of_peer ? RequestError::kProxy : error;
    }
    case CURLE_PEER_FAILED_VERIFICATION: {
      long verdict = 0;
      curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
      // libcurl checks names by itself, after OpenSSL has found nothing wrong.
      return verdict == 0 ? RequestError::kTlsWrongName : CertificateError(verdict);
    }
    case CURLE_SSL_CONNECT_ERROR:
      return RequestError::kTlsRefused;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return RequestError::kClosedEarly;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return TunnelRefused(easy) ? RequestError::kProxy : RequestError::kReset;
    case CURLE_WRITE_ERROR:
      return RequestError::kTooLarge;
    case CURLE_HTTP2_STREAM:
      return RequestError::kStreamReset;
    case CURLE_HTTP2:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return RequestError::kMalformed;
    default:
      return RequestError::kTransfer;
  }
}

}  // namespace weir::loadgen
