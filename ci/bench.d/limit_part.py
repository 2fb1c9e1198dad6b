"""Open loop: the highest rate on one core that still deserves belief, beside what a bare epoll loop
reaches that waits for nothing: no client of one request and one answer a time can do more."""

import re

import lab
from table import Table, spread

RATES = (50, 75, 100, 125, 150, 175, 200)  # thousands per second
P99_MAX_NS = 2_000_000
ACHIEVED_MIN = 0.999
CONNECTIONS = 100


def _try(server, rate, pacing, seconds):
    usage, run = lab.run_weir(server, "-R", rate, "-c", CONNECTIONS, "--pacing", pacing, "--no-store",
                              seconds=seconds)
    requests = run["requests"]
    p99 = run["latency_ns"]["response"]["p99"]
    achieved = requests["completed"] / requests["planned"]
    rate_ratio = run["rate_per_s"]["achieved"] / rate
    return {"rate": rate, "pacing": pacing, "p99_us": p99 / 1e3, "achieved_ratio": rate_ratio,
            "others_ratio": usage.others_ratio,
            "held": p99 <= P99_MAX_NS and achieved >= ACHIEVED_MIN and rate_ratio >= ACHIEVED_MIN}


def _ceiling(server, seconds):
    port = server.url.rpartition(":")[2].strip("/")
    usage = lab.run_client([lab.BARE_CLIENT, port, CONNECTIONS, seconds], seconds + 30,
                           server_pid=server.pid)
    requests = int(re.search(r"requests (\d+)", usage.output).group(1))
    return {"rate": requests / seconds, "others_ratio": usage.others_ratio}


def measure(options):
    rows = []
    with lab.target() as server:
        ceilings = [lab.undisturbed(lambda: _ceiling(server, options.seconds))
                    for _ in range(options.rounds)]
        for pacing in ("hybrid", "spin"):
            for thousands in RATES:
                tries = [lab.undisturbed(
                    lambda: _try(server, thousands * 1000, pacing, options.seconds))
                         for _ in range(options.rounds)]
                rows += tries
                held = sum(row["held"] for row in tries)
                lab.say(f"  {pacing}, {thousands}k/s: held {held} of {len(tries)}, p99 "
                        f"{min(row['p99_us'] for row in tries):.0f} us")
                if held * 2 <= len(tries):
                    break
    return {"rows": rows, "ceilings": ceilings, "seconds": options.seconds,
            "rounds": options.rounds}


def tables(result):
    lines = []
    for pacing in ("hybrid", "spin"):
        for rate in sorted({row["rate"] for row in result["rows"] if row["pacing"] == pacing}):
            tries = [row for row in result["rows"]
                     if row["rate"] == rate and row["pacing"] == pacing]
            p99 = sorted(row["p99_us"] for row in tries)
            held = sum(row["held"] for row in tries)
            lines.append([f"{pacing}, {rate:,}/s", f"{held} of {len(tries)}",
                          ", ".join(f"{value:,.0f}" for value in p99),
                          ", ".join(f"{row['achieved_ratio']:.4f}" for row in tries)])
    ceilings = result.get("ceilings", [])
    bare = [f"bare epoll loop, closed: "
            f"{spread([ceiling['rate'] for ceiling in ceilings], 0)} requests/s"]
    yield Table(
        "Open loop: highest rate, one thread", ["pacing, rate", "held", "p99 us", "achieved"],
        lines,
        [f"held: p99 from the due instant at most {P99_MAX_NS / 1e6:g} ms and at least "
         f"{ACHIEVED_MIN:.1%} of the plan completed, in runs of {result['seconds']} s; the climb "
         "ends where most runs do not hold", *(bare if ceilings else []),
         lab.disturbance(result["rows"])])
