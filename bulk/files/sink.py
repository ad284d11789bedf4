"""Where rows are written to. Every kind of file that is written is a `Sink`, and jobs know no more of it than this.

Writes nothing and knows no kind of file: `opening` chooses the member for one.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Protocol, Self


class Sink(Protocol):
    """A file of texts being written, below a header: `with open_sink(path, header) as sink: sink.write(cells)`.

    It appears under its name when the block ends well, whole and on the disk; else nothing is left of it and what was
    there before stays. The block is what opens and closes it, once. What is written is read back as it was.

    Raises `UsageError` where the place cannot be written to, `UnfinishedError` where the disk takes nothing more, and
    `ReaderGoneError` where nobody reads standard output any more. After an error nothing more is to be written.
    """

    rows: int
    """How many rows were written, the header not among them."""

    def __enter__(self) -> Self:
        """Open it and write the header."""

    def write(self, cells: Iterable[str]) -> None:
        """Write one row, with as many cells as the header."""

    def settle(self) -> None:
        """Bring what was written to the disk, so that nothing of it can fail when the block ends."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Move it into place, or take it away if the block ends by an error."""
