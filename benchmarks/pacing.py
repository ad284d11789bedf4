"""How much of the limit the pacing gets out of a server, and how often it is refused: `python -m benchmarks.pacing`.

A cell holds, for the worst of its runs each: the admitted share of the limit as a share of what is possible without a
refusal (1 on fixed windows, 1/(1+J) otherwise, J being how far travel times are apart), and the refusals in a thousand
sends. Fixed windows are run at many phases, the others with several seeds. `!` marks a cell that misses the goal.
Virtual time, cold starts, learning included.
"""

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from benchmarks.pacing_simulation import SERVERS, Case, Run, run

LATENCIES = (0.1, 0.3, 1.0)
GOAL_JITTERS = ("none", "+-20 ms", "+-150 ms", "1 % late")


def variants(case: Case, count: int) -> Iterator[Case]:
    """The case at `count` phases of a fixed window, or with a few seeds."""
    several = count if case.server == "fixed" else max(2, count // 6)
    for i in range(several):
        yield replace(case, seed=i, phase=(i + 0.5) / several)


def cell(case: Case, runs: list[Run]) -> str:
    share = min(r.share for r in runs)
    per_thousand = max(r.per_thousand for r in runs)
    missed = "!" if share < case.goal or per_thousand > 1.0 else " "
    return f"{share / case.bound:7.3f} {per_thousand:7.2f}{missed}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes; too short for the goals")
    quick = parser.parse_args().quick
    sends, count = (4_000, 4) if quick else (20_000, 24)
    rows: dict[str, list[Case]] = {
        f"{server:8} {line:8}": [Case(server, line, latency, sends=sends) for latency in LATENCIES]
        for server in SERVERS
        for line in GOAL_JITTERS
    }
    for limit in ("plain log", "plain bucket"):
        for server in SERVERS:
            name = f"{server:8} +-150 ms  {limit}"
            rows[name] = [Case(server, "+-150 ms", latency, sends=sends // 4, limit=limit) for latency in LATENCIES]
    fast = Case("sliding", rate=50, sends=sends * 4)
    for server in SERVERS:
        name = f"{server:8} +-20 ms   50 a second"
        rows[name] = [replace(fast, server=server, jitter="+-20 ms", latency=latency) for latency in LATENCIES]
    for server in SERVERS:
        name = f"{server:8} +-3 ms    50 a second, 30 s"
        rows[name] = [Case(server, "+-3 ms", latency, rate=50, sends=1_500) for latency in LATENCIES]
        name = f"{server:8} +-3 ms    300 sends"
        rows[name] = [Case(server, "+-3 ms", latency, sends=300) for latency in LATENCIES]

    begun = time.perf_counter()
    cases = {case: list(variants(case, count)) for row in rows.values() for case in row}
    flat = [variant for several in cases.values() for variant in several]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        done = dict(zip(flat, pool.map(run, flat, chunksize=4), strict=True))
    print(f"{sends} sends; share of the possible, refusals per 1000, worst of the runs ")
    print(f"\n{'':44}" + "  ".join(f"{f'{latency:g} s each way':>16}" for latency in LATENCIES))
    for name, row in rows.items():
        print(f"{name:44}" + "  ".join(cell(case, [done[v] for v in cases[case]]) for case in row))
    print(f"\n{len(flat)} runs in {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
