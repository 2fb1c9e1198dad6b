#include "store/monitor_book.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "store/history.h"
#include "store/internal/schema.h"
#include "store/internal/sqlite.h"

namespace weir::store {

using internal::Connection;
using internal::Statement;
using internal::Transaction;

namespace {

constexpr std::string_view kColumns =
    "outbox_id, event_id, dedup_key, channel, payload, created_at_ns, due_at_ns, attempts, state,"
    " error, ended_at_ns";

tl::unexpected<Error> Damaged(const Connection& connection) {
  return Unavailable(
      fmt::format("cannot read the state of the monitor in the history '{}': a value is missing or "
                  "out of range; restore the file from a copy",
                  Printable(connection.path())));
}

WallTime TimeOf(Statement& row, int column) {
  return WallTime(Nanos(row.Integer(column)));
}

OutboxMessage MessageOf(Statement& row) {
  OutboxMessage message;
  message.id = row.Integer(0);
  message.event_id = row.Text(1);
  message.dedup_key = row.Text(2);
  message.channel = row.Text(3);
  message.payload = row.Text(4);
  message.created_at = TimeOf(row, 5);
  message.due_at = TimeOf(row, 6);
  message.attempts = row.Below(7, std::uint64_t{1} << 32);
  message.state = static_cast<DeliveryState>(row.Below(8, 3));
  message.error = row.Text(9);
  if (!row.IsNull(10)) {
    message.ended_at = TimeOf(row, 10);
  }
  return message;
}

// All rows of a statement that is bound.
template <typename T, typename Reader>
Result<std::vector<T>> Collect(const Connection& connection, Statement& statement, Reader read) {
  std::vector<T> found;
  if (const Status all = ForEachRow(statement, [&](Statement& row) { found.push_back(read(row)); });
      !all) {
    return tl::unexpected(all.error());
  }
  if (statement.damaged()) {
    return Damaged(connection);
  }
  return found;
}

Status PutRow(Connection& connection, const MonitorStateRow& row) {
  const bool gone = row.value.empty();
  Result<Statement> statement =
      connection.Prepare(gone ? "DELETE FROM monitor_state WHERE kind = ? AND key = ?"
                              : "INSERT INTO monitor_state (kind, key, value) VALUES (?,?,?)"
                                " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  const auto kind = static_cast<std::uint32_t>(row.kind);
  return gone ? statement->Bind(kind, row.key).Run()
              : statement->Bind(kind, row.key, row.value).Run();
}

// What people say stays.
Status DropStateOfMonitor(Connection& connection) {
  Result<Statement> statement =
      connection.Prepare("DELETE FROM monitor_state WHERE kind NOT IN (?, ?, ?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  return statement
      ->Bind(static_cast<std::uint32_t>(MonitorStateKind::kSilence),
             static_cast<std::uint32_t>(MonitorStateKind::kAcknowledgement),
             static_cast<std::uint32_t>(MonitorStateKind::kMark))
      .Run();
}

Status PutMessage(Connection& connection, const OutboxMessage& message) {
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO outbox (event_id, dedup_key, channel, payload, created_at_ns, due_at_ns,"
      " attempts, state, error) VALUES (?,?,?,?,?,?,0,0,'')"
      " ON CONFLICT (event_id, channel) DO NOTHING");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(message.event_id, message.dedup_key, message.channel, message.payload,
                  CountNs(message.created_at), CountNs(message.due_at));
  return statement->Run();
}

Status PutOutcome(Connection& connection, const DeliveryOutcome& outcome) {
  Result<Statement> statement = connection.Prepare(
      "UPDATE outbox SET attempts = attempts + 1, state = ?2, due_at_ns = ?3, error = ?4,"
      " ended_at_ns = CASE WHEN ?2 = 0 THEN NULL ELSE ?5 END WHERE outbox_id = ?1");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(outcome.id, static_cast<std::uint32_t>(outcome.state), CountNs(outcome.due_at),
                  outcome.error, CountNs(outcome.at));
  if (Status updated = statement->Run(); !updated || outcome.state == DeliveryState::kWaiting) {
    return updated;
  }
  Result<Statement> prune =
      connection.Prepare("DELETE FROM outbox WHERE state <> 0 AND outbox_id <= ?");
  if (!prune) {
    return tl::unexpected(prune.error());
  }
  prune->Bind(outcome.id - static_cast<std::int64_t>(MonitorBook::kLoggedMax));
  return prune->Run();
}

// Of a channel that nobody sends for.
Result<std::uint64_t> GiveUpOf(Connection& connection, std::string_view channel,
                               const MonitorBook::StrayLimits& limits) {
  Result<Statement> statement = connection.Prepare(
      "UPDATE outbox SET state = 2, error = 'the channel is no longer in the file',"
      " ended_at_ns = ?3 WHERE state = 0 AND channel = ?1 AND created_at_ns < ?2"
      " RETURNING outbox_id");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(channel, CountNs(limits.created_before), CountNs(limits.at));
  const Result<std::vector<std::uint64_t>> ids =
      Collect<std::uint64_t>(connection, *statement, [](Statement& row) { return row.Count(0); });
  if (!ids) {
    return tl::unexpected(ids.error());
  }
  return ids->size();
}

// Runs `write` in one transaction.
template <typename Write>
Status InTransaction(Connection& connection, Write write) {
  Result<Transaction> transaction = Transaction::Begin(connection, Transaction::Kind::kWrite);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  if (Status written = write(); !written) {
    return written;
  }
  return transaction->Commit();
}

}  // namespace

Result<std::unique_ptr<MonitorBook>> MonitorBook::OpenForWriting(const std::string& path) {
  auto connection = internal::OpenForWriting(path, WriteOptions{}, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  return std::unique_ptr<MonitorBook>(new MonitorBook(std::move(*connection)));
}

Result<std::unique_ptr<MonitorBook>> MonitorBook::OpenForReading(const std::string& path) {
  auto connection = internal::OpenForReading(path, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  return std::unique_ptr<MonitorBook>(new MonitorBook(std::move(*connection)));
}

MonitorBook::MonitorBook(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

MonitorBook::~MonitorBook() = default;

Result<std::vector<MonitorStateRow>> MonitorBook::LoadState(MonitorStateKind kind) {
  Result<Statement> statement =
      connection_->Prepare("SELECT key, value FROM monitor_state WHERE kind = ? ORDER BY key");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(static_cast<std::uint32_t>(kind));
  return Collect<MonitorStateRow>(*connection_, *statement, [kind](Statement& row) {
    return MonitorStateRow{kind, row.Text(0), row.Text(1)};
  });
}

Status MonitorBook::Commit(const MonitorChange& change) {
  return InTransaction(*connection_, [&]() -> Status {
    if (change.replaces_state) {
      if (Status dropped = DropStateOfMonitor(*connection_); !dropped) {
        return dropped;
      }
    }
    for (const MonitorStateRow& row : change.rows) {
      if (Status put = PutRow(*connection_, row); !put) {
        return put;
      }
    }
    for (const OutboxMessage& message : change.messages) {
      if (Status put = PutMessage(*connection_, message); !put) {
        return put;
      }
    }
    return {};
  });
}

Result<std::optional<OutboxMessage>> MonitorBook::NextFor(std::string_view channel) {
  Result<Statement> statement = connection_->Prepare(
      fmt::format("SELECT {} FROM outbox WHERE outbox_id IN"
                  " (SELECT min(outbox_id) FROM outbox WHERE channel = ? AND state = 0"
                  " GROUP BY dedup_key) ORDER BY due_at_ns, outbox_id LIMIT 1",
                  kColumns));
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(channel);
  Result<std::vector<OutboxMessage>> found =
      Collect<OutboxMessage>(*connection_, *statement, MessageOf);
  if (!found) {
    return tl::unexpected(found.error());
  }
  return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
}

Status MonitorBook::Record(const DeliveryOutcome& outcome) {
  return InTransaction(*connection_, [&] { return PutOutcome(*connection_, outcome); });
}

Result<std::uint64_t> MonitorBook::GiveUpStrays(std::span<const std::string> channels,
                                                const StrayLimits& limits) {
  std::uint64_t given_up = 0;
  const Status done = InTransaction(*connection_, [&]() -> Status {
    Result<Statement> statement =
        connection_->Prepare("SELECT DISTINCT channel FROM outbox WHERE state = 0");
    if (!statement) {
      return tl::unexpected(statement.error());
    }
    const Result<std::vector<std::string>> waiting =
        Collect<std::string>(*connection_, *statement, [](Statement& row) { return row.Text(0); });
    if (!waiting) {
      return tl::unexpected(waiting.error());
    }
    for (const std::string& channel : *waiting) {
      if (std::find(channels.begin(), channels.end(), channel) != channels.end()) {
        continue;
      }
      const Result<std::uint64_t> count = GiveUpOf(*connection_, channel, limits);
      if (!count) {
        return tl::unexpected(count.error());
      }
      given_up += *count;
    }
    return {};
  });
  if (!done) {
    return tl::unexpected(done.error());
  }
  return given_up;
}

Result<OutboxCounts> MonitorBook::Counts() {
  Result<Statement> statement = connection_->Prepare(
      "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1),"
      " count(*) FILTER (WHERE state = 2), min(created_at_ns) FILTER (WHERE state = 0)"
      " FROM outbox");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  Result<std::vector<OutboxCounts>> found =
      Collect<OutboxCounts>(*connection_, *statement, [](Statement& row) {
        OutboxCounts counts;
        counts.waiting = row.Count(0);
        counts.delivered = row.Count(1);
        counts.given_up = row.Count(2);
        if (!row.IsNull(3)) {
          counts.oldest_waiting = TimeOf(row, 3);
        }
        return counts;
      });
  if (!found) {
    return tl::unexpected(found.error());
  }
  return found->empty() ? OutboxCounts{} : found->front();
}

Result<std::vector<OutboxMessage>> MonitorBook::ListMessages(std::size_t count) {
  Result<Statement> statement = connection_->Prepare(
      fmt::format("SELECT {} FROM outbox ORDER BY outbox_id DESC LIMIT ?", kColumns));
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(static_cast<std::uint64_t>(count));
  return Collect<OutboxMessage>(*connection_, *statement, MessageOf);
}

Result<std::vector<OutboxMessage>> MonitorBook::ListMessagesOf(
    std::span<const std::string> dedup_keys, WallTime since, std::size_t count) {
  std::vector<OutboxMessage> all;
  for (const std::string& key : dedup_keys) {
    Result<Statement> statement = connection_->Prepare(
        fmt::format("SELECT {} FROM outbox WHERE dedup_key = ? AND created_at_ns >= ?"
                    " ORDER BY outbox_id DESC LIMIT ?",
                    kColumns));
    if (!statement) {
      return tl::unexpected(statement.error());
    }
    statement->Bind(key, CountNs(since), static_cast<std::uint64_t>(count));
    Result<std::vector<OutboxMessage>> found =
        Collect<OutboxMessage>(*connection_, *statement, MessageOf);
    if (!found) {
      return found;
    }
    all.insert(all.end(), found->begin(), found->end());
  }
  std::sort(all.begin(), all.end(),
            [](const OutboxMessage& a, const OutboxMessage& b) { return a.id > b.id; });
  all.resize(std::min(all.size(), count));
  return all;
}

Result<std::int64_t> MonitorBook::ChangeCount() {
  return connection_->QueryInteger("PRAGMA data_version");
}

}  // namespace weir::store
