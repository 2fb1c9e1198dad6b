#include "store/internal/sqlite.h"

#include <cctype>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.h"
#include "base/text.h"

namespace weir::store::internal {
namespace {

// No honest histogram or scenario comes near; a hostile file may not make us allocate more.
constexpr int kValueBytesMax = 64 * 1024 * 1024;

std::string Finding(int code, Nanos lock_wait) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fmt::format(
          "another process has kept it locked for more than {}; wait for that process to end, or "
          "name another file",
          FormatDuration(lock_wait));
    case SQLITE_FULL:
      return "the disk is full; make room, or name a file on another disk";
    case SQLITE_READONLY:
      return "the file or its directory is read-only for this user; change the permissions, or "
             "name another file";
    case SQLITE_NOTADB:
      return "the file is not an SQLite database; name another file";
    case SQLITE_CORRUPT:
      return "the file is damaged; restore it from a copy, or save what is readable with "
             "`sqlite3 FILE .recover`";
    case SQLITE_CANTOPEN:
      return "the file or its side files (-wal, -shm) cannot be opened; look at the permissions of "
             "the file and its directory";
    case SQLITE_IOERR:
      // SQLite tells "disk full" apart only for ENOSPC, and mostly loses the system's own word.
      return (code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ)
                 ? "the disk reports an error while reading; look at the system's log"
                 : "writing failed; look whether the disk is full, a quota or the limit on file "
                   "sizes (ulimit -f) is reached, or the disk reports errors in the system's log";
    default:
      return {};
  }
}

}  // namespace

Connection::Connection(std::string path, Nanos lock_wait)
    : path_(std::move(path)), lock_wait_(lock_wait) {}

Connection::~Connection() {
  sqlite3_close_v2(handle_);
}

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& path, OpenMode mode,
                                                     Nanos lock_wait) {
  std::unique_ptr<Connection> connection(new Connection(path, lock_wait));
  if (Status opened = connection->Open(mode); !opened) {
    return tl::unexpected(opened.error());
  }
  return connection;
}

Status Connection::Open(OpenMode mode) {
  // Absolute, so that ":memory:" and "file:" mean files like any other name.
  std::error_code ignored;
  std::string name = std::filesystem::absolute(path_, ignored).string();
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == OpenMode::kReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                        : SQLITE_OPEN_READONLY;
  if (mode == OpenMode::kImmutable) {
    flags |= SQLITE_OPEN_URI;
    std::string escaped = "file:";
    for (const char c : name) {
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '.';
      escaped += plain
                     ? std::string(1, c)
                     : fmt::format("%{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    name = escaped + "?immutable=1";
  }
  if (sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
    return tl::unexpected(Failure("open"));
  }
  sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, kValueBytesMax);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_busy_timeout(
      handle_,
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(lock_wait_).count()));
  return Execute("PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON", "open");
}

Status Connection::Execute(const std::string& sql, std::string_view attempt) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return tl::unexpected(Failure(attempt));
  }
  return {};
}

Result<Statement> Connection::Prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &handle, nullptr) !=
      SQLITE_OK) {
    return tl::unexpected(Failure("read"));
  }
  return Statement(*this, handle);
}

Result<std::int64_t> Connection::QueryInteger(std::string_view sql) {
  Result<Statement> statement = Prepare(sql);
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  const Result<bool> row = statement->Step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  if (!*row) {
    return Internal(fmt::format("no row from: {}", sql));
  }
  return statement->Integer(0);
}

std::int64_t Connection::LastInsertId() const {
  return sqlite3_last_insert_rowid(handle_);
}

Error Connection::Failure(std::string_view attempt) const {
  const int code = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(handle_);
  std::string finding = Finding(code, lock_wait_);
  if (finding.empty()) {
    finding =
        fmt::format("{} (SQLite code {})",
                    handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_), code);
  }
  return {ErrorKind::kUnavailable,
          fmt::format("cannot {} the history '{}': {}", attempt, Printable(path_), finding)};
}

bool Connection::FailedForLock() const {
  const int code = sqlite3_errcode(handle_);
  return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

void Connection::CheckpointOnClose(bool enabled) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, enabled ? 0 : 1, nullptr);
}

Statement::Statement(Connection& connection, sqlite3_stmt* handle)
    : connection_(&connection), handle_(handle) {}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      handle_(std::exchange(other.handle_, nullptr)),
      damaged_(other.damaged_) {}

void Statement::BindOne(int position, std::nullptr_t) {
  WEIR_CHECK(sqlite3_bind_null(handle_, position) == SQLITE_OK);
}

void Statement::BindOne(int position, std::int64_t value) {
  WEIR_CHECK(sqlite3_bind_int64(handle_, position, value) == SQLITE_OK);
}

void Statement::BindOne(int position, std::uint64_t value) {
  BindOne(position, static_cast<std::int64_t>(value));
}

