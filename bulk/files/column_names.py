"""Finds the column that is meant by what people call it, in a header or by a map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bulk.errors import UsageError
from bulk.files.header_refusals import nearest_part
from bulk.resources.spec import Column, normalise


class ColumnNames:
    """Finds a column by what people call it. An attribute goes before custom fields, a field's title before its tag."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
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
        """The column of that name, None if there is none. Raises `UsageError` if several custom fields have it."""
        ranked = self._ranked.get(normalise(name))
        if not ranked:
            return None
        candidates = ranked[min(ranked)]
        if len(candidates) > 1:
            ways = ", ".join(column.aliases[0] if column.aliases else column.attribute for column in candidates)
            raise UsageError("custom_field_ambiguous", name=name, count=len(candidates), ways=ways)
        return candidates[0]

    def custom_field(self, title: str) -> Column | None:
        """The one custom field of that title or tag; None if there is none, or several are."""
        ranked = self._ranked.get(normalise(title), {}).values()
        fields = {column.attribute: column for rank in ranked for column in rank if column.field_id}
        return next(iter(fields.values())) if len(fields) == 1 else None


def mapped_columns(
    header: Sequence[str], maps: Mapping[str, str], names: ColumnNames, *, open_ended: bool
) -> dict[int, str]:
    """The maps by column index."""
    mapped: dict[int, str] = {}
    absent = [title for title in maps if position(header, title) is None]
    if len(absent) > 1:
        raise UsageError("map_titles_unknown", titles=absent, header=[title.strip() for title in header])
    for title, attribute in maps.items():
        at = position(header, title)
        if at is None:
            hint = nearest_part(title, header)
            raise UsageError("map_title_unknown", title=title, attribute=attribute, hint=hint)
        if attribute and names.find(attribute) is None and not open_ended:
            hint = nearest_part(attribute, names.known)
            raise UsageError("map_attribute_unknown", title=title, attribute=attribute, hint=hint)
        mapped[at] = attribute
    return mapped


def position(header: Sequence[str], title: str) -> int | None:
    """Where the column of a title is: as it stands there, or the only one that differs in what does not matter."""
    exact = [at for at, name in enumerate(header) if name.strip() == title.strip()]
    alike = [at for at, name in enumerate(header) if normalise(name) == normalise(title)]
    return exact[0] if exact else alike[0] if len(alike) == 1 else None
