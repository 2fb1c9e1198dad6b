#include "scenarios/from_flags.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/command_line.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/utf8.h"
#include "scenarios/internal/values.h"
#include "scenarios/reader.h"
#include "scenarios/target.h"
#include "scenarios/threshold.h"

// The flags are checked one by one, so that a message names the flag; then they are written down
// as the scenario file they stand for, and that is read. So both ways give the same scenario.
namespace weir::scenarios {
namespace {

// The flags, checked and split.
struct CheckedFlags {
  Target target;
  std::string path;
  std::string method;
  std::vector<Header> headers;
};

// Errors of several flags, a line each, hints below.
class FlagErrors {
 public:
  void Add(std::string_view flag, const Error& error) {
    text_ += fmt::format("{}{}: {}", text_.empty() ? "" : "\n", flag, error.message);
  }

  void Add(std::string_view flag, std::string message, std::string_view hint) {
    Add(flag, HintedError(std::move(message), hint));
  }

  bool empty() const { return text_.empty(); }

  Error Take() { return Error{ErrorKind::kUsage, std::move(text_)}; }

 private:
  std::string text_;
};

// In double quotes, so that every character arrives as it is.
std::string YamlQuoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Exact, unlike FormatDuration.
std::string YamlDuration(Nanos span) {
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 3> kUnits = {
      {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}}};
  for (const auto& [factor, name] : kUnits) {
    if (span.count() % factor == 0) {
      return fmt::format("{}{}", span.count() / factor, name);
    }
  }
  return fmt::format("{}ns", span.count());
}

// No exponents: the shortest text that gives the same number back.
std::string YamlRate(Rate rate) {
  std::string text = fmt::format("{:.17f}", rate.per_second());
  for (int digits = 0; digits <= 17; ++digits) {
    std::string shorter = fmt::format("{:.{}f}", rate.per_second(), digits);
    const Result<Rate> back = ParseRate(shorter);
    if (back && *back == rate) {
      text = std::move(shorter);
      break;
    }
  }
  return text + "/s";
}

// HTTP/1.1 has one request on a connection, and so has HTTP/2 when a closed loop does not say.
std::uint32_t StreamsOf(const FlagLoad& flags) {
  const std::uint32_t unsaid =
      flags.connection.protocol == Protocol::kHttp2 && !flags.rate ? 1 : Connection().streams_max;
  return flags.streams.value_or(unsaid);
}

// Users of a closed loop.
std::uint32_t UsersOf(const FlagLoad& flags) {
  return flags.connections * (flags.connection.protocol == Protocol::kHttp2
                                  ? StreamsOf(flags)
                                  : flags.connection.pipeline);
}

// "Name: value", as curl takes it.
Result<Header> ParseHeader(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return tl::unexpected(HintedError(fmt::format("'{}' is not a header", Printable(text, 60)),
                                      "write 'Name: value', for example 'Accept: text/html'"));
  }
  Header header{std::string(internal::Trimmed(text.substr(0, colon))),
                std::string(text.substr(colon + 1))};
  if (!internal::IsUtf8(text)) {
    return tl::unexpected(HintedError(fmt::format("header '{}' is not UTF-8 text", header.name),
                                      "percent-encode or base64-encode its value"));
  }
  if (Status valid = internal::CheckHeaderName(header.name); !valid) {
    return tl::unexpected(valid.error());
  }
  if (Status valid = internal::CheckHeaderValue(header.name, header.value); !valid) {
    return tl::unexpected(valid.error());
  }
  header.value = std::string(internal::Trimmed(header.value));
  return header;
}

bool HasHeader(const std::vector<Header>& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [name](const Header& header) {
    return internal::EqualsIgnoringCase(header.name, name);
  });
}

