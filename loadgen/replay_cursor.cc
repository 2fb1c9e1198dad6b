#include "loadgen/replay_cursor.h"

#include "loadgen/header_name.h"

namespace weir::loadgen {
namespace {

constexpr std::uint64_t kPausesSeed = 0x70617373U;

}  // namespace

ReplayCursor::ReplayCursor(const scenarios::ReplaySource& source, std::uint64_t seed,
                           WorkerSlice slice)
    : source_(source),
      slice_(slice),
      pass_length_(source.PassLength()),
      rng_(Rng::ForPart(seed, kPausesSeed)) {
  if (!source_.facts().is_timed) {
    return;
  }
  tape_ = source_.Play();
  recorded_ = tape_->Next();
  for (std::uint32_t i = 0; i < slice_.index; ++i) {
    Advance();
  }
  Pop();
}

// The n-th pause begins with the longest one behind it: however long each is, passes do not overlap
// and the last one ends in time.
void ReplayCursor::Advance() {
  ++number_;
  recorded_ = tape_->Next();
  const scenarios::Replay& replay = source_.replay();
  if (!recorded_ && pass_ + 1 < replay.passes) {
    ++pass_;
    pass_begin_ = pass_ * pass_length_ + (pass_ - 1) * replay.jitter +
                  FromSeconds(rng_.Uniform() * Seconds(replay.jitter));
    tape_->Rewind();
    recorded_ = tape_->Next();
  }
}

void ReplayCursor::Pop() {
  if (next_) {
    for (std::uint32_t i = 0; i < slice_.count && recorded_; ++i) {
      Advance();
    }
  }
  next_.reset();
  if (recorded_) {
    const Nanos at = source_.replay().speed == 1
                         ? recorded_->at
                         : FromSeconds(Seconds(recorded_->at) / source_.replay().speed);
    next_ = Arrival{number_, pass_begin_ + at};
    // Now, while there is time, and not when it is due.
    loaded_.path.clear();
    Load(number_);
  }
}

bool ReplayCursor::Load(std::uint64_t number) {
  if (tape_ != nullptr && !loaded_.path.empty()) {
    return true;  // Pop has read it.
  }
  loaded_.headers.clear();
  if (!source_.Read(tape_ == nullptr ? source_.At(number) : *recorded_, loaded_)) {
    next_.reset();
    recorded_.reset();
    return false;
  }
  flow_ =
      source_.replay().groups.empty() ? 0 : source_.GroupOf(loaded_.method + " " + loaded_.path);
  return true;
}

void ReplayCursor::Fill(scenarios::Request& request) const {
  request.method = loaded_.method;
  request.path = loaded_.path;
  request.body = loaded_.body;
  const std::size_t own = request.headers.size();
  for (const scenarios::Header& header : loaded_.headers) {
    bool is_there = false;
    for (std::size_t i = 0; i < own && !is_there; ++i) {
      is_there = SameHeaderName(request.headers[i].name, header.name);
    }
    if (!is_there) {
      request.headers.push_back(header);
    }
  }
}

}  // namespace weir::loadgen
