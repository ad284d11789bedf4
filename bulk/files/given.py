"""What a user says of a file, and what its job has understood it as before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from bulk.files.noted import Noted
from bulk.resources.kinds.date_forms import Dates
from bulk.resources.presets import AUTO


@dataclass(frozen=True, slots=True)
class Given:
    """What a user says of a file: `maps` of its columns, `sets` for every row, the preset's name or AUTO or NONE.

    `dates` is how dates stand in it; `split_name` is the title of a column of full names, AUTO the one that is called
    so, "" for none. `others` are titles, normalised, of other tables of the same file: maps may be of these.
    `noted` is what the job has understood the file as before.
    """

    maps: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)
    preset: str = AUTO
    separator: str = ","
    dates: Dates = field(default_factory=Dates)
    split_name: str = ""
    others: Collection[str] = ()
    noted: Noted | None = None

    @property
    def as_noted(self) -> Given:
        """The same, with the program and the column of full names that the file was understood by before."""
        if self.noted is None:
            return self
        return replace(self, preset=self.noted.preset, split_name=self.noted.split)
