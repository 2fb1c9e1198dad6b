#include "store/internal/record_rows.h"

#include <array>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/histogram_codec.h"
#include "base/text.h"

namespace weir::store::internal {
namespace {

constexpr std::string_view kInsertRecord =
    "INSERT INTO step_record (run_id, second, phase, step, planned, completed, failed, timed_out,"
    " dropped, unfinished, completed_in_window, bytes_received, bytes_sent)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)";

constexpr std::string_view kInsertError =
    "INSERT INTO step_record_error (record_id, error, requests) VALUES (?,?,?)";

constexpr std::string_view kInsertLatency =
    "INSERT INTO latency (record_id, outcome,"
    " response_hdr, response_min_ns, response_max_ns, response_sum_ns,"
    " service_hdr, service_min_ns, service_max_ns, service_sum_ns,"
    " send_lag_hdr, send_lag_min_ns, send_lag_max_ns, send_lag_sum_ns)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

constexpr std::string_view kInsertPart =
    "INSERT INTO latency_part (record_id, part, spans_hdr, spans_min_ns, spans_max_ns,"
    " spans_sum_ns) VALUES (?,?,?,?,?,?)";

constexpr std::string_view kInsertUsage =
    "INSERT INTO program_usage (record_id, metric, values_hdr, values_min, values_max, values_sum)"
    " VALUES (?,?,?,?,?,?)";

constexpr std::string_view kSelectRecords =
    "SELECT record_id, second, phase, step, planned, completed, failed, timed_out, dropped,"
    " unfinished, completed_in_window, bytes_received, bytes_sent FROM step_record"
    " WHERE run_id = ? AND second IS {} ORDER BY second, phase, record_id";

constexpr std::string_view kSelectErrors =
    "SELECT error, requests FROM step_record_error WHERE record_id = ?";

constexpr std::string_view kSelectLatency =
    "SELECT outcome,"
    " response_hdr, response_min_ns, response_max_ns, response_sum_ns,"
    " service_hdr, service_min_ns, service_max_ns, service_sum_ns,"
    " send_lag_hdr, send_lag_min_ns, send_lag_max_ns, send_lag_sum_ns"
    " FROM latency WHERE record_id = ? ORDER BY outcome";

constexpr std::string_view kSelectParts =
    "SELECT part, spans_hdr, spans_min_ns, spans_max_ns, spans_sum_ns FROM latency_part"
    " WHERE record_id = ? ORDER BY part";

constexpr std::string_view kSelectUsage =
    "SELECT metric, values_hdr, values_min, values_max, values_sum FROM program_usage"
    " WHERE record_id = ? ORDER BY metric";

constexpr int kColumnsPerHistogram = 4;

// In the order of the columns.
constexpr std::array<std::pair<Histogram LatencySet::*, std::string_view>, 3> kHistograms = {
    std::pair{&LatencySet::response, std::string_view("response")},
    std::pair{&LatencySet::service, std::string_view("service")},
    std::pair{&LatencySet::send_lag, std::string_view("send lag")}};

/// Where in the file something was found, for messages.
struct Place {
  const Connection* connection;
  RunId run;
  std::optional<std::uint32_t> second;
  std::uint32_t step;

  tl::unexpected<Error> Damaged(std::string_view what) const {
    const std::string when = second ? fmt::format("second {}", *second) : "totals";
    return Unavailable(fmt::format(
        "cannot read run {} in the history '{}': {}, step {}: {}; restore the file from "
        "a copy, or leave this run out",
        run, Printable(connection->path()), when, step, what));
  }
};

class RecordReader {
 public:
  static Result<RecordReader> Create(Connection& connection, const RecordQuery& query) {
    const bool totals = query.scope == RecordScope::kTotals;
    auto records =
        connection.Prepare(fmt::format(fmt::runtime(kSelectRecords), totals ? "NULL" : "NOT NULL"));
    auto errors = connection.Prepare(kSelectErrors);
    auto latency = connection.Prepare(kSelectLatency);
    auto parts = connection.Prepare(kSelectParts);
    auto usage = connection.Prepare(kSelectUsage);
    for (const auto* statement : {&records, &errors, &latency, &parts, &usage}) {
      if (!*statement) {
        return tl::unexpected(statement->error());
      }
    }
    return RecordReader(connection, query,
                        {std::move(*records), std::move(*errors), std::move(*latency),
                         std::move(*parts), std::move(*usage)});
  }

  Status Visit(const std::function<void(std::uint32_t, StepRecord&)>& visit) {
    rows_.records.Bind(query_.run);
    while (true) {
      const Result<bool> row = rows_.records.Step();
      if (!row) {
        return tl::unexpected(row.error());
      }
      if (!*row) {
        return {};
      }
      StepRecord record;
      Place place{&connection_, query_.run, std::nullopt, 0};
      if (Status read = ReadRow(record, place); !read) {
        return read;
      }
      visit(place.second.value_or(0), record);
    }
  }

