#include "cli/monitor_client.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/secret_file.h"
#include "monitor/config/monitor_config.h"
#include "monitor/http_exchange.h"
#include "monitor/http_post.h"

namespace weir::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = std::size_t{16} * 1024 * 1024;

Result<MonitorAddress> FromFile(const std::string& path) {
  const Result<monitor::MonitorConfig> config = monitor::ReadMonitorConfigFile(path);
  if (!config) {
    return tl::unexpected(config.error());
  }
  if (!config->service || config->service->listen.port == 0) {
    return UsageError(
        fmt::format("{} does not say where its monitor answers\n"
                    "  hint: write 'listen: 127.0.0.1:8471' into it, or name the URL instead",
                    Printable(path)));
  }
  const monitor::Roles& roles = config->service->roles;
  return MonitorAddress{
      .url = UrlOf(*config->service, config->service->listen.port),
      .authorization = roles.read.open() ? roles.act.Authorization() : roles.read.Authorization(),
      .key_pin = config->service->tls == nullptr ? "" : config->service->tls->key_pin()};
}

}  // namespace

std::string UrlOf(const monitor::ServiceSpec& service, std::uint16_t port) {
  const std::string& listen = service.listen.host;
  const std::string host = listen == "0.0.0.0" ? "127.0.0.1" : listen == "::" ? "::1" : listen;
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", service.tls == nullptr ? "http" : "https", v6 ? "[" : "",
                     host, v6 ? "]" : "", port);
}

void AddMonitorFlags(po::options_description& options) {
  options.add_options()("token-file", po::value<std::string>()->value_name("FILE"),
                        "with a URL: its first line is the token");
}

Result<MonitorAddress> FindMonitor(const std::string& where, const ParsedFlags& flags) {
  const bool is_url = where.find("://") != std::string::npos;
  if (!where.empty() && !is_url) {
    return FromFile(where);
  }
  MonitorAddress address;
  if (is_url) {
    address.url = where;
    while (address.url.ends_with('/')) {
      address.url.pop_back();
    }
    if (Status fits = monitor::CheckUrl(address.url); !fits) {
      return tl::unexpected(fits.error());
    }
  }
  if (flags.Has("token-file")) {
    const Result<std::string> text = ReadSecretFile(flags.Text("token-file"));
    const Result<monitor::Access> access =
        text ? monitor::Access::Parse(*text)
             : Result<monitor::Access>(tl::unexpected(text.error()));
    if (!access) {
      return UsageError("--token-file: " + access.error().message);
    }
    address.authorization = access->Authorization();
  }
  return address;
}

Result<std::string> AskMonitor(const MonitorAddress& address, const std::string& path) {
  monitor::HttpAsk ask{
      .url = address.url + path, .answer_bytes_max = kAnswerBytesMax, .key_pin = address.key_pin};
  if (!address.authorization.empty()) {
    ask.headers.push_back("Authorization: " + address.authorization);
  }
  monitor::HttpReply reply = monitor::HttpClient().Exchange(ask);
  if (reply.status == 200) {
    return std::move(reply.body);
  }
  const std::string origin = monitor::OriginOf(address.url);
  if (reply.status == 401) {
    return Unavailable(fmt::format(
        "{} wants a token\n  hint: give --token-file, or name the file of the monitor", origin));
  }
  const bool is_certificate_checked = origin.starts_with("https") && address.key_pin.empty();
  return Unavailable(fmt::format(
      "cannot ask {}: {}\n  hint: does 'weir monitor' run there, with 'listen' in its file?{}",
      origin, reply.status == 0 ? reply.trouble : fmt::format("it answers {}", reply.status),
      is_certificate_checked ? " Its certificate must be of a known authority and for this name, "
                               "unless you name its file instead of the URL"
                             : ""));
}

}  // namespace weir::cli
