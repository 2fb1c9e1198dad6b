#include "analysis/distributions.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>

#include "base/check.h"

namespace weir::analysis {
namespace {

// Results out of range become 0, 1 or infinity instead of exceptions; the ranges of arguments are
// checked here.
namespace policies = boost::math::policies;
using Quiet = policies::policy<policies::overflow_error<policies::ignore_error>,
                               policies::underflow_error<policies::ignore_error>,
                               policies::domain_error<policies::ignore_error>,
                               policies::pole_error<policies::ignore_error>,
                               policies::evaluation_error<policies::ignore_error>,
                               // long double costs five times as much for digits nobody reads.
                               policies::promote_double<false>>;
using Normal = boost::math::normal_distribution<double, Quiet>;
using Student = boost::math::students_t_distribution<double, Quiet>;

double LogChoose(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

// P(X = k) for the hypergeometric distribution.
double HypergeometricPoint(double k, double total, double marked, double drawn) {
  return std::exp(LogChoose(marked, k) + LogChoose(total - marked, drawn - k) -
                  LogChoose(total, drawn));
}

// P(X = k) + P(X = k + 1) + ... + P(X = last), where the terms fall.
double SumUpwards(double k, double last, double total, double marked, double drawn) {
  double term = HypergeometricPoint(k, total, marked, drawn);
  double sum = term;
  for (double x = k; x < last && term > sum * 1e-17; ++x) {
    term *= (marked - x) / (x + 1) * (drawn - x) / (total - marked - drawn + x + 1);
    sum += term;
  }
  return sum;
}

}  // namespace

double NormalCdf(double z) {
  return boost::math::cdf(Normal(), z);
}

double NormalUpperTail(double z) {
  return boost::math::cdf(boost::math::complement(Normal(), z));
}

double NormalQuantile(double p) {
  WEIR_CHECK(p > 0 && p < 1);
  return boost::math::quantile(Normal(), p);
}

double NormalUpperQuantile(double p) {
  WEIR_CHECK(p > 0 && p < 1);
  return boost::math::quantile(boost::math::complement(Normal(), p));
}

double StudentUpperTail(double t, double df) {
  WEIR_CHECK(df > 0);
  return boost::math::cdf(boost::math::complement(Student(df), t));
}

double StudentQuantile(double p, double df) {
  WEIR_CHECK(p > 0 && p < 1);
  WEIR_CHECK(df > 0);
  return boost::math::quantile(Student(df), p);
}

double BetaCdf(double x, double a, double b) {
  WEIR_CHECK(x >= 0 && x <= 1);
  WEIR_CHECK(a > 0);
  WEIR_CHECK(b > 0);
  return boost::math::ibeta(a, b, x, Quiet());
}

double BetaQuantile(double p, double a, double b) {
  WEIR_CHECK(p > 0 && p < 1);
  WEIR_CHECK(a > 0);
  WEIR_CHECK(b > 0);
  return boost::math::ibeta_inv(a, b, p, Quiet());
}

double BetaUpperQuantile(double p, double a, double b) {
  WEIR_CHECK(p > 0 && p < 1);
  WEIR_CHECK(a > 0);
  WEIR_CHECK(b > 0);
  return boost::math::ibetac_inv(a, b, p, Quiet());
}

double GammaQuantile(double p, double a) {
  WEIR_CHECK(p > 0 && p < 1);
  WEIR_CHECK(a > 0);
  return boost::math::gamma_p_inv(a, p, Quiet());
}

double GammaUpperQuantile(double p, double a) {
  WEIR_CHECK(p > 0 && p < 1);
  WEIR_CHECK(a > 0);
  return boost::math::gamma_q_inv(a, p, Quiet());
}

double BinomialCdf(std::int64_t k, std::uint64_t n, double p) {
  WEIR_CHECK(p >= 0 && p <= 1);
  if (k < 0) {
    return 0;
  }
  if (static_cast<std::uint64_t>(k) >= n) {
    return 1;
  }
  const auto successes = static_cast<double>(k);
  return boost::math::ibetac(successes + 1, static_cast<double>(n) - successes, p, Quiet());
}

double HypergeometricUpperTail(std::uint64_t k, std::uint64_t total, std::uint64_t marked,
                               std::uint64_t drawn) {
  WEIR_CHECK(marked <= total);
  WEIR_CHECK(drawn <= total);
  const std::uint64_t last = std::min(marked, drawn);
  const std::uint64_t unmarked = total - marked;
  const std::uint64_t first = drawn > unmarked ? drawn - unmarked : 0;
  if (k <= first) {
    return 1;
  }
  if (k > last) {
    return 0;
  }
  const auto n = static_cast<double>(total);
  const auto m = static_cast<double>(marked);
  const auto d = static_cast<double>(drawn);
  if (static_cast<double>(k) > m * d / n) {
    return std::min(1.0, SumUpwards(static_cast<double>(k), static_cast<double>(last), n, m, d));
  }
  // Below the mean the other tail is the short one: X <= k - 1 means that at least d - (k - 1) of
  // the drawn are unmarked.
  const double others = d - static_cast<double>(k) + 1;
  const double lower = SumUpwards(others, std::min(n - m, d), n, n - m, d);
  return std::max(0.0, 1 - lower);
}

}  // namespace weir::analysis