 private:
  struct Rows {
    Statement records;
    Statement errors;
    Statement latency;
    Statement parts;
    Statement usage;
  };

  RecordReader(Connection& connection, const RecordQuery& query, Rows rows)
      : connection_(connection), query_(query), rows_(std::move(rows)) {}

  Status ReadRow(StepRecord& record, Place& place) {
    Statement& row = rows_.records;
    const std::int64_t record_id = row.Integer(0);
    if (!row.IsNull(1)) {
      place.second = row.Below(1, std::numeric_limits<std::uint32_t>::max());
    }
    record.phase = static_cast<Phase>(row.Below(2, 2));
    record.step = row.Below(3, query_.step_count);
    place.step = record.step;
    record.counts.planned = row.Count(4);
    for (std::size_t i = 0; i < kOutcomeCount; ++i) {
      record.counts.by_outcome[i] = row.Count(5 + static_cast<int>(i));
    }
    record.completed_in_window = row.Count(10);
    record.bytes_received = row.Count(11);
    record.bytes_sent = row.Count(12);
    if (row.damaged()) {
      return place.Damaged("a counter, phase or step number is out of range");
    }
    if (query_.depth == RecordDepth::kAll) {
      if (Status errors = ReadErrors(record_id, record, place); !errors) {
        return errors;
      }
      if (Status parts = ReadParts(record_id, record, place); !parts) {
        return parts;
      }
      if (Status usage = ReadUsage(record_id, record, place); !usage) {
        return usage;
      }
    }
    return ReadLatency(record_id, record, place);
  }

  Status ReadErrors(std::int64_t record_id, StepRecord& record, const Place& place) {
    Statement& row = rows_.errors;
    row.Bind(record_id);
    while (true) {
      const Result<bool> step = row.Step();
      if (!step) {
        return tl::unexpected(step.error());
      }
      if (!*step) {
        return {};
      }
      record.errors[row.Below(0, kRequestErrorCount)] = row.Count(1);
      if (row.damaged()) {
        return place.Damaged("an error count is out of range");
      }
    }
  }

  Status ReadLatency(std::int64_t record_id, StepRecord& record, const Place& place) {
    Statement& row = rows_.latency;
    row.Bind(record_id);
    while (true) {
      const Result<bool> step = row.Step();
      if (!step) {
        return tl::unexpected(step.error());
      }
      if (!*step) {
        return {};
      }
      const auto outcome = static_cast<Outcome>(row.Below(0, kOutcomeCount));
      if (row.damaged()) {
        return place.Damaged("an outcome number is out of range");
      }
      LatencySet& set = record.latency[outcome];
      const std::size_t wanted = query_.depth == RecordDepth::kAll ? kHistograms.size() : 1;
      for (std::size_t i = 0; i < wanted; ++i) {
        const int column = 1 + static_cast<int>(i) * kColumnsPerHistogram;
        if (Status read = ReadHistogram(row, column, set.*kHistograms[i].first); !read) {
          return place.Damaged(fmt::format("{} time of {} requests: {}", kHistograms[i].second,
                                           OutcomeName(outcome), read.error().message));
        }
      }
    }
  }

  Status ReadParts(std::int64_t record_id, StepRecord& record, const Place& place) {
    return ReadNumbered(rows_.parts.Bind(record_id), place,
                        {kLatencyPartCount, "a part of the latency"},
                        [&record](std::size_t part) -> Histogram& {
                          return record.parts[static_cast<LatencyPart>(part)];
                        });
  }

  Status ReadUsage(std::int64_t record_id, StepRecord& record, const Place& place) {
    return ReadNumbered(rows_.usage.Bind(record_id), place,
                        {kUsageMetricCount, "what a program used"},
                        [&record](std::size_t metric) -> Histogram& {
                          return record.usage[static_cast<UsageMetric>(metric)];
                        });
  }

  /// What the numbers of rows stand for.
  struct Numbering {
    std::size_t count;
    std::string_view what;
  };

  // Rows of a number and a histogram each.
  template <typename HistogramOf>
  Status ReadNumbered(Statement& row, const Place& place, Numbering numbering,
                      HistogramOf histogram_of) {
    while (true) {
      const Result<bool> step = row.Step();
      if (!step) {
        return tl::unexpected(step.error());
      }
      if (!*step) {
        return {};
      }
      const std::size_t number = row.Below(0, numbering.count);
      if (row.damaged()) {
        return place.Damaged(fmt::format("the number of {} is out of range", numbering.what));
      }
      if (Status read = ReadHistogram(row, 1, histogram_of(number)); !read) {
        return place.Damaged(
            fmt::format("number {} of {}: {}", number, numbering.what, read.error().message));
      }
    }
  }

