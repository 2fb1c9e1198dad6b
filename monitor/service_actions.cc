#include "monitor/service_actions.h"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "monitor/alert_marks.h"
#include "monitor/interventions.h"
#include "store/monitor_book.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kSilenceLongestS = std::int64_t{366} * 24 * 3600;
constexpr const char* kNobody = "somebody at the page";

/// The body of a request, key by key.
class Order {
 public:
  explicit Order(Json json) : json_(std::move(json)) {}

  std::string Text(const char* key) {
    const Json value = Take(key);
    fits_ = fits_ && (value.is_null() || value.is_string());
    return value.is_string() ? value.get<std::string>() : "";
  }

  bool Flag(const char* key) {
    const Json value = Take(key);
    fits_ = fits_ && (value.is_null() || value.is_boolean());
    return value.is_boolean() && value.get<bool>();
  }

  std::int64_t Count(const char* key) {
    const Json value = Take(key);
    fits_ = fits_ && (value.is_null() || value.is_number_integer());
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
  }

  std::vector<std::string> Texts(const char* key) {
    std::vector<std::string> texts;
    const Json value = Take(key);
    fits_ = fits_ && (value.is_null() || value.is_array());
    for (const Json& item : value.is_array() ? value : Json::array()) {
      fits_ = fits_ && item.is_string();
      texts.push_back(item.is_string() ? item.get<std::string>() : "");
    }
    return texts;
  }

  Speaker Who() {
    std::string by = Text("by");
    return {.by = by.empty() ? kNobody : std::move(by), .comment = Text("comment")};
  }

  /// Whether all values had their types, and no key is left.
  Status Check() const {
    if (!json_.empty()) {
      return UsageError(fmt::format("unknown key '{}'", Printable(json_.begin().key())));
    }
    return fits_ ? Status() : UsageError("a value has the wrong type");
  }

 private:
  Json Take(const char* key) {
    const auto found = json_.find(key);
    if (found == json_.end()) {
      return {};
    }
    Json value = std::move(*found);
    json_.erase(found);
    return value;
  }

  Json json_;
  bool fits_ = true;
};

Status AcknowledgeAlerts(Order& order, store::MonitorBook& book, WallTime now) {
  const AlertChoice choice = {.ids = order.Texts("ids"), .matchers = order.Texts("matchers")};
  const bool undo = order.Flag("undo");
  const Speaker speaker = order.Who();
  if (Status fits = order.Check(); !fits) {
    return fits;
  }
  const Result<AlertBook> found = LoadAlertBook(book);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const Result<std::vector<AlertInstance>> chosen = ChooseFiring(found->alerts, choice);
  if (!chosen) {
    return tl::unexpected(chosen.error());
  }
  return undo ? TakeBack(book, *chosen) : Acknowledge(book, *chosen, speaker, now);
}

Status Mark(Order& order, store::MonitorBook& book, WallTime now) {
  const AlertChoice choice = {.ids = order.Texts("ids"), .matchers = order.Texts("matchers")};
  const bool undo = order.Flag("undo");
  const std::string mark = order.Text("mark");
  const MarkOrder said = {.useful = mark == MarkName(true), .speaker = order.Who(), .at = now};
  if (Status fits = order.Check(); !fits) {
    return fits;
  }
  if (mark != MarkName(said.useful) && !(undo && mark.empty())) {
    return UsageError("'mark' must be \"useful\" or \"noise\"");
  }
  const Result<AlertBook> found = LoadAlertBook(book);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const Result<std::vector<AlertInstance>> chosen = ChooseMarkable(*found, choice);
  if (!chosen) {
    return tl::unexpected(chosen.error());
  }
  return undo ? UnmarkAlerts(book, *chosen) : MarkAlerts(book, *chosen, said);
}

Status SilenceAlerts(Order& order, store::MonitorBook& book, WallTime now) {
  const std::int64_t for_s = order.Count("for_s");
  SilenceOrder silence{.matchers = order.Texts("matchers"),
                       .starts_at = now,
                       .ends_at = now,
                       .speaker = order.Who()};
  if (Status fits = order.Check(); !fits) {
    return fits;
  }
  if (for_s <= 0 || for_s > kSilenceLongestS) {
    return UsageError("'for_s' must be above 0 and at most a year");
  }
  silence.ends_at += std::chrono::seconds(for_s);
  const Result<StoredSilence> made = MakeSilence(silence);
  return made ? AddSilence(book, *made) : Status(tl::unexpected(made.error()));
}

Status EndSilence(Order& order, store::MonitorBook& book, WallTime /*now*/) {
  const std::string id = order.Text("id");
  const Status fits = order.Check();
  return fits ? RemoveSilence(book, id) : fits;
}

using Action = Status (*)(Order&, store::MonitorBook&, WallTime);

Action ActionOf(std::string_view path) {
  if (path == "/api/v1/acknowledge") {
    return &AcknowledgeAlerts;
  }
  if (path == "/api/v1/mark") {
    return &Mark;
  }
  if (path == "/api/v1/silences") {
    return &SilenceAlerts;
  }
  return path == "/api/v1/silences/remove" ? &EndSilence : nullptr;
}

}  // namespace

HttpResponse Act(const HttpRequest& request, const std::string& store_path, WallTime now) {
  const Action action = ActionOf(request.path);
  if (action == nullptr) {
    return {.status = 404, .body = "there is nothing to do here\n"};
  }
  // Forms of other pages send other types without asking first.
  if (!request.content_type.starts_with("application/json")) {
    return {.status = 415, .body = "the body must be application/json\n"};
  }
  Json json = Json::parse(request.body, nullptr, false);
  if (!json.is_object()) {
    return {.status = 400, .body = "the body must be a JSON object\n"};
  }
  const auto book = store::MonitorBook::OpenForWriting(store_path);
  Order order(std::move(json));
  const Status done = book ? action(order, **book, now) : Status(tl::unexpected(book.error()));
  if (!done) {
    return {.status = done.error().kind == ErrorKind::kUsage ? 400 : 503,
            .body = Printable(done.error().message, 1000) + "\n"};
  }
  return {.status = 200, .body = "done\n"};
}

}  // namespace weir::monitor
