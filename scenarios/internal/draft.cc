#include "scenarios/internal/draft.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/percent.h"
#include "base/text.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/utf8.h"
#include "scenarios/internal/values.h"
#include "scenarios/reader.h"
#include "scenarios/template.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::array<std::string_view, 13> kNotOurs = {"host",
                                                       "content-length",
                                                       "connection",
                                                       "transfer-encoding",
                                                       "keep-alive",
                                                       "upgrade",
                                                       "proxy-connection",
                                                       "te",
                                                       "trailer",
                                                       "expect",
                                                       "http2-settings",
                                                       "proxy-authorization",
                                                       "upgrade-insecure-requests"};
constexpr std::string_view kAcceptEncoding = "accept-encoding";
constexpr std::array<std::string_view, 3> kSecrets = {"cookie", "authorization", "x-api-key"};
constexpr std::size_t kNameBytesMax = 80;
constexpr std::array<std::string_view, 7> kVerbs = {"GET",    "POST", "PUT",    "PATCH",
                                                    "DELETE", "HEAD", "OPTIONS"};

bool IsOneOf(std::string_view name, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view other) { return EqualsIgnoringCase(name, other); });
}

// What looks like a slot in a foreign text is text.
std::string AsText(std::string_view text) {
  if (!HasSlots(text)) {
    return std::string(text);
  }
  std::string out;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find("{{"), text.size());
    out += text.substr(0, open);
    out += open < text.size() ? "{{ '{{' }}" : "";
    text.remove_prefix(std::min(open + 2, text.size()));
  }
  return out;
}

