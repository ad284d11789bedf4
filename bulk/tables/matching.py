"""Which column of a file feeds which column of a resource. Refuses what it does not understand, naming the nearest.

Knows headers and declarations, not cells: what a cell may hold is `schema`.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bulk.errors import UsageError
from bulk.model import Row
from bulk.resources.kinds import nearest
from bulk.resources.spec import Column, normalise
from bulk.tables.reading import Record


def key_of(cell: str) -> str:
    """What a key cell identifies: blanks around it, case and the way accents are composed do not matter."""
    key = cell.strip()
    if key.isascii():
        return key.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", key).casefold())


@dataclass(frozen=True, slots=True)
class Match:
    """The understood header: `columns` are the file's columns that are used, by index, in file order.

    `dropped` are headers left out by --map or --ignore-unknown, `passed_over` those that only the API sets, `unchecked`
    those that may be custom fields of an account that was not asked. `required` of the columns is as this file's key
    wants it. `key_index` is the index of the key's column.
    """

    header: tuple[str, ...]
    columns: tuple[tuple[int, Column], ...]
    dropped: tuple[str, ...]
    passed_over: tuple[str, ...]
    unchecked: tuple[str, ...]
    key_index: int

    def row(self, record: Record) -> Row:
        """The record as planning takes it. The record fits the header."""
        cells = record.cells
        values = {column.attribute: cells[at] for at, column in self.columns}
        return Row(record.number, key_of(cells[self.key_index]), values)


def parse_maps(texts: Iterable[str]) -> dict[str, str]:
    """The `--map 'CSV header=attribute'` options. Split at the last `=`: a header may hold one, an attribute cannot."""
    maps: dict[str, str] = {}
    for text in texts:
        header, equals, attribute = text.rpartition("=")
        if not equals or not header.strip():
            raise UsageError(f"--map {text!r} is not of the form 'CSV header=attribute'.")
        if header.strip() in maps:
            raise UsageError(f"--map is given twice for {header.strip()!r}. Keep one of them.")
        maps[header.strip()] = attribute.strip()
    return maps


def match_header(  # the command line's options, each with its default
    header: Sequence[str],
    columns: Sequence[Column],
    *,
    maps: Mapping[str, str] | None = None,
    ignore_unknown: bool = False,
    key: str = "email",
    open_ended: bool = False,
) -> Match:
    """Understand a header, or raise one `UsageError` that names everything about it that is not understood.

    `maps` say what headers mean (an empty attribute drops the column). `open_ended`: the account's custom fields are
    not known, so a column that is not understood may be one and is listed instead of refused.
    """
    if key not in {column.attribute for column in columns}:
        raise UsageError(f"--key {key!r} is no column of this resource.")
    columns = _for_key(columns, key)
    names = _Names(columns)
    mapped = _mapped(header, maps or {}, names, open_ended=open_ended)
    found: list[tuple[int, Column]] = []
    dropped: list[str] = []
    passed_over: list[str] = []
    unknown: list[str] = []
    for at, title in enumerate(header):
        target = mapped.get(at, title.strip())
        column = names.find(target)
        if at in mapped and not target:
            dropped.append(title)
        elif not title.strip() or (title.strip().startswith("_") and at not in mapped):
            continue  # nameless, or a report's own column
        elif column is None:
            unknown.append(title)
        elif column.writable:
            found.append((at, column))
        elif at in mapped:
            raise UsageError(
                f"--map '{title}={target}': {column.attribute} is set by ActiveCampaign, not by an import."
            )
        else:
            passed_over.append(title)
    _refuse_delimiter(header, unknown)
    if unknown and not ignore_unknown and not open_ended:
        raise UsageError(_unknown_text(unknown, names.known))
    _refuse_doubles(header, found)
    _refuse_missing(header, columns, found, key)
    return Match(
        header=tuple(header),
        columns=tuple(found),
        dropped=(*dropped, *(unknown if ignore_unknown else ())),
        passed_over=tuple(passed_over),
        unchecked=() if ignore_unknown else tuple(unknown),
        key_index=next(at for at, column in found if column.attribute == key),
    )


def _for_key(columns: Sequence[Column], key: str) -> list[Column]:
    """The columns as an import by this key sees them: the key is required and read, another key is a value to set."""
    if any(column.attribute == key and column.required for column in columns):
        return list(columns)
    return [
        dataclasses.replace(column, required=True, writable=True)
        if column.attribute == key
        else dataclasses.replace(column, required=False)
        for column in columns
    ]


class _Names:
    """Finds a column by what people call it. An attribute goes before custom fields, a field's title before its tag."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._ranked: dict[str, dict[int, list[Column]]] = defaultdict(lambda: defaultdict(list))
        for column in columns:
            custom = 2 if column.field_id else 0
            for rank, name in [
                (custom, column.header),
                (custom + 1, column.attribute),
                *((custom + 1, alias) for alias in column.aliases),
            ]:
                known = self._ranked[normalise(name)][rank if column.field_id or name != column.attribute else 0]
                if column not in known:
                    known.append(column)
        self.known = [column.header for column in columns if column.writable]

    def find(self, name: str) -> Column | None:
        ranked = self._ranked.get(normalise(name))
        if not ranked:
            return None
        candidates = ranked[min(ranked)]
        if len(candidates) > 1:
            ways = ", ".join(column.aliases[0] if column.aliases else column.attribute for column in candidates)
            raise UsageError(
                f"{name!r} is the name of {len(candidates)} custom fields. Say which is meant: rename the column to "
                f"one of {ways}, or use --map."
            )
        return candidates[0]


