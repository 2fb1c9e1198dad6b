"""Makes spearman.csv: /usr/bin/python3 spearman.py > spearman.csv (scipy.stats.spearmanr)."""

import numpy as np
from scipy import stats

rng = np.random.default_rng(3)
print("x,y,value")
for n, digits in ((5, 3), (12, 0), (40, 1), (100, 3)):
    x = np.round(rng.normal(size=n), digits)
    y = np.round(0.5 * x + rng.standard_t(2, size=n), digits)
    text = [" ".join(repr(float(v)) for v in side) for side in (x, y)]
    print(f"{text[0]},{text[1]},{float(stats.spearmanr(x, y).correlation)!r}")
