#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/rate.h"
#include "base/run.h"
#include "base/time.h"
#include "scenarios/connection.h"
#include "scenarios/pool.h"
#include "scenarios/replay.h"

/// The scenario model: what to send, in which order, how often, and what is demanded of the
/// answers. Plain data; made by ReadScenario (scenarios/reader.h) or from flags
/// (scenarios/from_flags.h), both of which return only valid ones. Ranges named below hold.
namespace weir::scenarios {

/// A header as sent. The name keeps the user's spelling; it is a valid token, the value has no
/// line breaks.
struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

/// How a text (header value, body) is judged.
struct Matcher {
  enum class Kind : std::uint8_t {
    kContains,  ///< `items`: the text occurs somewhere.
    kRegex,     ///< `/^items: \d+/`: regular expression of RE2, found somewhere. Compiles.
  };
  Kind kind = Kind::kContains;
  std::string pattern;
  friend bool operator==(const Matcher&, const Matcher&) = default;
};

/// Inclusive range of status codes, 100..599, or of exit codes, 0..255; `2xx` is {200, 299}.
struct StatusRange {
  int first = 200;
  int last = 200;
  friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

struct HeaderCheck {
  std::string name;
  Matcher matcher;
  friend bool operator==(const HeaderCheck&, const HeaderCheck&) = default;
};

/// What an answer must be like to count as completed.
struct Check {
  std::vector<StatusRange> status;   ///< Any of these; empty = any below 400.
  std::vector<HeaderCheck> headers;  ///< All of these.
  std::vector<Matcher> body;         ///< All of these.
  friend bool operator==(const Check&, const Check&) = default;
};

/// A value that is taken out of an answer, for later steps of the same round.
struct Extraction {
  enum class Source : std::uint8_t {
    kJson,    ///< JSON path (scenarios/json_path.h) into the body.
    kRegex,   ///< Regular expression of RE2 on the body: its first group, or all of it.
    kHeader,  ///< First value of the header of this name.
    kCookie,  ///< Value of the cookie of this name that the answer sets.
    kStatus,  ///< The status; no pattern.
  };
  std::string variable;
  Source source = Source::kJson;
  std::string pattern;  ///< Path, expression or name; valid.
  friend bool operator==(const Extraction&, const Extraction&) = default;
};

/// One request of a flow.
struct Request {
  std::string name;            ///< Unique within the scenario; what results are booked under.
  std::vector<Tag> tags;       ///< As StepName::tags.
  std::string method = "GET";  ///< Upper case token.
  std::string path = "/";      ///< Begins with '/'; with query, as it goes on the wire.
  std::vector<Header>
      headers;  ///< Defaults already merged in; Host and Content-Length only if the user set them.
  std::string body;  ///< Rendered; for `json:` its compact text.
  /// Path, values of headers and body hold slots (scenarios/template.h), valid ones, and name only
  /// what is extracted before them or a column of the data. Else `{{ }}` in them is just text.
  bool has_slots = false;
  Check check;
  std::vector<Extraction> extractions;  ///< Of distinct variables. One that finds nothing fails.
  Nanos timeout = std::chrono::seconds(5);  ///< From the send to the last byte. > 0.
  std::uint32_t redirects_max = 0;  ///< How many are followed, one after the other; 0 = none.
  bool below_base = true;           ///< The target's prefix goes before the path.
  std::optional<Nanos> apdex;  ///< T of its Apdex: who is answered within it is satisfied. > 0.
};

/// A program to run: a step of a flow instead of a request. Never through a shell, unless `argv`
/// names one.
struct Command {
  std::string name;                ///< As Request::name.
  std::vector<Tag> tags;           ///< As StepName::tags.
  std::vector<std::string> argv;   ///< The program and its arguments; not empty, no NUL in them.
  std::vector<StatusRange> exits;  ///< Any of these exit codes; empty = 0.
  std::vector<Matcher> output;     ///< All of these, in what it writes to stdout.
  Nanos timeout = std::chrono::seconds(60);  ///< From the start to the exit. > 0.
};

/// A pause between two requests of a flow.
struct Think {
  enum class Distribution : std::uint8_t { kFixed, kUniform, kExponential, kLognormal, kPareto };
  Distribution distribution = Distribution::kFixed;
  Nanos mean{0};     ///< kFixed: the pause; kExponential: its mean; kLognormal: the median. >= 0.
  Nanos low{0};      ///< kUniform, kPareto: the shortest.
  Nanos high{0};     ///< kUniform only; >= low.
  double shape = 0;  ///< kLognormal: deviation of the logarithm, >= 0; kPareto: its index, > 0.
  friend bool operator==(const Think&, const Think&) = default;
};

/// Goes on elsewhere in the flow: what `repeat`, `if` and `while` come to.
struct Jump {
  enum class Kind : std::uint8_t {
    kAlways,
    kUnless,  ///< Unless `condition` holds.
    kEnter,   ///< Never: a loop begins, its passes count from 0.
    kAgain,   ///< If the loop has made less than `times` passes with this one.
  };
  Kind kind = Kind::kAlways;
  std::uint32_t to = 0;     ///< Index of an action of the flow, or their number: the round is over.
  std::string condition{};  ///< kUnless: a valid one (scenarios/condition.h).
  std::uint32_t loop = 0;   ///< kEnter, kAgain: loops around it; < kLoopsMax.
  std::uint32_t times = 0;  ///< kAgain.
  friend bool operator==(const Jump&, const Jump&) = default;
};

/// Loops within each other.
inline constexpr std::uint32_t kLoopsMax = 8;

using Action = std::variant<Request, Think, Command, Jump>;

/// Rows that fill slots: each round has one of them.
struct DataSource {
  enum class Format : std::uint8_t {
    kCsv,        ///< RFC 4180 with a header line.
    kJsonLines,  ///< One object a line.
  };
  enum class Order : std::uint8_t {
    kSequential,  ///< The n-th round over all workers has row n.
    kRandom,      ///< Any row, each as likely.
    kUnique,      ///< A user keeps a row of its own; in an open load every arrival is a user.
  };
  std::string name;  ///< What slots call it.
  std::string file;  ///< As to be opened.
  Format format = Format::kCsv;
  Order order = Order::kSequential;
  bool loops = true;  ///< From the last row on to the first; else no round begins after the last.
  friend bool operator==(const DataSource&, const DataSource&) = default;
};

/// What one arrival (open) or one round of a user (closed) does, in order. A step that does not
/// complete ends the round: later steps of it are not planned.
struct Flow {
  std::string name;
  double weight = 1;            ///< Share of arrivals relative to the other flows. > 0.
  std::vector<Action> actions;  ///< At least one Request or Command.
};

enum class Arrivals : std::uint8_t {
  kUniform,  ///< Evenly spaced.
  kPoisson,  ///< Memoryless at the stage's rate.
};

/// Arrivals of flows at a rate that goes linearly from `from` to `to`.
struct OpenStage {
  Rate from;
  Rate to;            ///< Equal to `from` for a constant rate. At least one of the two > 0.
  Nanos duration{0};  ///< > 0.
};

/// A number of users who each go round their flow, without pause unless there are think times.
/// The number goes linearly from `from` to `to`.
struct ClosedStage {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  Nanos duration{0};
};

using Stage = std::variant<OpenStage, ClosedStage>;

/// The load profile.
struct Load {
  Arrivals arrivals = Arrivals::kUniform;
  Nanos warm_up{0};  ///< The first part of the stages, measured but left out of the statistics.
                     ///< Less than their sum.
  /// The warm-up is found in the run (analysis/warm_up.h) and left out then; `warm_up` is 0. No
  /// threshold has a window or an end, the last stage is constant, and `rounds_max` is 0.
  bool warm_up_auto = false;
  std::vector<Stage> stages;             ///< At least one; all open or all closed.
  std::uint64_t rounds_max = 0;          ///< Closed: so many rounds begin, by all users, then the
                                         ///< load is over; 0 = as many as fit in the stages.
  std::uint32_t in_flight_max = 10'000;  ///< Requests in flight or waiting for a connection; a
                                         ///< further arrival is dropped. > 0.
  std::optional<std::uint32_t>
      connections_max;  ///< Over all workers; none = as many as in_flight_max. > 0.
  Pool pool;            ///< How they are opened, kept and replaced.
  Nanos drain =
      std::chrono::seconds(5);  ///< After the last stage, how long to wait for answers. >= 0.

