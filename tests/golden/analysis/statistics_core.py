"""Makes statistics_core.csv: /usr/bin/python3 statistics_core.py > statistics_core.csv

Needs SciPy >= 1.9. Columns: function, a, b (values with spaces between), parameter, figure, value.
What SciPy lacks is written out from its definition, over all arrangements.
"""

import itertools

import numpy as np
from scipy import stats
from scipy.stats.mstats import hdquantiles


def put(function, figure, value, a=(), b=(), parameter=""):
    text = [" ".join(repr(float(x)) for x in side) for side in (a, b)]
    print(f"{function},{text[0]},{text[1]},{parameter},{figure},{float(value)!r}")


def samples(rng):
    yield np.round(rng.normal(10, 1, 5), 3), np.round(rng.normal(10.5, 1, 5), 3)
    yield np.round(rng.exponential(1, 7), 3), np.round(rng.exponential(2, 4), 3)
    yield np.array([1, 2, 2, 3, 3, 3.0]), np.array([2, 3, 3, 4, 5.0])
    yield np.array([5, 5, 5.0]), np.array([5, 6, 5.0])
    yield np.round(rng.normal(0, 1, 12), 1), np.round(rng.normal(0.5, 2, 9), 1)


def all_deals(a, b, statistic):
    pool = np.concatenate([a, b])
    values = []
    for places in itertools.combinations(range(len(pool)), len(b)):
        chosen = np.zeros(len(pool), bool)
        chosen[list(places)] = True
        values.append(statistic(pool[~chosen], pool[chosen]))
    values, seen = np.array(values), statistic(a, b)
    upper, lower = (values >= seen - 1e-12).mean(), (values <= seen + 1e-12).mean()
    return upper, lower, min(1, 2 * min(upper, lower))


def rank_tests(a, b):
    def u(x, y):
        return (y[:, None] > x[None, :]).sum() + (y[:, None] == x[None, :]).sum() / 2
    put("mann_whitney", "u", u(a, b), a, b)
    if len(a) + len(b) <= 14:
        for figure, p in zip(("greater", "less", "two_sided"), all_deals(a, b, u)):
            put("mann_whitney", figure, p, a, b)
    if len(np.unique(np.concatenate([a, b]))) == len(a) + len(b):
        exact = stats.mannwhitneyu(b, a, method="exact", alternative="two-sided").pvalue
        put("mann_whitney", "two_sided", exact, a, b)
    put("shift", "shift", np.median((b[:, None] - a[None, :]).ravel()), a, b)


def large_rank_test(rng):
    a, b = np.round(rng.normal(0, 1, 60), 1), np.round(rng.normal(0.3, 1, 50), 1)
    for name in ("greater", "less", "two-sided"):
        p = stats.mannwhitneyu(b, a, method="asymptotic", alternative=name).pvalue
        put("mann_whitney", name.replace("-", "_"), p, a, b)
    put("shift", "shift", np.median((b[:, None] - a[None, :]).ravel()), a, b)


def permutation(a, b):
    if len(a) + len(b) > 14:
        return
    mean = lambda x, y: y.mean() - x.mean()
    for figure, p in zip(("greater", "less", "two_sided"), all_deals(a, b, mean)):
        put("permutation", figure, p, a, b)
    test = stats.permutation_test((b, a), lambda x, y: x.mean() - y.mean(), vectorized=False,
                                  n_resamples=np.inf, alternative="two-sided")
    put("permutation", "two_sided", test.pvalue, a, b)
    if len(a) == len(b):
        d = b - a
        test = stats.permutation_test((d,), np.mean, vectorized=False, n_resamples=np.inf,
                                      permutation_type="samples", alternative="two-sided")
        put("signs", "two_sided", test.pvalue, d)


def equivalence(a, b):
    for low, high in ((-1, 1), (-0.2, 0.5)):
        p_low = stats.ttest_ind(b - low, a, equal_var=False, alternative="greater").pvalue
        p_high = stats.ttest_ind(b - high, a, equal_var=False, alternative="less").pvalue
        put("welch_tost", "p", max(p_low, p_high), a, b, f"{low} {high}")
        if len(a) == len(b):
            p_low = stats.ttest_1samp(b - a, low, alternative="greater").pvalue
            p_high = stats.ttest_1samp(b - a, high, alternative="less").pvalue
            put("paired_tost", "p", max(p_low, p_high), b - a, (), f"{low} {high}")


def harrell_davis(rng):
    for n in (1, 5, 20, 300):
        x = np.sort(np.round(rng.lognormal(0, 1, n), 4))
        for q in (0.05, 0.5, 0.9, 0.99):
            if n > 1:
                put("harrell_davis", q, hdquantiles(x, [q])[0], x)
            size = min(5 / min(q, 1 - q), n)
            edges = stats.beta.cdf(np.arange(n + 1) / n, (size + 1) * q, (size + 1) * (1 - q))
            put("harrell_davis_wide", q, (np.diff(edges) * x).sum(), x)


