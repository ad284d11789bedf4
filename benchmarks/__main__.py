"""All benchmarks, compared with `baseline.toml`: `python -m benchmarks [NAME ...] [--write] [--same-machine]`.

Each figure is the worst that its benchmark printed. Ends with 1 if one is more than 3 % worse than its baseline; what
depends on the machine counts with --same-machine only. `--write` makes what is measured the new baseline.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

BASELINE = Path(__file__).with_name("baseline.toml")
TOLERANCE = 0.03


def measured(spec: dict[str, Any]) -> list[float]:
    """Run one benchmark; the worst of what it printed of each figure."""
    command = [sys.executable, "-m", spec["command"], *spec.get("options", [])]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    worst = {"more": min, "less": max}
    values = []
    for figure in spec["figures"]:
        texts = re.findall(figure["pattern"], printed)
        assert texts, f"{spec['command']} printed nothing like {figure['pattern']}:\n{printed}"
        values.append(worst[figure["better"]](float(text.replace(",", "")) for text in texts))
    return values


def line(name: str, figure: dict[str, Any], value: float) -> tuple[str, float]:
    """How a figure is told, and how much worse it is than its baseline, as a share."""
    base = figure["value"]
    worse = 0.0 if not base else (base / value if figure["better"] == "more" else value / base) - 1
    against = f"{value / base:6.3f} x {base:g}" if base else "no baseline"
    return f"{name:10} {figure['name']:34} {value:10g}   {against}", worse


def written(text: str, name: str, figure: dict[str, Any], value: float) -> str:
    """The baseline with one value in the place of the old."""
    start = text.index(f"\n[{name}]")
    at = text.index(f'name = "{figure["name"]}"', start)
    head, tail = text[:at], text[at:]
    return head + re.sub(r"value = [-\d.e+]+", f"value = {value:g}", tail, count=1)


def main() -> int:
    """Run them, and print the table."""
    specs = tomllib.loads(BASELINE.read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(specs)} (all)")
    parser.add_argument("--write", action="store_true", help="keep what is measured as the baseline")
    parser.add_argument("--same-machine", action="store_true", help="compare seconds and memory too")
    given = parser.parse_args()
    if unknown := set(given.names) - set(specs):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    text, failed = BASELINE.read_text(encoding="utf-8"), False
    for name in given.names or specs:
        for figure, value in zip(specs[name]["figures"], measured(specs[name]), strict=True):
            told, worse = line(name, figure, value)
            counts = given.same_machine or not figure.get("machine")
            bad = counts and worse > TOLERANCE
            failed = failed or bad
            print(told + ("   WORSE" if bad else ""), flush=True)
            text = written(text, name, figure, value)
    if given.write:
        BASELINE.write_text(text, encoding="utf-8")
    return int(failed and not given.write)


if __name__ == "__main__":
    sys.exit(main())
