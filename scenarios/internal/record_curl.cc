#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/command_line.h"
#include "scenarios/internal/record_files.h"

namespace weir::scenarios::internal {
namespace {

// Flags that take a value and say nothing about the request.
constexpr std::array<std::string_view, 12> kIgnoredWithValue = {
    "-o",          "--output", "-m",     "--max-time", "--connect-timeout", "--retry", "-w",
    "--write-out", "--cacert", "--cert", "--key",      "--resolve"};

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
    std::string flag = words[at];
    std::string value;
    const auto next = [&] { return at + 1 < words.size() ? words[++at] : std::string(); };
    if (!flag.starts_with('-') || flag == "-") {
      url_ = url_.empty() ? flag : url_;
      return;
    }
    const bool is_long = flag.starts_with("--");
    if (!is_long && flag.size() > 2 &&
        std::string_view("XHdAbeuF").find(flag[1]) != std::string_view::npos) {
      value = flag.substr(2);
      flag.resize(2);
    } else if (is_long && flag.find('=') != std::string::npos) {
      value = flag.substr(flag.find('=') + 1);
      flag.resize(flag.find('='));
    }
    const auto argument = [&] { return value.empty() ? next() : value; };
    if (flag == "-X" || flag == "--request") {
      step_.method = argument();
      has_method_ = true;
    } else if (flag == "-H" || flag == "--header") {
      AddHeaderLine(argument());
    } else if (flag == "--url") {
      url_ = argument();
    } else if (flag == "-A" || flag == "--user-agent") {
      foreign_.AddHeader(step_, "user-agent", argument());
    } else if (flag == "-e" || flag == "--referer") {
      foreign_.AddHeader(step_, "referer", argument());
    } else if (flag == "-b" || flag == "--cookie") {
      foreign_.AddHeader(step_, "cookie", argument());
    } else if (flag == "-u" || flag == "--user") {
      argument();
      Note("-u is left out: write 'auth: { basic: \"user:password\" }'.");
    } else if (flag == "-d" || flag == "--data" || flag == "--data-raw" ||
               flag == "--data-binary" || flag == "--data-ascii" || flag == "--json") {
      AddData(flag, argument());
    } else if (flag == "-I" || flag == "--head") {
      step_.method = "HEAD";
      has_method_ = true;
    } else if (flag == "-G" || flag == "--get") {
      in_query_ = true;
    } else if (flag == "-L" || flag == "--location") {
      Note("-L: write 'redirects: 5' to follow redirects.");
    } else if (flag == "-k" || flag == "--insecure") {
      Note("-k: write 'tls: { insecure: true }' beside the flows.");
    } else if (std::find(kIgnoredWithValue.begin(), kIgnoredWithValue.end(), flag) !=
               kIgnoredWithValue.end()) {
      argument();
    } else if (flag == "-F" || flag == "--form" || flag == "--data-urlencode" || flag == "-T" ||
               flag == "--upload-file") {
      argument();
      Note(fmt::format("{} is not carried over.", flag));
    } else if (flag != "-s" && flag != "--silent" && flag != "-S" && flag != "--compressed" &&
               flag != "-v" && flag != "-i" && flag != "-f" && flag != "--fail" && flag != "-sS") {
      Note(fmt::format("{} is not carried over.", Printable(flag, 40)));
    }
  }

  void AddHeaderLine(const std::string& line) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    foreign_.AddHeader(step_, line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }

  void AddData(const std::string& flag, const std::string& data) {
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
    if (!ForeignRequest::SetBody(step_, body_)) {
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
