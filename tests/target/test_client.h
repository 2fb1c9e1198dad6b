#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::target {

/// An answer as it came over the wire.
struct Answer {
  int status = 0;
  std::string head;  ///< Status line and headers, with the empty line.
  std::string body;
};

/// A small blocking HTTP client, written for these tests alone: it shares no code with what it
/// tests, nor with the load generator. Every wait ends after ten seconds, as a failure.
class TestClient {
 public:
  /// Connects to a loopback address.
  explicit TestClient(std::uint16_t port, bool ipv6 = false);
  TestClient(TestClient&& other) noexcept;
  TestClient& operator=(TestClient&&) = delete;
  ~TestClient();

  bool connected() const { return fd_ >= 0; }

  /// Sends all of it; false if the server has gone.
  bool Send(std::string_view bytes);

  /// The next answer with its body; `head_only` for the answer to a HEAD. Nothing if the
  /// connection ends first.
  std::optional<Answer> Read(bool head_only = false);

  /// Whether the server closes without sending another byte.
  bool SeesEnd();

  /// Closes with a FIN.
  void Close();

  /// Closes with a RST.
  void Reset();

  /// Makes the kernel buffer little of what the server sends, so that it has to wait for Read.
  void ShrinkReceiveBuffer();

 private:
  /// False at the end of the connection.
  bool Fill();

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace weir::target
