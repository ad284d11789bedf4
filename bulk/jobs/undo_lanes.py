"""Which lines of an undo wait for one another: those of one record, and those that hand a name from one to another.

Whom a line gives back an address may have it only when another line has taken that from whoever has it now. Such lines
go in their order; all others do not wait.
"""

from __future__ import annotations

from collections.abc import Iterable

from bulk.model import Aspect
from bulk.planning.undo.reversals import Reversal
from bulk.resources import named
from bulk.resources.identity import loose_key


class Lanes:
    """The lanes of lines of one resource: lines of one lane go one after the other."""

    def __init__(self, lines: Iterable[Reversal]) -> None:
        self._parents: dict[str, str] = {}  # of records by their ids, and of names behind a blank
        attributes: set[str] = set()
        for line in lines:
            if _gives_a_name(line):
                attributes.add(line.edit.of)
                for value in (*line.left, line.edit.after):
                    if value not in ("", None):
                        self._unite(line.record, f" {loose_key(str(value))}")
        self._parted = len(attributes) <= 1  # where two halves of a name change, each line may free any name

    def lane_of(self, line: Reversal) -> str:
        """The lane of a line."""
        if line.record not in self._parents:
            return f"{line.resource} {line.record}"
        return f"{line.resource} names of {self._root(line.record)}" if self._parted else f"{line.resource} names"

    def _unite(self, one: str, other: str) -> None:
        self._parents[self._root(one)] = self._root(other)

    def _root(self, one: str) -> str:
        parents = self._parents
        parents.setdefault(one, one)
        while (parent := parents[one]) != one:
            parents[one] = parents[parent]  # of long rows of names, each look halves the way
            one = parents[one]
        return one


def _gives_a_name(line: Reversal) -> bool:
    """Whether it changes what only one record may have."""
    resource = named(line.resource)
    return line.edit.aspect is Aspect.VALUE and resource.unique and line.edit.of in resource.key_attributes
