// What browsers send of pages: reading it, the window of views, and who may send.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "monitor/http_exchange.h"
#include "monitor/look_meters.h"
#include "monitor/monitor_service.h"
#include "monitor/page_figures.h"
#include "monitor/rum_intake.h"
#include "monitor/sources/beacon.h"
#include "monitor/sources/rum_views.h"
#include "tests/support/manual_clock.h"

namespace weir::monitor {
namespace {

constexpr const char* kOrigin = "https://shop.example";

std::string_view WhyNot(std::string_view body) {
  const auto beacon = ReadBeacon(body);
  return beacon ? "none" : beacon.error();
}

TEST(BeaconTest, ReadsWhatTheScriptSends) {
  const auto beacon = ReadBeacon(
      R"({"view": "0123456789abcdef", "session": "fedcba9876543210", "n": 2, "page": "/cart?a=1",
          "segment": "phone", "age_ms": 7200000,
          "ttfb_ms": 80, "lcp_ms": 1204.5, "inp_ms": null, "cls": 0.02, "left": true,
          "outcome": "done", "new": [1]})");
  ASSERT_TRUE(beacon) << beacon.error();
  EXPECT_EQ(beacon->view, "0123456789abcdef");
  EXPECT_EQ(beacon->session, "fedcba9876543210");
  EXPECT_EQ(beacon->number, 2U);
  EXPECT_EQ(beacon->page, "/cart");
  EXPECT_EQ(beacon->segment, "phone");
  EXPECT_EQ(beacon->age_s, 7200);
  EXPECT_EQ(beacon->ttfb_s, 0.08);
  EXPECT_EQ(beacon->lcp_s, 1.2045);
  EXPECT_EQ(beacon->inp_s, std::nullopt);
  EXPECT_EQ(beacon->cls, 0.02);
  EXPECT_EQ(beacon->left, true);
  EXPECT_EQ(beacon->outcome, ViewOutcome::kDone);
}

TEST(BeaconTest, WhatIsRefusedHasAReason) {
  EXPECT_EQ(WhyNot(std::string(kBeaconBytesMax + 1, ' ')), "too_long");
  EXPECT_EQ(WhyNot(""), "malformed");
  EXPECT_EQ(WhyNot("[1]"), "malformed");
  EXPECT_EQ(WhyNot(R"({"page": "/a"})"), "no_view");
  EXPECT_EQ(WhyNot(R"({"view": "<script>", "page": "/a"})"), "no_view");
  EXPECT_EQ(WhyNot(R"({"view": "0123456789abcdef"})"), "no_page");
  for (const char* part :
       {R"("lcp_ms": -1)", R"("lcp_ms": 3600001)", R"("lcp_ms": "1")", R"("age_ms": -1)",
        R"("cls": 1001)", R"("left": 1)", R"("outcome": "lost")", R"("n": -1)", R"("n": 1000001)",
        R"("session": 7)", R"("segment": "a b")",
        R"("segment": "a23456789012345678901234567890123")"}) {
    EXPECT_EQ(WhyNot(fmt::format(R"({{"view": "0123456789abcdef", "page": "/a", {}}})", part)),
              "bad_value")
        << part;
  }
}

TEST(BeaconTest, NumbersAndLongHexadecimalPartsOfAPathAreOnePage) {
  EXPECT_EQ(PageOf("/"), "/");
  EXPECT_EQ(PageOf("/product/4711/reviews/"), "/product/:id/reviews/");
  EXPECT_EQ(PageOf("/o/123e4567-e89b-12d3-a456-426614174000#top"), "/o/:id");
  EXPECT_EQ(PageOf("/cafe/2x?q=/1"), "/cafe/2x");
  EXPECT_EQ(PageOf("cart"), "");
  EXPECT_EQ(PageOf("/a b"), "");
  EXPECT_EQ(PageOf("/\x1b[2J"), "");
  EXPECT_EQ(PageOf("/" + std::string(kPageBytesMax, 'x')), "");
}

std::optional<double> ValueOf(const Reading& reading, const std::string& metric,
                              const Labels& labels) {
  for (const Sample& sample : reading.samples) {
    if (sample.series->metric == metric && sample.series->labels == labels) {
      return sample.value;
    }
  }
  return std::nullopt;
}

std::optional<double> OfPage(const Reading& reading, const std::string& metric,
                             const std::string& page) {
  return ValueOf(reading, metric, {{"page", page}});
}

Beacon View(int number, const std::string& page, std::optional<double> lcp_s = std::nullopt) {
  Beacon beacon;
  beacon.view = fmt::format("{:016x}", number);
  beacon.page = page;
  beacon.lcp_s = lcp_s;
  return beacon;
}

Instant At(double seconds) {
  return Instant{} + std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds));
}

