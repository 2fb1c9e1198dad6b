#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "scenarios/replay.h"
#include "scenarios/scenario.h"

// The first byte says what the rest is taken for. What is played is what was counted, in the order
// of its times, and can be sent: no byte of the file changes the shape of a request.
namespace {

using weir::scenarios::Replay;
using weir::scenarios::ReplaySource;
using weir::scenarios::Request;

/// A file without a name, which is read by its descriptor.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(memfd_create("replay", MFD_CLOEXEC)) {
    WEIR_CHECK(fd_ >= 0);
    WEIR_CHECK(write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }

  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  ~MemoryFile() { close(fd_); }

  std::string path() const { return fmt::format("/proc/self/fd/{}", fd_); }

 private:
  int fd_;
};

void CheckRequest(const Request& request) {
  WEIR_CHECK(!request.method.empty() && request.method.find(' ') == std::string::npos);
  WEIR_CHECK(request.path.starts_with('/'));
  WEIR_CHECK(request.path.find_first_of(" \r\n\t#") == std::string::npos);
  for (const weir::scenarios::Header& header : request.headers) {
    WEIR_CHECK(!header.name.empty() && header.name.find_first_of(": \r\n") == std::string::npos);
    WEIR_CHECK(header.value.find_first_of("\r\n") == std::string::npos);
    WEIR_CHECK(header.name != "cookie" && header.name != "authorization");
  }
}

void Play(const ReplaySource& source) {
  const auto tape = source.Play();
  std::uint64_t played = 0;
  weir::Nanos last{0};
  while (const auto recorded = tape->Next()) {
    ++played;
    WEIR_CHECK(recorded->at >= last && recorded->at <= source.facts().span);
    last = recorded->at;
    Request request;
    WEIR_CHECK(source.Read(*recorded, request));
    CheckRequest(request);
  }
  WEIR_CHECK(played == source.facts().requests);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const MemoryFile file(std::string_view(reinterpret_cast<const char*>(data + 1), size - 1));
  Replay replay;
  replay.file = file.path();
  replay.format = static_cast<Replay::Format>(data[0] % 4);
  replay.stamped_on_arrival = (data[0] & 4U) != 0;
  const auto source = ReplaySource::Open(std::move(replay));
  if (!source) {
    WEIR_CHECK(!source.error().message.empty());
    return 0;
  }
  WEIR_CHECK((*source)->Duration() > weir::Nanos(0));
  if ((*source)->facts().is_timed) {
    Play(**source);
  } else {
    Request request;
    WEIR_CHECK((*source)->Read((*source)->At(size), request));
    CheckRequest(request);
  }
  return 0;
}
