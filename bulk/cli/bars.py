"""Bars on a terminal, as tqdm draws them, in words and units of ours."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm

_OF_ROWS = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {pace}{postfix}]"
_WITHOUT_TOTAL = "{desc}: {n_fmt} [{elapsed}, {pace}{postfix}]"
_OF_PARTS = "{bar:20}| {desc} [{elapsed}]"


def pace(rate: float | None, what: str) -> str:
    """How fast it goes, as people say it: `12 rows/s`, `1.7 rows/s`, `a row each 2.3 s`; "" where nobody knows yet."""
    if not rate:
        return ""
    if rate >= 1:
        return f"{rate:.0f} {what}/s" if rate >= 10 else f"{rate:.1f} {what}/s"
    one = f"a {what.removesuffix('s')}" if what in ("rows", "lines", "contacts", "deals", "tags", "notes") else "one"
    return f"{one} each {1 / rate:.1f} s"


class Bars:
    """One bar at a time; nothing is drawn before the first begins, and nothing loaded that draws."""

    def __init__(self, output: IO[str]) -> None:
        self._output = output
        self._bar: tqdm[Any] | None = None

    @property
    def at(self) -> float:
        """How far the bar is."""
        return 0 if self._bar is None else float(self._bar.n)

    @property
    def is_drawn(self) -> bool:
        """Whether there is one."""
        return self._bar is not None

    @property
    def is_full(self) -> bool:
        """Whether it is at its end."""
        return self._bar is not None and bool(self._bar.total) and self.at >= float(self._bar.total or 0)

    def begin(self, words: str, total: int | None, what: str, *, stays: bool) -> None:
        """Draw a bar that counts `what`; of the parts of something, whose words come with each move, where it is ""."""
        self._bar = _new(self._output, words, total, what, stays=stays)

    def move(self, done: float, total: int | None, beside: str) -> None:
        """Move it, with what is said beside it."""
        bar = self._bar
        if bar is None:
            return
        bar.total = total
        if bar.bar_format == _OF_PARTS:
            bar.set_description_str(beside, refresh=False)
        else:
            bar.set_postfix_str(beside, refresh=False)
        bar.update(done - bar.n)

    def say(self, lines: str) -> None:
        """Say something above it."""
        if self._bar is not None:
            self._bar.write(lines, file=self._output)

    def close(self) -> None:
        """Finish it: what follows begins on a line of its own."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _new(output: IO[str], words: str, total: int | None, what: str, *, stays: bool) -> tqdm[Any]:
    from tqdm import tqdm  # noqa: PLC0415 - 60 ms that --help does not need

    class Paced(tqdm):  # type: ignore[type-arg]  # it takes none when it runs
        """A bar that says how fast it goes in words of ours."""

        @property
        def format_dict(self) -> dict[str, Any]:
            """What the format speaks of."""
            known = dict(super().format_dict)
            elapsed, done = known["elapsed"], known["n"]
            rate = known["rate"] or (done / elapsed if elapsed else None)
            return known | {"pace": pace(rate, what) or "-"}

    shape = _OF_PARTS if not what else _WITHOUT_TOTAL if total is None else _OF_ROWS
    return Paced(
        desc=words, total=total, file=output, dynamic_ncols=True, leave=stays, mininterval=0.1, bar_format=shape,
    )  # fmt: skip
