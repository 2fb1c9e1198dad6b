#include "monitor/sources/source.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "monitor/http_exchange.h"
#include "monitor/http_post.h"
#include "monitor/sources/access_log.h"
#include "monitor/sources/exposition.h"
#include "monitor/sources/file_tail.h"
#include "monitor/sources/history_source.h"
#include "monitor/sources/host_reader.h"
#include "monitor/sources/last_values.h"
#include "monitor/sources/probe.h"
#include "monitor/sources/prometheus_answer.h"
#include "monitor/sources/sample_lines.h"

namespace weir::monitor {
namespace {

using ReadResult = tl::expected<Reading, SourceTrouble>;

// A server that is restarted may hide more, or less. What is left of rounding and of the least that
// VictoriaMetrics can be told is not worth a word.
constexpr std::uint64_t kHiddenEvery = 60;
constexpr Nanos kHiddenUsual = std::chrono::seconds(3);

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
  for (const std::string& warning : one.warnings) {
    all.Warn(warning);
  }
}

class PrometheusSource final : public Source {
 public:
  explicit PrometheusSource(const SourceSpec& spec) : spec_(spec) {}

  ReadResult Read() override {
    Reading all;
    if (looks_++ % kHiddenEvery == 0) {
      LookForHidden();
    }
    if (hidden_ > kHiddenUsual) {
      all.Warn(
          fmt::format("the server hides the newest {:.0f} s: alerts begin and end that much "
                      "later; a VictoriaMetrics shows them with -search.latencyOffset=1s",
                      Seconds(hidden_)));
    }
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
  HttpReply Send(std::string_view query) {
    HttpAsk ask = {.url = spec_.url + "/api/v1/query",
                   .headers = {"Content-Type: application/x-www-form-urlencoded"},
                   .body = PrometheusForm(query, spec_.timeout),
                   .timeout = spec_.timeout,
                   .answer_bytes_max = kAnswerBytesMax};
    if (!spec_.authorization.empty()) {
      ask.headers.push_back("Authorization: " + spec_.authorization);
    }
    return client_.Exchange(ask);
  }

  // By the clock of the server alone; that of here may differ.
  void LookForHidden() {
    const HttpReply reply = Send("time()");
    if (reply.status == 200) {
      hidden_ = ReadHiddenSpan(reply.body).value_or(Nanos(0));
    }
  }

  ReadResult Ask(std::size_t query) {
    const HttpReply reply = Send(spec_.queries[query]);
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
  std::uint64_t looks_ = 0;
  Nanos hidden_{0};
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
  explicit HostSource(const SourceSpec& spec) : reader_(spec.root, spec.cgroup) {}

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

/// A look at a file that grows; what stays unread is said.
ReadResult Grown(FileTail& tail, const std::function<void(std::string_view)>& take,
                 const std::function<Reading()>& look) {
  if (const Status read = tail.Read(take); !read) {
    return tl::unexpected(SourceTrouble{read.error().message});
  }
  Reading reading = look();
  if (tail.is_behind()) {
    reading.Warn("the file grows faster than it is read");
  }
  if (tail.cuts() > 0) {
    reading.Warn(fmt::format("the file was cut off {} times", tail.cuts()));
  }
  return reading;
}

class LinesSource final : public Source {
 public:
  explicit LinesSource(const SourceSpec& spec) : tail_(spec.path) {}

  ReadResult Read() override {
    return Grown(
        tail_, [this](std::string_view line) { Take(line); }, [this] { return values_.Look(); });
  }

 private:
  void Take(std::string_view line) {
    const auto read = lines_.Read(line);
    if (!read) {
      values_.Reject(std::string(read.error()));
    } else if (*read) {
      values_.Put((*read)->sample);
    }
  }

  FileTail tail_;
  SampleLines lines_;
  LastValues values_;
};

class ProbeSource final : public Source {
 public:
  ProbeSource(const SourceSpec& spec, const Clock& clock)
      : prober_(Prober::Create(
            {.url = spec.url, .rate = spec.rate, .span = ProbeSpan(spec), .timeout = spec.timeout},
            clock)) {}

  ReadResult Read() override {
    if (!prober_) {
      return tl::unexpected(SourceTrouble{prober_.error().message});
    }
    return prober_->Look();
  }

 private:
  Result<Prober> prober_;
};

class AccessLogSource final : public Source {
 public:
  explicit AccessLogSource(const SourceSpec& spec) : tail_(spec.path) {}

  ReadResult Read() override {
    return Grown(
        tail_, [this](std::string_view line) { meter_.Take(line); },
        [this] { return meter_.Look(); });
  }

 private:
  FileTail tail_;
  AccessLogMeter meter_;
};

}  // namespace

Nanos ProbeSpan(const SourceSpec& spec) {
  return std::min<Nanos>(spec.timing.interval / 2, std::chrono::seconds(2));
}

std::unique_ptr<Source> MakeSource(const SourceSpec& spec, const Clock& clock) {
  switch (spec.kind) {
    case SourceKind::kPrometheus:
      return std::make_unique<PrometheusSource>(spec);
    case SourceKind::kScrape:
      return std::make_unique<ScrapeSource>(spec);
    case SourceKind::kHost:
      return std::make_unique<HostSource>(spec);
    case SourceKind::kLines:
      return std::make_unique<LinesSource>(spec);
    case SourceKind::kProbe:
      return std::make_unique<ProbeSource>(spec, clock);
    case SourceKind::kAccessLog:
      return std::make_unique<AccessLogSource>(spec);
    case SourceKind::kHistory:
      return std::make_unique<HistorySource>(spec.path);
    case SourceKind::kRum:
    case SourceKind::kOtlp:
      break;
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
    case SourceKind::kLines:
      return "lines";
    case SourceKind::kProbe:
      return "probe";
    case SourceKind::kAccessLog:
      return "access log";
    case SourceKind::kRum:
      return "rum";
    case SourceKind::kOtlp:
      return "otlp";
    case SourceKind::kHistory:
      return "history";
  }
  WEIR_CHECK(false);
}

}  // namespace weir::monitor