// Plain where YAML reads it as it stands, else in double quotes.
std::string Scalar(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._~-=?&+%()").find(c) != std::string_view::npos;
  };
  const bool is_word = !text.empty() && (text[0] == '/' || (is_plain(text[0]) && text[0] > '9')) &&
                       std::all_of(text.begin(), text.end(), is_plain);
  if (is_word && text[0] != '=' && text[0] != '?' && text != "null" && text != "~") {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string Comment(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += fmt::format("{}# {}\n", indent, Printable(text.substr(0, end), 400));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

class DraftWriter {
 public:
  std::string Write(const Draft& draft) {
    for (const std::string& note : draft.notes) {
      out_ += Comment(note, "");
    }
    Line("name: {}", Scalar(Printable(draft.name, 150)));
    if (!draft.target.empty()) {
      Line("target: {}", Scalar(draft.target));
    }
    if (draft.parts.empty()) {
      WriteFlows(draft.flows);
      Line("load:");
      if (draft.poisson) {
        Line("  arrivals: poisson");
      }
      WriteLoad(draft.load, "  ");
    } else {
      WriteParts(draft.parts);
    }
    if (!draft.thresholds.empty()) {
      Line("thresholds:");
    }
    for (const std::string& threshold : draft.thresholds) {
      Line("  - {}", Scalar(threshold));
    }
    return out_;
  }

 private:
  template <typename... Args>
  void Line(fmt::format_string<Args...> form, Args&&... args) {
    out_ += fmt::format(form, std::forward<Args>(args)...) + "\n";
  }

  void WriteFlows(const std::vector<DraftFlow>& flows) {
    Line("flows:");
    for (const DraftFlow& flow : flows) {
      Line("  - name: {}", Scalar(Printable(flow.name, kNameBytesMax)));
      if (flow.weight != 1) {
        Line("    weight: {:.6g}", flow.weight);
      }
      WriteSteps(flow.steps);
    }
  }

  void WriteParts(const std::vector<DraftPart>& parts) {
    Line("scenarios:");
    for (const DraftPart& part : parts) {
      Line("  - name: {}", Scalar(part.name));
      if (!part.start.empty()) {
        Line("    start: {}", part.start);
      }
      WriteSteps(part.steps);
      Line("    load:");
      WriteLoad(part.load, "      ");
    }
  }

  void WriteSteps(const std::vector<DraftStep>& steps) {
    Line("    steps:");
    for (const DraftStep& step : steps) {
      WriteStep(step);
    }
  }

  void WriteLoad(const DraftLoad& load, std::string_view indent) {
    if (load.rounds > 0) {
      Line("{}rounds: {}", indent, load.rounds);
    }
    Line("{}stages:", indent);
    if (load.stages.empty()) {
      Line("{}  # Nothing says how often: set your own.", indent);
      Line("{}  - {{ rate: 1/s, for: 1m }}", indent);
    }
    for (const std::string& stage : load.stages) {
      Line("{}  - {{ {} }}", indent, stage);
    }
  }

  void WriteStep(const DraftStep& step) {
    out_ += Comment(step.comment, "      ");
    const auto* const verb = std::find(kVerbs.begin(), kVerbs.end(), step.method);
    if (verb != kVerbs.end()) {
      std::string key(*verb);
      std::transform(key.begin(), key.end(), key.begin(),
                     [](char c) { return static_cast<char>(c - 'A' + 'a'); });
      Line("      - {}: {}", key, Scalar(step.path));
    } else {
      Line("      - request: {}", Scalar(step.method + " " + step.path));
    }
    Line("        name: {}", Scalar(UniqueName(step)));
    if (!step.headers.empty()) {
      Line("        headers:");
    }
    for (const Header& header : step.headers) {
      Line("          {}: {}", Scalar(header.name), Scalar(header.value));
    }
    if (!step.body.empty()) {
      Line("        body: {}", Scalar(step.body));
    }
    if (step.status) {
      Line("        check: {{ status: {} }}", *step.status);
    }
    if (!step.extract.empty()) {
      Line("        extract:");
    }
    for (const std::string& extraction : step.extract) {
      Line("          {}", extraction);
    }
    if (step.think && *step.think > Nanos(0)) {
      Line("      - think: {}ms", std::max<std::int64_t>(1, step.think->count() / 1'000'000));
    }
  }

  // Cut where no slot is cut, because a name has none.
  std::string UniqueName(const DraftStep& step) {
    std::string name = step.name.empty()
                           ? fmt::format("{} {}", step.method, WithoutSlots(step.path, "*"))
                           : WithoutSlots(step.name, "*");
    name = Printable(name.substr(0, kNameBytesMax - 10), kNameBytesMax);
    const int number = ++names_[name];
    return number == 1 ? name : UniqueName({.name = fmt::format("{} ({})", name, number)});
  }

  std::string out_;
  std::map<std::string, int> names_;
};

}  // namespace

bool IsSetByTransport(std::string_view name) {
  return IsOneOf(name, kNotOurs);
}

bool IsSecret(std::string_view name) {
  return IsOneOf(name, kSecrets);
}

void ForeignRequest::AddHeader(DraftStep& step, std::string_view name, std::string_view value) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (name.starts_with(':') || IsSetByTransport(name) ||
      (lower == kAcceptEncoding && !keeps_encoding) || !CheckHeaderName(lower) ||
      !CheckHeaderValue(lower, value) || !IsUtf8(value)) {
    return;
  }
  if (IsSecret(name) && !keeps_secrets) {
    ++secrets_dropped;
    return;
  }
  const auto same = std::find_if(step.headers.begin(), step.headers.end(),
                                 [&lower](const Header& other) { return other.name == lower; });
  if (same == step.headers.end()) {
    const std::string_view trimmed = Trimmed(value);
    step.headers.push_back({lower, for_draft ? AsText(trimmed) : std::string(trimmed)});
  }
}

void ForeignRequest::SetPath(DraftStep& step, std::string_view path) {
  path = path.substr(0, path.find('#'));
  step.path = path.starts_with('/') ? "" : "/";
  AppendPercentEncoded(path, kPathCharacters, step.path);
}

bool ForeignRequest::SetBody(DraftStep& step, std::string_view body) const {
  if (!for_draft) {
    step.body = body;
    return true;
  }
  const bool is_text = IsUtf8(body) && body.find('\0') == std::string_view::npos;
  step.body = is_text ? AsText(body) : "";
  return is_text;
}

Result<std::string> WriteDraft(const Draft& draft) {
  std::string text = DraftWriter().Write(draft);
  if (const Result<Scenario> scenario = ReadScenario(text, "scenario.yaml"); !scenario) {
    return UsageError("what was read does not make a scenario:\n" + scenario.error().message);
  }
  return text;
}

}  // namespace weir::scenarios::internal
