#include "scenarios/internal/yaml_tree.h"

#include <algorithm>
#include <array>
#include <exception>
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::size_t kTokenShownMax = 1000;

// Where a token that begins at `offset` ends on its line: yaml-cpp tells only where it begins.
std::size_t TokenLength(std::string_view text, std::size_t offset, std::string_view scalar) {
  std::string_view line = text.substr(offset, kTokenShownMax);
  line = line.substr(0, line.find('\n'));
  if (line.empty()) {
    return 1;
  }
  if (line[0] == '"' || line[0] == '\'') {
    std::size_t end = 1;
    while (end < line.size() && line[end] != line[0]) {
      const bool escape = line[end] == '\\' && line[0] == '"';
      end += escape ? std::size_t{2} : std::size_t{1};
    }
    return std::min(end + 1, line.size());
  }
  return !scalar.empty() && line.starts_with(scalar) ? scalar.size() : 1;
}

// Whether the quoted scalar that begins at `offset` ends: yaml-cpp lets it end with the file.
bool IsClosed(std::string_view text, std::size_t offset) {
  const char quote = text[offset];
  for (std::size_t at = offset + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      return true;
    }
  }
  return false;
}

std::size_t CountNodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) {
    count += CountNodes(item);
  }
  for (const YamlEntry& entry : node.entries) {
    count += 1 + CountNodes(entry.value);
  }
  return count;
}

int DepthOf(const YamlNode& node) {
  int deepest = 0;
  for (const YamlNode& item : node.items) {
    deepest = std::max(deepest, DepthOf(item));
  }
  for (const YamlEntry& entry : node.entries) {
    deepest = std::max(deepest, DepthOf(entry.value));
  }
  return deepest + 1;
}

