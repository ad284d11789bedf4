"""Keys and numbers of a file's rows, in memory that does not grow with the file: which rows may share a key."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, Self

from bulk.model import FILE_ROWS, place_of

_PAIR: Final = 16  # bytes of a hash and a row number
_PART: Final = 250_000  # pairs kept in memory, and sorted at a time
_CHUNK: Final = 50_000  # pairs read at a time
_KEYS: Final = 100_000  # rows, or a few more, whose keys are compared in one further pass


class Keys:
    """The hash of each key with its row, in a file once they are many."""

    def __enter__(self) -> Self:
        self._file = tempfile.SpooledTemporaryFile(max_size=_PART * _PAIR)  # closed by __exit__
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, keys: Iterable[str], rows: Iterable[int]) -> None:
        """Take in keys and the rows they are of."""
        pairs = zip(map(hash, keys), rows, strict=True)
        self._file.write(array("q", chain.from_iterable(pairs)).tobytes())

    def suspects(self) -> Iterator[set[int]]:
        """The rows, as added, whose key may be that of another, in sets of bounded size; equal keys are in one."""
        parts = 1
        while self._file.tell() // _PAIR > _PART * parts:
            parts *= 2
        rows: set[int] = set()  # of several parts together: each set is another pass over the file
        for part in range(parts):
            again = self._repeated(part, parts)
            if again:
                rows.update(
                    row
                    for hashes, numbers in self._pairs()
                    for h, row in zip(hashes, numbers, strict=True)
                    if h in again
                )
            if len(rows) >= _KEYS:
                yield rows
                rows = set()
        if rows:
            yield rows

    def _repeated(self, part: int, parts: int) -> set[int]:
        """The hashes that are there more than once, of one of several parts, so that not all are held at a time."""
        # plain sets: polars would sort them faster, and keep a third more memory for it than the whole check needs
        seen: set[int] = set()
        again: set[int] = set()
        for hashes, _ in self._pairs():
            mine = hashes if parts == 1 else [h for h in hashes if h & (parts - 1) == part]
            for h in mine:
                if h in seen:
                    again.add(h)
                else:
                    seen.add(h)
        return again

    def _pairs(self) -> Iterator[tuple[array[int], array[int]]]:
        """Hashes and rows, chunk by chunk."""
        self._file.seek(0)
        while chunk := self._file.read(_PAIR * _CHUNK):
            both = array("q", chunk)
            yield both[::2], both[1::2]
        self._file.seek(0, 2)


class RowSet:
    """Numbers of rows, a byte for each number up to the highest of its table, however many they are."""

    def __init__(self) -> None:
        self._marks: dict[int, bytearray] = {}  # by the table
        self._count = 0

    def add(self, number: int) -> None:
        """Take one in."""
        table, row = place_of(number)
        marks = self._marks.setdefault(table, bytearray())
        if row >= len(marks):
            marks.extend(bytes(row + 1024 - len(marks)))
        self._count += not marks[row]
        marks[row] = 1

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int) or number < 0:
            return False
        table, row = place_of(number)
        marks = self._marks.get(table)
        return marks is not None and row < len(marks) and bool(marks[row])

    def __iter__(self) -> Iterator[int]:
        for table in sorted(self._marks):
            first = table * FILE_ROWS
            yield from (first + row for row, mark in enumerate(self._marks[table]) if mark)

    def __len__(self) -> int:
        return self._count
