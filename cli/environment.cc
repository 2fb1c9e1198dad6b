// For SHA256_Init: the digests of newer interfaces load OpenSSL's tables of errors, ciphers and
// configuration first, 2 MiB that a run does not need otherwise.
#define OPENSSL_API_COMPAT 0x10100000L

#include "cli/environment.h"

#include <array>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/sha.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "base/check.h"

namespace weir::cli {
namespace {

std::string ProcessorName() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown";
}

std::string Governor() {
  std::ifstream file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  std::string governor;
  return file >> governor ? governor : "unknown";
}

int UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : get_nprocs();
}

}  // namespace

std::string EnvironmentFingerprint() {
  utsname names{};
  uname(&names);

  struct sysinfo info {};

  sysinfo(&info);
  const double memory_gib =
      static_cast<double>(info.totalram) * static_cast<double>(info.mem_unit) / (1U << 30U);
  return fmt::format("cpu=\"{}\" cores={} machine={} kernel={} memory_gib={:.0f} governor={}",
                     ProcessorName(), UsableCores(), names.machine, names.release, memory_gib,
                     Governor());
}

std::string Sha256(std::string_view text) {
  SHA256_CTX context;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  WEIR_CHECK(SHA256_Init(&context) == 1 && SHA256_Update(&context, text.data(), text.size()) == 1 &&
             SHA256_Final(digest.data(), &context) == 1);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

unsigned RandomSeed() {
  unsigned seed = 0;
  // Not OpenSSL's, which would load its providers first.
  WEIR_CHECK(getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
  return seed;
}

}  // namespace weir::cli
