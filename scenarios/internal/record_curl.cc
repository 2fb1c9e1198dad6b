#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/command_line.h"
#include "scenarios/internal/record_files.h"

namespace weir::scenarios::internal {
namespace {

// Short flags by their long names.
constexpr std::array<std::pair<char, std::string_view>, 20> kLongNames = {{
    {'X', "--request"},     {'H', "--header"}, {'A', "--user-agent"}, {'e', "--referer"},
    {'b', "--cookie"},      {'u', "--user"},   {'d', "--data"},       {'F', "--form"},
    {'T', "--upload-file"}, {'o', "--output"}, {'m', "--max-time"},   {'w', "--write-out"},
    {'I', "--head"},        {'G', "--get"},    {'L', "--location"},   {'k', "--insecure"},
    {'s', "--silent"},      {'S', "--silent"}, {'v', "--silent"},     {'f', "--silent"},
}};

constexpr std::array<std::string_view, 7> kData = {"--data",          "--data-raw", "--data-binary",
                                                   "--data-ascii",    "--json",     "--form",
                                                   "--data-urlencode"};

// Flags that take a value and say nothing about the request.
constexpr std::array<std::string_view, 10> kIgnoredWithValue = {
    "--output", "--max-time", "--connect-timeout", "--retry",     "--write-out", "--cacert",
    "--cert",   "--key",      "--resolve",         "--max-redirs"};

// Those that only say what curl does with the answer.
constexpr std::array<std::string_view, 6> kIgnored = {"--silent",  "--show-error", "--verbose",
                                                      "--include", "--fail",       "--compressed"};

bool IsOneOf(std::string_view flag, std::span<const std::string_view> flags) {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

std::string LongName(char letter) {
  const auto* const found =
      std::find_if(kLongNames.begin(), kLongNames.end(),
                   [letter](const auto& known) { return known.first == letter; });
  return found == kLongNames.end() ? std::string{'-', letter} : std::string(found->second);
}

class CurlReader {
 public:
  explicit CurlReader(const RecordInput& input) : foreign_{input.options.keeps_secrets} {}

  Result<Draft> Read(const std::vector<std::string>& words) {
    if (words.empty() || !words[0].ends_with("curl")) {
      return UsageError("this is no command line of curl: it does not begin with 'curl'");
    }
    for (std::size_t at = 1; at < words.size(); ++at) {
      Take(words, at);
    }
    if (url_.empty()) {
      return UsageError("the command line names no URL");
    }
    return Made();
  }

 private:
  void Take(const std::vector<std::string>& words, std::size_t& at) {
    const std::string& word = words[at];
    if (!word.starts_with('-') || word == "-") {
      url_ = url_.empty() ? word : url_;
      return;
    }
    std::string flag = word;
    std::optional<std::string> value;
    if (const std::size_t equals = word.find('='); word.starts_with("--")) {
      flag = word.substr(0, equals);
      value = equals == std::string::npos ? std::nullopt : std::optional(word.substr(equals + 1));
    } else {
      flag = LongName(word[1]);
      if (word.size() > 2 && IsSwitch(flag)) {
        TakeLetters(word);
        return;
      }
      value = word.size() > 2 ? std::optional(word.substr(2)) : std::nullopt;
    }
    if (IsSwitch(flag)) {
      TakeSwitch(flag);
    } else {
      TakeValue(flag, value ? *value : at + 1 < words.size() ? words[++at] : "");
    }
  }

  // Neither takes a value.
  static bool IsSwitch(std::string_view flag) {
    constexpr std::array<std::string_view, 4> kSwitches = {"--head", "--get", "--location",
                                                           "--insecure"};
    constexpr std::array<std::string_view, 8> kValues = {"--request", "--header",     "--url",
                                                         "--user",    "--user-agent", "--referer",
                                                         "--cookie",  "--upload-file"};
    return IsOneOf(flag, kSwitches) || IsOneOf(flag, kIgnored) ||
           !(IsOneOf(flag, kValues) || IsOneOf(flag, kData) || IsOneOf(flag, kIgnoredWithValue));
  }

  // "-sSL"
  void TakeLetters(std::string_view word) {
    for (const char letter : word.substr(1)) {
      TakeSwitch(LongName(letter));
    }
  }

  void TakeSwitch(std::string_view flag) {
    if (flag == "--head") {
      step_.method = "HEAD";
      has_method_ = true;
    } else if (flag == "--get") {
      in_query_ = true;
    } else if (flag == "--location") {
      Note("-L: write 'redirects: 5' to follow redirects.");
    } else if (flag == "--insecure") {
      Note("-k: write 'tls: { insecure: true }' beside the flows.");
    } else if (!IsOneOf(flag, kIgnored)) {
      Note(fmt::format("{} is not carried over.", Printable(flag, 40)));
    }
  }

  void TakeValue(std::string_view flag, const std::string& value) {
    if (flag == "--request") {
      step_.method = value;
      has_method_ = true;
    } else if (flag == "--header") {
      AddHeaderLine(value);
    } else if (flag == "--url") {
      url_ = value;
    } else if (flag == "--user-agent" || flag == "--referer" || flag == "--cookie") {
      foreign_.AddHeader(step_, flag.substr(2), value);
    } else if (flag == "--user") {
      Note("-u is left out: write 'auth: { basic: \"user:password\" }'.");
    } else if (flag == "--form" || flag == "--data-urlencode" || flag == "--upload-file") {
      Note(fmt::format("{} is not carried over.", flag));
    } else if (IsOneOf(flag, kData)) {
      AddData(flag, value);
    }
  }

  void AddHeaderLine(const std::string& line) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    foreign_.AddHeader(step_, line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }

  void AddData(std::string_view flag, const std::string& data) {
    if (data.starts_with('@') && flag != "--data-raw") {
      Note(fmt::format("{} {}: write 'body: {{ file: {} }}'.", flag, Printable(data, 100),
                       Printable(data.substr(1), 100)));
      has_body_ = true;
      return;
    }
    body_ += (body_.empty() || flag == "--json" ? "" : "&") + data;
    has_body_ = true;
    type_ = flag == "--json" ? "application/json" : "application/x-www-form-urlencoded";
  }

  Result<Draft> Made() {
    const SplitUrl url =
        SplitOrigin(url_.find("://") == std::string::npos ? "http://" + url_ : url_);
    std::string path = url.path;
    if (in_query_ && !body_.empty()) {
      path += (path.find('?') == std::string::npos ? "?" : "&") + std::exchange(body_, "");
    } else if (has_body_) {
      step_.method = has_method_ ? step_.method : "POST";
      foreign_.AddHeader(step_, "content-type", type_);
    }
    ForeignRequest::SetPath(step_, path);
    if (!foreign_.SetBody(step_, body_)) {
      Note("the body is no text: write it into a file, and 'body: { file: NAME }'.");
    }
    Draft draft;
    draft.name = "curl";
    draft.target = url.origin;
    draft.notes.emplace_back("From a command line of curl.");
    if (foreign_.secrets_dropped > 0) {
      Note(fmt::format("{} cookies and credentials are left out (--keep-secrets keeps them).",
                       foreign_.secrets_dropped));
    }
    draft.notes.insert(draft.notes.end(), notes_.begin(), notes_.end());
    draft.flows.push_back({"curl", 1, {std::move(step_)}});
    return draft;
  }

  void Note(std::string text) { notes_.push_back(std::move(text)); }

  ForeignRequest foreign_;
  DraftStep step_;
  std::string url_;
  std::string body_;
  std::string type_ = "application/x-www-form-urlencoded";
  std::vector<std::string> notes_;
  bool has_method_ = false;
  bool has_body_ = false;
  bool in_query_ = false;
};

}  // namespace

Result<Draft> DraftOfCurl(const RecordInput& input) {
  // As a shell joins lines.
  std::string line;
  for (std::size_t at = 0; at < input.text.size(); ++at) {
    const std::string_view rest = input.text.substr(at);
    if (rest.starts_with("\\\n") || rest.starts_with("\\\r\n")) {
      at += rest[1] == '\n' ? 1U : 2U;
      line += ' ';
    } else {
      line += rest[0];
    }
  }
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) {
    line.pop_back();
  }
  const Result<std::vector<std::string>> words = ParseCommandLine(line);
  if (!words) {
    return tl::unexpected(words.error());
  }
  return CurlReader(input).Read(*words);
}

}  // namespace weir::scenarios::internal