// Builds the tree. Only an exception could stop yaml-cpp from here; so after an error what events
// still come are let pass.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, Diagnostics& diagnostics)
      : text_(text), last_(text.find_last_not_of(" \r\n")), diagnostics_(diagnostics) {}

  bool stopped() const { return stopped_; }

  YamlNode TakeRoot() { return std::move(root_); }

  SourceSpan SpanOf(const YAML::Mark& mark, std::string_view scalar = {}) const {
    if (last_ == std::string_view::npos || mark.is_null()) {
      return {};
    }
    // Behind the last character there is nothing to show.
    const auto marked = std::min(static_cast<std::size_t>(mark.pos), text_.size());
    const std::size_t offset = std::min(marked, last_);
    const std::string_view before = text_.substr(0, offset);
    const std::size_t newline = before.rfind('\n');
    const std::size_t column = newline == before.npos ? offset + 1 : offset - newline;
    const std::string_view skipped = text_.substr(offset, marked - offset);
    const auto lines_skipped = std::count(skipped.begin(), skipped.end(), '\n');
    const auto line = static_cast<std::size_t>(mark.line + 1 - static_cast<int>(lines_skipped));
    return {line, column, TokenLength(text_, offset, scalar)};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      Stop(SpanOf(mark), "a second document begins here", "put it in a file of its own");
    }
  }

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    // The mark of a missing value is that of the next token.
    const bool is_value = !open_.empty() && open_.back().has_key;
    node.span = is_value ? open_.back().key.span : SpanOf(mark);
    Place(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.span = SpanOf(mark, value);
    node.text = value;
    const auto offset = static_cast<std::size_t>(std::max(mark.pos, 0));
    if (!stopped_ && offset < text_.size() && (text_[offset] == '"' || text_[offset] == '\'') &&
        !IsClosed(text_, offset)) {
      Stop(node.span, "this quote is not closed", "close it behind the text");
    }
    node.plain = tag != "!" && !tag.ends_with(":str");
    CheckTag(tag, node.span);
    Place(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (stopped_) {
      return;
    }
    if (found == anchors_.end()) {
      Stop(SpanOf(mark), "this alias stands inside of what it refers to",
           "write the value out instead");
      return;
    }
    if (!Spend(CountNodes(found->second), SpanOf(mark)) ||
        !CheckDepth(DepthOf(found->second), SpanOf(mark))) {
      return;
    }
    Place(YamlNode(found->second), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kSequence, SpanOf(mark), tag, anchor);
  }

  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kMap, SpanOf(mark), tag, anchor);
  }

  void OnMapEnd() override { Close(); }

 private:
  // A collection whose end is still to come.
  struct Level {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    YamlNode key;
    std::map<std::string, SourceSpan, std::less<>> keys;
  };

  void Stop(SourceSpan span, std::string message, std::string hint) {
    if (!stopped_) {
      diagnostics_.Add(span, std::move(message), std::move(hint));
    }
    stopped_ = true;
    open_.clear();
    anchors_.clear();
  }

  bool Spend(std::size_t nodes, const SourceSpan& span) {
    nodes_ += nodes;
    if (nodes_ > kYamlNodesMax) {
      Stop(span, fmt::format("the file has more than {} values, aliases resolved", kYamlNodesMax),
           "send large bodies as text with 'body: |'");
    }
    return !stopped_;
  }

  bool CheckDepth(int depth, const SourceSpan& span) {
    if (static_cast<int>(open_.size()) + depth > kYamlDepthMax) {
      Stop(span, fmt::format("values nest more than {} deep", kYamlDepthMax),
           "send deep bodies as text with 'body: |'");
    }
    return !stopped_;
  }

  void CheckTag(const std::string& tag, const SourceSpan& span) {
    constexpr std::array<std::string_view, 7> kKnown = {"str",  "int", "float", "bool",
                                                        "null", "map", "seq"};
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    const bool known =
        tag.empty() || tag == "?" || tag == "!" ||
        (tag.starts_with(kCore) &&
         std::find(kKnown.begin(), kKnown.end(), tag.substr(kCore.size())) != kKnown.end());
    if (!known && !stopped_) {
      diagnostics_.Add(span, fmt::format("tag '{}' has no meaning here", Printable(tag, 40)),
                       "remove it");
    }
  }

  void Open(YamlNode::Kind kind, const SourceSpan& span, const std::string& tag,
            YAML::anchor_t anchor) {
    if (stopped_ || !CheckDepth(1, span) || !Spend(1, span)) {
      return;
    }
    CheckTag(tag, span);
    Level level;
    level.node.kind = kind;
    level.node.span = span;
    level.anchor = anchor;
    open_.push_back(std::move(level));
  }

  void Close() {
    if (stopped_) {
      return;
    }
    Level level = std::move(open_.back());
    open_.pop_back();
    Attach(std::move(level.node), level.anchor);
  }

  void Place(YamlNode node, YAML::anchor_t anchor) {
    if (!stopped_ && Spend(1, node.span)) {
      Attach(std::move(node), anchor);
    }
  }

  void Attach(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) {
      if (!Spend(CountNodes(node), node.span)) {
        return;
      }
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = open_.back();
    if (level.node.kind == YamlNode::Kind::kSequence) {
      level.node.items.push_back(std::move(node));
    } else if (std::exchange(level.has_key, !level.has_key)) {
      if (level.key.kind == YamlNode::Kind::kScalar) {
        level.node.entries.push_back(YamlEntry{std::move(level.key), std::move(node)});
      }
    } else {
      AttachKey(level, std::move(node));
    }
  }

  void AttachKey(Level& level, YamlNode key) {
    if (key.kind != YamlNode::Kind::kScalar) {
      diagnostics_.Add(key.span, "a key must be a text", "write 'key: value'");
    } else if (const auto [first, is_new] = level.keys.emplace(key.text, key.span); !is_new) {
      const SourceSpan& other = first->second;
      diagnostics_.Add(key.span,
                       fmt::format("key '{}' is set twice, here and in line {}",
                                   Printable(key.text, 40), other.line),
                       "remove one of the two");
    }
    level.key = std::move(key);
  }

  std::string_view text_;
  std::size_t last_;  // Offset of the last character that shows.
  Diagnostics& diagnostics_;
  std::vector<Level> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  YamlNode root_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
  bool stopped_ = false;
};

