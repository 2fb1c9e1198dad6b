#include "store/internal/schema.h"

#include <filesystem>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::store::internal {
namespace {

// A reader only ever waits for a writer that is making or migrating the file.
constexpr Nanos kReaderLockWait = std::chrono::seconds(5);

tl::unexpected<Error> Refuse(const std::string& path, std::string_view found,
                             std::string_view fix) {
  return Unavailable(
      fmt::format("cannot use '{}' as a history: {}; {}", Printable(path), found, fix));
}

constexpr std::string_view kOtherFile = "name another file with --store or $WEIR_STORE";

tl::unexpected<Error> NoHistory(const std::string& path) {
  return Unavailable(
      fmt::format("there is no history '{}' yet; `weir run` makes it with the first run that it "
                  "records, or {}",
                  Printable(path), kOtherFile));
}

Status CheckPlace(const std::string& path) {
  std::error_code error;
  if (path.empty()) {
    return Unavailable(fmt::format("the history has no file name; {}", kOtherFile));
  }
  if (std::filesystem::is_directory(path, error)) {
    return Refuse(path, "it is a directory", "name a file in it, such as weir.db");
  }
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty() && !std::filesystem::is_directory(parent, error)) {
    return Refuse(path, fmt::format("there is no directory '{}'", Printable(parent.string())),
                  fmt::format("make it, or {}", kOtherFile));
  }
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error)) {
    return Refuse(path, "it is not a regular file", kOtherFile);
  }
  return {};
}

// The schema version of a history; 0 = an empty database, to be filled. Anything else is refused.
// Inside a transaction: between two of these reads, another process may make the file a history.
Result<int> RecogniseVersion(Connection& connection, int newest) {
  const Result<std::int64_t> application = connection.QueryInteger("PRAGMA application_id");
  if (!application) {
    return tl::unexpected(application.error());
  }
  const Result<std::int64_t> version = connection.QueryInteger("PRAGMA user_version");
  if (!version) {
    return tl::unexpected(version.error());
  }
  const Result<std::int64_t> objects =
      connection.QueryInteger("SELECT count(*) FROM sqlite_schema");
  if (!objects) {
    return tl::unexpected(objects.error());
  }
  const bool empty = *application == 0 && *version == 0 && *objects == 0;
  if (!empty && (*application != kApplicationId || *version < 1)) {
    return Refuse(connection.path(), "it is an SQLite database of another program", kOtherFile);
  }
  if (*version > newest) {
    return Refuse(
        connection.path(),
        fmt::format("it was made by a newer weir (schema {}, this one knows {})", *version, newest),
        "update weir, or choose another file");
  }
  return static_cast<int>(*version);
}

Result<int> RecogniseSnapshot(Connection& connection, int newest) {
  const Result<Transaction> snapshot = Transaction::Begin(connection, Transaction::Kind::kRead);
  if (!snapshot) {
    return tl::unexpected(snapshot.error());
  }
  return RecogniseVersion(connection, newest);
}

Status ApplyMigration(Connection& connection, const Migration& migration, int newest) {
  Result<Transaction> transaction = Transaction::Begin(connection, Transaction::Kind::kWrite);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  // Again, now that nobody else can write: two processes may have come here together.
  const Result<int> version = RecogniseVersion(connection, newest);
  if (!version) {
    return tl::unexpected(version.error());
  }
  if (*version >= migration.version) {
    return {};
  }
  const std::string sql = fmt::format("{}\nPRAGMA application_id = {}; PRAGMA user_version = {};",
                                      migration.sql, kApplicationId, migration.version);
  if (Status applied = connection.Execute(sql, "bring up to date"); !applied) {
    return applied;
  }
  return transaction->Commit();
}

// SQLite does not wait by itself for the lock that this change of mode takes.
Status UseWriteAheadLog(Connection& connection, Nanos lock_wait) {
  constexpr Nanos kPause = std::chrono::milliseconds(10);
  for (Nanos waited{0};; waited += kPause) {
    Status changed = connection.Execute("PRAGMA journal_mode = WAL", "write to");
    if (changed || !connection.FailedForLock() || waited >= lock_wait) {
      return changed;
    }
    sqlite3_sleep(static_cast<int>(kPause / std::chrono::milliseconds(1)));
  }
}

Result<std::unique_ptr<Connection>> OpenAndProbe(const std::string& path) {
  auto connection = Connection::Open(path, OpenMode::kReadOnly, kReaderLockWait);
  if (!connection) {
    return connection;
  }
  if (const auto probe = (*connection)->QueryInteger("SELECT count(*) FROM sqlite_schema"); probe) {
    return connection;
  }
  // In a directory where SQLite cannot make its side files, a file without a log is not being
  // written by anybody and can be read as it is.
  std::error_code error;
  if (std::filesystem::exists(path + "-wal", error)) {
    return connection;
  }
  auto immutable = Connection::Open(path, OpenMode::kImmutable, kReaderLockWait);
  return immutable ? std::move(immutable) : std::move(connection);
}

}  // namespace

Result<std::unique_ptr<Connection>> OpenForWriting(const std::string& path,
                                                   const WriteOptions& options,
                                                   std::span<const Migration> migrations) {
  if (Status place = CheckPlace(path); !place) {
    return tl::unexpected(place.error());
  }
  auto connection = Connection::Open(path, OpenMode::kReadWrite, options.lock_wait);
  if (!connection) {
    return connection;
  }
  (*connection)->CheckpointOnClose(false);
  const int newest = migrations.back().version;
  const Result<int> version = RecogniseSnapshot(**connection, newest);
  if (!version) {
    return tl::unexpected(version.error());
  }
  (*connection)->CheckpointOnClose(true);
  for (const Migration& migration : migrations) {
    if (migration.version <= *version) {
      continue;
    }
    if (Status applied = ApplyMigration(**connection, migration, newest); !applied) {
      return tl::unexpected(applied.error());
    }
  }
  if (Status wal = UseWriteAheadLog(**connection, options.lock_wait); !wal) {
    return tl::unexpected(wal.error());
  }
  return connection;
}

Result<std::unique_ptr<Connection>> OpenForReading(const std::string& path,
                                                   std::span<const Migration> migrations) {
  if (Status place = CheckPlace(path); !place) {
    return tl::unexpected(place.error());
  }
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return NoHistory(path);
  }
  auto connection = OpenAndProbe(path);
  if (!connection) {
    return connection;
  }
  const int newest = migrations.back().version;
  const Result<int> version = RecogniseSnapshot(**connection, newest);
  if (!version) {
    return tl::unexpected(version.error());
  }
  if (*version == 0) {
    return NoHistory(path);
  }
  if (*version == newest) {
    return connection;
  }
  connection->reset();
  if (auto migrated = OpenForWriting(path, WriteOptions{}, migrations); !migrated) {
    return migrated;
  }
  return OpenAndProbe(path);
}

}  // namespace weir::store::internal
