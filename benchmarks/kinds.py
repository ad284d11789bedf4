"""How much memory each kind of file takes to be validated, and how fast: flat for packed ones, bounded for workbooks.

    python benchmarks/kinds.py [ROWS]

Each measurement runs in a fresh process, so that the peak memory is its own. Must hold: a packed file of ten times the
rows takes at most 30 MiB more, and a workbook of 200,000 rows stays below 600 MiB.
"""

from __future__ import annotations

import csv
import gzip
import io
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HEADER = ("email", "firstName", "lastName", "phone", "tags", "account")
MORE, WORKBOOK = 30, 600  # MiB


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, write in (("csv.gz", gzipped), ("zip", zipped)):
            small, large = (measured(write(folder / f"{n}.{kind}", n)) for n in (rows // 10, rows))
            assert large - small <= MORE, f"{kind} takes {large - small:.0f} MiB more"
        assert measured(workbook(folder / "a.xlsx", rows)) <= WORKBOOK


def measured(path: Path) -> float:
    line = [sys.executable, __file__, "--measure", str(path)]
    read, seconds, peak = subprocess.run(line, check=True, capture_output=True, text=True).stdout.split()
    print(f"{path.name:>16}  {int(read):>9,} rows  {int(read) / float(seconds):>9,.0f} rows/s  {float(peak):>5.0f} MiB")
    return float(peak)


def measure(path: Path) -> None:
    from bulk.files.check import check  # noqa: PLC0415
    from bulk.files.named_file import NamedFile  # noqa: PLC0415
    from bulk.jobs.findings import Findings  # noqa: PLC0415
    from bulk.jobs.input_options import matched, source_of  # noqa: PLC0415
    from bulk.jobs.options import ImportOptions  # noqa: PLC0415
    from bulk.planning.names import Names  # noqa: PLC0415
    from bulk.resources import named  # noqa: PLC0415

    began, options = time.perf_counter(), ImportOptions(mode="upsert", key="email")
    source = source_of(named("contacts"), NamedFile(path), options)
    match = matched(named("contacts"), source, options, Names())
    tally = check(source, match, on_duplicate="error", unsent=Findings(), progress=lambda _more: None)
    assert tally.rejected == 0
    print(tally.read, time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def people(first: int, count: int) -> Iterator[tuple[str, ...]]:
    for n in range(first, first + count):
        yield (f"p{n}@example.com", f"First {n}", f"Last {n}", f"+1 555 0{n % 1000:03}", "VIP,Trial", "Acme")


def write_csv(file: io.BufferedIOBase, rows: Iterator[tuple[str, ...]]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    csv.writer(text).writerows([HEADER, *rows])
    text.flush()
    text.detach()


def gzipped(path: Path, count: int) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        write_csv(file, people(0, count))
    return path


def zipped(path: Path, count: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for half in range(2):
            with archive.open(f"{half}.csv", "w") as file:
                write_csv(file, people(half * count // 2, count // 2))
    return path


def workbook(path: Path, count: int) -> Path:
    from bulk.files.opening import open_sink  # noqa: PLC0415

    with open_sink(path, HEADER) as sink:
        for row in people(0, count):
            sink.write(row)
    return path


if __name__ == "__main__":
    measure(Path(sys.argv[2])) if sys.argv[1:2] == ["--measure"] else main()