  Nanos Duration() const;  ///< Sum of the stages, warm-up included, drain not.

  /// From here to its end the load stays the same; no value when it changes to the end.
  std::optional<Nanos> SteadyFrom() const;

  /// "5,000/s uniform for 30 s", "50 users for 1 min, then ...".
  std::string InWords() const;
};

/// One of several loads that a run sends side by side: an item of `scenarios` in its file.
struct Part {
  std::string
      name;        ///< May be the value of a tag; unique. Its steps have the tag `scenario` of it.
  Nanos start{0};  ///< When its stages begin, since the start of the run. >= 0.
  Load load;       ///< Its stages, arrivals and rounds; the rest is the run's.
  std::uint32_t flow_first = 0;   ///< Its flows: indices into Scenario::flows.
  std::uint32_t flow_count = 1;   ///< > 0.
  std::vector<std::string> data;  ///< Names of the data of which its rounds have rows.

  Nanos end() const { return start + load.Duration(); }

  bool IsOpen() const { return std::holds_alternative<OpenStage>(load.stages.front()); }
};

/// Where requests go.
struct Target {
  enum class Scheme : std::uint8_t { kHttp, kHttps };
  Scheme scheme = Scheme::kHttp;
  std::string host;  ///< Name or address; IPv6 without brackets.
  std::uint16_t port = 80;
  std::string base_path;  ///< Prefix of every path, without a trailing '/': often empty.

