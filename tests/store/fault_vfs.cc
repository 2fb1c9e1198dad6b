#include "tests/store/fault_vfs.h"

#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <sqlite3.h>

#include "base/check.h"
#include "base/rng.h"

namespace weir::store {
namespace {

constexpr std::size_t kSectorBytes = 512;

/// One write or truncation, not yet synced.
struct Change {
  std::size_t offset = 0;
  std::optional<std::string> bytes;  // None: the file ends at `offset`.
};

struct FileState {
  std::string synced;
  std::vector<Change> unsynced;
};

struct World {
  std::mutex mutex;
  std::map<std::string, FileState> files;
  FaultVfs::Fault fault;
  std::uint64_t changes = 0;
  std::function<void(std::uint64_t)> hook;
  sqlite3_vfs* real = nullptr;
};

World* world = nullptr;

void Apply(std::string& content, const Change& change) {
  if (!change.bytes) {
    content.resize(change.offset);
    return;
  }
  if (content.size() < change.offset + change.bytes->size()) {
    content.resize(change.offset + change.bytes->size());
  }
  content.replace(change.offset, change.bytes->size(), *change.bytes);
}

// Counts a change; SQLITE_OK if it may happen.
int Count() {
  const std::lock_guard lock(world->mutex);
  const std::uint64_t number = world->changes++;
  const bool fails =
      number >= world->fault.first && number - world->fault.first < world->fault.count;
  return fails ? world->fault.code : SQLITE_OK;
}

// Notes a change that has happened, then lets the hook look at the disk.
template <typename Note>
void Happened(Note note) {
  std::function<void(std::uint64_t)> hook;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(world->mutex);
    note();
    hook = world->hook;
    number = world->changes;
  }
  if (hook) {
    hook(number);
  }
}

/// SQLite allocates these as plain memory and the real file follows in the same block.
struct ShimFile {
  sqlite3_file base;
  sqlite3_file* real;
  const std::string* path;  // Null for temporary files, which no crash test is about.
};

ShimFile* Shim(sqlite3_file* file) {
  return reinterpret_cast<ShimFile*>(file);
}

sqlite3_file* Real(sqlite3_file* file) {
  return Shim(file)->real;
}

int Close(sqlite3_file* file) {
  return Real(file)->pMethods->xClose(Real(file));
}

int Read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  return Real(file)->pMethods->xRead(Real(file), into, size, offset);
}

int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (const int code = Count(); code != SQLITE_OK) {
    return code;
  }
  const int code = Real(file)->pMethods->xWrite(Real(file), bytes, size, offset);
  if (code == SQLITE_OK && Shim(file)->path != nullptr) {
    Happened([&] {
      world->files[*Shim(file)->path].unsynced.push_back(
          {.offset = static_cast<std::size_t>(offset),
           .bytes = std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size))});
    });
  }
  return code;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = Count(); code != SQLITE_OK) {
    return code;
  }
  const int code = Real(file)->pMethods->xTruncate(Real(file), size);
  if (code == SQLITE_OK && Shim(file)->path != nullptr) {
    Happened([&] {
      world->files[*Shim(file)->path].unsynced.push_back(
          {.offset = static_cast<std::size_t>(size), .bytes = std::nullopt});
    });
  }
  return code;
}

// The real disk is not asked to sync: only what this file says about it matters, and it is slow.
int Sync(sqlite3_file* file, int) {
  if (const int code = Count(); code != SQLITE_OK) {
    return code == SQLITE_FULL ? code : SQLITE_IOERR_FSYNC;
  }
  if (Shim(file)->path != nullptr) {
    Happened([&] {
      FileState& state = world->files[*Shim(file)->path];
      for (const Change& change : state.unsynced) {
        Apply(state.synced, change);
      }
      state.unsynced.clear();
    });
  }
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}

int Lock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xLock(Real(file), level);
}

int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}

int CheckReservedLock(sqlite3_file* file, int* held) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), held);
}

int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), operation, argument);
}

int SectorSize(sqlite3_file* file) {
  return Real(file)->pMethods->xSectorSize(Real(file));
}

int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}

int ShmMap(sqlite3_file* file, int page, int size, int extend, volatile void** address) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, address);
}

int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}

void ShmBarrier(sqlite3_file* file) {
  Real(file)->pMethods->xShmBarrier(Real(file));
}

int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

// Version 2: shared memory for the log's index, but no memory-mapped reads.
constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  ShimFile* shim = Shim(file);
  shim->base.pMethods = nullptr;
  shim->real = reinterpret_cast<sqlite3_file*>(shim + 1);
  shim->path = nullptr;
  const int code = world->real->xOpen(world->real, name, shim->real, flags, flags_out);
  if (code == SQLITE_OK) {
    shim->base.pMethods = &kMethods;
    if (name != nullptr) {
      const std::lock_guard lock(world->mutex);
      shim->path = &world->files.try_emplace(name).first->first;
    }
  }
  return code;
}

int Delete(sqlite3_vfs*, const char* name, int sync_directory) {
  if (const int code = Count(); code != SQLITE_OK) {
    return code == SQLITE_FULL ? SQLITE_IOERR_DELETE : code;
  }
  const int code = world->real->xDelete(world->real, name, sync_directory);
  if (code == SQLITE_OK) {
    // The name stays known, empty: open files point at it.
    Happened([&] { world->files[name] = FileState{}; });
  }
  return code;
}

}  // namespace

FaultVfs::FaultVfs() {
  WEIR_CHECK(world == nullptr);
  world = new World;
  world->real = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs shim;
  shim = *world->real;
  shim.zName = "weir-fault";
  shim.szOsFile = static_cast<int>(sizeof(ShimFile)) + world->real->szOsFile;
  shim.pNext = nullptr;
  shim.xOpen = Open;
  shim.xDelete = Delete;
  WEIR_CHECK(sqlite3_vfs_register(&shim, 1) == SQLITE_OK);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(sqlite3_vfs_find("weir-fault"));
  sqlite3_vfs_register(world->real, 1);
  delete world;
  world = nullptr;
}

void FaultVfs::Arm(const Fault& fault) {
  const std::lock_guard lock(world->mutex);
  world->fault = fault;
  world->changes = 0;
}

std::uint64_t FaultVfs::changes() const {
  const std::lock_guard lock(world->mutex);
  return world->changes;
}

void FaultVfs::OnChange(std::function<void(std::uint64_t)> hook) {
  const std::lock_guard lock(world->mutex);
  world->hook = std::move(hook);
}

void FaultVfs::WriteImage(const std::filesystem::path& directory, AfterPowerCut kind,
                          std::uint64_t seed) const {
  const std::lock_guard lock(world->mutex);
  Rng rng(seed);
  for (const auto& [path, state] : world->files) {
    std::string content = state.synced;
    for (Change change : state.unsynced) {
      if (kind == AfterPowerCut::kOnlySynced ||
          (kind == AfterPowerCut::kSome && rng.Below(2) == 0)) {
        continue;
      }
      if (kind == AfterPowerCut::kSome && change.bytes && rng.Below(4) == 0) {
        change.bytes->resize(rng.Below(change.bytes->size() / kSectorBytes + 1) * kSectorBytes);
      }
      Apply(content, change);
    }
    if (!content.empty()) {
      std::ofstream(directory / std::filesystem::path(path).filename(), std::ios::binary)
          << content;
    }
  }
}

}  // namespace weir::store
