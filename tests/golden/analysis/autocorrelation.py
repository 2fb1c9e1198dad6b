"""Makes autocorrelation.csv: /usr/bin/python3 autocorrelation.py > autocorrelation.csv

Columns: name, figure, value; then the series itself. Made with NumPy alone, from the definitions.
"""

import numpy as np


def autocorrelation(x, lag):
    x = x - x.mean()
    return float((x[lag:] * x[:len(x) - lag]).sum() / (x * x).sum())


def initial_monotone_time(x):
    total, before = 0.0, 2.0
    for m in range(0, len(x) // 2 - 1, 2):
        pair = min(autocorrelation(x, m) + autocorrelation(x, m + 1), before)
        if pair <= 0:
            break
        total, before = total + pair, pair
    return max(2 * total - 1, 1.0)


def batch_means_time(x, batches):
    length = len(x) // batches
    x = x[len(x) - length * batches:]
    means = x.reshape(batches, length).mean(axis=1)
    return max(length * means.var(ddof=1) / x.var(ddof=1), 1.0)


def autoregression(rng, n, rho):
    x = np.empty(n)
    x[0] = rng.normal() / np.sqrt(1 - rho * rho)
    for i in range(1, n):
        x[i] = rho * x[i - 1] + rng.normal()
    return np.round(x, 6)


def main():
    rng = np.random.default_rng(20261124)
    series = {
        "white": np.round(rng.normal(size=60), 6),
        "ar07": autoregression(rng, 120, 0.7),
        "ar_negative": autoregression(rng, 80, -0.5),
        "trend": np.round(np.arange(50) + rng.normal(size=50), 6),
        "offset": np.round(1e6 + rng.normal(size=40), 6),
    }
    print("name,figure,value,series")
    for name, x in series.items():
        text = " ".join(f"{v:.6f}" for v in x)
        for lag in (1, 2, 5):
            print(f"{name},r{lag},{autocorrelation(x, lag)!r},{text}")
        print(f"{name},time,{initial_monotone_time(x)!r},{text}")
        print(f"{name},batch_time,{batch_means_time(x, 8)!r},{text}")


main()