// Hands out the text, and ends it as soon as the builder has stopped: what follows would be
// parsed for nothing.
class StoppableSource final : public std::streambuf {
 public:
  StoppableSource(std::string_view text, const TreeBuilder& builder)
      : rest_(text), builder_(builder) {}

 protected:
  int_type underflow() override {
    const std::size_t size = builder_.stopped() ? 0 : std::min(rest_.size(), chunk_.size());
    if (size == 0) {
      return traits_type::eof();
    }
    std::copy_n(rest_.begin(), size, chunk_.begin());
    rest_.remove_prefix(size);
    setg(chunk_.data(), chunk_.data(), chunk_.data() + size);
    return traits_type::to_int_type(chunk_[0]);
  }

 private:
  std::string_view rest_;
  const TreeBuilder& builder_;
  std::array<char, 4096> chunk_{};
};

// What yaml-cpp says, in words for somebody who does not know its inside.
struct Rewording {
  std::string_view said;
  std::string_view message;
  std::string_view hint;
};

constexpr std::array<Rewording, 14> kRewordings = {{
    {"illegal map value", "a ':' is not expected here",
     "put a text that holds ': ' in quotes; check the indentation of this line"},
    {"illegal block entry", "a list entry is not expected here",
     "begin the list on a line of its own, indented below its key"},
    {"illegal map key", "a key is not expected here", "check the indentation of this line"},
    {"end of map not found", "this line does not fit into the map above it",
     "write 'key: value' and indent it like the keys above it"},
    {"end of sequence not found", "this line does not fit into the list above it",
     "begin it with '- ' and indent it like the entries above it"},
    {"end of sequence flow not found", "a '[' is not closed", "add ']'"},
    {"end of map flow not found", "a '{' is not closed", "add '}'"},
    {"illegal flow end", "a closing bracket without an opening one",
     "remove it, or put the text in quotes"},
    {"illegal EOF in scalar", "the file ends inside of quotes", "close the quotes"},
    {"illegal document indicator in scalar", "a document mark inside of quotes",
     "close the quotes"},
    {"illegal tab when looking for indentation", "tab in the indentation",
     "indent with spaces: YAML takes no tabs"},
    {"unknown token", "this character cannot begin a value", "put the value in quotes"},
    {"unknown escape character", "unknown escape in double quotes",
     "double the backslash, or use single quotes"},
    {"the referenced anchor is not defined", "this alias refers to nothing",
     "define it before with '&name', or put a text that begins with '*' in quotes"},
}};

void AddParserError(const YAML::Exception& error, const SourceSpan& span,
                    Diagnostics& diagnostics) {
  const std::string_view said = error.msg;
  const Rewording* best = nullptr;
  for (const Rewording& rewording : kRewordings) {
    if (said.starts_with(rewording.said) && (!best || best->said.size() < rewording.said.size())) {
      best = &rewording;
    }
  }
  if (best != nullptr) {
    diagnostics.Add(span, std::string(best->message), std::string(best->hint));
  } else if (said == "bad file") {
    diagnostics.Add(span, fmt::format("values nest more than {} deep", kYamlDepthMax),
                    "send deep bodies as text with 'body: |'");
  } else {
    diagnostics.Add(span, fmt::format("this is not YAML: {}", Printable(said, 100)),
                    "put texts with special characters in quotes; check the indentation");
  }
}

}  // namespace

std::optional<YamlNode> ParseYaml(std::string_view text, Diagnostics& diagnostics) {
  if (!GuardYaml(text, diagnostics)) {
    return std::nullopt;
  }
  TreeBuilder builder(text, diagnostics);
  try {
    StoppableSource source(text, builder);
    std::istream stream(&source);
    YAML::Parser parser(stream);
    while (!builder.stopped() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    if (!builder.stopped()) {
      AddParserError(error, builder.SpanOf(error.mark), diagnostics);
    }
    return std::nullopt;
  } catch (const std::exception& error) {
    diagnostics.Add({}, fmt::format("the file cannot be parsed: {}", error.what()),
                    "check that it is a YAML file");
    return std::nullopt;
  }
  if (builder.stopped()) {
    return std::nullopt;
  }
  return builder.TakeRoot();
}

}  // namespace weir::scenarios::internal
