#include "monitor/sources/beacon.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace weir::monitor {
namespace {

using Json = nlohmann::json;

constexpr double kMillisecondsMax = 3'600'000;
constexpr double kAgeMillisecondsMax = 10 * 366 * 24 * kMillisecondsMax;
constexpr double kShiftMax = 1000;
constexpr std::size_t kIdBytesMin = 8;
constexpr std::size_t kIdBytesMax = 64;
constexpr std::size_t kHexBytesMin = 16;
constexpr std::uint64_t kNumberMax = 1'000'000;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '-';
}

bool IsOfAName(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         c == '-';
}

bool IsId(std::string_view part) {
  return !part.empty() &&
         (std::all_of(part.begin(), part.end(), IsDigit) ||
          (part.size() >= kHexBytesMin && std::all_of(part.begin(), part.end(), IsHex)));
}

tl::unexpected<std::string_view> Refused(std::string_view reason) {
  return tl::unexpected(reason);
}

/// The keys of a beacon; what is absent or null is nothing, what is of a wrong type makes all bad.
class Fields {
 public:
  explicit Fields(const Json& json) : json_(json) {}

  bool good() const { return good_; }

  std::string Text(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr) {
      return {};
    }
    good_ = good_ && value->is_string();
    return value->is_string() ? value->get<std::string>() : std::string();
  }

  std::optional<double> Number(const char* key, double most) {
    const Json* value = Find(key);
    if (value == nullptr) {
      return std::nullopt;
    }
    const double number = value->is_number() ? value->get<double>() : -1;
    // Also of what is no number.
    good_ = good_ && number >= 0 && number <= most;
    return number;
  }

  std::optional<double> Seconds(const char* key, double most_ms = kMillisecondsMax) {
    const std::optional<double> ms = Number(key, most_ms);
    return ms ? std::optional(*ms / 1000) : std::nullopt;
  }

  std::optional<bool> Flag(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr) {
      return std::nullopt;
    }
    good_ = good_ && value->is_boolean();
    return value->is_boolean() && value->get<bool>();
  }

  std::uint64_t Count(const char* key) {
    const Json* value = Find(key);
    const bool counts = value != nullptr && value->is_number_unsigned();
    const std::uint64_t count = counts ? value->get<std::uint64_t>() : 0;
    good_ = good_ && (value == nullptr || counts) && count <= kNumberMax;
    return count;
  }

  ViewOutcome Outcome() {
    const std::string word = Text("outcome");
    good_ = good_ && (word.empty() || word == "done" || word == "error");
    return word == "done"    ? ViewOutcome::kDone
           : word == "error" ? ViewOutcome::kError
                             : ViewOutcome::kNone;
  }

  std::string Segment() {
    std::string segment = Text("segment");
    good_ = good_ && segment.size() <= kSegmentBytesMax &&
            std::all_of(segment.begin(), segment.end(), IsOfAName);
    return segment;
  }

  std::string Id(const char* key) {
    std::string id = Text(key);
    const bool fits = id.size() >= kIdBytesMin && id.size() <= kIdBytesMax &&
                      std::all_of(id.begin(), id.end(), IsHex);
    return fits ? std::move(id) : std::string();
  }

 private:
  const Json* Find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  const Json& json_;
  bool good_ = true;
};

}  // namespace

std::string PageOf(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  const bool fits =
      path.starts_with('/') && path.size() <= kPageBytesMax &&
      std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 127; });
  std::string page;
  while (fits && !path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    page += '/';
    page += IsId(part) ? ":id" : part;
  }
  return page;
}

tl::expected<Beacon, std::string_view> ReadBeacon(std::string_view body) {
  if (body.size() > kBeaconBytesMax) {
    return Refused("too_long");
  }
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) {
    return Refused("malformed");
  }
  Fields fields(json);
  Beacon beacon;
  beacon.view = fields.Id("view");
  beacon.session = fields.Id("session");
  beacon.number = fields.Count("n");
  beacon.page = PageOf(fields.Text("page"));
  beacon.segment = fields.Segment();
  beacon.ttfb_s = fields.Seconds("ttfb_ms");
  beacon.lcp_s = fields.Seconds("lcp_ms");
  beacon.inp_s = fields.Seconds("inp_ms");
  beacon.cls = fields.Number("cls", kShiftMax);
  beacon.age_s = fields.Seconds("age_ms", kAgeMillisecondsMax);
  beacon.left = fields.Flag("left");
  beacon.outcome = fields.Outcome();
  if (!fields.good()) {
    return Refused("bad_value");
  }
  if (beacon.view.empty()) {
    return Refused("no_view");
  }
  if (beacon.page.empty()) {
    return Refused("no_page");
  }
  return beacon;
}

}  // namespace weir::monitor
