#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace weir::store {

namespace internal {
class Connection;
}  // namespace internal

/// A mark in the life of a deployment: something that happened to a build of a service, as a deploy
/// tool, a person or `weir deploy watch` told it. Texts may be empty ("not said").
struct Deployment {
  std::int64_t id = 0;
  WallTime at{};
  std::string service;
  std::string build;
  std::string phase;   ///< "Progressing", "Succeeded", "rolledback": whatever the teller says.
  std::string source;  ///< Who told it: "flagger", "api", "weir deploy watch".
  std::string message;

  friend bool operator==(const Deployment&, const Deployment&) = default;
};

/// The newest so many are kept in a history; older ones are deleted as new ones come.
inline constexpr std::size_t kDeploymentsKept = 10'000;

/// Which deployments; every field that is set must hold.
struct DeploymentFilter {
  std::optional<std::string> service = {};
  std::optional<std::string> phase = {};
  std::size_t count = 100;  ///< At most so many, the newest.
};

/// The deployments in a history, over a connection of its own. Errors and thread rule: as Store
/// (store/history.h).
class Deployments {
 public:
  /// As Store::OpenForWriting and Store::OpenForReading.
  static Result<std::unique_ptr<Deployments>> OpenForWriting(const std::string& path);
  static Result<std::unique_ptr<Deployments>> OpenForReading(const std::string& path);

  ~Deployments();
  Deployments(const Deployments&) = delete;
  Deployments& operator=(const Deployments&) = delete;

  /// Adds a mark; returns its number. Durable when it returns. Needs OpenForWriting.
  Result<std::int64_t> Append(const Deployment& deployment);

  /// Newest first.
  Result<std::vector<Deployment>> List(const DeploymentFilter& filter = {});

  /// A number that changes whenever another connection, of whatever process, has changed anything
  /// in the file; to be compared with an earlier answer of this object only. Microseconds.
  Result<std::int64_t> ChangeCount();

 private:
  explicit Deployments(std::unique_ptr<internal::Connection> connection);

  std::unique_ptr<internal::Connection> connection_;
};

}  // namespace weir::store
