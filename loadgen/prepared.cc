#include "loadgen/prepared.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <optional>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/check.h"
#include "loadgen/h2_headers.h"
#include "loadgen/program_path.h"

namespace weir::loadgen {
namespace {

using scenarios::Header;
using scenarios::Request;

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

// RE2 and not std::regex: linear in the body, whatever pattern and peer have come up with.
class TextMatcher {
 public:
  static Result<TextMatcher> Create(const scenarios::Matcher& matcher) {
    TextMatcher made;
    made.contains_ = matcher.pattern;
    if (matcher.kind == scenarios::Matcher::Kind::kRegex) {
      made.regex_ = std::make_unique<re2::RE2>(matcher.pattern, re2::RE2::Quiet);
      if (!made.regex_->ok()) {
        return UsageError(fmt::format("regular expression /{}/ does not compile: {}",
                                      matcher.pattern, made.regex_->error()));
      }
    }
    return made;
  }

  bool Matches(std::string_view text) const {
    if (regex_ != nullptr) {
      return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
    }
    return text.find(contains_) != std::string_view::npos;
  }

 private:
  std::string contains_;
  std::unique_ptr<re2::RE2> regex_;
};

bool AnyHeaderMatches(std::string_view head, std::string_view name, const TextMatcher& matcher) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !SameName(line.substr(0, colon), name)) {
      continue;
    }
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    if (matcher.Matches(value)) {
      return true;
    }
  }
  return false;
}

bool HasHeader(const Request& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [name](const Header& header) { return SameName(header.name, name); });
}

