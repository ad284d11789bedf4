"""A search by coverage for files that bulk's reader crashes on or misreads.

    python -m tests.fuzz_reader [SECONDS [FOLDER]]
    python -m tests.fuzz_reader --keep FOLDER

Needs atheris (`pip install atheris`), which is no dependency of anything here: it has no build for every Python. The
search starts from the seeds, or goes on in the folder of an earlier one, and leaves there what it finds worth keeping
(`crash-…`: what it was looking for; the folder's name is printed). `--keep FOLDER` makes the seeds anew out of the old
ones and a folder: the smallest files that together take every step from line to line of the reader that all of them
take, and end in every way. A plain test run reads the seeds again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bulk.resources import named
from tests.framing import Read, current

SEEDS: Final = Path(__file__).parent / "seeds" / "reader"
LONGEST: Final = 2048  # bytes of a file; what goes wrong does so in a few rows
KEPT: Final = 100
ENCODINGS: Final = ("auto", "auto", "auto", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-8")
DELIMITERS: Final = ("auto", "auto", "auto", ",", ";", "|", "tab", "auto")
COLUMNS: Final = named("contacts").columns


def one(seed: bytes, path: Path) -> Read:
    """Hold the reader to one file: the first byte says what bulk is told of it, the rest is the file."""
    said, content = seed[:1] or b"\0", seed[1:]
    path.write_bytes(content)
    return current(
        path,
        encoding=ENCODINGS[said[0] & 7],
        delimiter=DELIMITERS[said[0] >> 3 & 7],
        skip_lines=2 * (said[0] >> 6 & 1),
        columns=COLUMNS if said[0] < 128 else (),
    )


def search(seconds: int, folder: str = "") -> None:
    """Search on for so long; what is found stays in a folder."""
    import atheris  # type: ignore[import-not-found]

    result = Path(folder or tempfile.mkdtemp(prefix="fuzz-reader-"))
    print(f"What is found goes to {result}", flush=True)
    for seed in SEEDS.glob("*"):
        shutil.copy(seed, result)
    path = Path(tempfile.mkdtemp()) / "x.csv"

    def try_one(seed: bytes) -> None:
        one(seed, path)

    for name in ("detect", "encoding", "frames", "reader", "swallowed"):
        module = f"bulk.files.csv.{name}"
        for thing in vars(sys.modules[module]).values():
            _instrument(atheris, module, thing)
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=20", f"-artifact_prefix={result}/crash-"]
    atheris.Setup([sys.argv[0], *options, str(result)], try_one)
    atheris.Fuzz()


def _instrument(atheris: Any, module: str, thing: Any) -> None:
    """Have a function, or the methods of a class, of this module watched."""
    if getattr(thing, "__module__", "") != module:
        return
    if isinstance(thing, type):
        for method in vars(thing).values():
            if callable(method) and getattr(method, "__code__", None):
                method.__code__ = atheris.patch_code(method.__code__, trace_dataflow=True)
    elif getattr(thing, "__code__", None):
        thing.__code__ = atheris.patch_code(thing.__code__, trace_dataflow=True)


def keep(folder: Path) -> None:
    """Make the seeds anew out of them and a folder: the smallest files that do together what all of them do."""
    path = Path(tempfile.mkdtemp()) / "x.csv"
    files = {file.read_bytes() for place in (SEEDS, folder) for file in place.glob("*") if file.is_file()}
    done: set[object] = set()
    kept: list[bytes] = []
    for seed in sorted(files, key=lambda seed: (len(seed), seed)):
        traits = _traits(seed, path)
        if not traits <= done:
            done |= traits
            kept.append(seed)
    shutil.rmtree(SEEDS, ignore_errors=True)
    SEEDS.mkdir(parents=True)
    for seed in kept[:KEPT]:
        (SEEDS / hashlib.sha256(seed).hexdigest()[:12]).write_bytes(seed)
    print(f"{len(files)} files, {len(kept)} of them worth keeping, {sum(map(len, kept[:KEPT]))} bytes kept")


def _traits(seed: bytes, path: Path) -> set[object]:
    """The steps from line to line of the reader that a file makes it take, and how that ends."""
    steps: set[object] = set()

    def trace(frame: Any, _event: str, _arg: object) -> Any:
        if not frame.f_globals["__name__"].startswith("bulk.files."):
            return None
        last = 0

        def line(frame: Any, _event: str, _arg: object) -> Any:
            nonlocal last
            steps.add((frame.f_code.co_name, last, frame.f_lineno))
            last = frame.f_lineno
            return line

        return line

    sys.settrace(trace)
    try:
        result = one(seed, path)
    finally:
        sys.settrace(None)
    said = re.sub(r"'.*?'|\d+", "", result.refused.removeprefix(str(path)))[:60]
    return steps | {("refused", said), ("rows", min(result.rows, 5)), ("unfit", min(result.unfit, 2))}


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["--keep"] and len(given) == 2:
        keep(Path(given[1]))
    elif len(given) <= 2 and (not given or given[0].isdecimal()):
        search(int(given[0]) if given else 3600, *given[1:])
    else:  # --help, or what it does not understand
        print(__doc__)
        sys.exit(0 if given[0] in ("-h", "--help") else 2)
