#include "monitor/channels/mail.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/channels/alert_notice.h"

namespace weir::monitor {
namespace {

constexpr std::size_t kLineBytes = 76;
constexpr std::size_t kSubjectBytesMax = 200;
// An encoded word is at most 75 characters long; these are its bytes before the encoding.
constexpr std::size_t kWordBytes = 42;

// "Wed, 25 Nov 2026 14:24:49 +0000": RFC 5322, 3.3.
std::string MailDate(WallTime at) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  using std::chrono::days;
  const std::chrono::sys_seconds second(
      std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()));
  const auto day = std::chrono::floor<days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(second - day);
  return fmt::format(
      "{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
      time.seconds().count());
}

/// As encoded words of RFC 2047, broken between characters.
std::string Subject(const std::string& subject) {
  const std::string shown = Printable(subject, kSubjectBytesMax);
  std::string_view rest = shown;
  std::string encoded;
  while (!rest.empty()) {
    std::size_t length = std::min(rest.size(), kWordBytes);
    while (length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xC0U) == 0x80U) {
      --length;
    }
    encoded += fmt::format("{}=?UTF-8?B?{}?=", encoded.empty() ? "" : "\r\n ",
                           Base64(rest.substr(0, length)));
    rest.remove_prefix(length);
  }
  const bool plain = std::all_of(shown.begin(), shown.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return plain && shown.size() <= kLineBytes ? shown : encoded;
}

std::string Part(std::string_view type, std::string_view text) {
  std::string part = fmt::format(
      "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", type);
  const std::string base64 = Base64(text);
  for (std::size_t at = 0; at < base64.size(); at += kLineBytes) {
    part += base64.substr(at, kLineBytes) + "\r\n";
  }
  return part;
}

}  // namespace

std::string RenderMail(const Mail& mail) {
  std::string to;
  for (const std::string& address : mail.to) {
    to += (to.empty() ? "" : ", ") + address;
  }
  const std::string boundary = "=_" + mail.id;
  std::string text = fmt::format(
      "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@weir>\r\n"
      "In-Reply-To: <{}@weir>\r\nReferences: <{}@weir>\r\nAuto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n",
      mail.from, to, Subject(mail.subject), MailDate(mail.at), mail.id, mail.thread, mail.thread,
      boundary);
  text += fmt::format("--{}\r\n{}", boundary, Part("plain", mail.text));
  text +=
      fmt::format("--{}\r\n{}", boundary,
                  Part("html", fmt::format("<!DOCTYPE html><title>{}</title><pre>{}</pre>",
                                           EscapedMarkup(mail.subject), EscapedMarkup(mail.text))));
  text += fmt::format("--{}--\r\n", boundary);
  return text;
}

}  // namespace weir::monitor
