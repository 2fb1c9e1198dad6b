#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

/// Requests that somebody has written down, sent again as they came: logs of web servers and of
/// requests, recordings of browsers, targets of vegeta.
namespace weir::scenarios {

struct Request;

/// `replay:` of a scenario.
struct Replay {
  enum class Format : std::uint8_t {
    kAccessLog,  ///< Common and combined format (scenarios/access_log.h).
    kRequests,   ///< A request log: an object of JSON a line (docs/replay.md).
    kHar,        ///< HTTP archive 1.2: requests to the host of the first one.
    kVegeta,     ///< Targets of vegeta, text or JSON, in turn. The only one without times.
  };

  /// Those that its expression finds are booked under its name.
  struct Group {
    std::string name;
    std::string pattern;  ///< RE2, of "METHOD /path".
  };

  std::string file;  ///< As to be opened.
  Format format = Format::kAccessLog;
  bool stamped_on_arrival = false;  ///< Of a log: its time is when the request came (Apache's %t),
                                    ///< else when its answer was out (nginx's $time_local).
  double speed = 1;                 ///< So many times as fast. > 0.
  std::uint32_t passes = 1;         ///< Through the whole file. > 0.
  Nanos jitter{0};             ///< Before each pass but the first, a pause drawn from 0 to this.
  std::string filter{};        ///< RE2, of "METHOD /path"; empty: all.
  std::string host{};          ///< Host header of all; empty: the target's.
  bool keeps_secrets = false;  ///< Cookies and credentials are sent too.
  std::size_t bad_lines_max = 1000;  ///< More lines of another form are an error.
  std::vector<Group> groups{};       ///< The first that finds a request has it.
};

/// What a look through the file has found.
struct ReplayFacts {
  std::uint64_t requests = 0;            ///< Of one pass. > 0.
  std::uint64_t lines = 0;               ///< Read, or entries.
  std::uint64_t bad = 0;                 ///< Of another form.
  std::vector<std::uint64_t> first_bad;  ///< Their numbers, a few.
  std::uint64_t filtered = 0;            ///< Left out by the filter.
  std::uint64_t elsewhere = 0;           ///< Of an archive: to other hosts, or beyond the limit.
  std::uint64_t whole_seconds = 0;       ///< Whose time the log knows to the second only.
  std::uint64_t moved = 0;    ///< Too far out of order to be held: they come later than recorded.
  bool is_timed = true;       ///< The file says when; else the stages do.
  std::int64_t first_ns = 0;  ///< The first arrival, since 1970.
  Nanos span{0};              ///< From the first arrival to the last, as recorded.
  Nanos disorder{0};          ///< How much earlier than one before it in the file one came.
  std::vector<std::uint64_t> profile;  ///< Arrivals by equal parts of the span.
};

/// One arrival of the file.
struct Recorded {
  Nanos at{0};               ///< Since the first, as recorded.
  std::uint64_t place = 0;   ///< Where it stands.
  std::uint32_t length = 0;  ///< Of a line.
};

/// The arrivals of one pass in their order. One owner.
class ReplayTape {
 public:
  virtual ~ReplayTape() = default;

  /// None: the pass is over. Cost: O(log of what is held), and reading a block now and then.
  virtual std::optional<Recorded> Next() = 0;

  virtual void Rewind() = 0;
};

/// A file of requests, open and looked through. Immutable: any number of threads may play and read
/// it. A file that is made shorter meanwhile loses its last requests, nothing else.
class ReplaySource {
 public:
  /// Reads all of a log (twice, in bounded memory), and loads the other kinds, which may have 64
  /// MiB. Errors: kUsage: not that kind of file, no request is left, too many bad lines (with the
  /// numbers of the first), an expression that is none.
  static Result<std::shared_ptr<const ReplaySource>> Open(Replay replay);

  virtual ~ReplaySource() = default;

  const Replay& replay() const { return replay_; }

  const ReplayFacts& facts() const { return facts_; }

  /// Names of the groups, and of what is in none, in the order of GroupOf.
  std::vector<std::string> GroupNames() const;

  /// Of "METHOD /path".
  virtual std::uint32_t GroupOf(std::string_view request) const = 0;

  /// Only if is_timed.
  virtual std::unique_ptr<ReplayTape> Play() const = 0;

  /// Of a file without times: request `number`, round and round.
  virtual Recorded At(std::uint64_t number) const;

  /// Sets method, path and body, and adds the headers that `request` does not have. False: it is no
  /// longer there.
  virtual bool Read(const Recorded& recorded, Request& request) const = 0;

  /// How long a pass takes at its speed: its span, and then a gap of mean length. > 0.
  Nanos PassLength() const;

  /// Of all passes, with the longest pauses between them.
  Nanos Duration() const;

  /// "replay of access.log: 1,234 requests in 60 s, ...".
  std::string InWords() const;

 protected:
  explicit ReplaySource(Replay replay) : replay_(std::move(replay)) {}

  Replay replay_;
  ReplayFacts facts_;
};

/// Reads "access-log", "requests", "har", "vegeta". Errors: kUsage, HintedError.
Result<Replay::Format> ParseReplayFormat(std::string_view text);

}  // namespace weir::scenarios
