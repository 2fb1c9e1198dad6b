#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/internal/utf8.h"
#include "scenarios/internal/yaml_tree.h"

// A scanner that knows just enough YAML to tell [ ] and { } that nest from those inside of quotes,
// comments and block scalars. Where it errs it errs about files that are no sensible scenarios,
// and yaml-cpp has its own limit of depth behind it.
namespace weir::scenarios::internal {
namespace {

constexpr std::size_t kFlowTokensMax = 100'000;

class Guard {
 public:
  Guard(std::string_view text, Diagnostics& diagnostics) : text_(text), diagnostics_(diagnostics) {}

  bool Run() {
    while (at_ < text_.size() && !failed_) {
      StartLine();
      while (at_ < text_.size() && text_[at_] != '\n' && !failed_) {
        Step();
      }
      ++at_;
    }
    return !failed_;
  }

 private:
  void Refuse(std::size_t at, std::string message, std::string hint) {
    diagnostics_.Add({line_, at - line_start_ + 1, 1}, std::move(message), std::move(hint));
    failed_ = true;
  }

  void StartLine() {
    ++line_;
    line_start_ = at_;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    if (end - at_ > kYamlLineBytesMax) {
      Refuse(
          at_,
          fmt::format("line is {} bytes long; at most {} are read", end - at_, kYamlLineBytesMax),
          "break it into several lines");
      return;
    }
    if (quote_ != 0) {
      return;
    }
    at_ = std::min(text_.find_first_not_of(" \t\r", at_), end);
    const std::size_t tab = text_.substr(line_start_, at_ - line_start_).find('\t');
    const std::size_t indent = text_.find_first_not_of(' ', line_start_) - line_start_;
    if (in_block_scalar_ && (at_ == end || indent > indent_)) {
      at_ = end;
      return;
    }
    in_block_scalar_ = false;
    token_start_ = true;
    if (depth_ > 0 || at_ == end) {
      return;
    }
    indent_ = indent;
    if (tab != std::string_view::npos) {
      Refuse(line_start_ + tab, "tab in the indentation", "indent with spaces: YAML takes no tabs");
    }
  }

  bool SpaceAfter() const {
    return at_ + 1 >= text_.size() ||
           std::string_view(" \t\r\n").find(text_[at_ + 1]) != std::string_view::npos;
  }

  void Step() {
    const char c = text_[at_];
    if (quote_ != 0) {
      StepQuoted(c);
    } else if (c == ' ' || c == '\t' || c == '\r') {
      after_space_ = true;
      token_start_ = token_start_ || in_property_;
      in_property_ = false;
      ++at_;
      return;
    } else if (c == '#' && (after_space_ || at_ == line_start_)) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (token_start_ || depth_ > 0) {
      StepToken(c);
    } else {
      token_start_ = c == ':' && SpaceAfter();
      ++at_;
    }
    after_space_ = false;
  }

  void StepQuoted(char c) {
    const bool pair =
        (quote_ == '"' && c == '\\') || (quote_ == '\'' && text_.substr(at_, 2) == "''");
    if (!pair && c == quote_) {
      quote_ = 0;
    }
    // An escaped line break is left for the loop over the lines.
    const bool take_both = pair && at_ + 1 < text_.size() && text_[at_ + 1] != '\n';
    at_ += take_both ? std::size_t{2} : std::size_t{1};
  }

  // At the start of a token, or anywhere inside of [ ] and { }.
  void StepToken(char c) {
    const bool start = std::exchange(token_start_, false);
    if (start && (c == '"' || c == '\'')) {
      quote_ = c;
    } else if (start && depth_ == 0 && (c == '|' || c == '>')) {
      in_block_scalar_ = true;
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    } else if (start && (c == '&' || c == '!')) {
      in_property_ = true;
    } else if ((start || depth_ > 0) && (c == '[' || c == '{')) {
      ++depth_;
      token_start_ = true;
    } else if (depth_ > 0 && (c == ']' || c == '}')) {
      --depth_;
    } else if (depth_ > 0 && (c == ',' || c == ':')) {
      token_start_ = true;
    } else if (depth_ == 0 && (c == '-' || c == '?') && SpaceAfter()) {
      token_start_ = true;
      const std::size_t next = text_.find_first_not_of(' ', at_ + 1);
      indent_ = std::min(next, text_.size()) - line_start_;
    } else if (c == ':' && SpaceAfter()) {
      token_start_ = true;
    }
    CountFlow(c);
    ++at_;
  }

  void CountFlow(char c) {
    if (depth_ == 0) {
      flow_tokens_ = 0;
      return;
    }
    if (std::string_view("[]{},:?").find(c) != std::string_view::npos) {
      ++flow_tokens_;
    }
    if (depth_ > kYamlDepthMax) {
      Refuse(at_, fmt::format("brackets nest more than {} deep", kYamlDepthMax),
             "close them, or put a text that holds brackets in quotes");
    } else if (flow_tokens_ > kFlowTokensMax) {
      Refuse(at_, fmt::format("more than {} elements between brackets", kFlowTokensMax),
             "send large bodies as text with 'body: |'");
    }
  }

  std::string_view text_;
  Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  std::size_t line_start_ = 0;
  std::size_t indent_ = 0;       // Column of the key that a block scalar would belong to.
  std::size_t flow_tokens_ = 0;  // In the outermost brackets that are open.
  int depth_ = 0;
  char quote_ = 0;
  bool token_start_ = true;
  bool after_space_ = false;
  bool in_property_ = false;  // Inside of an anchor or tag.
  bool in_block_scalar_ = false;
  bool failed_ = false;
};

SourceSpan SpanAt(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::size_t newline = before.rfind('\n');
  return {line, newline == before.npos ? offset + 1 : offset - newline, 1};
}

bool GuardEncoding(std::string_view text, Diagnostics& diagnostics) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    diagnostics.Add({}, "the file is UTF-16", "save it as UTF-8");
    return false;
  }
  if (text.find('\0') != std::string_view::npos) {
    diagnostics.Add({}, "the file is binary, not YAML text", "give the path of a YAML file");
    return false;
  }
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeFront(text.substr(at));
    if (!point.valid) {
      diagnostics.Add(SpanAt(text, at), "this is not UTF-8 text",
                      "save the file as UTF-8; in quotes a byte is written as \"\\xff\"");
      return false;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f) {
      diagnostics.Add(SpanAt(text, at), fmt::format("control character \\x{:02x}", byte),
                      fmt::format("remove it, or write \"\\x{:02x}\" in double quotes", byte));
      return false;
    }
    at += point.bytes;
  }
  return true;
}

}  // namespace

bool GuardYaml(std::string_view text, Diagnostics& diagnostics) {
  return GuardEncoding(text, diagnostics) && Guard(text, diagnostics).Run();
}

}  // namespace weir::scenarios::internal
