#include "monitor/config/monitor_config.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "scenarios/yaml_document.h"

namespace weir::monitor {
namespace {

ConfigAccess Access() {
  return {
      .read_secret = [](const std::string& path) -> Result<std::string> {
        if (path == "missing") {
          return UsageError("missing: there is no such secret file; check the path");
        }
        return path == "url" ? "https://hooks.example/T0/secret\n" : "0123456789abcdef\n";
      },
      .find_program = [](const std::string& name) -> Result<std::string> { return "/bin/" + name; },
      .read_time_zone = [](const std::string& name) -> Result<std::string> {
        return scenarios::ReadSourceFile("/usr/share/zoneinfo/" + name, "time zone", 100'000);
      }};
}

std::string ErrorOf(const std::string& text) {
  const auto config = ReadMonitorConfig(text, "m.yaml", Access());
  return config ? "none" : config.error().message;
}

constexpr const char* kWhole = R"(evaluate_every: 500ms
link: https://weir.example
sources:
  - { name: prom, prometheus: 'http://127.0.0.1:9090/', interval: 10s }
  - { name: shop, scrape: 'http://127.0.0.1:8080/metrics' }
  - { name: here, host: / }
rules:
  - { alert: A, source: prom, query: 'up == 0', at_least: 0, for: 30s }
  - { alert: B, source: prom, query: 'up == 0', above: 5%, labels: { team: web } }
  - { alert: C, source: shop, metric: 'errors_total{code!="200"}', window: { rate: 1m }, above: 1,
      clear: 0.5, match: [ 'host=~"a.*"' ] }
  - { alert: D, source: weir, metric: weir_source_age_seconds, above: 60 }
channels:
  - { name: hook, webhook: 'https://example.org/', secret_file: key }
  - { name: chat, slack: 'file:url', channel: '#ops', rate: 30/m }
  - { name: mail, email: 'smtp://localhost:25', from: w@example.org, to: [ a@example.org ] }
  - { name: run, exec: 'page --now' }
receivers: [ { name: all, channels: [ hook, chat ] } ]
route:
  receiver: all
  group_by: [ alertname ]
  routes:
    - { matchers: [ 'team="web"' ], receiver: mail, continue: true, group_wait: 10s }
    - { matchers: [ 'team="web"' ], receiver: run }
inhibit_rules: [ { source_matchers: [ 'a=b' ], target_matchers: [ 'c=d' ], equal: [ team ] } ]
)";

TEST(MonitorConfigTest, ReadsAWholeFile) {
  const auto config = ReadMonitorConfig(kWhole, "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->sources[0].url, "http://127.0.0.1:9090");
  EXPECT_EQ(config->sources[0].queries.size(), 1U);
  // Four of the file, and one for each source that must not go down unseen.
  EXPECT_EQ(config->rules.size(), 7U);
  EXPECT_EQ(config->rules[1].threshold.level, 0.05);
  EXPECT_EQ(config->rules[2].matchers.size(), 2U);
  EXPECT_EQ(config->rules[2].window.take, WindowTake::kRate);
  EXPECT_EQ(config->rules[3].source, 3U);
  EXPECT_EQ(config->channels[0].secret, "0123456789abcdef");
  EXPECT_EQ(config->channels[1].url, "https://hooks.example/T0/secret");
  EXPECT_EQ(config->channels[1].per_s, 0.5);
  EXPECT_EQ(config->channels[3].argv, (std::vector<std::string>{"/bin/page", "--now"}));
  EXPECT_EQ(config->receivers.size(), 5U);
  EXPECT_EQ(config->route_ids,
            (std::vector<std::string>{"{}", "{}/{team=\"web\"}", "{}/{team=\"web\"}#2"}));
  EXPECT_EQ(config->policy.routes.options(2).receiver, "run");
  EXPECT_EQ(config->policy.flapping.times, 5U);
  EXPECT_EQ(config->policy.flapping.window, std::chrono::hours(1));
}

TEST(MonitorConfigTest, TheLimitsOfFlappingAreReadAndOneThatMarksEveryAlertIsRefused) {
  const std::string whole = kWhole;
  const auto config =
      ReadMonitorConfig(whole + "flapping: { times: 3, window: 20m }\n", "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->policy.flapping.times, 3U);
  EXPECT_EQ(config->policy.flapping.window, std::chrono::minutes(20));
  const auto never = ReadMonitorConfig(whole + "flapping: { times: 0 }\n", "m.yaml", Access());
  ASSERT_TRUE(never) << never.error().message;
  EXPECT_EQ(never->policy.flapping.times, 0U);
  EXPECT_EQ(ErrorOf(whole + "flapping: { times: 1 }\n"),
            "m.yaml:26:20: error: times says how often an alert may begin in the window before it "
            "flaps, 2 to 100, or 0 for never\n"
            "  26 | flapping: { times: 1 }\n"
            "     |                    ^\n"
            "  hint: for example 'flapping: { times: 5, window: 1h }'");
}

TEST(MonitorConfigTest, DigestsAreReadAndOneThatNobodyWouldGetIsRefused) {
  const std::string whole = kWhole;
  const auto plain = ReadMonitorConfig(whole, "m.yaml", Access());
  EXPECT_EQ(InWords(plain->digest), "at 09:00 (UTC)");
  // Those of sources that are down are about the monitor itself.
  EXPECT_EQ(plain->never_demoted, (std::set<std::size_t>{4, 5, 6}));
  std::string text = whole + "digest: { at: '17:30', location: Europe/Berlin }\n";
  text.replace(text.find("group_wait: 10s"), 15, "digest: true");
  text.replace(text.find("at_least: 0,"), 12, "at_least: 0, demote: false,");
  const auto config = ReadMonitorConfig(text, "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(InWords(config->digest), "at 17:30 (Europe/Berlin)");
  EXPECT_FALSE(config->policy.routes.options(0).digest);
  EXPECT_TRUE(config->policy.routes.options(1).digest);
  EXPECT_TRUE(config->never_demoted.contains(0));
  const auto every = ReadMonitorConfig(whole + "digest: { every: 6h }\n", "m.yaml", Access());
  EXPECT_EQ(every->digest.every, std::chrono::hours(6));
  EXPECT_EQ(ErrorOf(whole + "digest: { every: 6h, at: '09:00' }\n"),
            "m.yaml:26:9: error: a digest has 'every', or the time of the day\n"
            "  26 | digest: { every: 6h, at: '09:00' }\n"
            "     |         ^\n"
            "  hint: for example 'digest: { at: '09:00', location: Europe/Berlin }'");
  EXPECT_NE(ErrorOf(whole + "digest: { at: noon }\n").find("at is no time of the day"),
            std::string::npos);
  text = whole;
  text.replace(text.find("receiver: run"), 13, "receiver: run, digest: true");
  text.replace(text.find("exec: 'page --now'"), 18,
               "pagerduty: 'http://127.0.0.1:1/', secret_file: key");
  EXPECT_NE(ErrorOf(text).find("'run' gets no digests: PagerDuty and Alertmanager wake people"),
            std::string::npos)
      << ErrorOf(text);
}

constexpr const char* kTimes = R"(
time_intervals:
  - name: office-hours
    time_intervals:
      - times: [ { start_time: '09:00', end_time: '17:00' } ]
        weekdays: [ 'monday:friday' ]
        location: Europe/Berlin
  - { name: holidays, time_intervals: [ { days_of_month: [ '24:26' ], months: [ december ] } ] }
)";

TEST(MonitorConfigTest, RoutesNameTimeIntervals) {
  std::string text = kWhole;
  text.replace(text.find("group_wait: 10s"), 15,
               "active_time_intervals: [ office-hours ], mute_time_intervals: [ holidays ]");
  const auto config = ReadMonitorConfig(text + kTimes, "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->policy.intervals.size(), 2U);
  EXPECT_EQ(InWords(config->policy.intervals[0]),
            "09:00 to 17:00, monday to friday (Europe/Berlin)");
  EXPECT_EQ(config->policy.routes.options(1).active_times, std::vector<std::size_t>{0});
  EXPECT_EQ(config->policy.routes.options(1).mute_times, std::vector<std::size_t>{1});
  EXPECT_TRUE(config->policy.routes.options(2).mute_times.empty());
}

TEST(MonitorConfigTest, WrongTimeIntervalsAreRefusedWhereTheyStand) {
  const auto error_of = [](std::string_view from, std::string_view to) {
    std::string text = kWhole + std::string(kTimes);
    text.replace(text.find(from), from.size(), to);
    return ErrorOf(text);
  };
  EXPECT_EQ(error_of("Europe/Berlin", "../etc/passwd"),
            "m.yaml:32:19: error: '../etc/passwd' is no name of a time zone\n"
            "  32 |         location: ../etc/passwd\n"
            "     |                   ^~~~~~~~~~~~~\n"
            "  hint: write a name of the IANA database such as 'Europe/Berlin', 'UTC', or 'Local' "
            "for that of this machine");
  EXPECT_NE(error_of("Europe/Berlin", "Europe/Bonn").find("there is no such time zone file"),
            std::string::npos);
  EXPECT_EQ(error_of("monday:friday", "mo-fr"),
            "m.yaml:31:19: error: 'mo-fr' is not a day of the week or a range of them; write "
            "'monday:friday' or 'saturday'\n"
            "  31 |         weekdays: [ 'mo-fr' ]\n"
            "     |                   ^");
  EXPECT_EQ(
      error_of("name: holidays", "name: office-hours"),
      "m.yaml:33:13: error: there are two time intervals 'office-hours'\n"
      "  33 |   - { name: office-hours, time_intervals: [ { days_of_month: [ '24:26' ], months: "
      "[ december ] } ] }\n"
      "     |             ^~~~~~~~~~~~\n"
      "  hint: give each a name of its own");
  EXPECT_NE(error_of("group_wait: 10s", "mute_time_intervals: [ nights ]")
                .find("there is no time interval 'nights'"),
            std::string::npos);
  EXPECT_NE(error_of("group_by: [ alertname ]", "mute_time_intervals: [ holidays ]")
                .find("the first route is told at all times"),
            std::string::npos);
}

TEST(MonitorConfigTest, AnUnknownKeyPointsAtItselfAndNamesTheNearest) {
  std::string text = kWhole;
  text.replace(text.find("interval: 10s"), 13, "intervall: 1s");
  EXPECT_EQ(ErrorOf(text),
            "m.yaml:4:57: error: unknown key 'intervall' in source\n"
            "  4 |   - { name: prom, prometheus: 'http://127.0.0.1:9090/', intervall: 1s }\n"
            "    |                                                         ^~~~~~~~~\n"
            "  hint: did you mean 'interval'? known keys: name, prometheus, scrape, host, history, "
            "cgroup, "
            "lines, access_log, probe, rum, otlp, apdex, window, rate, interval, timeout, "
            "authorization_file, down_after, learn");
}

TEST(MonitorConfigTest, ASpanThatIsTooShortNamesTheShortest) {
  const std::string error = ErrorOf("evaluate_every: 20ms\n" + std::string(kWhole));
  EXPECT_NE(error.find("'20ms' is too short"), std::string::npos) << error;
  EXPECT_NE(error.find("hint: at least 100 ms\n"), std::string::npos) << error;
}

std::string WithSource(const std::string& source, const std::string& listen = "127.0.0.1:0") {
  return (listen.empty() ? "" : "listen: " + listen + "\n") + "sources:\n  - " + source +
         "\nrules: [ { alert: A, source: weir, metric: weir_source_age_seconds, above: 60 } ]\n"
         "channels: [ { name: log, file: log } ]\n";
}

TEST(MonitorConfigTest, APrometheusSaysHowMuchOfItsPastRulesLearnFrom) {
  const auto learn = [](const std::string& rest) {
    const auto config = ReadMonitorConfig(
        WithSource("{ name: a, prometheus: 'http://127.0.0.1/'" + rest + " }"), "m.yaml", Access());
    return config ? config->sources[0].learn : Nanos(-1);
  };
  EXPECT_EQ(learn(""), std::chrono::hours(7 * 24));
  EXPECT_EQ(learn(", learn: 2h"), std::chrono::hours(2));
  EXPECT_EQ(learn(", learn: off"), Nanos(0));
  EXPECT_EQ(ErrorOf(WithSource("{ name: a, host: /, learn: 2h }")),
            "m.yaml:3:32: error: only a source prometheus has a past to 'learn' from\n"
            "  3 |   - { name: a, host: /, learn: 2h }\n"
            "    |                                ^~");
  EXPECT_NE(ErrorOf(WithSource("{ name: a, prometheus: 'http://127.0.0.1/', learn: 1ms }"))
                .find("'1ms' is too short"),
            std::string::npos);
}

TEST(MonitorConfigTest, AHostMayHaveAControlGroup) {
  const auto config =
      ReadMonitorConfig(WithSource("{ name: here, host: /, cgroup: /system.slice/nginx.service }"),
                        "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->sources[0].cgroup, "/system.slice/nginx.service");
  EXPECT_EQ(ErrorOf(WithSource("{ name: here, host: /, cgroup: nginx }")),
            "m.yaml:3:36: error: 'nginx' is no control group\n"
            "  3 |   - { name: here, host: /, cgroup: nginx }\n"
            "    |                                    ^~~~~\n"
            "  hint: write its path as in /proc/PID/cgroup: /system.slice/nginx.service");
  EXPECT_NE(ErrorOf(WithSource("{ name: a, probe: 'http://127.0.0.1/', cgroup: /x }"))
                .find("only a source host has a 'cgroup'"),
            std::string::npos);
}

TEST(MonitorConfigTest, ReadsASourceOfBeacons) {
  const auto config = ReadMonitorConfig(
      WithSource("{ name: users, rum: [ 'https://shop.example', 'http://localhost:8080' ], "
                 "apdex: 1s, window: 10m }"),
      "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  const SourceSpec& source = config->sources[0];
  EXPECT_EQ(source.kind, SourceKind::kRum);
  EXPECT_EQ(source.origins,
            (std::vector<std::string>{"https://shop.example", "http://localhost:8080"}));
  EXPECT_EQ(source.rum.apdex_target, std::chrono::seconds(1));
  EXPECT_EQ(source.rum.window, std::chrono::minutes(10));
}

TEST(MonitorConfigTest, SaysWhatIsWrongWithASourceOfBeacons) {
  EXPECT_EQ(ErrorOf(WithSource("{ name: users, rum: 'https://shop.example/cart' }")),
            "m.yaml:3:25: error: 'https://shop.example/cart' is no origin of pages\n"
            "  3 |   - { name: users, rum: 'https://shop.example/cart' }\n"
            "    |                         ^~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
            "  hint: write scheme and host, and a port that is not the usual one, in lower case: "
            "https://shop.example");
  EXPECT_EQ(ErrorOf(WithSource("{ name: users, rum: 'https://shop.example' }", "")),
            "m.yaml:2:5: error: browsers send beacons to the service, and there is none\n"
            "  2 |   - { name: users, rum: 'https://shop.example' }\n"
            "    |     ^\n"
            "  hint: write 'listen: 127.0.0.1:8471' too");
  EXPECT_NE(
      ErrorOf(WithSource("{ name: users, rum: [] }")).find("a source rum has 1 to 20 origins"),
      std::string::npos);
  EXPECT_NE(ErrorOf(WithSource("{ name: here, host: /, apdex: 1s }"))
                .find("only a source rum has 'apdex'"),
            std::string::npos);
  EXPECT_NE(ErrorOf(WithSource("{ name: a, rum: 'https://a' }\n  - { name: b, rum: 'https://b' }"))
                .find("there are two sources rum"),
            std::string::npos);
}

TEST(MonitorConfigTest, ASourceOfPushedMetricsNeedsTheService) {
  const auto config =
      ReadMonitorConfig(WithSource("{ name: apps, otlp: true, interval: 1s }"), "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->sources[0].kind, SourceKind::kOtlp);
  EXPECT_EQ(ErrorOf(WithSource("{ name: apps, otlp: yes }")),
            "m.yaml:3:25: error: a source otlp has nothing to choose\n"
            "  3 |   - { name: apps, otlp: yes }\n"
            "    |                         ^~~\n"
            "  hint: write 'otlp: true', or leave the source out");
  EXPECT_NE(ErrorOf(WithSource("{ name: apps, otlp: true }", ""))
                .find("OpenTelemetry pushes metrics to the service, and there is none"),
            std::string::npos);
  EXPECT_NE(ErrorOf(WithSource("{ name: a, otlp: true }\n  - { name: b, otlp: true }"))
                .find("there are two sources otlp"),
            std::string::npos);
}

TEST(MonitorConfigTest, EveryMistakeIsFoundAtOnce) {
  const std::string errors = ErrorOf(R"(
sources: [ { name: a, scrape: 'ftp://x' }, { name: a, host: / } ]
rules:
  - { alert: R, source: b, metric: m, above: 1 }
  - { alert: R, source: a, query: up, above: 1 }
  - { alert: S, source: a, metric: m, above: 1, below: 2 }
  - { alert: T, source: a, metric: m, above: 1, clear: 2 }
  - { alert: U, source: a, metric: m, above: x }
  - { alert: V, source: a, metric: m, above: 1, annotations: { s: '{{ x }}' } }
channels: [ { name: c, slack: 'file:missing' }, { name: d, pagerduty: 'https://x/' } ]
receivers: [ { name: r, channels: [ nobody ] } ]
)");
  for (const char* part :
       {"scrape is no http or https address", "there are two sources 'a'", "there is no source 'b'",
        "this source has metrics and answers no queries",
        "a rule has one of above, at_least, below, at_most, not 2",
        "an alert that begins at 1 cannot end at 2", "above is not a number",
        "annotation s: '{{ x }}' is not known here", "there are two rules 'R'",
        "missing: there is no such secret file", "PagerDuty wants a routing key",
        "there is no channel 'nobody'"}) {
    EXPECT_NE(errors.find(part), std::string::npos) << part << "\n" << errors;
  }
}

constexpr const char* kEngines = R"(
sources:
  - { name: prom, prometheus: 'http://127.0.0.1:9090', interval: 30s }
  - { name: shop, scrape: 'http://127.0.0.1:8080/metrics' }
rules:
  - alert: Burn
    source: shop
    burn_rate: { objective: 99.5%, bad: 'requests_total{class="5xx"}', total: requests_total, by: service,
                 windows: [ { long: 2h, short: 10m, factor: 10 } ] }
  - alert: BurnAsked
    source: prom
    burn_rate: { objective: 99%, error_ratio: 'sum(rate(bad[$window])) / sum(rate(all[$window]))' }
  - { alert: Odd, source: prom, query: latency, anomaly: true }
  - { alert: Odder, source: shop, metric: latency, anomaly: { margin: 8%, confirm: 5, side: high, every: 5s } }
  - alert: Full
    source: shop
    metric: disk_used_ratio
    above: 90%
    predict: { within: 8h, probability: 70%, season: 24h }
    annotations: { summary: 'full with {{ probability }}' }
channels: [ { name: log, file: log } ]
)";

TEST(MonitorConfigTest, ReadsRulesWithEngines) {
  const auto config = ReadMonitorConfig(kEngines, "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  const auto& burn = std::get<BurnRateSpec>(config->rules[0].engine);
  EXPECT_DOUBLE_EQ(burn.objective, 0.995);
  EXPECT_EQ(burn.bad.matchers.size(), 1U);
  EXPECT_EQ(burn.by, std::vector<std::string>{"service"});
  EXPECT_EQ(burn.windows.size(), 1U);
  const auto& asked = std::get<BurnRateSpec>(config->rules[1].engine);
  EXPECT_EQ(asked.queries, (std::vector<std::size_t>{0, 1, 2, 3}));
  EXPECT_EQ(config->sources[0].queries[1], "sum(rate(bad[300000ms])) / sum(rate(all[300000ms]))");
  EXPECT_EQ(std::get<AnomalySpec>(config->rules[2].engine).every, std::chrono::seconds(30));
  const auto& odder = std::get<AnomalySpec>(config->rules[3].engine);
  EXPECT_EQ(odder.confirm, 5U);
  EXPECT_EQ(odder.side, AnomalySide::kHigh);
  const auto& full = std::get<PredictSpec>(config->rules[4].engine);
  EXPECT_EQ(full.every, std::chrono::minutes(8));
  EXPECT_DOUBLE_EQ(full.season, 180);
  // An engine says why, unless the file has words of its own.
  EXPECT_TRUE(config->rules[0].annotations.contains("summary"));
}

TEST(MonitorConfigTest, WrongEnginesAreShownWithTheirPlace) {
  std::string text = kEngines;
  text.replace(text.find("factor: 10 "), 10, "factor: 300");
  EXPECT_NE(ErrorOf(text).find("a factor of 300 can never be reached"), std::string::npos);
  const std::string errors = ErrorOf(R"(
sources: [ { name: a, scrape: 'http://x/' }, { name: p, prometheus: 'http://x/' } ]
rules:
  - { alert: A, source: a, metric: m, anomaly: { confirm: 0 } }
  - { alert: B, source: a, metric: m, anomaly: true, above: 1 }
  - { alert: C, source: a, metric: m, predict: { within: 1h } }
  - { alert: D, source: a, metric: m, above: 1, predict: { within: 1h, every: 1s } }
  - { alert: E, source: a, burn_rate: { objective: 100% } }
  - { alert: F, source: p, burn_rate: { objective: 99%, bad: x, total: y } }
  - { alert: G, source: a, metric: m, burn_rate: { objective: 99%, bad: x, total: y } }
  - { alert: H, source: a, metric: m, anomaly: { side: up }, predict: { within: 1h } }
channels: [ { name: log, file: log } ]
)");
  for (const char* part :
       {"'confirm' and 'calm' of an anomaly are numbers of values, 1 to 100",
        "a rule with an engine has no 'above'", "a rule has one of above, at_least, below, at_most",
        "'every' of a forecast must fit 1 to 120 times into 'within'",
        "the objective is the share of requests", "is asked for the share of requests that fail",
        "a burn rate has no 'metric'", "an anomaly has a side that is high, low or both",
        "a rule has one of burn_rate, anomaly and predict"}) {
    EXPECT_NE(errors.find(part), std::string::npos) << part << "\n" << errors;
  }
}

TEST(MonitorConfigTest, ABurnRateOfAHistoryIsRefusedAsItHasNoCounters) {
  EXPECT_EQ(
      ErrorOf("sources: [ { name: runs, history: true } ]\n"
              "rules:\n"
              "  - { alert: A, source: runs, burn_rate: { objective: 99%, bad: x, total: y } }\n"
              "channels: [ { name: log, file: log } ]\n"),
      "m.yaml:3:42: error: a burn rate needs counters, and a history has none: each of its "
      "runs is a value\n"
      "  3 |   - { alert: A, source: runs, burn_rate: { objective: 99%, bad: x, total: y } "
      "}\n"
      "    |                                          ^\n"
      "  hint: write 'metric: weir_run_error_ratio' and 'above: 0.1%', or ask a source with "
      "counters");
}

TEST(MonitorConfigTest, ABurnRateOfTheMonitorItselfIsRefusedAsItHasNoCounters) {
  EXPECT_NE(
      ErrorOf("sources: [ { name: a, scrape: 'http://127.0.0.1:9/' } ]\n"
              "rules:\n"
              "  - { alert: A, source: weir, burn_rate: { objective: 99%, bad: x, total: y } }\n"
              "channels: [ { name: log, file: log } ]\n")
          .find("m.yaml:3:42: error: a burn rate needs counters, and 'weir' has none"),
      std::string::npos);
}

TEST(MonitorConfigTest, LinksToAcknowledgeNeedAKeyAServiceAndWhereItIs) {
  const std::string whole = kWhole;
  const auto config =
      ReadMonitorConfig("listen: 127.0.0.1:0\nlink_key_file: key\n" + whole, "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->service->link_key, "0123456789abcdef");
  EXPECT_NE(ErrorOf("link_key_file: key\n" + whole)
                .find("m.yaml:1:16: error: link_key_file is for the service, and there is none"),
            std::string::npos);
  std::string nowhere = whole;
  nowhere.erase(nowhere.find("link: "), nowhere.find("sources:") - nowhere.find("link: "));
  EXPECT_NE(ErrorOf("listen: 127.0.0.1:0\nlink_key_file: key\n" + nowhere)
                .find("link_key_file is for links in messages, and there is no link"),
            std::string::npos);
  EXPECT_NE(ErrorOf("listen: 127.0.0.1:0\nlink_key_file: missing\n" + whole)
                .find("there is no such secret file"),
            std::string::npos);
}

TEST(MonitorConfigTest, AServiceForOtherMachinesNeedsAToken) {
  const std::string whole = kWhole;
  const auto open = ReadMonitorConfig("listen: 127.0.0.1:0\n" + whole, "m.yaml", Access());
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_TRUE(open->service->roles.open());
  EXPECT_EQ(ErrorOf("listen: 0.0.0.0:80\n" + whole),
            "m.yaml:1:9: error: 0.0.0.0 can be reached from other machines, so a token is needed\n"
            "  1 | listen: 0.0.0.0:80\n"
            "    |         ^~~~~~~~~~\n"
            "  hint: write 'act_token_file: PATH', or listen on 127.0.0.1");
  const auto guarded =
      ReadMonitorConfig("listen: 0.0.0.0:80\nread_token_file: key\n" + whole, "m.yaml", Access());
  ASSERT_TRUE(guarded) << guarded.error().message;
  EXPECT_EQ(guarded->service->roles.Of("Bearer 0123456789abcdef"), Role::kRead);
  EXPECT_NE(ErrorOf("act_token_file: key\n" + whole).find("and there is none"), std::string::npos);
  EXPECT_NE(ErrorOf("listen: nowhere\n" + whole).find("m.yaml:1:9: error: "), std::string::npos);
}

TEST(MonitorConfigTest, ATokenThatMayPushIsBesideOneThatMayMore) {
  const std::string whole = kWhole;
  const std::string push = "listen: 0.0.0.0:80\npush_token_file: ";
  const auto config =
      ReadMonitorConfig(push + "key\nact_token_file: url\n" + whole, "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  const Roles& roles = config->service->roles;
  EXPECT_TRUE(roles.MayPush("Bearer 0123456789abcdef"));
  EXPECT_EQ(roles.Of("Bearer 0123456789abcdef"), Role::kNone);
  EXPECT_EQ(
      ErrorOf(push + "key\n" + whole),
      "m.yaml:2:18: error: with push_token_file alone nobody could look at the monitor or act "
      "on it\n"
      "  2 | push_token_file: key\n"
      "    |                  ^~~\n"
      "  hint: write 'act_token_file: PATH' too");
  EXPECT_NE(ErrorOf("push_token_file: key\n" + whole)
                .find("push_token_file is for the service, and there is none"),
            std::string::npos);
  EXPECT_NE(ErrorOf(push + "missing\nact_token_file: key\n" + whole)
                .find("push_token_file: missing: there is no such secret file"),
            std::string::npos);
}

TEST(MonitorConfigTest, TlsNeedsAServiceACertificateAndItsKey) {
  const std::string whole = kWhole;
  EXPECT_EQ(ErrorOf("listen: 127.0.0.1:0\ntls: { certificate_file: key }\n" + whole),
            "m.yaml:2:6: error: tls has no key_file\n"
            "  2 | tls: { certificate_file: key }\n"
            "    |      ^\n"
            "  hint: write 'tls: { certificate_file: PATH, key_file: PATH }'");
  const std::string both = "tls: { certificate_file: key, key_file: key }\n" + whole;
  EXPECT_NE(ErrorOf(both).find("tls is for the service, and there is none"), std::string::npos);
  const std::string none = ErrorOf("listen: 127.0.0.1:0\n" + both);
  EXPECT_NE(none.find("m.yaml:2:6: error: tls: there is no certificate in its file"),
            std::string::npos)
      << none;
  EXPECT_EQ(none.find("0123456789abcdef"), std::string::npos);
  EXPECT_NE(
      ErrorOf("listen: 127.0.0.1:0\ntls: { certificate_file: missing, key_file: key }\n" + whole)
          .find("m.yaml:2:26: error: certificate_file: missing: there is no such"),
      std::string::npos);
}

TEST(MonitorConfigTest, AChannelOfAReceiverHasTimesOfItsOwn) {
  const std::string receivers = "receivers: [ { name: all, channels: [ hook, chat ] } ]";
  const auto with = [&](const std::string& channels) {
    std::string text = kWhole + std::string(kTimes);
    return text.replace(text.find(receivers), receivers.size(),
                        "receivers: [ { name: all, channels: " + channels + " } ]");
  };
  const auto config = ReadMonitorConfig(
      with("[ hook, { name: chat, active_time_intervals: [ office-hours ], mute_time_intervals: "
           "holidays } ]"),
      "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  const ReceiverSpec& all = config->receivers.front();
  EXPECT_EQ(all.channels, (std::vector<std::size_t>{0, 1}));
  ASSERT_EQ(all.channel_times.size(), 1U);
  EXPECT_EQ(all.channel_times.at(1).active_times, std::vector<std::size_t>{0});
  EXPECT_EQ(all.channel_times.at(1).mute_times, std::vector<std::size_t>{1});
  EXPECT_TRUE(config->policy.channel_times.empty());  // One may always be told.
  EXPECT_EQ(ErrorOf(with("[ hook, { name: chat, mute_time_intervals: [ holidais ] } ]")),
            "m.yaml:18:82: error: there is no time interval 'holidais'\n"
            "  18 | receivers: [ { name: all, channels: [ hook, { name: chat, "
            "mute_time_intervals: [ holidais ] } ] } ]\n"
            "     |                                                                             "
            "     ^~~~~~~~\n"
            "  hint: did you mean 'holidays'? name one of 'time_intervals'");
  EXPECT_NE(ErrorOf(with("[ { name: chap } ]")).find("there is no channel 'chap'"),
            std::string::npos);
  EXPECT_NE(ErrorOf(with("[ { name: chat, mute_times: [ holidays ] } ]"))
                .find("unknown key 'mute_times' in channel of a receiver"),
            std::string::npos);
  EXPECT_NE(ErrorOf(with("[ { mute_time_intervals: [ holidays ] } ]"))
                .find("a channel of a receiver has a name"),
            std::string::npos);
  EXPECT_NE(ErrorOf(with("[ chat, { name: chat, mute_time_intervals: [ holidays ] } ]"))
                .find("the receiver has 'chat' twice"),
            std::string::npos);
}

TEST(MonitorConfigTest, ReadsEscalations) {
  std::string text = kWhole;
  const std::string receivers = "receivers: [ { name: all, channels: [ hook, chat ] } ]";
  const auto with = [&](const std::string& more) {
    std::string changed = text;
    return changed.replace(changed.find(receivers), receivers.size(),
                           "receivers: [ { name: all, channels: [ hook ], " + more + " } ]");
  };
  const auto config = ReadMonitorConfig(
      with("escalate: [ { wait: 5m, channels: [ chat, mail ] } ], rounds: 3"), "m.yaml", Access());
  ASSERT_TRUE(config) << config.error().message;
  const ReceiverSpec& all = config->receivers.front();
  EXPECT_EQ(all.escalation.waits, std::vector<Nanos>{std::chrono::minutes(5)});
  EXPECT_EQ(all.escalation.rounds, 3U);
  EXPECT_EQ(all.escalate_to, (std::vector<std::vector<std::size_t>>{{1, 2}}));
  EXPECT_NE(ErrorOf(with("escalate: [ { wait: 5m } ]")).find("has a wait and channels"),
            std::string::npos);
  EXPECT_NE(ErrorOf(with("escalate: [ { wait: 5m, channels: [ x ] } ]")).find("no channel 'x'"),
            std::string::npos);
  EXPECT_NE(ErrorOf(with("rounds: 2")).find("rounds says how often"), std::string::npos);
}

TEST(MonitorConfigTest, NoErrorShowsASecret) {
  const std::string error = ErrorOf(
      "sources: [ { name: h, host: / } ]\nrules: []\n"
      "channels: [ { name: c, email: 'smtp://x', user: u, secret_file: key } ]\n");
  EXPECT_EQ(error.find("0123456789abcdef"), std::string::npos) << error;
}

TEST(MonitorConfigTest, AnEmptyFileSaysWhatToRead) {
  EXPECT_EQ(ErrorOf(""),
            "m.yaml: error: the file is empty\n  hint: docs/monitoring.md has one to "
            "begin with");
}

}  // namespace
}  // namespace weir::monitor
