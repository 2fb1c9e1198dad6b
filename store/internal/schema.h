#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/history.h"
#include "store/internal/sqlite.h"

/// The schema of a history, its versions, and the door through which every file comes in.
namespace weir::store::internal {

/// "weir" in ASCII, in the header of every history (PRAGMA application_id).
inline constexpr std::int64_t kApplicationId = 0x77656972;

/// One step up: SQL that takes a file from version `version - 1` to `version`.
struct Migration {
  int version = 0;
  std::string_view sql;
};

/// All of them, ascending from version 1. Append-only: what has been released is never edited.
std::span<const Migration> Migrations();

/// Opens for reading and writing; makes the file and brings it up to the last of `migrations`.
/// Refuses, without changing anything: directories, files that are not SQLite databases, databases
/// of other programs, and histories newer than `migrations`.
Result<std::unique_ptr<Connection>> OpenForWriting(const std::string& path,
                                                   const WriteOptions& options,
                                                   std::span<const Migration> migrations);

/// The same for reading; the file must exist. One with an older schema is first brought up to date,
/// which takes the right to write.
Result<std::unique_ptr<Connection>> OpenForReading(const std::string& path,
                                                   std::span<const Migration> migrations);

}  // namespace weir::store::internal