void CheckHeaders(const FlagLoad& flags, CheckedFlags& checked, FlagErrors& errors) {
  for (const std::string& text : flags.headers) {
    Result<Header> header = ParseHeader(text);
    if (!header) {
      errors.Add("-H", header.error());
    } else if (HasHeader(checked.headers, header->name)) {
      errors.Add("-H", fmt::format("header '{}' is given twice", header->name), "remove one");
    } else {
      checked.headers.push_back(*std::move(header));
    }
  }
  if (!flags.body.empty() && !HasHeader(checked.headers, "content-type")) {
    checked.headers.push_back(Header{"content-type", "application/x-www-form-urlencoded"});
  }
}

void CheckLoad(const FlagLoad& flags, FlagErrors& errors) {
  if (flags.connections == 0) {
    errors.Add("-c", "0 connections send nothing", "write a number above 0, for example -c 10");
  }
  if (flags.streams && flags.connection.protocol != Protocol::kHttp2) {
    errors.Add("--streams", "HTTP/1.1 has one request on a connection at a time", "add --http2");
  } else if (flags.connection.protocol == Protocol::kHttp2 &&
             (StreamsOf(flags) == 0 || StreamsOf(flags) > kStreamsMax ||
              std::uint64_t{flags.connections} * StreamsOf(flags) > 1'000'000)) {
    errors.Add("--streams", "connections times streams must be 1 to 1,000,000",
               "write, for example, -c 10 --streams 32");
  }
  if (const Status fits = CheckConnection(flags.connection); !fits) {
    errors.Add("URL", fits.error());
  }
  if (flags.duration <= Nanos(0)) {
    errors.Add("-d", "a run must last longer than 0", "write, for example, -d 30s");
  } else if (flags.warm_up < Nanos(0) || flags.warm_up >= flags.duration) {
    errors.Add("--warm-up",
               fmt::format("{} leaves nothing to measure of a run of {}",
                           FormatDuration(flags.warm_up), FormatDuration(flags.duration)),
               "shorten it, or lengthen -d: the warm-up is its first part");
  }
  if (flags.timeout && *flags.timeout <= Nanos(0)) {
    errors.Add("--timeout", "it must be above 0", "write, for example, --timeout 5s");
  }
  if (flags.rounds > 0 && flags.rate) {
    errors.Add("-n", "with a rate, the duration says how many there are", "leave out -n or -R");
  }
  if (flags.rate && flags.rate->per_second() <= 0) {
    errors.Add("-R", "a rate of 0 sends nothing", "write, for example, -R 500");
  }
  if (!flags.rate && flags.arrivals != Arrivals::kUniform) {
    errors.Add("--arrivals", "without a rate each connection sends as fast as it is answered",
               "add a rate, for example -R 500");
  }
  if (flags.in_flight_max && *flags.in_flight_max == 0) {
    errors.Add("--in-flight-max", "0 requests in flight send nothing", "write a number above 0");
  } else if (!flags.rate && flags.in_flight_max && *flags.in_flight_max < UsersOf(flags)) {
    errors.Add(
        "--in-flight-max",
        fmt::format("{} are fewer than the {} connections", *flags.in_flight_max, UsersOf(flags)),
        "leave it out, or lower -c");
  }
}

// What has a meaning for requests only.
void CheckCommand(const FlagLoad& flags, FlagErrors& errors) {
  if (!flags.url.empty()) {
    errors.Add("--command", "it does not go with a URL", "give one of the two");
  }
  if (!flags.by_shell) {
    if (const auto argv = ParseCommandLine(flags.command); !argv) {
      errors.Add("--command", argv.error());
    }
  }
  if (!flags.headers.empty() || !flags.method.empty() || !flags.body.empty() ||
      !(flags.pool == Pool()) || !(flags.connection == Connection())) {
    errors.Add("--command", "a program has no headers, method, body, connections or TLS",
               "leave those flags out");
  }
}

void CheckUrl(const FlagLoad& flags, CheckedFlags& checked, FlagErrors& errors) {
  Result<std::pair<Target, std::string>> url = ParseUrl(flags.url);
  if (!url) {
    errors.Add("URL", url.error());
  } else {
    checked.target = std::move(url->first);
    checked.path = std::move(url->second);
  }
}