TEST(RumViewsTest, QuantilesAndApdexAreOfTheViewsInTheWindow) {
  RumViews views({.apdex_target = std::chrono::seconds(2), .window = std::chrono::seconds(60)});
  // Within 2 s, within 8 s, later.
  for (int i = 0; i < 10; ++i) {
    views.Take(View(i, "/a", i < 5 ? 1.0 + i : 20.0), At(0));
  }
  views.Take(View(10, "/b", 0.5), At(50));
  Reading look = views.Look(At(60));
  EXPECT_EQ(ValueOf(look, "weir_rum_lcp_seconds", {{"page", "/a"}, {"quantile", "0.5"}}), 5.0);
  EXPECT_EQ(ValueOf(look, "weir_rum_lcp_seconds", {{"page", "/a"}, {"quantile", "0.75"}}), 20.0);
  EXPECT_EQ(OfPage(look, "weir_rum_apdex", "/a"), 0.35);
  EXPECT_EQ(OfPage(look, "weir_rum_apdex", "/b"), 1.0);
  EXPECT_NEAR(*OfPage(look, "weir_rum_apdex", "all"), 4.5 / 11, 1e-12);
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "all"), 11);
  EXPECT_EQ(look.ledger.ingested, 11U);
  look = views.Look(At(60.001));
  EXPECT_EQ(OfPage(look, "weir_rum_apdex", "/a"), std::nullopt);
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "/a"), std::nullopt);
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "all"), 11);
  EXPECT_EQ(OfPage(look, "weir_rum_apdex", "all"), 1.0);
}

TEST(RumViewsTest, ALaterBeaconOfAViewReplacesTheEarlierOne) {
  RumViews views({});
  Beacon beacon = View(1, "/a", 1.0);
  views.Take(beacon, At(0));
  beacon.number = 2;
  beacon.lcp_s = 3.0;
  beacon.left = true;
  beacon.outcome = ViewOutcome::kDone;
  views.Take(beacon, At(1));
  // One that was overtaken says nothing new.
  beacon.number = 1;
  beacon.lcp_s = 2.0;
  views.Take(beacon, At(2));
  Reading look = views.Look(At(3));
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "/a"), 1);
  EXPECT_EQ(OfPage(look, "weir_rum_done_total", "/a"), 1);
  EXPECT_EQ(OfPage(look, "weir_rum_left_ratio", "/a"), 1);
  EXPECT_EQ(ValueOf(look, "weir_rum_lcp_seconds", {{"page", "/a"}, {"quantile", "0.95"}}), 3.0);
  // A view fails once, whatever it says then.
  for (const ViewOutcome outcome : {ViewOutcome::kError, ViewOutcome::kDone, ViewOutcome::kError}) {
    ++beacon.number;
    beacon.outcome = outcome;
    ++beacon.number;
    views.Take(beacon, At(4));
  }
  look = views.Look(At(5));
  EXPECT_EQ(OfPage(look, "weir_rum_errors_total", "/a"), 1);
  EXPECT_EQ(OfPage(look, "weir_rum_done_total", "/a"), 1);
  EXPECT_EQ(OfPage(look, "weir_rum_apdex", "/a"), 0);
}

TEST(RumViewsTest, WhatGoesOnWithAViewThatIsGoneIsDroppedAsLate) {
  RumViews views({.window = std::chrono::seconds(10)});
  Beacon beacon = View(1, "/a");
  views.Take(beacon, At(0));
  beacon.number = 1;
  views.Take(beacon, At(11));
  const Reading look = views.Look(At(11));
  EXPECT_TRUE(look.ledger.Balanced());
  EXPECT_EQ(look.ledger.ingested, 1U);
  EXPECT_EQ(look.ledger.dropped.at("late"), 1U);
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "all"), 1);
}

// Somebody who invents pages takes no more memory, and no place for longer than the window.
TEST(RumViewsTest, PagesAreBoundedAndMakeRoomWhenNobodyViewsThem) {
  RumViews views({.window = std::chrono::seconds(10)});
  for (int i = 0; i < 1000; ++i) {
    views.Take(View(i, fmt::format("/page-{}", i)), At(0));
  }
  Reading look = views.Look(At(1));
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "other"), 900);
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "/page-99"), 1);
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "/page-100"), std::nullopt);
  views.Take(View(1000, "/new"), At(20));
  look = views.Look(At(20));
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "/new"), 1);
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "other"), 900);
}

