#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <uv.h>

#include "target/internal/answer_queue.h"
#include "target/internal/deadline_heap.h"
#include "target/internal/engine.h"
#include "target/request_parser.h"

namespace weir::target {

/// Answers that wait on one connection, beyond which it is not read from; one read may overshoot.
inline constexpr std::size_t kPipelineMax = 1024;

/// After the last answer the client has this long to close; then its unread bytes are not worth a
/// reset that might destroy the answer on its way.
inline constexpr Nanos kLingerMax = std::chrono::seconds(1);

/// One client. Owns itself: Accept makes it, Close asks libuv for the end, and the close callback
/// frees it. Loop thread only. In the engine's heap it stands with the release of its first pending
/// answer, since answers leave in order.
class Connection final : public DeadlineHeap::Node {
 public:
  /// Takes the next client off `listener` and serves it, or refuses it if there are too many.
  static void Accept(uv_stream_t* listener, Engine& engine);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// What it waited for in the heap has come.
  void OnDeadline();

  /// Drops the client; what was pending is abandoned. The connection must not be used afterwards.
  void Close();

 private:
  enum class Phase : std::uint8_t {
    kOpen,       ///< Requests are read.
    kLast,       ///< The last answer is pending; what the client sends is thrown away.
    kLingering,  ///< All is answered; waits for the client to close.
    kClosing,
  };

  static constexpr std::size_t kBatchMax = 32;

  /// The answers that one write carries.
  struct Batch {
    std::array<uv_buf_t, 2 * kBatchMax> bufs;
    unsigned buf_count = 0;
    std::size_t answers = 0;
    std::size_t bytes = 0;
  };

  explicit Connection(Engine& engine) : engine_(engine) {}

  ~Connection() = default;

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp_); }

  void StartReading();
  void OnRead(ssize_t count);
  void Parse(std::string_view input);
  void OnRequest();
  void OnMalformed();
  void Flush();
  void GatherDue(Batch& batch);
  void WriteRest(Batch& batch, std::size_t sent);
  void OnRestWritten(int status);
  void Complete(std::size_t answers);
  void Linger();
  void Reschedule();
  void Abandon();

  Engine& engine_;
  uv_tcp_t tcp_{};
  uv_write_t write_request_{};
  RequestParser parser_;
  AnswerQueue pending_;
  std::size_t answers_in_flight_ = 0;  ///< Of the one uv_write under way; 0 = none is.
  std::size_t engine_index_ = 0;       ///< Own place in engine_.connections.
  Phase phase_ = Phase::kOpen;
  bool reading_ = false;
};

}  // namespace weir::target
