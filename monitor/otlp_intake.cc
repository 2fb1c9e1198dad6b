#include "monitor/otlp_intake.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace weir::monitor {
namespace {

constexpr std::string_view kPath = "/v1/metrics";
constexpr std::string_view kJson = "application/json";

class OtlpSource final : public Source {
 public:
  explicit OtlpSource(OtlpIntake& intake) : intake_(intake) {}

  tl::expected<Reading, SourceTrouble> Read() override { return intake_.Look(); }

 private:
  OtlpIntake& intake_;
};

bool IsJson(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; "));
  return type.size() == kJson.size() && content_type.starts_with(kJson);
}

HttpResponse Said(int status, const nlohmann::json& said) {
  return {.status = status, .body = said.dump(), .content_type = std::string(kJson)};
}

}  // namespace

bool OtlpIntake::IsFor(const HttpRequest& request) {
  return request.path == kPath;
}

HttpResponse OtlpIntake::Refuse(int status, const std::string& reason, const std::string& hint) {
  {
    const std::lock_guard lock(mutex_);
    if (status == 429) {
      series_.ledger().Drop(reason);
    } else {
      series_.ledger().Reject(reason);
    }
  }
  return Said(status, {{"message", reason + ": " + hint}});
}

std::optional<HttpResponse> OtlpIntake::Admit(const HttpRequest& head) {
  if (head.method != "POST") {
    return HttpResponse{
        .status = 405, .body = "/v1/metrics is for POST\n", .headers = {{"Allow", "POST"}}};
  }
  if (overall_.Take("", clock_.Now()) > Nanos(0)) {
    HttpResponse refused = Refuse(429, "rate", "send less often");
    refused.headers["Retry-After"] = "1";
    return refused;
  }
  if (!IsJson(head.content_type)) {
    return Refuse(415, "content_type",
                  "metrics are taken as application/json, not as protobuf; in a Collector write "
                  "'encoding: json' for its exporter otlphttp, in an SDK set "
                  "OTEL_EXPORTER_OTLP_PROTOCOL=http/json");
  }
  if (!head.content_encoding.empty() && head.content_encoding != "gzip") {
    return Refuse(415, "encoding", "a body is plain or gzip");
  }
  if (head.body_bytes > kBodyBytesMax) {
    return Refuse(413, "too_long", fmt::format("a body has at most {} bytes", kBodyBytesMax));
  }
  return std::nullopt;
}

tl::expected<OtlpBatch, std::string_view> OtlpIntake::Read(const HttpRequest& request) {
  const std::lock_guard lock(reading_mutex_);
  std::string_view body = request.body;
  if (!request.content_encoding.empty()) {
    loadgen::Answer encoded;
    encoded.head = "Content-Encoding: gzip\n";
    encoded.body = request.body;
    const RequestError error = decoder_.Decode(encoded, body);
    if (error != RequestError::kNone) {
      return tl::unexpected<std::string_view>(error == RequestError::kTooLarge ? "too_long"
                                                                               : "malformed");
    }
  }
  return ReadOtlpMetrics(body);
}

HttpResponse OtlpIntake::Answer(const HttpRequest& request) {
  const auto batch = Read(request);
  if (!batch) {
    return batch.error() == "too_long"
               ? Refuse(413, "too_long",
                        fmt::format("a body has at most {} bytes inflated", kBodyBytesMax))
               : Refuse(400, std::string(batch.error()), "this is no OTLP metrics request as JSON");
  }
  std::map<std::string, std::uint64_t> refused = batch->rejected;
  const Instant now = clock_.Now();
  {
    const std::lock_guard lock(mutex_);
    pushed_at_ = now;
    for (const auto& [reason, count] : batch->rejected) {
      series_.ledger().Reject(reason, count);
    }
    for (const OtlpPoint& point : batch->points) {
      if (const auto reason = series_.Take(point, now)) {
        ++refused[std::string(*reason)];
      }
    }
  }
  std::uint64_t total = 0;
  std::string message;
  for (const auto& [reason, count] : refused) {
    total += count;
    message += fmt::format("{}{}: {}", message.empty() ? "" : ", ", reason, count);
  }
  if (total == 0) {
    return Said(200, nlohmann::json::object());
  }
  return Said(200, {{"partialSuccess",
                     {{"rejectedDataPoints", std::to_string(total)}, {"errorMessage", message}}}});
}

tl::expected<Reading, SourceTrouble> OtlpIntake::Look() {
  const Instant now = clock_.Now();
  const std::lock_guard lock(mutex_);
  if (pushed_at_ && now - *pushed_at_ >= OtlpSeries::kKept) {
    return tl::unexpected(
        SourceTrouble{fmt::format("nothing was pushed for {}", FormatDuration(OtlpSeries::kKept))});
  }
  return series_.Look(now);
}

std::unique_ptr<Source> OtlpIntake::MakeSource() {
  return std::make_unique<OtlpSource>(*this);
}

}  // namespace weir::monitor
