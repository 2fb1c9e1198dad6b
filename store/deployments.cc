#include "store/deployments.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "store/history.h"
#include "store/internal/schema.h"
#include "store/internal/sqlite.h"

namespace weir::store {

using internal::Connection;
using internal::Statement;
using internal::Transaction;

namespace {

Result<std::int64_t> Insert(Connection& connection, const Deployment& deployment) {
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO deployment (at_ns, service, build, phase, source, message)"
      " VALUES (?,?,?,?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(CountNs(deployment.at), deployment.service, deployment.build, deployment.phase,
                  deployment.source, deployment.message);
  if (Status inserted = statement->Run(); !inserted) {
    return tl::unexpected(inserted.error());
  }
  const std::int64_t id = connection.LastInsertId();
  Result<Statement> prune = connection.Prepare("DELETE FROM deployment WHERE deployment_id <= ?");
  if (!prune) {
    return tl::unexpected(prune.error());
  }
  prune->Bind(id - static_cast<std::int64_t>(kDeploymentsKept));
  if (Status pruned = prune->Run(); !pruned) {
    return tl::unexpected(pruned.error());
  }
  return id;
}

Deployment DeploymentOf(Statement& row) {
  Deployment deployment;
  deployment.id = row.Integer(0);
  deployment.at = WallTime(Nanos(row.Integer(1)));
  deployment.service = row.Text(2);
  deployment.build = row.Text(3);
  deployment.phase = row.Text(4);
  deployment.source = row.Text(5);
  deployment.message = row.Text(6);
  return deployment;
}

Result<std::vector<Deployment>> Select(Connection& connection, const DeploymentFilter& filter) {
  Result<Statement> statement = connection.Prepare(
      "SELECT deployment_id, at_ns, service, build, phase, source, message FROM deployment"
      " WHERE (?1 IS NULL OR service = ?1) AND (?2 IS NULL OR phase = ?2)"
      " ORDER BY deployment_id DESC LIMIT ?3");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(filter.service, filter.phase, static_cast<std::uint64_t>(filter.count));
  std::vector<Deployment> found;
  if (const Status all = internal::ForEachRow(
          *statement, [&](Statement& row) { found.push_back(DeploymentOf(row)); });
      !all) {
    return tl::unexpected(all.error());
  }
  if (statement->damaged()) {
    return Unavailable(
        fmt::format("cannot read the deployments in the history '{}': a value is missing or out of "
                    "range; restore the file from a copy",
                    Printable(connection.path())));
  }
  return found;
}

}  // namespace

Result<std::unique_ptr<Deployments>> Deployments::OpenForWriting(const std::string& path) {
  auto connection = internal::OpenForWriting(path, WriteOptions{}, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  return std::unique_ptr<Deployments>(new Deployments(std::move(*connection)));
}

Result<std::unique_ptr<Deployments>> Deployments::OpenForReading(const std::string& path) {
  auto connection = internal::OpenForReading(path, internal::Migrations());
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  return std::unique_ptr<Deployments>(new Deployments(std::move(*connection)));
}

Deployments::Deployments(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

Deployments::~Deployments() = default;

Result<std::int64_t> Deployments::Append(const Deployment& deployment) {
  Result<Transaction> transaction = Transaction::Begin(*connection_, Transaction::Kind::kWrite);
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  Result<std::int64_t> id = Insert(*connection_, deployment);
  if (!id) {
    return id;
  }
  if (Status committed = transaction->Commit(); !committed) {
    return tl::unexpected(committed.error());
  }
  return id;
}

// One statement sees one moment of the file.
Result<std::vector<Deployment>> Deployments::List(const DeploymentFilter& filter) {
  return Select(*connection_, filter);
}

Result<std::int64_t> Deployments::ChangeCount() {
  return connection_->QueryInteger("PRAGMA data_version");
}

}  // namespace weir::store
