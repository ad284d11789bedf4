"""What came of a comparison: the sums of each resource, the first differences, and all of them where they were kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from bulk.errors import UsageError
from bulk.files.compared import Compared
from bulk.files.difference import Counts, Difference, What
from bulk.files.opening import OURS, open_source

SHOWN: Final = 1000  # differences kept whole; beyond that they are counted, and stand in the file
TITLES: Final = ("resource", "key", "id", "what", "column", "a", "b", "row_a", "row_b")


# wide: one attribute a sum, as a program and the terminal show them
@dataclass(frozen=True, slots=True)
class ComparedResource:
    """The sums of one resource; rows of a side are same, differing, only there, ambiguous, or do not fit its header.

    `columns` counts the differing cells by title. `key` is what records were matched by, `columns_compared` the columns
    whose cells were compared beside it, `left_out` those that were not. `columns_not_in_file` are columns of an account
    that the file beside it has not: they do not count. `unnamed` counts, by column, rows that point to something by its
    id alone, because it has no name: whether both point to the same is not known.
    """

    key: str
    rows_a: int
    rows_b: int
    same: int
    differing: int
    only_in_a: int
    only_in_b: int
    ambiguous_a: int
    ambiguous_b: int
    unfit_a: int
    unfit_b: int
    columns: Mapping[str, int]
    columns_only_in_a: tuple[str, ...] = ()
    columns_only_in_b: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    unnamed: Mapping[str, int] = field(default_factory=dict)
    columns_compared: tuple[str, ...] = ()
    columns_not_in_file: tuple[str, ...] = ()

    @classmethod
    def of(cls, compared: Compared, counts: Counts, beyond: tuple[str, ...] = ()) -> ComparedResource:
        """The sums of a comparison that has ended."""
        (rows_a, rows_b), (only_a, only_b), (unfit_a, unfit_b) = counts.rows, counts.only, counts.unfit
        keyed = {part.title for part in compared.key}
        return cls(
            compared.key_title, rows_a, rows_b, counts.same, counts.differing, only_a, only_b,
            counts.ambiguous[0], counts.ambiguous[1], unfit_a, unfit_b, dict(counts.columns), compared.only[0],
            compared.only[1], compared.left_out, dict(counts.unnamed),
            tuple(one.title for one in compared.columns if one.title not in keyed), beyond,
        )  # fmt: skip

    @property
    def equal(self) -> bool:
        """Whether nothing differs: no cell, record, row or column."""
        columns = self.columns_only_in_a or self.columns_only_in_b
        return self.same == self.rows_a == self.rows_b and not columns


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between A and B, resource by resource.

    `files_only_in_a` and `files_only_in_b` are resources of folders that only one of them has. `first` are the first
    thousand differences; all of them are in the file `output`, if one was asked for.
    """

    resources: Mapping[str, ComparedResource]
    files_only_in_a: tuple[str, ...] = ()
    files_only_in_b: tuple[str, ...] = ()
    first: tuple[Difference, ...] = ()
    count: int = 0
    output: Path | None = None

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.files_only_in_a or self.files_only_in_b) and all(one.equal for one in self.resources.values())

    @property
    def same(self) -> int:
        """How many records are the same."""
        return sum(one.same for one in self.resources.values())

    @property
    def differing(self) -> int:
        """How many records have cells that differ."""
        return sum(one.differing for one in self.resources.values())

    @property
    def only_in_a(self) -> int:
        """How many records only A has."""
        return sum(one.only_in_a for one in self.resources.values())

    @property
    def only_in_b(self) -> int:
        """How many records only B has."""
        return sum(one.only_in_b for one in self.resources.values())

    @property
    def ambiguous(self) -> int:
        """How many rows share their key with others, so that nobody knows which are the same."""
        return sum(one.ambiguous_a + one.ambiguous_b for one in self.resources.values())

    @property
    def columns(self) -> dict[str, int]:
        """How many cells differ, by column; of several resources as `deals.value`."""
        several = len(self.resources) > 1
        return {
            f"{name}.{title}" if several else title: cells
            for name, one in self.resources.items()
            for title, cells in one.columns.items()
        }

    def differences(self) -> Iterator[Difference]:
        """All differences, in the order of A's rows. Reads the file if there are many: blocks on the disk.

        Raises `UsageError` where there are more than `first` has and no file was asked for.
        """
        if self.count == len(self.first):
            yield from self.first
            return
        if self.output is None:
            raise UsageError("compare_without_output", count=self.count, kept=len(self.first))
        for record in open_source(self.output, OURS).records():
            yield _difference(record.cells)

    def frame(self) -> pl.DataFrame:
        """All differences as a frame, the rows' numbers as integers. Raises as `differences` does."""
        schema = {title: pl.Int64 if title.startswith("row_") else pl.String for title in TITLES}
        rows = [[one.resource, one.key, one.id, one.what.value, one.column, one.a, one.b, one.row_a, one.row_b]
                for one in self.differences()]  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")

    def to_json(self) -> dict[str, Any]:
        """The sums, for programs."""
        return {
            "equal": self.equal,
            "differences": self.count,
            "resources": {name: {"equal": one.equal, **asdict(one)} for name, one in self.resources.items()},
            "files_only_in_a": list(self.files_only_in_a),
            "files_only_in_b": list(self.files_only_in_b),
            "output": str(self.output) if self.output is not None else "",
        }


def cells_of(one: Difference) -> list[str]:
    """A difference as a line of the file."""
    rows = ("" if row is None else str(row) for row in (one.row_a, one.row_b))
    return [one.resource, one.key, one.id, one.what.value, one.column, one.a, one.b, *rows]


def _difference(cells: list[str]) -> Difference:
    resource, key, identity, what, column, a, b, row_a, row_b = cells
    rows = (int(row) if row else None for row in (row_a, row_b))
    return Difference(What(what), resource, key, identity, column, a, b, *rows)
