#include "monitor/history_learner.h"

#include <algorithm>
#include <set>
#include <variant>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "monitor/http_exchange.h"
#include "monitor/http_post.h"

namespace weir::monitor {
namespace {

// The engine of anomalies compares with its last 500 values.
constexpr std::int64_t kAnomalyValues = 600;
constexpr std::int64_t kAnomalyPeriods = 2;

constexpr std::size_t kFirstPart = 500;
constexpr std::size_t kPartMin = 10;
constexpr int kCatchUps = 3;

constexpr Nanos kAskShortest = std::chrono::seconds(5);
constexpr Nanos kPauseFirst = std::chrono::seconds(1);

struct Need {
  Nanos span{0};
  Nanos every{0};
};

Need NeedOf(const AlertRule& rule, Nanos interval) {
  const Nanos window = rule.window.take == WindowTake::kLast ? Nanos(0) : rule.window.span;
  if (const auto* anomaly = std::get_if<AnomalySpec>(&rule.engine)) {
    return {std::max(anomaly->every * kAnomalyValues, anomaly->period * kAnomalyPeriods) + window,
            anomaly->every};
  }
  if (const auto* predict = std::get_if<PredictSpec>(&rule.engine)) {
    const auto kept = static_cast<Nanos::rep>(predict->kept() + 1);
    return {predict->every * kept + window, predict->every};
  }
  const bool has_threshold = std::holds_alternative<std::monostate>(rule.engine);
  return {has_threshold ? window : Nanos(0), interval};
}

std::string Told(const std::string& url, const HttpReply& reply, const std::string& said) {
  const std::string found =
      reply.status == 0 ? reply.trouble : fmt::format("it answers {}", reply.status);
  return fmt::format("{}: {}{}{}", OriginOf(url), found, said.empty() ? "" : ": ", said);
}

}  // namespace

std::optional<HistoryPlan> PlanHistory(const AlertRule& rule, const SourceSpec& source,
                                       std::size_t instants_max) {
  if (source.kind != SourceKind::kPrometheus) {
    return std::nullopt;
  }
  const Nanos interval = source.timing.interval;
  const Need need = NeedOf(rule, interval);
  const Nanos span = std::min(need.span, source.learn);
  const auto most = static_cast<std::int64_t>(instants_max);
  if (span < interval || most == 0) {
    return std::nullopt;
  }
  const std::int64_t looks = span / interval;
  const std::int64_t coarse = std::clamp<std::int64_t>(
      (looks + most - 1) / most, 1, std::max<std::int64_t>(1, need.every / interval));
  return HistoryPlan{interval * coarse, static_cast<std::size_t>(std::min(looks / coarse, most))};
}

AskHistory MakeAskHistory(const SourceSpec& source) {
  const auto client = std::make_shared<HttpClient>();
  return [source, client](const HistoryAsk& ask) -> tl::expected<RangeAnswer, HistoryTrouble> {
    const Nanos timeout = std::max(source.timeout, kAskShortest);
    const auto seconds = [](WallTime at) { return static_cast<double>(CountNs(at)) / 1e9; };
    // Without nocache VictoriaMetrics moves the instants to multiples of the step.
    HttpAsk request = {.url = source.url + "/api/v1/query_range",
                       .headers = {"Content-Type: application/x-www-form-urlencoded"},
                       .body = fmt::format(
                           "{}&start={:.3f}&end={:.3f}&step={:.3f}&nocache=1",
                           PrometheusForm(ask.query, timeout), seconds(ask.from),
                           seconds(ask.from + ask.step * static_cast<Nanos::rep>(ask.instants - 1)),
                           Seconds(ask.step)),
                       .timeout = timeout,
                       .answer_bytes_max = HistoryLesson::kAnswerBytesMax};
    if (!source.authorization.empty()) {
      request.headers.push_back("Authorization: " + source.authorization);
    }
    const HttpReply reply = client->Exchange(request);
    Result<RangeAnswer> past =
        reply.status == 0 ? Unavailable("") : ReadPrometheusRange(reply.body);
    if (reply.status == 200 && past) {
      return std::move(*past);
    }
    const bool is_refused = reply.status >= 401 && reply.status <= 404;
    return tl::unexpected(HistoryTrouble{Told(source.url, reply, past ? "" : past.error().message),
                                         !is_refused, reply.status == 0});
  };
}

HistoryLesson::HistoryLesson(HistoryTask task, const SourceSpec& source, AskHistory ask)
    : task_(std::move(task)), source_(source), ask_(std::move(ask)) {}

void HistoryLesson::Begin(WallTime now) {
  AlertRule alone = task_.spec;
  alone.source = 0;
  alone.query = 0;
  SourceLedger ledger = learnt_ ? std::move(learnt_->ledger) : SourceLedger();
  learnt_.emplace(
      LearntHistory{RuleEngine(std::vector<AlertRule>{std::move(alone)}), std::move(ledger)});
  // Servers know milliseconds.
  from_ = std::chrono::time_point_cast<std::chrono::milliseconds>(
      now - plan_.step * static_cast<Nanos::rep>(plan_.instants - 1));
  done_ = 0;
}

// False: less of the past is asked for from now on.
bool HistoryLesson::Take(RangeAnswer past, WallTime now) {
  if (!planned_by_series_ && past.series * plan_.instants > kSamplesMax) {
    planned_by_series_ = true;
    const auto less = PlanHistory(task_.spec, source_, kSamplesMax / past.series);
    if (less && *less != plan_) {
      learnt_->ledger.Drop("too_much_history", past.ledger.offered);
      plan_ = *less;
      Begin(now);
      return false;
    }
  }
  for (const RangeInstant& look : past.looks) {
    learnt_->engine.Learn(look.at, look.reading);
  }
  learnt_->ledger.Add(past.ledger);
  return true;
}

tl::expected<LearntHistory, HistoryTrouble> HistoryLesson::Learn(
    const std::function<WallTime()>& now, const std::function<bool()>& stopped) {
  const auto plan = PlanHistory(task_.spec, source_, kInstantsMax);
  WEIR_CHECK(plan);
  plan_ = *plan;
  Begin(now());
  std::size_t part = kFirstPart;
  int catch_ups = 0;
  while (!stopped()) {
    if (done_ == plan_.instants) {
      // What came while it was asked.
      const WallTime next = from_ + plan_.step * static_cast<Nanos::rep>(done_);
      const Nanos::rep more = now() < next ? 0 : (now() - next) / plan_.step + 1;
      if (more == 0 || catch_ups == kCatchUps) {
        return std::move(*learnt_);
      }
      ++catch_ups;
      plan_.instants += static_cast<std::size_t>(more);
    }
    const HistoryAsk ask = {.query = task_.query,
                            .from = from_ + plan_.step * static_cast<Nanos::rep>(done_),
                            .step = plan_.step,
                            .instants = std::min(part, plan_.instants - done_)};
    auto past = ask_(ask);
    if (!past) {
      if (!past.error().may_be_large || ask.instants <= kPartMin) {
        return tl::unexpected(std::move(past.error()));
      }
      part = std::max(kPartMin, ask.instants / 4);
      continue;
    }
    const bool is_small = past->ledger.offered < kSamplesMax / 100;
    if (Take(std::move(*past), now())) {
      done_ += ask.instants;
      part = is_small ? std::min(part * 2, kInstantsPerAsk) : part;
    }
  }
  return tl::unexpected(HistoryTrouble{"it was stopped"});
}

HistoryLearner::HistoryLearner(std::vector<Lesson> lessons, const Clock& clock)
    : lessons_(std::move(lessons)),
      clock_(clock),
      states_(lessons_.size()),
      thread_([this] { Work(); }) {}

HistoryLearner::~HistoryLearner() {
  Stop();
  thread_.join();
}

void HistoryLearner::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

bool HistoryLearner::Stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

std::vector<std::pair<std::size_t, RuleEngine>> HistoryLearner::TakeLearnt() {
  const std::lock_guard lock(mutex_);
  return std::exchange(learnt_, {});
}

bool HistoryLearner::HasLearnt(std::size_t rule) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < lessons_.size(); ++i) {
    if (lessons_[i].task.rule == rule) {
      return states_[i].learnt;
    }
  }
  return true;
}