std::string Render(const Request& request, const scenarios::Target& target, bool keep_alive) {
  std::string bytes =
      fmt::format("{} {}{} HTTP/1.1\r\n", request.method, target.base_path, request.path);
  if (!HasHeader(request, "host")) {
    bytes += fmt::format("Host: {}\r\n", target.HostHeader());
  }
  for (const Header& header : request.headers) {
    bytes += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (!HasHeader(request, "user-agent")) {
    bytes += "User-Agent: weir\r\n";
  }
  if (!HasHeader(request, "accept")) {
    bytes += "Accept: */*\r\n";
  }
  if (!keep_alive && !HasHeader(request, "connection")) {
    bytes += "Connection: close\r\n";
  }
  const bool expects_body =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if ((!request.body.empty() || expects_body) && !HasHeader(request, "content-length")) {
    bytes += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return bytes + "\r\n" + request.body;
}

std::string H2HeadersOf(const scenarios::Scenario& scenario, const Request& request,
                        const scenarios::Target& target) {
  const bool h2 = scenario.connection.protocol == scenarios::Protocol::kHttp2;
  return h2 ? EncodeH2Headers(request, target) : std::string();
}

std::unique_ptr<const Request> SourceOf(const scenarios::Scenario& scenario,
                                        const Request& request) {
  return scenario.connection.client == scenarios::Client::kNative
             ? nullptr
             : std::make_unique<const Request>(request);
}

std::uint32_t ClassOf(std::vector<Nanos>& timeouts, Nanos timeout) {
  const auto found = std::find(timeouts.begin(), timeouts.end(), timeout);
  const auto index = static_cast<std::uint32_t>(found - timeouts.begin());
  if (found == timeouts.end()) {
    timeouts.push_back(timeout);
  }
  return index;
}

// What preparing a step needs beside the step.
struct StepContext {
  const scenarios::Scenario& scenario;
  const scenarios::Target& target;
  PreparedScenario& prepared;

  std::uint32_t next() const { return static_cast<std::uint32_t>(prepared.requests.size()); }
};

Status Add(const StepContext& context, const Request& request) {
  Result<AnswerCheck> check = AnswerCheck::Create(request.check);
  if (!check) {
    return tl::unexpected(check.error());
  }
  context.prepared.requests.push_back(
      {Render(request, context.target, context.scenario.load.pool.keep_alive),
       request.method == "HEAD", std::move(*check), context.next(),
       ClassOf(context.prepared.timeouts, request.timeout), request.body.size(),
       H2HeadersOf(context.scenario, request, context.target),
       SourceOf(context.scenario, request)});
  return {};
}

Status Add(const StepContext& context, const scenarios::Command& command) {
  Result<AnswerCheck> check = AnswerCheck::Create(command);
  if (!check) {
    return tl::unexpected(check.error());
  }
  Result<std::string> path = FindProgram(command.argv.front());
  if (!path) {
    return tl::unexpected(path.error());
  }
  PreparedRequest made{.check = std::move(*check)};
  made.step = context.next();
  made.timeout_class = ClassOf(context.prepared.timeouts, command.timeout);
  made.program =
      std::make_unique<const PreparedProgram>(PreparedProgram{*std::move(path), command.argv});
  context.prepared.requests.push_back(std::move(made));
  return {};
}

Status AddFlow(const StepContext& context, const scenarios::Flow& flow) {
  PreparedFlow& made = context.prepared.flows.emplace_back();
  for (const scenarios::Action& action : flow.actions) {
    if (const auto* think = std::get_if<scenarios::Think>(&action)) {
      made.actions.emplace_back(*think);
      continue;
    }
    made.actions.emplace_back(context.next());
    const auto* command = std::get_if<scenarios::Command>(&action);
    if (Status added =
            command != nullptr ? Add(context, *command) : Add(context, std::get<Request>(action));
        !added) {
      return added;
    }
  }
  return {};
}

}  // namespace

struct AnswerCheck::Texts {
  struct HeaderMatcher {
    std::string name;
    TextMatcher matcher;
  };

  std::vector<HeaderMatcher> headers;
  std::vector<TextMatcher> body;
};

AnswerCheck::AnswerCheck() = default;
AnswerCheck::AnswerCheck(AnswerCheck&&) noexcept = default;
AnswerCheck& AnswerCheck::operator=(AnswerCheck&&) noexcept = default;
AnswerCheck::~AnswerCheck() = default;

Result<AnswerCheck> AnswerCheck::Create(const scenarios::Check& check) {
  AnswerCheck made;
  for (const scenarios::StatusRange& range : check.status) {
    for (int status = range.first; status <= range.last; ++status) {
      made.status_ok_.set(static_cast<std::size_t>(status));
    }
  }
  if (check.status.empty()) {
    for (std::size_t status = 100; status < 400; ++status) {
      made.status_ok_.set(status);
    }
  }
  return FromTexts(std::move(made), check);
}

Result<AnswerCheck> AnswerCheck::Create(const scenarios::Command& command) {
  AnswerCheck made;
  made.wrong_status_ = RequestError::kExitCode;
  made.status_ok_.set(0, command.exits.empty());
  for (const scenarios::StatusRange& range : command.exits) {
    for (int code = range.first; code <= range.last; ++code) {
      made.status_ok_.set(static_cast<std::size_t>(code));
    }
  }
  return FromTexts(std::move(made), {{}, {}, command.output});
}

Result<AnswerCheck> AnswerCheck::FromTexts(AnswerCheck made, const scenarios::Check& check) {
  if (check.headers.empty() && check.body.empty()) {
    return made;
  }
  auto texts = std::make_unique<Texts>();
  for (const scenarios::HeaderCheck& header : check.headers) {
    Result<TextMatcher> matcher = TextMatcher::Create(header.matcher);
    if (!matcher) {
      return tl::unexpected(matcher.error());
    }
    texts->headers.push_back({header.name, std::move(*matcher)});
  }
  for (const scenarios::Matcher& body : check.body) {
    Result<TextMatcher> matcher = TextMatcher::Create(body);
    if (!matcher) {
      return tl::unexpected(matcher.error());
    }
    texts->body.push_back(std::move(*matcher));
  }
  made.texts_ = std::move(texts);
  return made;
}

bool AnswerCheck::needs_head() const {
  return texts_ != nullptr && !texts_->headers.empty();
}

bool AnswerCheck::needs_body() const {
  return texts_ != nullptr && !texts_->body.empty();
}

RequestError AnswerCheck::Judge(const Answer& answer) const {
  if (answer.status < 0 || answer.status > 999 ||
      !status_ok_[static_cast<std::size_t>(answer.status)]) {
    return wrong_status_;
  }
  if (texts_ == nullptr) {
    return RequestError::kNone;
  }
  for (const Texts::HeaderMatcher& header : texts_->headers) {
    if (!AnyHeaderMatches(answer.head, header.name, header.matcher)) {
      return RequestError::kCheckHeader;
    }
  }
  for (const TextMatcher& matcher : texts_->body) {
    if (!matcher.Matches(answer.body)) {
      return RequestError::kCheckBody;
    }
  }
  return RequestError::kNone;
}

Result<PreparedScenario> Prepare(const scenarios::Scenario& scenario,
                                 const scenarios::Target& target) {
  PreparedScenario prepared;
  prepared.load = scenario.load;
  prepared.open = scenario.IsOpen();
  const double weight_sum =
      std::accumulate(scenario.flows.begin(), scenario.flows.end(), 0.0,
                      [](double sum, const scenarios::Flow& flow) { return sum + flow.weight; });
  double weight = 0;
  for (const scenarios::Flow& flow : scenario.flows) {
    if (Status added = AddFlow({scenario, target, prepared}, flow); !added) {
      return tl::unexpected(added.error());
    }
    weight += flow.weight;
    prepared.cumulative_weights.push_back(weight / weight_sum);
  }
  prepared.cumulative_weights.back() = 1;
  prepared.step_count = static_cast<std::uint32_t>(prepared.requests.size());
  return prepared;
}

Result<PreparedScenario> PreparePair(const scenarios::Scenario& scenario,
                                     const std::array<scenarios::Target, kSidesMax>& targets) {
  if (!scenario.IsOpen()) {
    return UsageError(
        "requests in pairs need an open load: users would wait for one target and not for the "
        "other\n  hint: say a rate (--rate, or 'rate:' in the stages)");
  }
  Result<PreparedScenario> pair = Prepare(scenario, targets[0]);
  Result<PreparedScenario> other = Prepare(scenario, targets[1]);
  if (!pair || !other) {
    return tl::unexpected((pair ? other : pair).error());
  }
  const std::uint32_t steps = pair->step_count;
  for (PreparedRequest& request : other->requests) {
    request.step += steps;
    request.side = 1;
    pair->requests.push_back(std::move(request));
  }
  for (PreparedFlow& flow : other->flows) {
    for (PreparedAction& action : flow.actions) {
      if (auto* request = std::get_if<std::uint32_t>(&action)) {
        *request += steps;
      }
    }
    pair->flows.push_back(std::move(flow));
  }
  pair->step_count = 2 * steps;
  pair->sides = 2;
  return pair;
}

}  // namespace weir::loadgen
