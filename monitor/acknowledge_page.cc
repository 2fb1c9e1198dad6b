#include "monitor/acknowledge_page.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/acknowledge_link.h"
#include "monitor/channels/alert_notice.h"
#include "monitor/interventions.h"
#include "monitor/state_codec.h"
#include "store/monitor_book.h"

namespace weir::monitor {
namespace {

constexpr std::size_t kBodyBytesMax = 1024;
constexpr std::size_t kNameBytesMax = 100;
constexpr std::size_t kShownMax = 20;
constexpr const char* kNobody = "somebody with the link of the message";

// `body` is markup.
HttpResponse Page(int status, std::string_view title, const std::string& body) {
  return {.status = status,
          .body = fmt::format(
              "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">"
              "<meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title>"
              "<style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;"
              "max-width:40rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}}"
              "h1{{font-size:1.3rem}}input,button{{font:inherit;padding:.4rem .8rem}}"
              "label{{display:block;margin:1rem 0}}</style><h1>{0}</h1>{1}</html>\n",
              title, body),
          .content_type = "text/html; charset=utf-8",
          .headers = {{"Cache-Control", "no-store"},
                      {"Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                       "frame-ancestors 'none'; base-uri 'none'"},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Content-Type-Options", "nosniff"}}};
}

struct Meant {
  std::vector<AlertInstance> open;
  std::size_t acknowledged = 0;  // Somebody looks after so many already.
};

// Of the group's alerts those that were told by then, and still fire.
Result<Meant> FindMeant(store::MonitorBook& book, const LinkClaim& claim) {
  const auto groups = book.LoadState(store::MonitorStateKind::kGroup);
  const Result<AlertBook> known = LoadAlertBook(book);
  if (!groups || !known) {
    return tl::unexpected(!groups ? groups.error() : known.error());
  }
  Meant meant;
  const auto row =
      std::find_if(groups->begin(), groups->end(),
                   [&claim](const store::MonitorStateRow& one) { return one.key == claim.group; });
  const std::optional<StoredGroup> group =
      row == groups->end() ? std::nullopt : DecodeGroup(row->value);
  if (!group) {
    return meant;
  }
  for (const AlertInstance& alert : known->alerts) {
    if (alert.state.phase != AlertPhase::kFiring || alert.state.fired_at > claim.told_at ||
        !group->state.told.contains(alert.labels)) {
      continue;
    }
    if (known->Of(alert) != nullptr) {
      ++meant.acknowledged;
    } else {
      meant.open.push_back(alert);
    }
  }
  return meant;
}

std::string ListOf(const std::vector<AlertInstance>& alerts) {
  std::string list;
  for (std::size_t i = 0; i < std::min(alerts.size(), kShownMax); ++i) {
    const AlertInstance& alert = alerts[i];
    std::string labels;
    for (const auto& [name, value] : alert.labels) {
      labels += name == "alertname" ? "" : fmt::format(" {}={}", name, Printable(value, 100));
    }
    list += fmt::format("<li><b>{}</b>{}<br>{}</li>",
                        EscapedMarkup(Printable(LabelValue(alert.labels, "alertname"), 100)),
                        EscapedMarkup(labels),
                        EscapedMarkup(Printable(LabelValue(alert.annotations, "summary"), 300)));
  }
  if (alerts.size() > kShownMax) {
    list += fmt::format("<li>and {} more</li>", alerts.size() - kShownMax);
  }
  return "<ul>" + list + "</ul>";
}

std::string Alerts(std::size_t count) {
  return fmt::format("{} alert{}", count, count == 1 ? "" : "s");
}

HttpResponse Nothing(const Meant& meant) {
  return meant.acknowledged > 0
             ? Page(200, "Somebody looks after it already",
                    fmt::format("<p>{} of this message {} acknowledged.</p>",
                                Alerts(meant.acknowledged), meant.acknowledged == 1 ? "is" : "are"))
             : Page(200, "It is over",
                    "<p>No alert of this message fires any more. Should it fire again, "
                    "there is another message.</p>");
}

// Of a form that is sent as text/plain: `by=NAME`.
std::string NameOf(std::string_view body) {
  constexpr std::string_view kField = "by=";
  if (!body.starts_with(kField)) {
    return kNobody;
  }
  body.remove_prefix(kField.size());
  const std::string name = Printable(body.substr(0, body.find_first_of("\r\n")), kNameBytesMax);
  return name.find_first_not_of(' ') == std::string::npos ? kNobody : name;
}

HttpResponse Ask(const Meant& meant) {
  return Page(200, "Do you look after it?",
              ListOf(meant.open) +
                  "<p>Then it is neither repeated nor escalated until it has ended.</p>"
                  "<form method=\"post\" enctype=\"text/plain\"><label>Your name "
                  "<input name=\"by\" maxlength=\"60\" autocomplete=\"name\"></label>"
                  "<button>I look after it</button></form>");
}

}  // namespace

AcknowledgePage::AcknowledgePage(std::string store_path, const Clock& clock)
    : store_path_(std::move(store_path)), clock_(clock), peers_(kPerPeer) {}

bool AcknowledgePage::IsFor(const HttpRequest& request) {
  return request.path == kLinkPath;
}

HttpResponse AcknowledgePage::Answer(const HttpRequest& request, const std::string& key) {
  if (peers_.Take(request.peer, clock_.Now()) > Nanos(0)) {
    return Page(429, "Too many requests", "<p>Try again in a minute.</p>");
  }
  const WallTime now = clock_.WallNow();
  const auto claim =
      key.empty() ? tl::unexpected(LinkFault::kForged) : ReadLink(request.query, key, now);
  if (!claim) {
    return claim.error() == LinkFault::kExpired
               ? Page(410, "This link has expired",
                      "<p>Newer messages have newer links; so has the dashboard a button.</p>")
               : Page(403, "This link is not valid",
                      "<p>Was it copied as a whole? It may also be that its key was changed.</p>");
  }
  const bool acts = request.method == "POST";
  const auto book = acts ? store::MonitorBook::OpenForWriting(store_path_)
                         : store::MonitorBook::OpenForReading(store_path_);
  const Result<Meant> meant =
      book ? FindMeant(**book, *claim) : Result<Meant>(tl::unexpected(book.error()));
  if (!meant) {
    return Page(503, "The history cannot be read", "<p>Try again.</p>");
  }
  if (meant->open.empty()) {
    return Nothing(*meant);
  }
  if (!acts) {
    return Ask(*meant);
  }
  if (request.body.size() > kBodyBytesMax) {
    return Page(413, "That is too long", "");
  }
  const Status done =
      Acknowledge(**book, meant->open, {.by = NameOf(request.body), .comment = "by the link"}, now);
  if (!done) {
    return Page(503, "It could not be written down", "<p>Try again.</p>");
  }
  return Page(200, "You look after it",
              ListOf(meant->open) +
                  fmt::format("<p>{} acknowledged: neither repeated nor escalated until the end, "
                              "which is told.</p>",
                              Alerts(meant->open.size())));
}

}  // namespace weir::monitor