Result<CheckedFlags> CheckFlags(const FlagLoad& flags) {
  FlagErrors errors;
  CheckedFlags checked;
  if (flags.command.empty()) {
    CheckUrl(flags, checked, errors);
  } else {
    CheckCommand(flags, errors);
  }
  checked.method = !flags.method.empty() ? flags.method : flags.body.empty() ? "GET" : "POST";
  if (const Status valid = internal::CheckMethod(checked.method); !valid) {
    errors.Add("-X", valid.error());
  }
  CheckHeaders(flags, checked, errors);
  if (!internal::IsUtf8(flags.body)) {
    errors.Add("--data", "the body is not UTF-8 text", "this version sends text bodies only");
  }
  CheckLoad(flags, errors);
  for (const std::string& text : flags.thresholds) {
    if (const Result<Threshold> threshold = ParseThreshold(text); !threshold) {
      errors.Add("--threshold", threshold.error());
    }
  }
  if (!errors.empty()) {
    return tl::unexpected(errors.Take());
  }
  return checked;
}

std::string StepYaml(const FlagLoad& flags, const CheckedFlags& checked) {
  if (!flags.command.empty()) {
    const std::string yaml = fmt::format(
        "steps:\n  - {}: {}\n", flags.by_shell ? "shell" : "command", YamlQuoted(flags.command));
    return flags.timeout ? yaml + fmt::format("    timeout: {}\n", YamlDuration(*flags.timeout))
                         : yaml;
  }
  std::string yaml = fmt::format("steps:\n  - request: {}\n",
                                 YamlQuoted(fmt::format("{} {}", checked.method, checked.path)));
  if (!checked.headers.empty()) {
    yaml += "    headers:\n";
  }
  for (const Header& header : checked.headers) {
    yaml += fmt::format("      {}: {}\n", YamlQuoted(header.name), YamlQuoted(header.value));
  }
  if (!flags.body.empty()) {
    yaml += fmt::format("    body: {}\n", YamlQuoted(flags.body));
  }
  if (flags.timeout) {
    yaml += fmt::format("    timeout: {}\n", YamlDuration(*flags.timeout));
  }
  return yaml;
}

// `connections: 10`, or a map where there is more to say.
std::string ConnectionsYaml(const FlagLoad& flags) {
  const Pool& pool = flags.pool;
  const Pool usual;
  if (pool == usual) {
    return fmt::format("  connections: {}\n", flags.connections);
  }
  std::string yaml = fmt::format("  connections:\n    max: {}\n", flags.connections);
  if (pool.requests_max > 0) {
    yaml += fmt::format("    requests: {}\n", pool.requests_max);
  }
  if (pool.lifetime > Nanos(0)) {
    yaml += fmt::format("    lifetime: {}\n", YamlDuration(pool.lifetime));
  }
  if (!pool.keep_alive) {
    yaml += "    keep_alive: false\n";
  }
  if (pool.open_rate > Rate()) {
    yaml += fmt::format("    open_rate: {}\n", YamlRate(pool.open_rate));
  }
  if (pool.dns != usual.dns) {
    yaml += fmt::format("    dns: {}\n", DnsPolicyName(pool.dns));
  }
  if (!pool.connect_to.host.empty()) {
    yaml += fmt::format("    connect_to: {}\n", YamlQuoted(ConnectToText(pool.connect_to)));
  }
  yaml += pool.sources.empty() ? "" : "    source:\n";
  for (const std::string& source : pool.sources) {
    yaml += fmt::format("      - {}\n", YamlQuoted(source));
  }
  return yaml;
}

// `key: "value"` lines of what is not as by default.
class YamlMap {
 public:
  void Add(std::string_view key, std::string_view value, std::string_view fallback = "") {
    if (value != fallback) {
      text_ += fmt::format("{}{}: {}", text_.empty() ? "" : ", ", key, YamlQuoted(value));
    }
  }

  std::string Under(std::string_view name) const {
    return text_.empty() ? "" : fmt::format("{}: {{ {} }}\n", name, text_);
  }

 private:
  std::string text_;
};

