"""What is said of a header that is not understood: which columns, the nearest names, and the ways on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from bulk.errors import UsageError
from bulk.messages import Part
from bulk.resources.kinds import nearest
from bulk.resources.presets.consent import looks_like_consent
from bulk.resources.spec import Column, normalise

_SHOWN: Final = 20  # of unknown columns; a sheet may have thousands


def nearest_part(word: str, known: Iterable[str]) -> Part | str:
    """What names those of the known names that are like a word; "" if none is."""
    close = nearest(word, [name for name in known if name.strip()])
    return Part.of("also_nearest", names=close) if close else ""


def refuse_delimiter(header: Sequence[str], unknown: Sequence[str]) -> None:
    """Raise `UsageError` for a header that is one unknown column and holds what may be the delimiter."""
    only = unknown[0] if unknown and len(header) == 1 else ""
    for char, name in ((";", "';'"), ("\t", "tab"), ("|", "'|'"), (",", "','")):
        if char in only:
            raise UsageError("delimiter_wrong", title=only, delimiter=name)


def refuse_unclear_consent(unknown: Sequence[str], *, ignored: bool) -> None:
    """Raise `UsageError` for columns that may say who must not be mailed, where the others are left out or known."""
    unclear = [title.strip() for title in unknown if looks_like_consent(title)]
    if unclear and (ignored or len(unclear) == len(unknown)):
        raise UsageError("consent_unclear", columns=unclear, title=unclear[0])


def unknown_columns(unknown: Sequence[str], known: Sequence[str]) -> UsageError:
    """The error for columns that are not known."""
    lines = [f"  {title.strip()!r}.{nearest_part(title.strip(), known)}" for title in unknown[:_SHOWN]]
    if len(unknown) > _SHOWN:
        lines.append(f"  and {len(unknown) - _SHOWN:,} more.")
    title, columns = unknown[0].strip(), "\n".join(lines)
    attribute = next(iter(nearest(title, known, 1)), "attribute")
    if len(unknown) == 1:
        return UsageError("column_unknown", columns=columns, title=title, attribute=attribute)
    return UsageError("columns_unknown", count=len(unknown), columns=columns, title=title, attribute=attribute)


def refuse_doubles(header: Sequence[str], present: Sequence[tuple[int, Column]]) -> None:
    """Raise `UsageError` if two columns of a file feed one of the resource."""
    feeding: dict[str, list[str]] = defaultdict(list)
    for at, column in present:
        feeding[column.attribute].append(header[at].strip())
    for _, column in present:
        titles = feeding[column.attribute]
        if len(titles) > 1:
            both = " and ".join(map(repr, titles))
            raise UsageError("columns_alike", titles=both, column=column.header, last=titles[-1])


def refuse_missing(
    header: Sequence[str],
    columns: Sequence[Column],
    matched: Sequence[tuple[int, Column]],
    groups: Sequence[tuple[str, ...]],
    *,
    by_id: bool,
) -> None:
    """Raise `UsageError` for a column that every row needs; `by_id`: whether its id could say which record is meant."""
    by_id = by_id and "id" in map(normalise, header) and "id" in [column.attribute for column in columns]
    hint = Part.of("key_id_instead") if by_id else ""
    present = {column.means for _, column in matched}
    wanted = [(column.attribute,) for column in columns if column.required and not column.names]
    for group in [*wanted, *(group for group in groups if len(group) > 1)]:
        if present.intersection(group):
            continue
        able = [column for column in columns if column.means in group]
        column = next((column for column in able if column.names), able[0])
        titles = " or ".join(repr(column.header) for column in able)
        close = nearest(column.header, [name.strip() for name in header if name.strip()])
        example = close[0] if close else "CSV header"
        raise UsageError(
            "column_missing", titles=titles, nearest=nearest_part(column.header, header), example=example,
            attribute=column.attribute, hint=hint,
        )  # fmt: skip
