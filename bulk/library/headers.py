"""What stands under the titles of a file, for whoever is asked what its columns are."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Final

from bulk.files.named_file import NamedFile
from bulk.files.opening import OURS, open_source
from bulk.jobs.input_options import source_of
from bulk.jobs.options import ImportOptions
from bulk.resources import known
from bulk.resources.spec import normalise

_LOOKED_AT: Final = 200  # rows
_VALUES: Final = 3


def has_title(report: Path, title: str) -> bool:
    """Whether a report has a column that is called so."""
    return normalise(title) in map(normalise, open_source(report, OURS).header)


def first_values(resource: str, path: str | Path, options: ImportOptions) -> dict[str, list[str]]:
    """The first different values under each title of a file that are not empty; three at most, blanks around gone."""
    source = source_of(known(resource), NamedFile(Path(path)), options)
    titles = [title.strip() for title in source.header]
    values: dict[str, list[str]] = {title: [] for title in titles}
    for record in islice(source.records(), _LOOKED_AT):
        for title, cell in zip(titles, record.cells, strict=False):
            text = " ".join(cell.split())
            if text and len(values[title]) < _VALUES and text not in values[title]:
                values[title].append(text)
    return values
