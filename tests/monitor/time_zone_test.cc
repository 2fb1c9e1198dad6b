#include "monitor/alerts/time_zone.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::monitor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kZones = "/usr/share/zoneinfo";

std::string Bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

WallTime At(std::int64_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

TimeZone Zone(const std::string& name) {
  const Result<TimeZone> zone = TimeZone::Parse(Bytes(fs::path(kZones) / name));
  EXPECT_TRUE(zone) << name;
  return zone ? *zone : TimeZone();
}

/// What libc says, by the TZ of the process.
class Libc {
 public:
  explicit Libc(const std::string& name) {
    setenv("TZ", (":" + name).c_str(), 1);  // NOLINT(concurrency-mt-unsafe): there is one thread.
    tzset();
  }

  Libc(const Libc&) = delete;
  Libc& operator=(const Libc&) = delete;

  ~Libc() {
    unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe)
    tzset();
  }

  static std::int64_t OffsetAt(std::int64_t seconds) {
    const std::time_t at = seconds;
    std::tm local = {};
    return localtime_r(&at, &local) == nullptr ? -1 : local.tm_gmtoff;
  }
};

// 1930 to 2200: most instants are after the last change that a file has, where its rule holds.
TEST(TimeZoneTest, EveryZoneOfThisMachineHasTheOffsetsThatLibcHas) {
  constexpr std::int64_t kFrom = -1'262'304'000;
  constexpr std::int64_t kSpan = 8'520'336'000;
  Rng rng(1);
  int zones = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kZones)) {
    const std::string bytes = entry.is_regular_file() ? Bytes(entry.path()) : "";
    const std::string name = fs::relative(entry.path(), kZones).string();
    if (!bytes.starts_with("TZif") || name.starts_with("right/")) {  // Those count leap seconds.
      continue;
    }
    ++zones;
    const Result<TimeZone> zone = TimeZone::Parse(bytes);
    ASSERT_TRUE(zone) << name;
    const Libc libc(name);
    for (int i = 0; i < 100; ++i) {
      const std::int64_t at = kFrom + static_cast<std::int64_t>(rng.Below(kSpan));
      ASSERT_EQ(zone->OffsetAt(At(at)).count(), Libc::OffsetAt(at)) << name << " at " << at;
    }
  }
  EXPECT_GT(zones, 300);
}

TEST(TimeZoneTest, TheSecondsBeforeAndAfterAChangeDiffer) {
  const TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(berlin.OffsetAt(At(1'774'745'999)).count(), 3600);  // 2026-03-29 01:59:59
  EXPECT_EQ(berlin.OffsetAt(At(1'774'746'000)).count(), 7200);  // 03:00:00
  EXPECT_EQ(berlin.OffsetAt(At(1'792'889'999)).count(), 7200);  // 2026-10-25 02:59:59
  EXPECT_EQ(berlin.OffsetAt(At(1'792'890'000)).count(), 3600);  // 02:00:00 once more
  EXPECT_EQ(berlin.OffsetAt(At(2'531'955'600)).count(), 7200);  // 2050-03-27, by the rule
  EXPECT_EQ(berlin.OffsetAt(At(2'531'955'599)).count(), 3600);
  EXPECT_EQ(TimeZone().OffsetAt(At(1'774'746'000)).count(), 0);
}

TEST(TimeZoneTest, DamagedFilesAreRefusedWhereverTheyEndAndNeverReadBeyond) {
  const std::string whole = Bytes(fs::path(kZones) / "Europe/Berlin");
  ASSERT_TRUE(TimeZone::Parse(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(TimeZone::Parse(whole.substr(0, size))) << size;
  }
  Rng rng(2);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = whole;
    damaged[rng.Below(whole.size())] = static_cast<char>(rng.Below(256));
    if (const Result<TimeZone> zone = TimeZone::Parse(damaged)) {
      zone->OffsetAt(At(4'000'000'000));
    }
  }
  EXPECT_FALSE(TimeZone::Parse("TZif"));
}

}  // namespace
}  // namespace weir::monitor