def _mapped(header: Sequence[str], maps: Mapping[str, str], names: _Names, *, open_ended: bool) -> dict[int, str]:
    """The maps by column index."""
    mapped: dict[int, str] = {}
    for title, attribute in maps.items():
        at = _position(header, title)
        if at is None:
            raise UsageError(f"--map '{title}={attribute}': the file has no column {title!r}.{_nearest(title, header)}")
        if attribute and names.find(attribute) is None and not open_ended:
            raise UsageError(
                f"--map '{title}={attribute}': there is no column {attribute!r}.{_nearest(attribute, names.known)}"
            )
        mapped[at] = attribute
    return mapped


def _position(header: Sequence[str], title: str) -> int | None:
    exact = [at for at, name in enumerate(header) if name.strip() == title.strip()]
    alike = [at for at, name in enumerate(header) if normalise(name) == normalise(title)]
    return exact[0] if exact else alike[0] if len(alike) == 1 else None


def _nearest(word: str, known: Iterable[str]) -> str:
    close = nearest(word, [name for name in known if name.strip()])
    return f" Nearest: {', '.join(close)}." if close else ""


def _refuse_delimiter(header: Sequence[str], unknown: Sequence[str]) -> None:
    only = unknown[0] if unknown and len(header) == 1 else ""
    for char, name in ((";", "';'"), ("\t", "tab"), ("|", "'|'"), (",", "','")):
        if char in only:
            raise UsageError(
                f"The header is one single column, {only!r}: the delimiter is probably wrong. Pass --delimiter {name}."
            )


def _unknown_text(unknown: Sequence[str], known: Sequence[str]) -> str:
    lines = [f"  {title.strip()!r}.{_nearest(title.strip(), known)}" for title in unknown]
    many = len(unknown) > 1
    close = nearest(unknown[0].strip(), known, 1)
    ways = (
        f"Rename {'them' if many else 'it'} in the file; or say what a column is with "
        f"--map '{unknown[0].strip()}={close[0] if close else 'attribute'}' (nothing after the = drops it); "
        "or leave out all unknown columns with --ignore-unknown."
    )
    return "\n".join([f"{len(unknown)} column{'s are' if many else ' is'} not known:", *lines, ways])


def _refuse_doubles(header: Sequence[str], found: Sequence[tuple[int, Column]]) -> None:
    feeding: dict[str, list[str]] = defaultdict(list)
    for at, column in found:
        feeding[column.attribute].append(header[at].strip())
    for _, column in found:
        titles = feeding[column.attribute]
        if len(titles) > 1:
            raise UsageError(
                f"The columns {' and '.join(map(repr, titles))} are both {column.header}. "
                f"Drop one of them, for example with --map '{titles[-1]}='."
            )


def _refuse_missing(
    header: Sequence[str], columns: Sequence[Column], found: Sequence[tuple[int, Column]], key: str
) -> None:
    present = {column.attribute for _, column in found}
    for column in columns:
        if (column.required or column.attribute == key) and column.attribute not in present:
            close = nearest(column.header, [name.strip() for name in header if name.strip()])
            example = close[0] if close else "CSV header"
            raise UsageError(
                f"The file has no column {column.header!r}, which every row needs.{_nearest(column.header, header)} "
                f"Rename the column that holds it, or pass --map '{example}={column.attribute}'."
            )
