#include "loadgen/h2_headers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

namespace weir::loadgen {
namespace {

struct StaticName {
  std::string_view name;
  std::uint8_t index;
};

// RFC 7541, appendix A: names that requests have, at their first place in the table.
constexpr std::array<StaticName, 24> kStaticNames = {{{":authority", 1},
                                                      {":method", 2},
                                                      {":path", 4},
                                                      {":scheme", 6},
                                                      {"accept-charset", 15},
                                                      {"accept-encoding", 16},
                                                      {"accept-language", 17},
                                                      {"accept", 19},
                                                      {"authorization", 23},
                                                      {"cache-control", 24},
                                                      {"content-encoding", 26},
                                                      {"content-language", 27},
                                                      {"content-length", 28},
                                                      {"content-type", 31},
                                                      {"cookie", 32},
                                                      {"date", 33},
                                                      {"expect", 35},
                                                      {"from", 37},
                                                      {"if-match", 39},
                                                      {"if-modified-since", 40},
                                                      {"if-none-match", 41},
                                                      {"range", 50},
                                                      {"referer", 51},
                                                      {"user-agent", 58}}};

struct StaticField {
  std::string_view name;
  std::string_view value;
  std::uint8_t index;
};

constexpr std::array<StaticField, 7> kStaticFields = {{{":method", "GET", 2},
                                                       {":method", "POST", 3},
                                                       {":path", "/", 4},
                                                       {":path", "/index.html", 5},
                                                       {":scheme", "http", 6},
                                                       {":scheme", "https", 7},
                                                       {"accept-encoding", "gzip, deflate", 16}}};

constexpr std::array<std::string_view, 7> kOfOneConnection = {
    "connection",     "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
    "http2-settings", "host"};

struct IntegerForm {
  unsigned prefix_bits;
  std::uint8_t pattern;  ///< The bits before the prefix.
};

// RFC 7541, 5.1.
void AppendInteger(std::size_t value, IntegerForm form, std::string& block) {
  const std::size_t prefix_max = (std::size_t{1} << form.prefix_bits) - 1;
  if (value < prefix_max) {
    block.push_back(static_cast<char>(form.pattern | value));
    return;
  }
  block.push_back(static_cast<char>(form.pattern | prefix_max));
  for (value -= prefix_max; value >= 128; value /= 128) {
    block.push_back(static_cast<char>(value % 128 + 128));
  }
  block.push_back(static_cast<char>(value));
}

void AppendString(std::string_view text, std::string& block) {
  AppendInteger(text.size(), {7, 0x00}, block);
  block += text;
}

void AppendField(std::string_view name, std::string_view value, std::string& block) {
  const auto* whole = std::find_if(kStaticFields.begin(), kStaticFields.end(),
                                   [name, value](const StaticField& field) {
                                     return field.name == name && field.value == value;
                                   });
  if (whole != kStaticFields.end()) {
    AppendInteger(whole->index, {7, 0x80}, block);
    return;
  }
  const auto* known = std::find_if(kStaticNames.begin(), kStaticNames.end(),
                                   [name](const StaticName& entry) { return entry.name == name; });
  if (known != kStaticNames.end()) {
    AppendInteger(known->index, {4, 0x00}, block);
  } else {
    block.push_back('\0');
    AppendString(name, block);
  }
  AppendString(value, block);
}

std::string Lower(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace

std::string EncodeH2Headers(const scenarios::Request& request, const scenarios::Target& target) {
  std::string authority = target.HostHeader();
  std::string fields;
  bool has_agent = false;
  bool has_accept = false;
  bool has_length = false;
  for (const scenarios::Header& header : request.headers) {
    const std::string name = Lower(header.name);
    if (name == "host") {
      authority = header.value;
    }
    if (std::find(kOfOneConnection.begin(), kOfOneConnection.end(), name) !=
        kOfOneConnection.end()) {
      continue;
    }
    has_agent = has_agent || name == "user-agent";
    has_accept = has_accept || name == "accept";
    has_length = has_length || name == "content-length";
    AppendField(name, header.value, fields);
  }
  std::string block;
  AppendField(":method", request.method, block);
  AppendField(":scheme", target.scheme == scenarios::Target::Scheme::kHttps ? "https" : "http",
              block);
  AppendField(":authority", authority, block);
  AppendField(":path", (request.below_base ? target.base_path : "") + request.path, block);
  block += fields;
  if (!has_agent) {
    AppendField("user-agent", "weir", block);
  }
  if (!has_accept) {
    AppendField("accept", "*/*", block);
  }
  if (!request.body.empty() && !has_length) {
    AppendField("content-length", fmt::format("{}", request.body.size()), block);
  }
  return block;
}

}  // namespace weir::loadgen