std::string ConnectionYaml(const FlagLoad& flags) {
  const Connection& connection = flags.connection;
  std::string yaml;
  if (connection.protocol == Protocol::kHttp2) {
    yaml += fmt::format("protocol: h2\n");
  }
  if (connection.client == Client::kCurl) {
    yaml += "engine: curl\n";
  }
  if (const std::uint32_t streams = StreamsOf(flags); streams != Connection().streams_max) {
    yaml += fmt::format("streams: {}\n", streams);
  }
  if (connection.pipeline > 1) {
    yaml += fmt::format("pipeline: {}\n", connection.pipeline);
  }
  const Tls& tls = connection.tls;
  const Tls usual;
  YamlMap map;
  map.Add("insecure", tls.insecure ? "true" : "false", "false");
  map.Add("resume", tls.resume ? "true" : "false", "true");
  map.Add("cacert", tls.ca_file);
  map.Add("cert", tls.certificate_file);
  map.Add("key", tls.key_file);
  map.Add("sni", tls.server_name);
  map.Add("min", TlsVersionName(tls.version_min), TlsVersionName(usual.version_min));
  map.Add("max", TlsVersionName(tls.version_max), TlsVersionName(usual.version_max));
  map.Add("ciphers", tls.ciphers);
  yaml += map.Under("tls");
  YamlMap curl;
  curl.Add("proxy", connection.curl.proxy);
  curl.Add("proxy_user", connection.curl.proxy_user);
  curl.Add("unix_socket", connection.curl.unix_socket);
  curl.Add("user", connection.curl.user);
  curl.Add("auth", AuthName(connection.curl.auth), AuthName(Curl::Auth::kBasic));
  return yaml + curl.Under("curl");
}

std::string LoadYaml(const FlagLoad& flags) {
  std::string yaml = "load:\n";
  if (flags.rate) {
    yaml += fmt::format("  arrivals: {}\n",
                        flags.arrivals == Arrivals::kPoisson ? "poisson" : "uniform");
  }
  if (flags.warm_up_auto) {
    yaml += "  warm_up: auto\n";
  } else if (flags.warm_up > Nanos(0)) {
    yaml += fmt::format("  warm_up: {}\n", YamlDuration(flags.warm_up));
  }
  const std::string what = flags.rate ? fmt::format("rate: {}", YamlRate(*flags.rate))
                                      : fmt::format("users: {}", UsersOf(flags));
  yaml += fmt::format("  stages:\n    - {{ {}, for: {} }}\n", what, YamlDuration(flags.duration));
  yaml += flags.rounds > 0 ? fmt::format("  rounds: {}\n", flags.rounds) : "";
  const std::uint32_t needed = flags.rate ? 0 : UsersOf(flags);
  if (flags.in_flight_max || needed > Load().in_flight_max) {
    yaml += fmt::format("  in_flight_max: {}\n", flags.in_flight_max.value_or(needed));
  }
  return yaml + ConnectionsYaml(flags);
}

std::string AsYaml(const FlagLoad& flags, const CheckedFlags& checked) {
  const bool runs_program = !flags.command.empty();
  std::string yaml =
      fmt::format("name: {}\n", YamlQuoted(runs_program ? flags.command : flags.url));
  yaml += runs_program ? "" : fmt::format("target: {}\n", YamlQuoted(checked.target.Url()));
  yaml += ConnectionYaml(flags);
  yaml += StepYaml(flags, checked);
  yaml += LoadYaml(flags);
  yaml += flags.thresholds.empty() ? "" : "thresholds:\n";
  for (const std::string& threshold : flags.thresholds) {
    yaml += fmt::format("  - {}\n", YamlQuoted(threshold));
  }
  return yaml;
}

}  // namespace

Result<Scenario> ScenarioFromFlags(const FlagLoad& flags) {
  const Result<CheckedFlags> checked = CheckFlags(flags);
  if (!checked) {
    return tl::unexpected(checked.error());
  }
  return ReadScenario(AsYaml(flags, *checked), "flags");
}

}  // namespace weir::scenarios
