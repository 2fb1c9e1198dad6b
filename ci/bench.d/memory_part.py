"""Resident memory over the length of a run."""

import tempfile
from pathlib import Path

import lab
from table import Table

RATE = 5000
EARLY_S = 10


def measure(options):
    seconds = options.memory_seconds
    samples = []
    with tempfile.TemporaryDirectory() as folder, lab.target("--latency",
                                                             "lognormal:2ms:0.5") as server:
        def watch(pid, at):
            if at >= EARLY_S and at >= len(samples) + EARLY_S and at < seconds:
                samples.append(lab.status_bytes(pid, "VmRSS"))

        usage, run = lab.run_weir(server, "-R", RATE, "-c", 100, "--store",
                                  Path(folder, "weir.db"), seconds=seconds, watch=watch)
    return {"seconds": seconds, "rss_bytes": samples, "rss_peak_bytes": usage.rss_peak_bytes,
            "requests": run["requests"]["completed"]}


def tables(result):
    samples = result["rss_bytes"]
    early, late = samples[0], samples[-1]
    yield Table(
        f"Resident memory, {RATE:,}/s with history",
        ["after", "MiB", "to the first"],
        [[f"{EARLY_S} s", f"{early / 2**20:.1f}", ""],
         [f"{result['seconds']} s", f"{late / 2**20:.1f}", f"{late / early - 1:+.1%}"],
         ["peak", f"{result['rss_peak_bytes'] / 2**20:.1f}",
          f"{result['rss_peak_bytes'] / early - 1:+.1%}"]],
        [f"{result['requests']:,} requests"])