  /// "http://host:port/prefix", IPv6 in brackets, default port left out.
  std::string Url() const;
  /// The value of the Host header: "host", "host:8080", "[::1]:8080".
  std::string HostHeader() const;
  friend bool operator==(const Target&, const Target&) = default;
};

/// How long cookies are kept and sent again (RFC 6265).
enum class Cookies : std::uint8_t {
  kNone,
  kRound,  ///< Each round begins without any.
  kUser,   ///< A user of a closed load keeps his; in an open load every arrival is a user.
};

struct Scenario {
  std::string name;
  std::optional<Target> target;  ///< None: --target must be given.
  std::vector<Flow> flows;       ///< At least one.
  std::vector<DataSource> data;  ///< Of distinct names.
  Cookies cookies = Cookies::kNone;
  /// What is sent comes from a file, and unless that is not timed, so do the arrivals; null: it
  /// does not. Each flow then has one request, which stands for those of a group, in their order;
  /// the stages are what the arrivals come to, part by part.
  std::shared_ptr<const ReplaySource> replay;
  Load load;
  /// Of a file with several loads: each. Then `load` has no stages, arrivals and rounds, and the
  /// flows are those of the first part, then of the second, and so on. Empty for a single load.
  std::vector<Part> parts;
  Connection connection;
  std::vector<Threshold> thresholds;  ///< Steps named in them exist.
  std::string source_text;            ///< The file as read, or the flags that made it.

  /// Its steps are Commands; otherwise all are Requests.
  bool RunsPrograms() const;

  /// The command line of the first step, quoted as ParseCommandLine reads it, and how many more
  /// there are. Only if RunsPrograms().
  std::string ProgramInWords() const;

  /// `parts`, or the one that a scenario with a single load is, without a name.
  std::vector<Part> Parts() const;

  /// All of its loads are rates.
  bool IsOpen() const;

  /// Some load is over with a number of rounds, perhaps before its stages are.
  bool CountsRounds() const;

  Nanos Duration() const;  ///< To the end of the last stage, warm-up included, drain not.

  /// As Load::SteadyFrom, of all loads together.
  std::optional<Nanos> SteadyFrom() const;

  /// In the order of their appearance over all flows: StepRecord::step counts these. A step that
  /// follows redirects has a second one behind it, for the requests to which it was sent on.
  std::vector<StepName> StepNames() const;

  /// As Load::InWords; of parts "browse: 100/s uniform for 10 min; checkout from 2 min on: 20 users
  /// for 8 min".
  std::string LoadInWords() const;
};

}  // namespace weir::scenarios
