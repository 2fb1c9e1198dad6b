#include "monitor/sources/source.h"

#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "monitor/http_exchange.h"
#include "monitor/http_post.h"
#include "monitor/sources/exposition.h"
#include "monitor/sources/host_reader.h"
#include "monitor/sources/prometheus_answer.h"

namespace weir::monitor {
namespace {

using ReadResult = tl::expected<Reading, SourceTrouble>;

constexpr std::size_t kAnswerBytesMax = std::size_t{16} * 1024 * 1024;

tl::unexpected<SourceTrouble> Trouble(const std::string& url, const HttpReply& reply,
                                      std::string_view detail = {}) {
  const std::string found =
      reply.status == 0 ? reply.trouble : fmt::format("it answers {}", reply.status);
  return tl::unexpected(SourceTrouble{
      fmt::format("{}: {}{}{}", OriginOf(url), found, detail.empty() ? "" : ": ", detail),
      reply.retry_after});
}

void Append(Reading& all, Reading one) {
  for (Sample& sample : one.samples) {
    if (all.samples.size() < Reading::kSamplesMax) {
      all.samples.push_back(std::move(sample));
    } else {
      --one.ledger.ingested;
      ++one.ledger.dropped["too_many_samples"];
    }
  }
  all.ledger.Add(one.ledger);
  all.warnings.insert(all.warnings.end(), one.warnings.begin(), one.warnings.end());
}

std::string FormEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.';
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return encoded;
}

class PrometheusSource final : public Source {
 public:
  explicit PrometheusSource(const SourceSpec& spec) : spec_(spec) {}

  ReadResult Read() override {
    Reading all;
    for (std::size_t query = 0; query < spec_.queries.size(); ++query) {
      ReadResult one = Ask(query);
      if (!one) {
        return one;
      }
      Append(all, std::move(*one));
    }
    return all;
  }

 private:
  ReadResult Ask(std::size_t query) {
    HttpAsk ask = {.url = spec_.url + "/api/v1/query",
                   .headers = {"Content-Type: application/x-www-form-urlencoded"},
                   .body = fmt::format("query={}&timeout={}ms", FormEncoded(spec_.queries[query]),
                                       CountNs(spec_.timeout) / 1'000'000),
                   .timeout = spec_.timeout,
                   .answer_bytes_max = kAnswerBytesMax};
    if (!spec_.authorization.empty()) {
      ask.headers.push_back("Authorization: " + spec_.authorization);
    }
    const HttpReply reply = client_.Exchange(ask);
    if (reply.status == 0) {
      return Trouble(spec_.url, reply);
    }
    // What is wrong with a query stands in the body of a 4xx.
    Result<Reading> reading = ReadPrometheusAnswer(reply.body, query);
    if (reply.status != 200 || !reading) {
      return Trouble(spec_.url, reply,
                     fmt::format("query '{}': {}", Printable(spec_.queries[query], 60),
                                 reading ? "" : reading.error().message));
    }
    return std::move(*reading);
  }

  const SourceSpec spec_;
  HttpClient client_;
};

class ScrapeSource final : public Source {
 public:
  explicit ScrapeSource(const SourceSpec& spec) : spec_(spec) {}

  ReadResult Read() override {
    HttpAsk ask = {.url = spec_.url,
                   .headers = {"Accept: text/plain; version=0.0.4"},
                   .body = {},
                   .timeout = spec_.timeout,
                   .answer_bytes_max = kAnswerBytesMax};
    if (!spec_.authorization.empty()) {
      ask.headers.push_back("Authorization: " + spec_.authorization);
    }
    const HttpReply reply = client_.Exchange(ask);
    if (reply.status != 200) {
      return Trouble(spec_.url, reply);
    }
    Reading reading = reader_.Read(reply.body);
    if (reading.samples.empty() && reading.ledger.offered > 0) {
      return Trouble(spec_.url, reply, "the page has no metric that can be read");
    }
    return reading;
  }

 private:
  const SourceSpec spec_;
  HttpClient client_;
  ExpositionReader reader_;
};

class HostSource final : public Source {
 public:
  explicit HostSource(const SourceSpec& spec) : reader_(spec.root) {}

  ReadResult Read() override {
    Result<Reading> reading = reader_.Read();
    if (!reading) {
      return tl::unexpected(SourceTrouble{reading.error().message});
    }
    return std::move(*reading);
  }

 private:
  HostReader reader_;
};

}  // namespace

std::unique_ptr<Source> MakeSource(const SourceSpec& spec) {
  switch (spec.kind) {
    case SourceKind::kPrometheus:
      return std::make_unique<PrometheusSource>(spec);
    case SourceKind::kScrape:
      return std::make_unique<ScrapeSource>(spec);
    case SourceKind::kHost:
      return std::make_unique<HostSource>(spec);
  }
  WEIR_CHECK(false);
}

std::string_view SourceKindName(SourceKind kind) {
  switch (kind) {
    case SourceKind::kPrometheus:
      return "prometheus";
    case SourceKind::kScrape:
      return "scrape";
    case SourceKind::kHost:
      return "host";
  }
  WEIR_CHECK(false);
}

}  // namespace weir::monitor