TEST(RumViewsTest, FiguresAreAlsoOfSegmentsOfUsers) {
  RumViews views({.window = std::chrono::seconds(10)});
  const auto take = [&views](int number, const std::string& segment, double lcp_s) {
    Beacon beacon = View(number, number % 2 == 0 ? "/a" : "/b", lcp_s);
    beacon.segment = segment;
    views.Take(beacon, At(0));
  };
  take(1, "phone", 20.0);
  take(2, "phone", 4.0);
  take(3, "desktop", 1.0);
  take(4, "", 1.0);
  const Reading look = views.Look(At(1));
  EXPECT_EQ(ValueOf(look, "weir_rum_apdex", {{"segment", "phone"}}), 0.25);
  EXPECT_EQ(ValueOf(look, "weir_rum_apdex", {{"segment", "desktop"}}), 1.0);
  EXPECT_EQ(ValueOf(look, "weir_rum_views_total", {{"segment", "phone"}}), 2.0);
  EXPECT_EQ(ValueOf(look, "weir_rum_views_total", {{"segment", ""}}), std::nullopt);
  EXPECT_EQ(ValueOf(look, "weir_rum_views_total", {{"segment", "other"}}), std::nullopt);
  EXPECT_EQ(OfPage(look, "weir_rum_views_total", "all"), 4);
  const std::vector<PageFigures> figures = ReadPages(look);
  ASSERT_EQ(figures.size(), 5U);
  EXPECT_EQ(figures[0].segment, "");
  EXPECT_EQ(figures[3].segment, "phone");
  EXPECT_EQ(figures[3].page, "all");
  EXPECT_EQ(figures[3].apdex, 0.25);
  EXPECT_EQ(figures[4].segment, "desktop");
}

TEST(RumViewsTest, SegmentsAreBoundedAndMakeRoomWhenTheirViewsAreGone) {
  RumViews views({.window = std::chrono::seconds(10)});
  const auto take = [&views](int number, const std::string& segment, int at_s) {
    Beacon beacon = View(number, "/a", 1.0);
    beacon.segment = segment;
    views.Take(beacon, At(at_s));
  };
  for (int i = 0; i < 100; ++i) {
    take(i, fmt::format("segment-{}", i), 0);
  }
  Reading look = views.Look(At(1));
  EXPECT_EQ(ValueOf(look, "weir_rum_views_total", {{"segment", "segment-9"}}), 1.0);
  EXPECT_EQ(ValueOf(look, "weir_rum_views_total", {{"segment", "segment-10"}}), std::nullopt);
  EXPECT_EQ(ValueOf(look, "weir_rum_views_total", {{"segment", "other"}}), 90.0);
  take(100, "new", 20);
  look = views.Look(At(20));
  EXPECT_EQ(ValueOf(look, "weir_rum_views_total", {{"segment", "new"}}), 1.0);
  EXPECT_EQ(ValueOf(look, "weir_rum_views_total", {{"segment", "segment-9"}}), std::nullopt);
}

TEST(RumViewsTest, ViewsAreBoundedAndThoseThatLeaveEarlyAreSaid) {
  RumViews views({});
  for (std::size_t i = 0; i < RumViews::kViewsMax + 5; ++i) {
    views.Take(View(static_cast<int>(i), "/a", i < 5 ? 50.0 : 1.0), At(0));
  }
  const Reading look = views.Look(At(1));
  EXPECT_EQ(OfPage(look, "weir_rum_apdex", "/a"), 1.0);
  EXPECT_EQ(look.ledger.ingested, RumViews::kViewsMax + 5);
  ASSERT_EQ(look.warnings.size(), 1U);
  EXPECT_EQ(look.warnings[0],
            "5 views left the window before their time: more than 10000 came in it");
}

// Users who leave whatever happens, and from 3 s on ever more of them.
std::vector<UserView> SimulatedViews(std::uint64_t seed, double slope) {
  Rng rng(seed);
  std::vector<UserView> views;
  for (int i = 0; i < 1000; ++i) {
    const double lcp_s = 0.5 + 6 * rng.Uniform();
    const double leaves = 0.1 + slope * std::max(0.0, lcp_s - 3);
    views.push_back({lcp_s, rng.Uniform() < leaves});
  }
  return views;
}

