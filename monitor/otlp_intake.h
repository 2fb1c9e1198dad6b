#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "loadgen/body_decoder.h"
#include "monitor/http_server.h"
#include "monitor/rate_limiter.h"
#include "monitor/sources/otlp_message.h"
#include "monitor/sources/otlp_metrics.h"
#include "monitor/sources/otlp_series.h"
#include "monitor/sources/source.h"

namespace weir::monitor {

enum class OtlpEncoding : std::uint8_t { kJson, kProtobuf };

/// Where OpenTelemetry pushes metrics: POST `/v1/metrics`, OTLP/HTTP as protobuf or JSON, plain or
/// gzip; answered in what it came in, a refusal as google.rpc.Status. Who may is not its matter.
///
/// A body is at most kBodyBytesMax, also inflated, with OtlpMessage::kPartsMax parts; there are at
/// most kOverall requests. Every data point is in the ledger (sources/otlp_series.h); a request
/// that is refused as a whole counts as one: rejected as "content_type", "encoding", "too_long" or
/// "malformed", or dropped as "rate".
///
/// Thread-safe. `clock` must outlive it.
class OtlpIntake {
 public:
  static constexpr std::size_t kBodyBytesMax = loadgen::BodyDecoder::kDecodedBytesMax;
  static constexpr RateLimit kOverall = {.per_s = 500, .burst = 1000};

  explicit OtlpIntake(const Clock& clock) : clock_(clock), overall_(kOverall) {}

  static bool IsFor(const HttpRequest& request);

  /// Before the body is read: what is refused, and why. `head` is one that IsFor holds of.
  std::optional<HttpResponse> Admit(const HttpRequest& head);

  /// To what was let through.
  HttpResponse Answer(const HttpRequest& request);

  /// What holds. Errors: nothing was pushed for OtlpSeries::kKept, though something was before.
  tl::expected<Reading, SourceTrouble> Look();

  /// That looks at it; it must not outlive this.
  std::unique_ptr<Source> MakeSource();

 private:
  HttpResponse Refuse(OtlpEncoding encoding, int status, const std::string& reason,
                      const std::string& hint);

  /// Into the message. What is wrong, if anything.
  std::optional<std::string_view> Read(OtlpEncoding encoding, const HttpRequest& request);

  /// What of the message was not taken, by reason.
  OtlpRejected Take();

  const Clock& clock_;
  RateLimiter overall_;
  // One body at a time is inflated and read, so that it takes memory once; guards the next two.
  std::mutex reading_mutex_;
  loadgen::BodyDecoder decoder_;
  OtlpMessage message_;
  std::mutex mutex_;  // Guards what follows.
  OtlpSeries series_;
  std::optional<Instant> pushed_at_;
};

}  // namespace weir::monitor
