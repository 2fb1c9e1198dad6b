#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "base/time.h"

struct sqlite3;
struct sqlite3_stmt;

/// A thin, typed layer over SQLite's C interface: ownership, binding by position, and failures told
/// as prose that names the file. Knows nothing of runs.
namespace weir::store::internal {

enum class OpenMode : std::uint8_t {
  kReadOnly,   ///< The file must exist and is not changed.
  kImmutable,  ///< As kReadOnly, on media where not even SQLite's side files can be made. Nobody
               ///< may be writing.
  kReadWrite,  ///< Made if missing.
};

class Statement;

/// One open database. Thread rule: one thread at a time.
class Connection {
 public:
  /// `path` is a plain file name, never a URI. `lock_wait` is how long any statement waits for
  /// another process's lock.
  static Result<std::unique_ptr<Connection>> Open(const std::string& path, OpenMode mode,
                                                  Nanos lock_wait);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// As the user wrote it.
  const std::string& path() const { return path_; }

  /// Runs statements that return nothing of interest. `attempt` completes "cannot ... PATH" in the
  /// message of an error: "read", "write to", "lock".
  Status Execute(const std::string& sql, std::string_view attempt);

  Result<Statement> Prepare(std::string_view sql);

  /// The first column of the first row; an error if there is none.
  Result<std::int64_t> QueryInteger(std::string_view sql);

  std::int64_t LastInsertId() const;

  /// What just went wrong on this connection, as prose: attempt, file, finding, fix.
  Error Failure(std::string_view attempt) const;

  /// The last failure's code was that somebody else holds a lock.
  bool FailedForLock() const;

  /// When false, closing does not fold the write-ahead log into a file that is not ours.
  void CheckpointOnClose(bool enabled);

 private:
  Connection(std::string path, Nanos lock_wait);
  Status Open(OpenMode mode);

  std::string path_;
  Nanos lock_wait_;
  sqlite3* handle_ = nullptr;
};

/// A prepared statement with its bindings and current row. Move-only; must not outlive its
/// connection.
///
/// Reading a column never fails: what is not of the asked type or range makes damaged() true and
/// reads as zero, so that a row is read in one go and judged once.
class Statement {
 public:
  Statement(Connection& connection, sqlite3_stmt* handle);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  /// Binds all parameters from the first on, forgetting row and bindings of the last use. Texts and
  /// blobs must stay alive until the last Step.
  template <typename... Values>
  Statement& Bind(const Values&... values) {
    Reset();
    int position = 0;
    (BindOne(++position, values), ...);
    return *this;
  }

  /// Binds one more parameter at `position` (from 1); does not reset.
  void BindOne(int position, std::nullptr_t);
  void BindOne(int position, std::int64_t value);
  void BindOne(int position, std::uint64_t value);
  void BindOne(int position, std::uint32_t value);
  void BindOne(int position, int value);
  void BindOne(int position, bool value);
  void BindOne(int position, double value);
  void BindOne(int position, std::string_view value);
  void BindOne(int position, const std::string& value);
  void BindOne(int position, const char* value) = delete;
  void BindOne(int position, std::span<const std::uint8_t> value);

  void BindOne(int position, const std::optional<int>& value);
  void BindOne(int position, const std::optional<std::uint32_t>& value);
  void BindOne(int position, const std::optional<std::uint64_t>& value);
  void BindOne(int position, const std::optional<double>& value);
  void BindOne(int position, const std::optional<std::string>& value);

  /// Goes to the next row; false = there is none.
  Result<bool> Step();

  /// Runs a statement that returns no rows, and resets it.
  Status Run();

  void Reset();

  /// Columns of the current row, from 0. Texts and blobs are valid until the next Step.
  bool IsNull(int column) const;
  std::int64_t Integer(int column);
  /// An integer >= 0.
  std::uint64_t Count(int column);
  /// An integer in [0, below), for enumerators and indices.
  std::uint32_t Below(int column, std::uint64_t below);
  double Real(int column);
  std::string Text(int column);
  std::span<const std::uint8_t> Blob(int column);
  std::optional<std::uint64_t> MaybeCount(int column);
  std::optional<double> MaybeReal(int column);

  /// A column of any row so far was not what it must be.
  bool damaged() const { return damaged_; }

 private:
  template <typename Value>
  void BindMaybe(int position, const std::optional<Value>& value);

  Connection* connection_;
  sqlite3_stmt* handle_;
  bool damaged_ = false;
};

/// BEGIN on construction by Begin, ROLLBACK unless committed.
class Transaction {
 public:
  enum class Kind : std::uint8_t {
    kRead,   ///< One moment of the file for all reads in it.
    kWrite,  ///< Takes the write lock at once, so that it cannot fail half-way for a lock.
  };

  static Result<Transaction> Begin(Connection& connection, Kind kind);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  Status Commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}

  Connection* connection_;
};

/// Calls `visit(row)` for each row of a statement that is bound. The caller asks damaged() after
/// it.
template <typename Visitor>
Status ForEachRow(Statement& statement, Visitor visit) {
  while (true) {
    const Result<bool> row = statement.Step();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      return {};
    }
    visit(statement);
  }
}

/// Calls `visit(row)` for each row of `sql` with the run bound to its only parameter. Sets
/// `damaged` when a row had a value of another kind than was asked for.
template <typename Visitor>
Status ForEachOf(Connection& connection, std::string_view sql, RunId id, bool& damaged,
                 Visitor visit) {
  Result<Statement> statement = connection.Prepare(sql);
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(id);
  Status read = ForEachRow(*statement, visit);
  damaged |= read && statement->damaged();
  return read;
}

}  // namespace weir::store::internal
