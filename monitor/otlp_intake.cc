#include "monitor/otlp_intake.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <protozero/pbf_writer.hpp>

#include "base/text.h"
#include "monitor/sources/otlp_json.h"
#include "monitor/sources/otlp_protobuf.h"

namespace weir::monitor {
namespace {

constexpr std::string_view kPath = "/v1/metrics";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProtobuf = "application/x-protobuf";

class OtlpSource final : public Source {
 public:
  explicit OtlpSource(OtlpIntake& intake) : intake_(intake) {}

  tl::expected<Reading, SourceTrouble> Read() override { return intake_.Look(); }

 private:
  OtlpIntake& intake_;
};

std::optional<OtlpEncoding> EncodingOf(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; "));
  return type == kProtobuf ? std::optional(OtlpEncoding::kProtobuf)
         : type == kJson   ? std::optional(OtlpEncoding::kJson)
                           : std::nullopt;
}

HttpResponse Said(OtlpEncoding encoding, int status, std::string body) {
  return {.status = status,
          .body = std::move(body),
          .content_type = std::string(encoding == OtlpEncoding::kJson ? kJson : kProtobuf)};
}

// Of google.rpc.Code.
int StatusCode(int http_status) {
  constexpr int kInvalidArgument = 3;
  constexpr int kResourceExhausted = 8;
  return http_status == 429 ? kResourceExhausted : kInvalidArgument;
}

// A google.rpc.Status.
HttpResponse SaidNo(OtlpEncoding encoding, int status, const std::string& message) {
  if (encoding == OtlpEncoding::kJson) {
    return Said(encoding, status,
                nlohmann::json({{"code", StatusCode(status)}, {"message", message}}).dump());
  }
  std::string body;
  protozero::pbf_writer writer(body);
  writer.add_int32(1, StatusCode(status));
  writer.add_string(2, message);
  return Said(encoding, status, body);
}

// An ExportMetricsServiceResponse.
HttpResponse SaidPartial(OtlpEncoding encoding, std::uint64_t rejected,
                         const std::string& message) {
  if (encoding == OtlpEncoding::kJson) {
    const nlohmann::json partial = {{"rejectedDataPoints", std::to_string(rejected)},
                                    {"errorMessage", message}};
    return Said(encoding, 200, nlohmann::json({{"partialSuccess", partial}}).dump());
  }
  std::string body;
  protozero::pbf_writer writer(body);
  protozero::pbf_writer partial(writer, 1);
  partial.add_int64(1, static_cast<std::int64_t>(rejected));
  partial.add_string(2, message);
  partial.commit();
  return Said(encoding, 200, body);
}

}  // namespace

bool OtlpIntake::IsFor(const HttpRequest& request) {
  return request.path == kPath;
}

HttpResponse OtlpIntake::Refuse(OtlpEncoding encoding, int status, const std::string& reason,
                                const std::string& hint) {
  {
    const std::lock_guard lock(mutex_);
    if (status == 429) {
      series_.ledger().Drop(reason);
    } else {
      series_.ledger().Reject(reason);
    }
  }
  return SaidNo(encoding, status, reason + ": " + hint);
}

std::optional<HttpResponse> OtlpIntake::Admit(const HttpRequest& head) {
  if (head.method != "POST") {
    return HttpResponse{
        .status = 405, .body = "/v1/metrics is for POST\n", .headers = {{"Allow", "POST"}}};
  }
  const std::optional<OtlpEncoding> known = EncodingOf(head.content_type);
  const OtlpEncoding encoding = known.value_or(OtlpEncoding::kJson);
  if (overall_.Take("", clock_.Now()) > Nanos(0)) {
    HttpResponse refused = Refuse(encoding, 429, "rate", "send less often");
    refused.headers["Retry-After"] = "1";
    return refused;
  }
  if (!known) {
    return Refuse(encoding, 415, "content_type",
                  "metrics are taken over OTLP/HTTP, as application/x-protobuf or "
                  "application/json; in an SDK set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, in a "
                  "Collector use its exporter otlphttp");
  }
  if (!head.content_encoding.empty() && head.content_encoding != "gzip") {
    return Refuse(encoding, 415, "encoding", "a body is plain or gzip");
  }
  if (head.body_bytes > kBodyBytesMax) {
    return Refuse(encoding, 413, "too_long",
                  fmt::format("a body has at most {} bytes", kBodyBytesMax));
  }
  return std::nullopt;
}

std::optional<std::string_view> OtlpIntake::Read(OtlpEncoding encoding,
                                                 const HttpRequest& request) {
  std::string_view body = request.body;
  if (!request.content_encoding.empty()) {
    loadgen::Answer encoded;
    encoded.head = "Content-Encoding: gzip\n";
    encoded.body = request.body;
    const RequestError error = decoder_.Decode(encoded, body);
    if (error != RequestError::kNone) {
      return error == RequestError::kTooLarge ? "too_long" : "malformed";
    }
  }
  return encoding == OtlpEncoding::kJson ? ReadOtlpJson(body, message_)
                                         : ReadOtlpProtobuf(body, message_);
}

OtlpRejected OtlpIntake::Take() {
  const Instant now = clock_.Now();
  const std::lock_guard lock(mutex_);
  pushed_at_ = now;
  OtlpRejected dropped;
  OtlpRejected refused = ReadOtlpMetrics(message_, [&](const OtlpPoint& point) {
    if (const auto reason = series_.Take(point, now)) {
      ++dropped[std::string(*reason)];
    }
  });
  for (const auto& [reason, count] : refused) {
    series_.ledger().Reject(reason, count);
  }
  refused.merge(dropped);
  return refused;
}

HttpResponse OtlpIntake::Answer(const HttpRequest& request) {
  const OtlpEncoding encoding = EncodingOf(request.content_type).value_or(OtlpEncoding::kJson);
  std::optional<std::string_view> wrong;
  OtlpRejected refused;
  {
    const std::lock_guard lock(reading_mutex_);
    wrong = Read(encoding, request);
    if (!wrong) {
      refused = Take();
    }
  }
  if (wrong == "too_long") {
    return Refuse(encoding, 413, "too_long",
                  fmt::format("a body has at most {} bytes inflated, and {} points, attributes, "
                              "metrics and resources in all",
                              kBodyBytesMax, OtlpMessage::kPartsMax));
  }
  if (wrong) {
    return Refuse(encoding, 400, std::string(*wrong),
                  fmt::format("this is no OTLP metrics request as {}",
                              encoding == OtlpEncoding::kJson ? "JSON" : "protobuf"));
  }
  std::uint64_t total = 0;
  std::string message;
  for (const auto& [reason, count] : refused) {
    total += count;
    message += fmt::format("{}{}: {}", message.empty() ? "" : ", ", reason, count);
  }
  if (total == 0) {
    return Said(encoding, 200, encoding == OtlpEncoding::kJson ? "{}" : "");
  }
  return SaidPartial(encoding, total, message);
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