def exact_intervals():
    for k, n in ((0, 10), (1, 10), (5, 10), (10, 10), (3, 100000), (99999, 100000), (0, 1)):
        for confidence in (0.8, 0.95, 0.999):
            ci = stats.binomtest(k, n).proportion_ci(confidence, method="exact")
            put("clopper_pearson", "low", ci.low, (k, n), (), confidence)
            put("clopper_pearson", "high", ci.high, (k, n), (), confidence)
    for k in (0, 1, 2, 10, 1000, 1000000):
        for confidence in (0.8, 0.95, 0.999):
            miss = (1 - confidence) / 2
            low = stats.chi2.ppf(miss, 2 * k) / 2 if k else 0
            put("garwood", "low", low, (k,), (), confidence)
            put("garwood", "high", stats.chi2.isf(miss, 2 * k + 2) / 2, (k,), (), confidence)


def multiplicity(rng):
    families = [np.round(rng.uniform(0, 1, 12) ** 3, 5), np.array([0.01, 0.01, 0.04, 1.0, 0.03]),
                np.array([0.5]), np.array([0.0, 0.2, 0.05])]
    for p in families:
        m, order = len(p), np.argsort(p, kind="stable")
        holm, bh = np.empty(m), np.empty(m)
        for i, place in enumerate(order):
            holm[place] = min(1, max((m - j) * p[order[j]] for j in range(i + 1)))
            bh[place] = min(1, min(m * p[order[j]] / (j + 1) for j in range(i, m)))
        by = np.minimum(1, [min(m * p[order[j]] / (j + 1) for j in range(list(order).index(i), m)) *
                            sum(1 / k for k in range(1, m + 1)) for i in range(m)])
        for i in range(m):
            put("holm", i, holm[i], p)
            put("benjamini_hochberg", i, bh[i], p)
            put("benjamini_yekutieli", i, by[i], p)
        put("simes", 0, min(m * p[order[j]] / (j + 1) for j in range(m)), p)


def sequential_t():
    for n in (2, 3, 5, 10, 20, 100):
        for t in (-3.0, -0.5, 0.0, 1.0, 2.5, 6.0, 12.0):
            value = np.mean([stats.nct.pdf(t, n - 1, np.sqrt(n) * effect) / stats.t.pdf(t, n - 1)
                             for effect in (1, 3)])
            if np.isfinite(value) and value > 1e-8:
                put("sequential_t", n, value, (t,))


def smallest_with_share(sorted_values, p):
    rank = int(np.clip(np.ceil(p * len(sorted_values) * (1 - 1e-12)), 1, len(sorted_values)))
    return sorted_values[rank - 1]


def bootstrap(a):
    n = len(a)
    if n > 6:
        return
    resamples = np.array(list(itertools.product(a, repeat=n)))
    means, seen = np.sort(resamples.mean(axis=1)), a.mean()
    share = ((means < seen - 1e-12).mean() + (means <= seen + 1e-12).mean()) / 2
    left_out = np.array([np.delete(a, i).mean() for i in range(n)])
    d = left_out.mean() - left_out
    acceleration = (d ** 3).sum() / (6 * (d ** 2).sum() ** 1.5) if (d ** 2).sum() > 0 else 0
    z0 = stats.norm.ppf(share)
    reaches = {"none": stats.norm.ppf(0.95),
               "small": np.sqrt(n / (n - 1)) * stats.t.ppf(0.95, n - 1)}
    for name, reach in reaches.items():
        for figure, z in (("low", -reach), ("high", reach)):
            p = stats.norm.cdf(z0 + (z0 + z) / (1 - acceleration * (z0 + z)))
            put("bca_" + name, figure, smallest_with_share(means, p), a)
    spread = resamples.std(axis=1, ddof=1) / np.sqrt(n)
    keep = spread > 1e-12
    t = np.sort((resamples.mean(axis=1)[keep] - seen) / spread[keep])
    error = a.std(ddof=1) / np.sqrt(n)
    put("studentised", "low", seen - smallest_with_share(t, 0.95) * error, a)
    put("studentised", "high", seen - smallest_with_share(t, 0.05) * error, a)


def main():
    rng = np.random.default_rng(7)
    print("function,a,b,parameter,figure,value")
    for a, b in samples(rng):
        rank_tests(a, b)
        permutation(a, b)
        if len(np.unique(a)) > 1 or len(np.unique(b)) > 1:
            equivalence(a, b)
        if len(np.unique(a)) > 1:
            bootstrap(a)
    large_rank_test(rng)
    harrell_davis(rng)
    exact_intervals()
    multiplicity(rng)
    sequential_t()


main()
