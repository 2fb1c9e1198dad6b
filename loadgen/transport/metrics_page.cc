#include "loadgen/transport/metrics_page.h"

#include <string_view>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "loadgen/transport/libcurl.h"

namespace weir::loadgen {
namespace {

constexpr long kTimeoutMs = 2000;
constexpr std::size_t kPageBytesMax = std::size_t{16} * 1024 * 1024;

struct CurlFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }

  void operator()(CURLU* url) const { curl_url_cleanup(url); }

  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

class MetricsPage final : public WatchSource {
 public:
  MetricsPage(std::string url, std::vector<MetricSelector> selectors, bool chosen)
      : url_(std::move(url)),
        selectors_(std::move(selectors)),
        chosen_(chosen),
        easy_(curl_easy_init()),
        headers_(curl_slist_append(nullptr, "Accept: text/plain; version=0.0.4")) {
    WEIR_CHECK(easy_ != nullptr);
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kTimeoutMs);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "weir");
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  }

  std::string Name() const override { return fmt::format("metrics page {}", Printable(url_)); }

  Result<std::vector<TargetValue>> Read() override {
    page_.clear();
    const CURLcode code = curl_easy_perform(easy_.get());
    if (code != CURLE_OK) {
      return Unavailable(fmt::format(
          "{} does not answer: {}", Name(),
          code == CURLE_WRITE_ERROR ? "it is longer than 16 MiB" : curl_easy_strerror(code)));
    }
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
      return Unavailable(fmt::format("{} answers with status {}", Name(), status));
    }
    std::vector<TargetValue> values = SelectMetrics(page_, selectors_);
    if (values.empty()) {
      return Unavailable(fmt::format(
          "{} has none of the metrics looked for ({})", Name(),
          chosen_ ? "--watch-metric" : "name some with --watch-metric, docs/validity.md"));
    }
    return values;
  }

 private:
  static std::size_t OnBody(char* data, std::size_t, std::size_t size, void* user) {
    std::string& page = static_cast<MetricsPage*>(user)->page_;
    if (page.size() + size > kPageBytesMax) {
      return 0;
    }
    page.append(data, size);
    return size;
  }

  const std::string url_;
  const std::vector<MetricSelector> selectors_;
  const bool chosen_;
  const std::unique_ptr<CURL, CurlFree> easy_;
  const std::unique_ptr<curl_slist, CurlFree> headers_;
  std::string page_;
};

bool IsHttpUrl(const std::string& text) {
  const std::unique_ptr<CURLU, CurlFree> url(curl_url());
  return (text.starts_with("http://") || text.starts_with("https://")) &&
         curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
}

}  // namespace

Result<std::unique_ptr<WatchSource>> WatchMetricsPage(const std::string& url,
                                                      std::vector<MetricSelector> selectors) {
  if (Status loaded = LoadLibcurl(); !loaded) {
    return tl::unexpected(loaded.error());
  }
  if (!IsHttpUrl(url)) {
    return UsageError(
        fmt::format("'{}' is no address of a page; for example 'http://localhost:9100/metrics'",
                    Printable(url)));
  }
  const bool chosen = !selectors.empty();
  return std::make_unique<MetricsPage>(
      url, chosen ? std::move(selectors) : DefaultMetricSelectors(), chosen);
}

}  // namespace weir::loadgen
