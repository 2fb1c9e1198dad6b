"""Writes distributions.csv: what the functions of analysis/distributions.h give, from SciPy.

Run with a Python that has SciPy: python3 distributions.py > distributions.csv
"""

from scipy import stats

def row(name, value, *arguments):
    print(",".join([name, *(repr(float(a)) for a in (*arguments, *[0.0] * (4 - len(arguments)))),
                    repr(float(value))]))

print("function,a,b,c,d,value")
for z in (-38.0, -8.5, -1.96, -0.1, 0.0, 0.7, 3.0, 9.0):
    row("normal_cdf", stats.norm.cdf(z), z)
for z in (-3.0, 0.0, 1.0, 6.0, 20.0, 37.0):
    row("normal_upper_tail", stats.norm.sf(z), z)
for p in (1e-12, 0.001, 0.025, 0.3, 0.5, 0.9, 0.999999):
    row("normal_quantile", stats.norm.ppf(p), p)
for p in (1e-250, 1e-20, 0.01, 0.5, 0.99):
    row("normal_upper_quantile", stats.norm.isf(p), p)
for t, df in ((-2.0, 3), (0.0, 1), (0.5, 1.5), (2.132, 4), (6.0, 7), (40.0, 4), (3.0, 1e6)):
    row("student_upper_tail", stats.t.sf(t, df), t, df)
for p, df in ((0.025, 1), (0.05, 4), (0.5, 2), (0.95, 7), (0.975, 8), (0.999, 16.5), (0.9, 1e5)):
    row("student_quantile", stats.t.ppf(p, df), p, df)
for x, a, b in ((0.0, 2, 3), (0.1, 0.5, 0.5), (0.5, 2, 3), (0.99, 496, 6), (1.0, 2, 3)):
    row("beta_cdf", stats.beta.cdf(x, a, b), x, a, b)
for k, n, p in ((-1, 10, 0.5), (0, 10, 0.1), (5, 10, 0.5), (10, 10, 0.5), (980, 1000, 0.99)):
    row("binomial_cdf", stats.binom.cdf(k, n, p), k, n, p)
for k, total, marked, drawn in ((0, 10, 3, 4), (1, 10, 3, 4), (3, 10, 3, 4), (4, 20000, 5, 10000),
                                (12, 2000, 15, 1000), (30, 100000, 30, 50000)):
    row("hypergeometric_upper_tail", stats.hypergeom.sf(k - 1, total, marked, drawn),
        k, total, marked, drawn)