HistoryReport HistoryLearner::ReportOf(const Poller& poller) const {
  const std::lock_guard lock(mutex_);
  HistoryReport report;
  for (std::size_t i = 0; i < lessons_.size(); ++i) {
    if (lessons_[i].poller.get() != &poller) {
      continue;
    }
    ++report.rules;
    report.learnt += states_[i].learnt ? 1U : 0U;
    report.samples += states_[i].samples;
    report.trouble = states_[i].trouble.empty() ? report.trouble : states_[i].trouble;
  }
  return report;
}

std::optional<HistoryTrouble> HistoryLearner::Try(std::size_t number) {
  const Lesson& lesson = lessons_[number];
  const SourceSpec& source = lesson.poller->spec();
  HistoryLesson one(lesson.task, source, MakeAskHistory(source));
  auto learnt = one.Learn([this] { return clock_.WallNow(); }, [this] { return Stopping(); });
  SourceLedger ledger;
  if (learnt) {
    ledger = learnt->ledger;
  } else if (one.offered() > 0) {
    ledger.Drop("history_failed", one.offered());
  }
  lesson.poller->Count(ledger);
  const std::lock_guard lock(mutex_);
  State& state = states_[number];
  if (!learnt) {
    state.trouble = Printable(learnt.error().message, Reading::kWarningBytesMax);
    return learnt.error();
  }
  state = {.learnt = true, .samples = learnt->ledger.ingested, .trouble = {}};
  learnt_.emplace_back(lesson.task.rule, std::move(learnt->engine));
  return std::nullopt;
}

// Whether nothing is left to learn. A source that does not answer is asked once.
bool HistoryLearner::TryAll() {
  bool all = true;
  std::set<const Poller*> silent;
  for (std::size_t i = 0; i < lessons_.size() && !Stopping(); ++i) {
    const Poller* poller = lessons_[i].poller.get();
    if (HasLearnt(lessons_[i].task.rule)) {
      continue;
    }
    const auto trouble = silent.contains(poller) ? std::nullopt : Try(i);
    all = all && !trouble && !silent.contains(poller);
    if (trouble && trouble->no_answer) {
      silent.insert(poller);
    }
  }
  return all;
}

void HistoryLearner::Work() {
  Nanos pause = kPauseFirst;
  for (int tries = 0; tries < kTriesMax && !Stopping() && !TryAll(); ++tries) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, pause, [this] { return stopping_; });
    pause = std::min(pause * 2, kPauseMax);
  }
}

}  // namespace weir::monitor
