"""A column of full names that is taken apart into first and last name, where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bulk.errors import UsageError
from bulk.files.column_names import position
from bulk.files.header_refusals import nearest_part
from bulk.files.set_columns import Added
from bulk.resources.full_names import split_full_name
from bulk.resources.titles import is_full_name

AUTO: Final = "auto"
_FIRST: Final = "firstName"
_LAST: Final = "lastName"


@dataclass(frozen=True, slots=True)
class Split:
    """Where full names stand in a row, and where their parts go, by the indexes of cells."""

    at: int
    first: int
    last: int

    def take_apart(self, cells: list[str]) -> tuple[str, str, str]:
        """Put the parts of a row's name where they go; the name and its parts."""
        name = cells[self.at]
        cells[self.first], cells[self.last] = split_full_name(name)
        return name, cells[self.first], cells[self.last]


def split_of(
    header: Sequence[str], name: str, mapped: Mapping[int, str], feeding: dict[str, int], added: Added
) -> Split:  # fmt: skip
    """How the names of a column are taken apart, what is added to the file for it being put down.

    `feeding` are the columns that feed each attribute. Raises `UsageError` for a file without such a column, and where
    another feeds what the parts would.
    """
    at = _column(header, name, mapped)
    for attribute in (_FIRST, _LAST):
        there = feeding.get(attribute)
        if there is not None and there != at:
            raise UsageError(
                "split_name_fed", title=header[at].strip(), attribute=attribute, other=added.titles[there].strip()
            )
    for attribute in (_FIRST, _LAST):
        feeding[attribute] = added.column(attribute, "")
    return Split(at, feeding[_FIRST], feeding[_LAST])


def _column(header: Sequence[str], name: str, mapped: Mapping[int, str]) -> int:
    if name != AUTO:
        at = position(header, name)
        if at is None:
            raise UsageError("split_name_unknown", title=name, hint=nearest_part(name, header))
        return at
    ats = [at for at, title in enumerate(header) if at not in mapped and is_full_name(title)]
    if len(ats) == 1:
        return ats[0]
    if not ats:
        raise UsageError("split_name_none")
    raise UsageError("split_name_several", titles=[header[at].strip() for at in ats])