  static Status ReadHistogram(Statement& row, int column, Histogram& histogram) {
    if (row.IsNull(column)) {
      return {};
    }
    Result<Histogram> decoded = DecodeHistogram(row.Blob(column));
    if (!decoded) {
      return tl::unexpected(decoded.error());
    }
    const std::uint64_t min_ns = row.Count(column + 1);
    const std::uint64_t max_ns = row.Count(column + 2);
    const double sum_ns = row.Real(column + 3);
    if (row.damaged()) {
      return Unavailable("its minimum, maximum or sum is not a number");
    }
    decoded->RestoreExact(min_ns, max_ns, sum_ns);
    histogram = std::move(*decoded);
    return {};
  }

  Connection& connection_;
  RecordQuery query_;
  Rows rows_;
};

}  // namespace

RecordInserter::RecordInserter(Connection& connection, Statements statements)
    : connection_(&connection), statements_(std::move(statements)) {}

Result<RecordInserter> RecordInserter::Create(Connection& connection) {
  auto record = connection.Prepare(kInsertRecord);
  auto error = connection.Prepare(kInsertError);
  auto latency = connection.Prepare(kInsertLatency);
  auto part = connection.Prepare(kInsertPart);
  auto usage = connection.Prepare(kInsertUsage);
  for (const auto* statement : {&record, &error, &latency, &part, &usage}) {
    if (!*statement) {
      return tl::unexpected(statement->error());
    }
  }
  return RecordInserter(connection, {std::move(*record), std::move(*error), std::move(*latency),
                                     std::move(*part), std::move(*usage)});
}

Status RecordInserter::Insert(RunId run, std::optional<std::uint32_t> second,
                              const StepRecord& record) {
  statements_.record.Bind(run, second, static_cast<int>(record.phase), record.step,
                          record.counts.planned, record.counts.of(Outcome::kCompleted),
                          record.counts.of(Outcome::kFailed), record.counts.of(Outcome::kTimedOut),
                          record.counts.of(Outcome::kDropped),
                          record.counts.of(Outcome::kUnfinished), record.completed_in_window,
                          record.bytes_received, record.bytes_sent);
  if (Status inserted = statements_.record.Run(); !inserted) {
    return inserted;
  }
  const std::int64_t record_id = connection_->LastInsertId();
  for (std::size_t i = 0; i < kRequestErrorCount; ++i) {
    if (record.errors[i] == 0) {
      continue;
    }
    if (Status inserted =
            statements_.error.Bind(record_id, static_cast<int>(i), record.errors[i]).Run();
        !inserted) {
      return inserted;
    }
  }
  for (const auto& [outcome, set] : record.latency) {
    if (Status inserted = InsertLatency(record_id, outcome, set); !inserted) {
      return inserted;
    }
  }
  return InsertParts(record_id, record);
}

Status RecordInserter::InsertParts(std::int64_t record_id, const StepRecord& record) {
  const auto insert = [record_id](Statement& statement, int number, const Histogram& values) {
    if (values.empty()) {
      return Status();
    }
    const std::vector<std::uint8_t> blob = EncodeHistogram(values);
    return statement
        .Bind(record_id, number, std::span<const std::uint8_t>(blob), values.min_ns(),
              values.max_ns(), values.sum_ns())
        .Run();
  };
  for (const auto& [part, spans] : record.parts) {
    if (Status inserted = insert(statements_.part, static_cast<int>(part), spans); !inserted) {
      return inserted;
    }
  }
  for (const auto& [metric, values] : record.usage) {
    if (Status inserted = insert(statements_.usage, static_cast<int>(metric), values); !inserted) {
      return inserted;
    }
  }
  return {};
}

Status RecordInserter::InsertLatency(std::int64_t record_id, Outcome outcome,
                                     const LatencySet& set) {
  statements_.latency.Bind(record_id, static_cast<int>(outcome));
  std::array<std::vector<std::uint8_t>, kHistograms.size()> blobs;
  for (std::size_t i = 0; i < kHistograms.size(); ++i) {
    const Histogram& histogram = set.*kHistograms[i].first;
    const int position = 3 + static_cast<int>(i) * kColumnsPerHistogram;
    if (histogram.empty()) {
      continue;  // Its four columns stay NULL.
    }
    blobs[i] = EncodeHistogram(histogram);
    statements_.latency.BindOne(position, std::span<const std::uint8_t>(blobs[i]));
    statements_.latency.BindOne(position + 1, histogram.min_ns());
    statements_.latency.BindOne(position + 2, histogram.max_ns());
    statements_.latency.BindOne(position + 3, histogram.sum_ns());
  }
  return statements_.latency.Run();
}

Status ReadRecords(Connection& connection, const RecordQuery& query,
                   const std::function<void(std::uint32_t, StepRecord&)>& visit) {
  Result<RecordReader> reader = RecordReader::Create(connection, query);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  return reader->Visit(visit);
}

}  // namespace weir::store::internal
