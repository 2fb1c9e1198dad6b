#include "analysis/noise_filter.h"

#include <cmath>
#include <limits>
#include <vector>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "tests/analysis/dense_model.h"

namespace weir::analysis {
namespace {

using tests::CovarianceOf;

constexpr double kTolerance = 1e-8;

std::vector<NoiseModel> Models() {
  return {{},
          {.memory = 0.6},
          {.memory = 0.9, .white_share = 0.5},
          {.drift_variance = 0},
          {.drift_variance = 1e-4},
          {.memory = 0.35, .drift_variance = 1e-2},
          {.memory = 0.95, .white_share = 0.3, .drift_variance = 1e-6}};
}

Eigen::VectorXd Noise(int n, std::uint64_t seed) {
  Rng rng(seed);
  return Eigen::VectorXd::NullaryExpr(n, [&] { return rng.Normal(); });
}

double LogDeterminantOf(const Eigen::MatrixXd& matrix) {
  return 2 * matrix.llt().matrixLLT().diagonal().array().log().sum();
}

TEST(NoiseFilterTest, AgreesWithTheDenseCovariance) {
  constexpr int kRuns = 60;
  for (const NoiseModel& model : Models()) {
    const FilterGains gains(model);
    const Eigen::MatrixXd covariance = CovarianceOf(model, kRuns);
    const Eigen::VectorXd y = Noise(kRuns, 1);
    const Eigen::VectorXd expected = covariance.llt().solve(y);
    std::vector<double> result(kRuns);
    InverseTimes(gains, {y.data(), kRuns}, 0, result);
    for (int t = 0; t < kRuns; ++t) {
      EXPECT_NEAR(result[static_cast<std::size_t>(t)], expected(t), kTolerance);
    }
    EXPECT_NEAR(gains.LogDeterminant(kRuns), LogDeterminantOf(covariance), kTolerance);
  }
}

TEST(NoiseFilterTest, ProductsOfWhitenedValuesAreProductsUnderTheInverseCovariance) {
  constexpr int kRuns = 40;
  for (const NoiseModel& model : Models()) {
    const FilterGains gains(model);
    const Eigen::VectorXd y = Noise(kRuns, 2);
    std::vector<double> whitened(kRuns);
    Whiten(gains, {y.data(), kRuns}, 0, whitened);
    double sum = 0;
    for (const double value : whitened) {
      sum += value * value;
    }
    EXPECT_NEAR(sum, y.dot(CovarianceOf(model, kRuns).llt().solve(y)), kTolerance * sum);
  }
}

TEST(NoiseFilterTest, InformationOfAStepIsThatOfTheDenseCovariance) {
  constexpr int kRuns = 40;
  for (const NoiseModel& model : Models()) {
    const FilterGains gains(model);
    std::vector<double> information(kRuns);
    StepInformation(gains, information);
    const auto factor = CovarianceOf(model, kRuns).llt();
    for (int at = 0; at < kRuns; ++at) {
      Eigen::VectorXd step = Eigen::VectorXd::Zero(kRuns);
      step.tail(kRuns - at).setOnes();
      const double expected = step.dot(factor.solve(step));
      EXPECT_NEAR(information[static_cast<std::size_t>(at)], expected, kTolerance * expected);
    }
  }
}

TEST(NoiseFilterTest, ConstantGainsAgreeWithGainsThatNeverSettle) {
  constexpr int kRuns = 3000;
  const std::vector<double> none(kRuns, 0.0);
  for (const NoiseModel& model : Models()) {
    const FilterGains settled(model);
    const FilterGains exact(model, none);
    EXPECT_NEAR(settled.LogDeterminant(kRuns), exact.LogDeterminant(kRuns), 1e-3);
    std::vector<double> a(kRuns);
    std::vector<double> b(kRuns);
    StepInformation(settled, a);
    StepInformation(exact, b);
    for (std::size_t t = 0; t < kRuns; ++t) {
      ASSERT_NEAR(a[t], b[t], 1e-5 * b[t]) << t;
    }
  }
}

TEST(NoiseFilterTest, AMissingRunChangesNothingAboutTheOthers) {
  constexpr int kRuns = 30;
  constexpr int kGone = 11;
  std::vector<double> extra(kRuns, 0.0);
  extra[kGone] = std::numeric_limits<double>::infinity();
  for (const NoiseModel& model : Models()) {
    const FilterGains gains(model, extra);
    Eigen::MatrixXd covariance = CovarianceOf(model, kRuns);
    Eigen::VectorXd y = Noise(kRuns, 3);
    y(kGone) = 0;
    std::vector<int> others;
    for (int t = 0; t < kRuns; ++t) {
      if (t != kGone) {
        others.push_back(t);
      }
    }
    const Eigen::MatrixXd seen = covariance(others, others);
    const Eigen::VectorXd expected = seen.llt().solve(y(others));
    std::vector<double> result(kRuns);
    InverseTimes(gains, {y.data(), kRuns}, 0, result);
    for (std::size_t i = 0; i < others.size(); ++i) {
      EXPECT_NEAR(result[static_cast<std::size_t>(others[i])],
                  expected(static_cast<Eigen::Index>(i)), kTolerance);
    }
    EXPECT_NEAR(gains.LogDeterminant(kRuns), LogDeterminantOf(seen), kTolerance);
  }
}

TEST(NoiseFilterTest, AnUncertainRunHasItsOwnVariance) {
  constexpr int kRuns = 30;
  std::vector<double> extra(kRuns, 0.0);
  extra[5] = 4;
  extra[20] = 0.5;
  for (const NoiseModel& model : Models()) {
    const Eigen::VectorXd y = Noise(kRuns, 4);
    const Eigen::VectorXd expected = CovarianceOf(model, kRuns, extra).llt().solve(y);
    std::vector<double> result(kRuns);
    InverseTimes(FilterGains(model, extra), {y.data(), kRuns}, 0, result);
    for (int t = 0; t < kRuns; ++t) {
      EXPECT_NEAR(result[static_cast<std::size_t>(t)], expected(t), kTolerance);
    }
  }
}

}  // namespace
}  // namespace weir::analysis
