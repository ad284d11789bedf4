"""What is said of a file that is put right: its program, its columns, and who in it may not be mailed."""

from __future__ import annotations

from typing import Final

from bulk.files.adapted import Adapted
from bulk.files.matching import Match
from bulk.resources.presets.consent import Consent
from bulk.resources.titles import is_full_name
from bulk.wording import counted

_SHOWN: Final = 12  # of the columns that are left out
_STAND: Final = {
    Consent.LEFT: "unsubscribed", Consent.BOUNCED: "bounced", Consent.UNCONFIRMED: "not confirmed",
    Consent.UNCLEAR: "of unclear consent",
}  # fmt: skip
_LEAVE: Final = "Who unsubscribed is taken off the lists that their row names."
_STAY: Final = (
    "Of the others only the list is left out, the rest of their row is done; who is on it already stays on it."
)


def remarks_on(source: Adapted, match: Match) -> list[str]:
    """What a person has to know of it, each in a line."""
    how = source.adaptation
    lines = []
    used = {at for at, _column in match.columns if at < how.own} | {at for at, _signal in how.signals}
    used |= set() if how.split is None else {how.split.at}
    used |= {at for _first, others in how.firsts for at in others}
    left = [title.strip() for title in match.dropped if title not in [how.header[at] for at in used]]
    if how.preset is not None:
        lines.append(f"{how.label}: {counted(len(used), 'column')} used" + (f", {_left(left)}." if left else "."))
    elif left:
        lines.append(f"Left out: {', '.join(left)}")
    fed = {column.attribute for _at, column in match.columns}
    full = [title for title in left if is_full_name(title)]
    if full and how.people and not fed & {"firstName", "lastName"}:
        lines.append(f"{full[0]} may hold full names: the option split-name takes them apart.")
    if how.given.sets:
        lines.append("Set for every row: " + ", ".join(f"{name}={value}" for name, value in how.given.sets.items()))
    if how.split is not None:
        lines += [f"{how.header[how.split.at].strip()} taken apart:", *_names(source)]
    return [*lines, *_consent(source)]


def _left(titles: list[str]) -> str:
    more = [f"and {len(titles) - _SHOWN:,} more"] if len(titles) > _SHOWN else []
    return f"{len(titles):,} left out: {', '.join([*titles[:_SHOWN], *more])}"


def _names(source: Adapted) -> list[str]:
    """The first names of a file and what they are taken apart into, a line each."""
    return [f"  {' '.join(name.split())} → {first} | {last}" for name, first, last in source.names]


def _consent(source: Adapted) -> list[str]:
    """How many may not be mailed, as the file says, and what becomes of that."""
    how = source.adaptation
    if how.of_all not in (None, Consent.AGREED):
        said = f"All in this file are {_STAND[how.of_all]}."
        left, others = how.of_all is Consent.LEFT, how.of_all is not Consent.LEFT
    else:
        stand = [f"{source.counts[c]:,} {word}" for c, word in _STAND.items() if source.counts[c]]
        if not stand:
            return []
        said = f"Of its rows the file says: {', '.join(stand)}."
        left = bool(source.counts[Consent.LEFT])
        others = any(source.counts[consent] for consent in _STAND if consent is not Consent.LEFT)
    if how.lists_at is None:
        return [f"{said} No list is named, so nothing follows from that here: name one, and they leave it."]
    return [" ".join([f"{said} None of them is put on a list by it.", *[_LEAVE] * left, *[_STAY] * others])]