TEST(LeavePointTest, FindsTheLatencyFromWhichMoreUsersLeave) {
  int found = 0;
  int held = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto point = FindLeavePoint(SimulatedViews(seed, 0.25));
    found += point ? 1 : 0;
    held += point && point->low_s <= 3 && point->high_s >= 3 ? 1 : 0;
  }
  EXPECT_GE(found, 38);
  EXPECT_GE(held, found - 4);
}

TEST(LeavePointTest, SaysNothingWhereLatencyDoesNotMatterOrLittleIsKnown) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    found += FindLeavePoint(SimulatedViews(seed, 0)) ? 1 : 0;
  }
  EXPECT_LE(found, 4);
  EXPECT_FALSE(FindLeavePoint({}));
  EXPECT_FALSE(FindLeavePoint(std::vector<UserView>(100, UserView{1.0, true})));
}

TEST(PageFiguresTest, AllComesFirstThenThePagesWithMostViews) {
  RumViews views({});
  views.Take(View(1, "/a", 1.0), At(0));
  views.Take(View(2, "/b", 4.0), At(0));
  Beacon beacon = View(3, "/b", 20.0);
  beacon.left = true;
  views.Take(beacon, At(0));
  views.Learn({{"/b", {3.0, 2.5, 3.5}}});
  const std::vector<PageFigures> pages = ReadPages(views.Look(At(1)));
  ASSERT_EQ(pages.size(), 3U);
  EXPECT_EQ(pages[0].page, "all");
  EXPECT_EQ(pages[0].apdex, 0.5);
  EXPECT_EQ(pages[0].leave_from_s, std::nullopt);
  EXPECT_EQ(pages[1].page, "/b");
  EXPECT_EQ(pages[1].views, 2);
  EXPECT_EQ(pages[1].lcp_p75_s, 20.0);
  EXPECT_EQ(pages[1].left_ratio, 1.0);
  EXPECT_EQ(pages[1].leave_from_s, 3.0);
  EXPECT_EQ(pages[1].leave_high_s, 3.5);
  EXPECT_EQ(pages[2].page, "/a");
}

Reading Probed(double p50_s) {
  Reading reading;
  for (const auto& [quantile, value] : {std::pair("0.5", p50_s), std::pair("0.9", 9.0)}) {
    reading.Ingest({std::make_shared<const SeriesName>(
                        SeriesName{"weir_probe_response_seconds", {{"quantile", quantile}}}),
                    value});
  }
  return reading;
}

TEST(PageFiguresTest, WhatAProbeOfThePageMeasuresStandsBesideWhatUsersHave) {
  RumViews views({});
  views.Take(View(1, "/a", 1.0), At(0));
  views.Take(View(2, "/item/:id", 4.0), At(0));
  std::vector<PageFigures> pages = ReadPages(views.Look(At(1)));
  JoinProbe("inside", "http://10.0.0.1:8080/item/99?x=1", Probed(0.25), pages);
  JoinProbe("second", "http://10.0.0.2/item/3", Probed(0.75), pages);
  JoinProbe("root", "https://shop.example?q=/a", Probed(0.5), pages);
  std::map<std::string, std::pair<std::string, std::optional<double>>> found;
  for (const PageFigures& page : pages) {
    found[page.page] = {page.probe, page.probe_p50_s};
  }
  EXPECT_EQ(found.at("/item/:id"), std::pair(std::string("inside"), std::optional(0.25)));
  EXPECT_EQ(found.at("/a").first, "");
  EXPECT_EQ(found.at("all").first, "");
}

TEST(PageFiguresTest, AProbeThatNobodyAnsweredHasNoMedian) {
  RumViews views({});
  views.Take(View(1, "/", 1.0), At(0));
  std::vector<PageFigures> pages = ReadPages(views.Look(At(1)));
  JoinProbe("shop", "http://127.0.0.1:8080", Reading(), pages);
  ASSERT_EQ(pages.back().page, "/");
  EXPECT_EQ(pages.back().probe, "shop");
  EXPECT_EQ(pages.back().probe_p50_s, std::nullopt);
}

class RumIntakeTest : public testing::Test {
 protected:
  HttpRequest Post(const std::string& peer = "127.0.0.1") const {
    return {.method = "POST", .path = "/rum", .origin = kOrigin, .peer = peer};
  }

  int Admitted(const HttpRequest& head) {
    const auto refused = intake_.Admit(head);
    return refused ? refused->status : 0;
  }

  tests::ManualClock clock_;
  RumIntake intake_{{kOrigin}, {}, clock_};
};

