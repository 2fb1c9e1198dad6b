#include "monitor/own_metrics.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/label_text.h"
#include "loadgen/host_counters.h"

namespace weir::monitor {
namespace {

// A page of metrics, family by family.
class MetricsPage {
 public:
  void Family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }

  void Put(double value, const Labels& labels = {}) {
    std::string written;
    for (const auto& [label, text] : labels) {
      written +=
          fmt::format("{}{}=\"{}\"", written.empty() ? "" : ",", label, EscapedLabelValue(text));
    }
    text_ += written.empty() ? fmt::format("{} {}\n", name_, value)
                             : fmt::format("{}{{{}}} {}\n", name_, written, value);
  }

  void Put(std::uint64_t value, const Labels& labels = {}) {
    Put(static_cast<double>(value), labels);
  }

  void Single(std::string_view name, std::string_view type, std::string_view help, double value) {
    Family(name, type, help);
    Put(value);
  }

  std::string Take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

void PutSamples(const MonitorReport& report, MetricsPage& page) {
  page.Family("weir_source_samples_total", "counter",
              "Samples that a source offered, by what became of them.");
  for (const SourceReport& source : report.sources) {
    const SourceLedger& ledger = source.status.ledger;
    page.Put(ledger.ingested, {{"source", source.name}, {"outcome", "ingested"}});
    for (const auto& [reason, count] : ledger.rejected) {
      page.Put(count, {{"source", source.name}, {"outcome", "rejected"}, {"reason", reason}});
    }
    for (const auto& [reason, count] : ledger.dropped) {
      page.Put(count, {{"source", source.name}, {"outcome", "dropped"}, {"reason", reason}});
    }
  }
}

void PutSources(const MonitorReport& report, MetricsPage& page) {
  const auto each = [&](auto value_of) {
    for (const SourceReport& source : report.sources) {
      page.Put(value_of(source), {{"source", source.name}});
    }
  };
  page.Family("weir_source_up", "gauge", "1 while the source gives fresh samples, else 0.");
  each([](const SourceReport& source) { return source.Works() ? 1.0 : 0.0; });
  page.Family("weir_source_age_seconds", "gauge", "Time since the last good look.");
  each([](const SourceReport& source) { return Seconds(source.age); });
  page.Family("weir_source_looks_total", "counter", "Looks at the source.");
  each([](const SourceReport& source) { return source.status.looks; });
  page.Family("weir_source_look_failures_total", "counter", "Looks that failed.");
  each([](const SourceReport& source) { return source.status.failures; });
  page.Family("weir_source_look_duration_seconds", "gauge", "How long the last look took.");
  each([](const SourceReport& source) { return Seconds(source.status.look_took); });
}

void PutChannels(const MonitorReport& report, MetricsPage& page) {
  page.Family("weir_channel_attempts_total", "counter", "Attempts to deliver, by result.");
  for (const ChannelReport& channel : report.channels) {
    page.Put(channel.counts.delivered, {{"channel", channel.name}, {"result", "delivered"}});
    page.Put(channel.counts.attempts_failed, {{"channel", channel.name}, {"result", "failed"}});
  }
  page.Family("weir_channel_messages_given_up_total", "counter",
              "Messages that were not delivered and will not be.");
  for (const ChannelReport& channel : report.channels) {
    page.Put(channel.counts.given_up, {{"channel", channel.name}});
  }
}

void PutEngines(const MonitorReport& report, MetricsPage& page) {
  page.Family("weir_engine_up", "gauge",
              "1 while the sources of all rules of an engine work, 0.5 while those of some do.");
  for (const EngineReport& engine : report.engines) {
    if (engine.health != EngineHealth::kNotUsed) {
      const bool works = engine.health == EngineHealth::kIntegrated;
      page.Put(works                                      ? 1.0
               : engine.health == EngineHealth::kDegraded ? 0.5
                                                          : 0.0,
               {{"engine", engine.name}});
    }
  }
}

}  // namespace

ProcessUse ReadProcessUse() {
  ProcessUse use;
  const auto text = loadgen::ReadSmallFile("/proc/self/stat");
  const auto stat = text ? loadgen::ParseProcessStat(*text) : std::nullopt;
  if (stat) {
    use.cpu_s = static_cast<double>(stat->cpu_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
    use.resident_bytes = stat->resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  return use;
}

std::string ReportMetrics(const MonitorReport& report, const ProcessUse& use) {
  MetricsPage page;
  PutSources(report, page);
  PutSamples(report, page);
  PutEngines(report, page);
  page.Family("weir_alerts", "gauge", "Alerts, by phase.");
  page.Put(report.pending, {{"phase", "pending"}});
  page.Put(report.firing, {{"phase", "firing"}});
  page.Single("weir_alert_groups", "gauge", "Groups of alerts that are remembered.",
              static_cast<double>(report.groups));
  page.Single("weir_rule_series_left_out_total", "counter",
              "Samples of series beyond the limit of a rule.",
              static_cast<double>(report.series_left_out));
  page.Single("weir_evaluations_total", "counter", "Evaluations of all rules.",
              static_cast<double>(report.evaluations));
  page.Single("weir_evaluation_duration_seconds", "gauge", "How long the last one took.",
              Seconds(report.evaluation_took));
  page.Single("weir_notifications_total", "counter", "Notifications of groups of alerts.",
              static_cast<double>(report.notifications));
  page.Family("weir_outbox_messages", "gauge", "Messages in the outbox and its log, by state.");
  page.Put(report.outbox.waiting, {{"state", "waiting"}});
  page.Put(report.outbox.delivered, {{"state", "delivered"}});
  page.Put(report.outbox.given_up, {{"state", "given_up"}});
  PutChannels(report, page);
  page.Single("weir_store_up", "gauge", "1 while what happens can be written down, else 0.",
              report.store_trouble.empty() ? 1 : 0);
  page.Single("weir_config_last_reload_successful", "gauge",
              "Whether the file was taken when it was read last: 1, else 0.",
              report.reload_trouble.empty() ? 1 : 0);
  page.Single("weir_config_last_reload_success_timestamp_seconds", "gauge",
              "When the file was taken last, since the Unix epoch.",
              Seconds(report.config_at.time_since_epoch()));
  page.Single("process_start_time_seconds", "gauge", "Start of the process since the Unix epoch.",
              Seconds(report.started_at.time_since_epoch()));
  if (use.cpu_s) {
    page.Single("process_cpu_seconds_total", "counter", "Processor time of the process.",
                *use.cpu_s);
  }
  if (use.resident_bytes) {
    page.Single("process_resident_memory_bytes", "gauge", "Resident memory of the process.",
                static_cast<double>(*use.resident_bytes));
  }
  return page.Take();
}

}  // namespace weir::monitor
