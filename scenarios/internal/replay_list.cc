#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/draft.h"
#include "scenarios/internal/record_files.h"
#include "scenarios/internal/replay_files.h"
#include "scenarios/internal/source_file.h"
#include "scenarios/record.h"
#include "scenarios/scenario.h"

// Archives and targets: few enough to be held.
namespace weir::scenarios::internal {
namespace {

constexpr std::size_t kRequestsMax = 1'000'000;
// From 1970 to 2200: their differences fit into Nanos.
constexpr WallTime kLastTime{std::chrono::hours(24) * 365 * 230};
constexpr std::size_t kBodyFileBytesMax = std::size_t{16} * 1024 * 1024;

class ListTape final : public ReplayTape {
 public:
  explicit ListTape(const std::vector<Nanos>& arrivals) : arrivals_(arrivals) {}

  std::optional<Recorded> Next() override {
    if (next_ == arrivals_.size()) {
      return std::nullopt;
    }
    const std::size_t at = next_++;
    return Recorded{arrivals_[at], at, 0};
  }

  void Rewind() override { next_ = 0; }

 private:
  const std::vector<Nanos>& arrivals_;
  std::size_t next_ = 0;
};

class ListSource final : public ReplaySource {
 public:
  ListSource(Replay replay, std::unique_ptr<const RequestSorter> sorter)
      : ReplaySource(std::move(replay)), sorter_(std::move(sorter)) {}

  Status Load() {
    Result<std::string> text = ReadSourceFile(
        replay_.file, replay_.format == Replay::Format::kHar ? "HTTP archive" : "list of targets",
        kRecordBytesMax);
    if (!text) {
      return tl::unexpected(text.error());
    }
    const RecordOptions options{.keeps_secrets = replay_.keeps_secrets};
    const re2::RE2 all("");
    const RecordInput input{*text, options, all, kRequestsMax, /*for_draft=*/false};
    facts_.is_timed = replay_.format == Replay::Format::kHar;
    Result<Draft> draft = facts_.is_timed ? DraftOfHar(input) : DraftOfVegeta(input);
    if (!draft) {
      return UsageError(fmt::format("'{}': {}", Printable(replay_.file), draft.error().message));
    }
    facts_.elsewhere = draft->left_out;
    for (DraftFlow& flow : draft->flows) {
      for (DraftStep& step : flow.steps) {
        if (Status added = Add(std::move(step)); !added) {
          return added;
        }
      }
    }
    return Finish();
  }

  std::uint32_t GroupOf(std::string_view request) const override {
    return sorter_->GroupOf(request);
  }

  std::unique_ptr<ReplayTape> Play() const override {
    return std::make_unique<ListTape>(arrivals_);
  }

  Recorded At(std::uint64_t number) const override { return {Nanos(0), number % steps_.size(), 0}; }

  bool Read(const Recorded& recorded, Request& request) const override {
    TakeStep(steps_[recorded.place], replay_, request);
    return true;
  }

 private:
  Status Add(DraftStep step) {
    ++facts_.lines;
    if (!sorter_->Wants(step.method + " " + step.path)) {
      ++facts_.filtered;
      return {};
    }
    if (facts_.is_timed && !(step.at && *step.at >= WallTime() && *step.at <= kLastTime)) {
      facts_.first_bad.push_back(facts_.lines);
      ++facts_.bad;
      return {};
    }
    if (!step.body_file.empty()) {
      Result<std::string> body =
          ReadSourceFile(BesideScenario(step.body_file, replay_.file), "body", kBodyFileBytesMax);
      if (!body) {
        return tl::unexpected(body.error());
      }
      step.body = *std::move(body);
    }
    steps_.push_back(std::move(step));
    return {};
  }

  // In the order of their times: a browser writes entries down in other orders too.
  Status Finish() {
    if (facts_.bad > replay_.bad_lines_max || steps_.empty()) {
      return UsageError(fmt::format(
          "'{}' holds no request that is wanted ({} in all, {} left out by the filter, {} without "
          "a time, {} to other hosts)",
          Printable(replay_.file), facts_.lines, facts_.filtered, facts_.bad, facts_.elsewhere));
    }
    facts_.first_bad.resize(std::min<std::size_t>(facts_.first_bad.size(), 5));
    facts_.requests = steps_.size();
    if (facts_.is_timed) {
      std::stable_sort(steps_.begin(), steps_.end(),
                       [](const DraftStep& a, const DraftStep& b) { return *a.at < *b.at; });
      facts_.first_ns = steps_.front().at->time_since_epoch().count();
      facts_.span = *steps_.back().at - *steps_.front().at;
      for (const DraftStep& step : steps_) {
        arrivals_.push_back(*step.at - *steps_.front().at);
        AddToProfile(arrivals_.back(), facts_);
      }
    }
    return {};
  }

  std::unique_ptr<const RequestSorter> sorter_;
  std::vector<DraftStep> steps_;
  std::vector<Nanos> arrivals_;  // Of steps_; empty without times.
};

}  // namespace

Result<std::shared_ptr<const ReplaySource>> OpenList(Replay replay,
                                                     std::unique_ptr<const RequestSorter> sorter) {
  auto source = std::make_shared<ListSource>(std::move(replay), std::move(sorter));
  if (Status loaded = source->Load(); !loaded) {
    return tl::unexpected(loaded.error());
  }
  return source;
}

}  // namespace weir::scenarios::internal