TEST_F(RumIntakeTest, OnlyPagesOfTheOriginsThatAreAllowedMaySend) {
  HttpRequest head = Post();
  EXPECT_EQ(Admitted(head), 0);
  for (const char* origin : {"", "null", "https://shop.example.evil", "http://shop.example"}) {
    head.origin = origin;
    EXPECT_EQ(Admitted(head), 403) << origin;
  }
  const Reading look = intake_.Look();
  EXPECT_EQ(look.ledger.rejected.at("origin"), 4U);
  EXPECT_TRUE(look.ledger.Balanced());
}

TEST_F(RumIntakeTest, LongBodiesAreRefusedUnread) {
  HttpRequest head = Post();
  head.body_bytes = kBeaconBytesMax + 1;
  EXPECT_EQ(Admitted(head), 413);
  EXPECT_EQ(intake_.Look().ledger.rejected.at("too_long"), 1U);
}

TEST_F(RumIntakeTest, OneAddressThatSendsTooOftenIsDroppedAndTheOthersAreNot) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Admitted(Post("10.0.0.1")), 0) << i;
  }
  EXPECT_EQ(Admitted(Post("10.0.0.1")), 429);
  EXPECT_EQ(Admitted(Post("10.0.0.2")), 0);
  // A proxy on this machine sends for all.
  for (int i = 0; i < 899; ++i) {
    EXPECT_EQ(Admitted(Post()), 0) << i;
  }
  EXPECT_EQ(Admitted(Post()), 429) << "all together";
  EXPECT_EQ(intake_.Look().ledger.dropped.at("rate"), 2U);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Admitted(Post("10.0.0.1")), 0);
}

TEST_F(RumIntakeTest, AnswersAreForPagesOfThatOriginAndSetNoCookie) {
  HttpRequest request = Post();
  request.body = R"({"view": "0123456789abcdef", "page": "/a"})";
  const HttpResponse taken = intake_.Answer(request);
  EXPECT_EQ(taken.status, 204);
  EXPECT_EQ(taken.headers.at("Access-Control-Allow-Origin"), kOrigin);
  EXPECT_EQ(taken.headers.count("Set-Cookie"), 0U);
  request.body = "{";
  EXPECT_EQ(intake_.Answer(request).status, 400);
  const Reading look = intake_.Look();
  EXPECT_EQ(look.ledger.ingested, 1U);
  EXPECT_EQ(look.ledger.rejected.at("malformed"), 1U);
}

// What was learnt is told with the next look, and learnt anew after a while.
TEST_F(RumIntakeTest, LearnsFromWhichLatencyOnUsersLeave) {
  const auto post = [this](int number, double lcp_s, bool left) {
    HttpRequest request = Post();
    request.body = fmt::format(R"({{"view": "{:016x}", "page": "/a", "lcp_ms": {}, "left": {}}})",
                               number, lcp_s * 1000, left);
    EXPECT_EQ(intake_.Answer(request).status, 204);
  };
  EXPECT_EQ(OfPage(intake_.Look(), "weir_rum_leave_from_seconds", "all"), std::nullopt);
  int number = 0;
  for (const UserView& view : SimulatedViews(1, 0.25)) {
    post(number++, view.lcp_s, view.left);
  }
  clock_.Advance(RumIntake::kLeaveEvery - Nanos(1));
  EXPECT_EQ(OfPage(intake_.Look(), "weir_rum_leave_from_seconds", "all"), std::nullopt);
  clock_.Advance(Nanos(1));
  const Reading look = intake_.Look();
  const auto point = FindLeavePoint(SimulatedViews(1, 0.25));
  ASSERT_TRUE(point);
  EXPECT_NEAR(*OfPage(look, "weir_rum_leave_from_seconds", "/a"), point->from_s, 0.01);
  EXPECT_NEAR(*OfPage(look, "weir_rum_leave_from_high_seconds", "all"), point->high_s, 0.01);
}

class SilentSource final : public Source {
 public:
  tl::expected<Reading, SourceTrouble> Read() override { return Reading(); }
};