void Statement::BindOne(int position, std::uint32_t value) {
  BindOne(position, static_cast<std::int64_t>(value));
}

void Statement::BindOne(int position, int value) {
  BindOne(position, static_cast<std::int64_t>(value));
}

void Statement::BindOne(int position, bool value) {
  BindOne(position, static_cast<std::int64_t>(value));
}

void Statement::BindOne(int position, double value) {
  WEIR_CHECK(sqlite3_bind_double(handle_, position, value) == SQLITE_OK);
}

void Statement::BindOne(int position, std::string_view value) {
  // A null pointer would bind NULL, and an empty view may have one.
  const char* text = value.empty() ? "" : value.data();
  WEIR_CHECK(sqlite3_bind_text64(handle_, position, text, value.size(), SQLITE_STATIC,
                                 SQLITE_UTF8) == SQLITE_OK);
}

void Statement::BindOne(int position, const std::string& value) {
  BindOne(position, std::string_view(value));
}

void Statement::BindOne(int position, std::span<const std::uint8_t> value) {
  WEIR_CHECK(sqlite3_bind_blob64(handle_, position, value.data(), value.size(), SQLITE_STATIC) ==
             SQLITE_OK);
}

template <typename Value>
void Statement::BindMaybe(int position, const std::optional<Value>& value) {
  if (value) {
    BindOne(position, *value);
  } else {
    BindOne(position, nullptr);
  }
}

void Statement::BindOne(int position, const std::optional<int>& value) {
  BindMaybe(position, value);
}

void Statement::BindOne(int position, const std::optional<std::uint32_t>& value) {
  BindMaybe(position, value);
}

void Statement::BindOne(int position, const std::optional<std::uint64_t>& value) {
  BindMaybe(position, value);
}

void Statement::BindOne(int position, const std::optional<double>& value) {
  BindMaybe(position, value);
}

void Statement::BindOne(int position, const std::optional<std::string>& value) {
  BindMaybe(position, value);
}

Result<bool> Statement::Step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code == SQLITE_DONE) {
    return false;
  }
  const bool reads = sqlite3_stmt_readonly(handle_) != 0;
  return tl::unexpected(connection_->Failure(reads ? "read" : "write to"));
}

Status Statement::Run() {
  const Result<bool> row = Step();
  if (!row) {
    Error error = row.error();
    Reset();
    return tl::unexpected(std::move(error));
  }
  Reset();
  return {};
}

void Statement::Reset() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::Integer(int column) {
  damaged_ |= sqlite3_column_type(handle_, column) != SQLITE_INTEGER;
  return sqlite3_column_int64(handle_, column);
}

std::uint64_t Statement::Count(int column) {
  const std::int64_t value = Integer(column);
  damaged_ |= value < 0;
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

std::uint32_t Statement::Below(int column, std::uint64_t below) {
  const std::uint64_t value = Count(column);
  damaged_ |= value >= below;
  return value >= below ? 0 : static_cast<std::uint32_t>(value);
}

double Statement::Real(int column) {
  const int type = sqlite3_column_type(handle_, column);
  damaged_ |= type != SQLITE_FLOAT && type != SQLITE_INTEGER;
  return sqlite3_column_double(handle_, column);
}

std::string Statement::Text(int column) {
  damaged_ |= sqlite3_column_type(handle_, column) != SQLITE_TEXT;
  const unsigned char* text = sqlite3_column_text(handle_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  // The cast is from SQLite's unsigned char to the same bytes.
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text), size);
}

std::span<const std::uint8_t> Statement::Blob(int column) {
  damaged_ |= sqlite3_column_type(handle_, column) != SQLITE_BLOB;
  const void* bytes = sqlite3_column_blob(handle_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return {static_cast<const std::uint8_t*>(bytes), bytes == nullptr ? 0 : size};
}

std::optional<std::uint64_t> Statement::MaybeCount(int column) {
  return IsNull(column) ? std::nullopt : std::optional(Count(column));
}

std::optional<double> Statement::MaybeReal(int column) {
  return IsNull(column) ? std::nullopt : std::optional(Real(column));
}

Result<Transaction> Transaction::Begin(Connection& connection, Kind kind) {
  const Status begun = kind == Kind::kRead ? connection.Execute("BEGIN", "read")
                                           : connection.Execute("BEGIN IMMEDIATE", "write to");
  if (!begun) {
    return tl::unexpected(begun.error());
  }
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ != nullptr) {
    // Fails only if SQLite has rolled back by itself, which is what is wanted.
    static_cast<void>(connection_->Execute("ROLLBACK", "write to"));
  }
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Status Transaction::Commit() {
  Status committed = connection_->Execute("COMMIT", "write to");
  if (committed) {
    connection_ = nullptr;
  }
  return committed;
}

}  // namespace weir::store::internal
