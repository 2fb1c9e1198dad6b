#include "cli/certificate.h"

#include "store/history.h"

namespace weir::cli {

void CertificateKeeper::OnSecond(const SecondRecord& record) {
  seconds_.Add(record);
  next_.OnSecond(record);
}

void CertificateKeeper::OnResources(const ResourceSample& sample) {
  next_.OnResources(sample);
}

void CertificateKeeper::OnTarget(const TargetSample& sample) {
  for (const TargetValue& value : sample.values) {
    AddTargetValue(target_metrics_, sample.second, value);
  }
  next_.OnTarget(sample);
}

std::optional<Calibration> FindCalibration(const std::string& store_path,
                                           const std::string& environment,
                                           const std::string& pacing) {
  if (store_path.empty()) {
    return std::nullopt;
  }
  const auto store = store::Store::OpenForReading(store_path);
  if (!store) {
    return std::nullopt;
  }
  // A history that cannot be read shows when the run is written; the run is worth as much.
  return (*store)->LoadCalibration(environment, pacing).value_or(std::nullopt);
}

}  // namespace weir::cli