// Three hours of a server that is slow now and then: two probes, of which the first counts, and
// users whose browsers tell half a minute after a view began.
TEST_F(RumIntakeTest, WhatProbesMeasureIsComparedWithWhatUsersHaveMinuteByMinute) {
  Crew crew;
  crew.rum = std::shared_ptr<RumIntake>(&intake_, [](RumIntake*) {});
  for (const char* url : {"http://10.0.0.1/item/7", "http://10.0.0.2/item/8"}) {
    crew.pollers.push_back(std::make_shared<Poller>(
        SourceSpec{.name = url, .kind = SourceKind::kProbe, .url = url},
        std::make_unique<SilentSource>(), Poller::Parts{.clock = clock_, .arrived = [] {}}));
  }
  LookMeters meters;
  meters.TakeOver(Crew(), crew);
  Rng rng(7);
  std::vector<SourceStatus> statuses(2);
  Reading look;
  int number = 0;
  bool slow = false;
  for (int minute = 0; minute < 200; ++minute) {
    slow = rng.Uniform() < 0.1 ? !slow : slow;
    const double server_s = (slow ? 0.9 : 0.1) * (1 + 0.1 * rng.Uniform());
    for (SourceStatus& status : statuses) {
      const bool first = &status == statuses.data();
      status.last_good = std::make_shared<Reading>(Probed(first ? server_s : rng.Uniform()));
      status.good_at = clock_.Now();
      status.good_at_wall = clock_.WallNow();
    }
    meters.Take(crew, statuses, clock_.Now(), clock_.WallNow());
    clock_.Advance(std::chrono::seconds(30));
    for (int view = 0; view < 6; ++view) {
      HttpRequest request = Post();
      request.body = fmt::format(
          R"({{"view": "{:016x}", "page": "/item/9", "age_ms": 30000, "lcp_ms": {}, "left": {}}})",
          number++, 1000 * (server_s + rng.Uniform()), rng.Uniform() < 0.5);
      ASSERT_EQ(intake_.Answer(request).status, 204);
    }
    clock_.Advance(std::chrono::seconds(30));
    look = intake_.Look();
    if (minute == 30) {
      EXPECT_TRUE(ReadPages(look).back().links.empty());
    }
  }
  const std::vector<PageFigures> pages = ReadPages(look);
  ASSERT_EQ(pages.size(), 2U);
  EXPECT_TRUE(pages[0].links.empty());
  ASSERT_EQ(pages[1].page, "/item/:id");
  ASSERT_EQ(pages[1].links.size(), 2U);
  const PageLink& lcp = pages[1].links[0];
  EXPECT_EQ(lcp.outcome, "lcp");
  EXPECT_TRUE(lcp.associated);
  EXPECT_GT(lcp.low, 0.1);
  EXPECT_GT(lcp.high, lcp.low);
  // Without those of the window and those that may come late.
  EXPECT_GE(lcp.rows, 178);
  EXPECT_LE(lcp.rows, 186);
  const PageLink& left = pages[1].links[1];
  EXPECT_EQ(left.outcome, "left");
  EXPECT_FALSE(left.associated);
}

// Through a real server: neither token nor Host is asked for, and nothing else opens by it.
TEST(RumServiceTest, UsersNeedNoTokenAndGetNothingElse) {
  const SystemClock clock;
  auto intake = std::make_shared<RumIntake>(std::vector<std::string>{kOrigin}, RumOptions(), clock);
  const auto service = MonitorService::Start(
      {.listen = {.port = 0},
       .roles = {*Access::Parse("the-token-that-reads"), *Access::Parse("the-token-that-acts")}},
      {.report = [] { return MonitorReport{}; },
       .clock = clock,
       .rum = [intake] { return intake; }});
  ASSERT_TRUE(service);
  const auto ask = [&](const std::string& path, const std::optional<std::string>& body) {
    return HttpClient().Exchange(
        {.url = fmt::format("http://127.0.0.1:{}{}", (*service)->port(), path),
         .headers = {fmt::format("Origin: {}", kOrigin), "Host: metrics.shop.example",
                     "Content-Type: text/plain;charset=UTF-8"},
         .body = body});
  };
  EXPECT_EQ(ask("/rum", R"({"view": "0123456789abcdef", "page": "/a", "lcp_ms": 700})").status,
            204);
  EXPECT_EQ(ask("/rum", std::string(kBeaconBytesMax + 1, ' ')).status, 413);
  EXPECT_EQ(ask("/rum", std::nullopt).status, 405);
  EXPECT_EQ(ask("/rum.js", "x").status, 405);
  EXPECT_EQ(ask("/rum.js", std::nullopt).status, 200);
  EXPECT_EQ(ask("/api/v1/status", std::nullopt).status, 401);
  const Reading look = intake->Look();
  EXPECT_EQ(OfPage(look, "weir_rum_apdex", "/a"), 1.0);
  EXPECT_EQ(look.ledger.offered, 2U);
}

}  // namespace
}  // namespace weir::monitor
