#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "loadgen/h2_headers.h"
#include "loadgen/transport/http2_session.h"

namespace weir::loadgen {
namespace {

// Keeps four streams going whatever the peer does, and checks that each ends once.
class Pressure final : public Http2Session::Events {
 public:
  Pressure() : request_(Make()) {}

  void OnReady() override { Fill(); }

  void OnStreamAnswer(ExchangeId, const Answer& answer) override {
    WEIR_CHECK(answer.status >= 200 && answer.status <= 999);
    --active_;
  }

  void OnStreamReturned(ExchangeId) override { --active_; }

  void OnStreamBroken(ExchangeId, RequestError error) override {
    WEIR_CHECK(error != RequestError::kNone);
    --active_;
  }

  void OnMoreRoom() override { Fill(); }

  void Fill() {
    while (session_.HasRoom()) {
      session_.Start(1, request_);
      ++active_;
    }
    WEIR_CHECK(active_ == session_.active());
  }

  void Run(std::string_view bytes) {
    RequestError error = RequestError::kNone;
    std::size_t cut = 1;
    while (!bytes.empty() && error == RequestError::kNone) {
      const std::size_t length = std::min(cut, bytes.size());
      error = session_.Feed(bytes.substr(0, length));
      bytes.remove_prefix(length);
      cut = cut * 2 % 1021 + 1;
      Fill();
    }
    session_.Abandon(RequestError::kReset);
    WEIR_CHECK(active_ == 0);
  }

 private:
  static PreparedRequest Make() {
    scenarios::Check check;
    check.body.push_back({scenarios::Matcher::Kind::kContains, "x"});
    check.headers.push_back({"x", {scenarios::Matcher::Kind::kContains, "x"}});
    PreparedRequest made{"some body", false, std::move(*AnswerCheck::Create(check))};
    made.body_bytes = made.bytes.size();
    made.h2_headers = EncodeH2Headers({}, {});
    return made;
  }

  const PreparedRequest request_;
  Http2Session session_{4, *this};
  std::uint32_t active_ = 0;
};

}  // namespace
}  // namespace weir::loadgen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::loadgen::Pressure pressure;
  pressure.Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
