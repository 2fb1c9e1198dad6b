#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "monitor/sources/beacon.h"
#include "monitor/sources/leave_point.h"
#include "monitor/sources/page_rows.h"
#include "monitor/sources/probe_links.h"
#include "monitor/sources/sample.h"

namespace weir::monitor {

struct RumOptions {
  Nanos apdex_target = std::chrono::milliseconds(2500);  ///< Of the LCP. > 0.
  Nanos window = std::chrono::minutes(5);                ///< What figures are of. > 0.

  friend bool operator==(const RumOptions&, const RumOptions&) = default;
};

/// Views of pages over a moving window, as series:
///
/// - `weir_rum_views_total{page}`, `weir_rum_errors_total{page}`, `weir_rum_done_total{page}`:
///   counters from the first look on; an outcome counts once, when it is known;
/// - `weir_rum_lcp_seconds{page, quantile}`, `_inp_`, `_ttfb_`, and `weir_rum_cls`: 0.5, 0.75 and
///   0.95 (nearest rank) of the views in the window that have the figure; absent where none has;
/// - `weir_rum_apdex{page}`: 0 to 1, of the views in the window that have an LCP or failed: within
///   the target one, within four times the target a half, later or failed nothing;
/// - `weir_rum_left_ratio{page}`: the share of views whose user left the site, of those whose
///   browser told.
///
/// - `weir_rum_leave_from_seconds{page}`, `_low_seconds`, `_high_seconds`: what was learnt last
///   (Learn) of a page that has views in the window.
///
/// - `weir_rum_probe_correlation{page, outcome}`, `_low`, `_high`, and `weir_rum_probe_associated`,
///   0 or 1, `weir_rum_probe_rows`: what was learnt last (LearnLinks), as these.
///
/// All but the last two also with the label `segment` in place of `page`, for each segment of users
/// that beacons name, and `other` for those beyond kSegmentsMax.
///
/// `page` is a path, `all`, or `other` for those beyond kPagesMax. A page or segment is forgotten,
/// with its counters, when no view of it is in the window. One thread at a time. Cost of Look:
/// O(views log).
class RumViews {
 public:
  static constexpr std::size_t kPagesMax = 100;
  static constexpr std::size_t kSegmentsMax = 10;
  static constexpr std::size_t kUxPages = 5;
  static constexpr std::size_t kUxViewsMax = 1000;
  static constexpr std::size_t kViewsMax = 10'000;  ///< In the window; then the oldest leaves.

  explicit RumViews(const RumOptions& options) : options_(options) {}

  /// Counts it, in the ledger too: dropped as "late" when it goes on with a view that has left the
  /// window. `now` never goes back.
  void Take(const Beacon& beacon, Instant now);

  void Reject(const std::string& reason) { ledger_.Reject(reason); }

  void Drop(const std::string& reason) { ledger_.Drop(reason); }

  /// Of `all` and of the kUxPages pages with most views in the window, the newest kUxViewsMax views
  /// that tell both latency and whether the user left; oldest first.
  std::map<std::string, std::vector<UserView>> UserViews(Instant now);

  /// From when users leave, by page; what was known before is forgotten.
  void Learn(std::map<std::string, LeavePoint> points) { leave_ = std::move(points); }

  /// A look of a probe of this page, which ended at `at`.
  void HearProbe(std::string_view page, Instant at, double p50_s) {
    courses_.Probed(page, at, p50_s);
  }

  /// Of pages that a probe asks, what it measured and what users had; of the rows whose views have
  /// left the window.
  std::vector<PageRows> Rows(Instant now);

  /// What users have that moves with probes; what was known before is forgotten.
  void LearnLinks(std::vector<ProbeLink> links) { links_ = std::move(links); }

  /// What is known at this moment. The ledger is of the beacons since the last look.
  Reading Look(Instant now);

 private:
  struct Totals {
    std::uint64_t views = 0;
    std::uint64_t errors = 0;
    std::uint64_t done = 0;
  };

  struct View {
    Instant at{};
    std::optional<Instant> began;  ///< None: it is not known, or PageCourses::kAgeMax ago then.
    std::size_t page = 0;
    std::optional<std::size_t> segment;  ///< None: the beacon named none.
    Beacon last;
  };

  /// Views that have a page or a segment in common.
  struct Group {
    std::string name;
    std::size_t views = 0;  ///< In the window; 0 in a slot that is free.
    Totals totals;
  };

  /// One of `label`: "page" or "segment".
  struct GroupName {
    std::string_view label;
    std::string_view name;
  };

  /// Another label; none without a value.
  struct Tag {
    std::string_view label = {};
    std::string_view value = {};
  };

  static std::size_t NumberOf(const std::string& name, std::vector<Group>& groups,
                              std::size_t groups_max);
  void Count(const View& view, ViewOutcome before, bool is_new);
  void Forget(Instant now);
  void Leave();
  void TellLinks(const GroupName& group, Reading& reading);
  void TellAll(std::string_view label, const std::vector<Group>& groups,
               const std::vector<std::vector<const View*>>& views, Reading& reading);
  void Tell(const GroupName& group, const Totals& totals, const std::vector<const View*>& views,
            Reading& reading);
  const std::shared_ptr<const SeriesName>& NameOf(std::string_view metric, const GroupName& group,
                                                  const Tag& tag);

  const RumOptions options_;
  std::deque<View> views_;                            // Ascending in time.
  std::uint64_t gone_ = 0;                            // Views that have left the window.
  std::map<std::string, std::uint64_t> view_number_;  // Of those in the window, from the first on.
  std::vector<Group> pages_ = {{"other", 0, {}}};     // By number; the first stays.
  std::vector<Group> segments_ = {{"other", 0, {}}};  // As these.
  Totals all_;
  std::uint64_t early_ = 0;  // Views that left the window before their time.
  std::map<std::string, LeavePoint> leave_;
  PageCourses courses_;
  std::vector<ProbeLink> links_;
  SourceLedger ledger_;  // Since the last look.
  std::map<std::array<std::string, 3>, std::shared_ptr<const SeriesName>> names_;
};

}  // namespace weir::monitor
