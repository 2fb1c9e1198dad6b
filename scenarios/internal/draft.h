#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "scenarios/scenario.h"

/// A scenario that is made of somebody else's file, before it is written.
namespace weir::scenarios::internal {

struct DraftStep {
  std::string name{};  ///< Empty: method and path.
  std::string method = "GET";
  std::string path = "/";
  std::vector<Header> headers{};
  std::string body{};
  std::optional<int> status{};         ///< What is expected; none: the default.
  std::optional<Nanos> think{};        ///< The pause behind it.
  std::optional<WallTime> at{};        ///< When it was sent, where that is known.
  std::string body_file{};             ///< Its body is there, from the folder of the file.
  std::vector<std::string> extract{};  ///< "NAME: SOURCE".
  std::string comment{};               ///< Above it; may be empty.
};

struct DraftFlow {
  std::string name;
  double weight = 1;
  std::vector<DraftStep> steps;
};

/// When something is sent.
struct DraftLoad {
  std::vector<std::string> stages{};  ///< "rate: 5/s, for: 1m"; none: a minute of a round a second.
  std::uint64_t rounds = 0;           ///< After which users are done; 0: when the stages end.
};

/// One of several loads of a run.
struct DraftPart {
  std::string name;   ///< May be the value of a tag; unique.
  std::string start;  ///< Empty: with the run.
  DraftLoad load{};
  std::vector<DraftStep> steps{};
};

struct Draft {
  std::string name;
  std::string target;              ///< Its address; empty: --target says it.
  std::vector<std::string> notes;  ///< At the top: what it is, and what could not be carried over.
  std::size_t left_out = 0;        ///< Requests that could not be.
  std::vector<DraftFlow> flows;    ///< At least one, unless there are parts.
  bool poisson = false;
  DraftLoad load;                ///< Of the flows.
  std::vector<DraftPart> parts;  ///< Instead of flows and load.
  std::vector<std::string> thresholds;
};

/// A header that is the business of whoever sends: of hosts, lengths, connections. Any case.
bool IsSetByTransport(std::string_view name);

/// A header that is left out unless secrets are to be kept. Any case.
bool IsSecret(std::string_view name);

/// What holds for requests of foreign files: bytes that may not stand in a path become %XX, header
/// fields that are another's business (host, lengths, connection, HTTP/2's pseudo fields) or
/// invalid are left out, secrets (cookie, authorization) unless they are to be kept; texts are no
/// slots.
struct ForeignRequest {
  bool keeps_secrets = false;
  bool keeps_encoding = false;      ///< What may come back encoded is asked for as it was.
  bool for_draft = true;            ///< Else it is not written down but sent: any body will do.
  std::size_t secrets_dropped = 0;  ///< Counted, for a note.

  void AddHeader(DraftStep& step, std::string_view name, std::string_view value);
  static void SetPath(DraftStep& step, std::string_view path);

  /// False: it is no text, so it is left out.
  bool SetBody(DraftStep& step, std::string_view body) const;
};

/// Its YAML, which ReadScenario has read. Errors: kUsage, when it could not.
Result<std::string> WriteDraft(const Draft& draft);

}  // namespace weir::scenarios::internal
