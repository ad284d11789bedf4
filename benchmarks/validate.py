"""How fast and in how much memory a large file of contacts is validated, against a bare csv.reader in the same run.

    python benchmarks/validate.py [ROWS] [--repeat N] [--batch N]

Each measurement runs in a fresh process, so that the peak memory is its own. Trust the ratios: machines differ by the
hour. Must hold at 1,000,000 rows: 150,000 rows/s with the duplicates check, peak memory below 200 MiB.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HEADER = ("email", "firstName", "lastName", "phone", "tags", "remove_tags", "lists", "account", "Birthday", "Score",
          "Note")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--batch", type=int, help="rows a batch instead of the built-in number")
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        way, file = options.measure
        measure(WAYS[way], Path(file), options.batch)
        return
    with tempfile.TemporaryDirectory() as folder:
        for kind, faults in (("clean", 0.0), ("1 % faults, 1 % duplicates", 0.01)):
            path = Path(folder, "contacts.csv")
            make(path, options.rows, faults)
            print(f"{options.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB, {len(HEADER)} columns, {kind}")
            compare(path, options.repeat, options.batch)


def compare(path: Path, repeat: int, batch: int | None) -> None:
    base = 0.0
    for way in WAYS:
        command = [sys.executable, __file__, "--measure", way, str(path), *(["--batch", str(batch)] if batch else [])]
        runs = [
            subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() for _ in range(repeat)
        ]
        rates = sorted(float(rate) for rate, *_ in runs)
        rate = rates[len(rates) // 2]
        base = base or rate
        memory = max(float(run[1]) for run in runs)
        print(f"  {way:<14} {rate:>10,.0f} rows/s  {base / rate:>5.1f} x  {memory:>5.0f} MiB  {' '.join(runs[0][2:])}")


def measure(way: Callable[[Path], str], path: Path, batch: int | None) -> None:
    if way is validate:
        import pandera.polars  # noqa: F401, PLC0415 - importing it and polars is no part of the rate

        from bulk.files import check  # noqa: PLC0415

        check.BATCH = batch or check.BATCH  # type: ignore[misc]
    start = time.perf_counter()
    said = way(path)
    seconds = time.perf_counter() - start
    rows = int(said.split()[0].removeprefix("read="))
    print(rows / seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, said)


def bare(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return f"read={sum(1 for _ in csv.reader(file, strict=True)) - 1}"


def read(path: Path) -> str:
    from bulk.files.csv.reader import open_csv  # noqa: PLC0415

    return f"read={sum(1 for _ in open_csv(path).records())}"


def validate(path: Path) -> str:
    from bulk.files.check import check  # noqa: PLC0415
    from bulk.files.csv.reader import open_csv  # noqa: PLC0415
    from bulk.files.matching import match_header  # noqa: PLC0415
    from bulk.resources import find  # noqa: PLC0415
    from bulk.resources.kinds import DATE, NUMBER, TEXTAREA  # noqa: PLC0415
    from bulk.resources.spec import Column  # noqa: PLC0415

    contacts = find("contacts")
    assert contacts
    custom = [("Birthday", DATE), ("Score", NUMBER), ("Note", TEXTAREA)]
    columns = [*contacts.columns, *(Column(f"field:{at}", kind, name) for at, (name, kind) in enumerate(custom))]
    table = open_csv(path, columns=columns)
    tally = check(table, match_header(table.header, columns), on_duplicate="error", unsent=Nowhere(), progress=ignore)
    return f"read={tally.read} rejected={tally.rejected}"


WAYS = {"csv.reader": bare, "open_csv": read, "validate": validate}


class Nowhere:
    """Takes rows that will not be sent."""

    def rejected(self, issues: Iterable[object]) -> None:
        """Forget them."""

    def skipped(self, rows: Iterable[object]) -> None:
        """Forget them."""


def ignore(_rows: int) -> None:
    """Show no progress."""


def make(path: Path, rows: int, faults: float) -> None:
    """A mix as people have it: accents, quoted lists, phones, some empty cells, a note of two lines now and then."""
    chance = random.Random(20261122)
    first = ["Ada", "Zoë", "Jürgen", "さゆり", "Anne-Marie", "O'Neil", "Łukasz", "Bob"]
    last = ["Lovelace", "Ångström", "García Márquez", "田中", "Smith", "d'Ormesson", "Seip"]
    tags = ["VIP", "Newsletter", "Webinar März", "Smith, John", "prospect"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for row in range(rows):
            number = row if chance.random() >= faults else max(0, row - 1000)
            address = f"person.{number}@example{number % 97}.com" if chance.random() >= faults else "not an address"
            writer.writerow(
                [
                    address,
                    chance.choice(first),
                    chance.choice(last),
                    f"+44 7700 {chance.randrange(10**6):06}" if chance.random() < 0.6 else "",
                    ",".join(chance.sample(tags[:3], chance.randrange(3))),
                    "",
                    "Newsletter" if chance.random() < 0.5 else "",
                    f"Company {chance.randrange(20_000)}" if chance.random() < 0.3 else "",
                    f"{chance.randrange(1940, 2010)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
                    str(chance.randrange(1000)) if chance.random() < 0.5 else "",
                    "Met in Paris,\nlikes tea" if chance.random() < 0.02 else "",
                ]
            )


if __name__ == "__main__":
    main()
