"""How the rows of a file are put right: what its preset, the user's maps and what is set for every row come to.

Knows headers and declarations, and no file. Which custom fields there are is known later: `maps_of` is asked then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Final

from bulk.errors import UsageError
from bulk.files.column_names import ColumnNames, position
from bulk.files.given import Given
from bulk.files.own_titles import own_titles
from bulk.files.set_columns import Added, add_set, joined
from bulk.files.source import FILE
from bulk.files.split_names import Split, split_of
from bulk.resources.presets import AUTO, NONE, PRESETS, preset_named, recognised
from bulk.resources.presets.consent import Consent, Says, Signal, is_title, strictest
from bulk.resources.presets.consent_titles import looks_like_consent, speaks_of_consent
from bulk.resources.presets.preset import Form, Preset
from bulk.resources.spec import Resource, Writing, normalise

CONSENT: Final = "_consent"  # what is added last: how the row's person stands
# the same in a report, where it is what the whole file said of the address: the stricter row may be in none of them
_KEPT: Final = Signal(CONSENT, Says.STATUS, {"": Consent.AGREED})
_MEANT: Final = {"consent": Says.OPT_IN, "optedout": Says.OPT_OUT}  # what a map can say of a column of consent
_BY_ROW: Final = {
    Says.ALL_LEFT: Says.LEFT_WHEN,
    Says.ALL_BOUNCED: Says.BOUNCED_WHEN,
}  # where a file has rows of several
_UNSUBSCRIBED: Final = "unsubscribe_lists"


# wide: one attribute for each way in which rows are put right
@dataclass(frozen=True, slots=True)
class Adaptation:
    """How the rows of one file are put right.

    `own` is how many columns the file has; `header` those and what is added. `feeds` are attributes by the indexes of
    the file's columns, `firsts` indexes whose cell gives way, where it is empty, to the first of the others that is
    not. `joins` are names added to a cell, `adds` cells added to each row.
    `mapped` are the indexes of which a map speaks, `told` attributes of those that only their
    titles tell, `split` how full names are taken apart. `of_all` is what is said of everybody in the file; `people`:
    its rows are of contacts.
    """

    header: tuple[str, ...]
    own: int
    given: Given
    preset: Preset | None = None
    feeds: Mapping[int, str] = field(default_factory=dict)
    mapped: Mapping[int, str] = field(default_factory=dict)
    forms: tuple[tuple[int, Form], ...] = ()
    firsts: tuple[tuple[int, tuple[int, ...]], ...] = ()
    signals: tuple[tuple[int, Signal], ...] = ()
    of_all: Consent | None = None
    joins: tuple[tuple[int, str], ...] = ()
    adds: tuple[str, ...] = ()
    email_at: int | None = None
    lists_at: int | None = None
    unsubscribed_at: int | None = None
    consent_at: int | None = None
    told: Mapping[int, str] = field(default_factory=dict)
    split: Split | None = None
    people: bool = False

    def complete(self, cells: list[str]) -> None:
        """Fill cells from those that stand in for them, and add names to them; all as they are meant by now."""
        separator = self.given.separator
        for at, others in self.firsts:
            if not cells[at].strip():
                cells[at] = next((cells[other] for other in others if cells[other].strip()), cells[at])
        for at, names in self.joins:
            cells[at] = joined(cells[at], names, separator)

    def address_in(self, cells: Sequence[str]) -> str:
        """The address that a row says, of its cells as they stand in the file; "" if it says none."""
        at = self.email_at
        if at is None or at >= self.own:
            return ""
        others = next((others for first, others in self.firsts if first == at), ())
        return next((cells[each] for each in (at, *others) if each < len(cells) and cells[each].strip()), "")

    def withdraw(self, cells: list[str]) -> None:
        """Have a row unsubscribe from the lists that it would subscribe to."""
        if self.lists_at is not None and self.unsubscribed_at is not None:
            names, at = cells[self.lists_at], self.unsubscribed_at
            cells[at] = joined(cells[at], names, self.given.separator)
            cells[self.lists_at] = ""

    @property
    def label(self) -> str:
        """What the file is called: its program, and whom the file holds where that is not said by row."""
        if self.preset is None:
            return ""
        if not self.preset.by_name or any(signal.says is Says.FILE_NAME for _at, signal in self.signals):
            return self.preset.title
        own = [signal.read("") for _at, signal in self.signals if signal in self.preset.signals]
        of_all = strictest([self.of_all or Consent.AGREED, *own])
        return f"{self.preset.title}, {_OF_ALL[of_all]}"

    def maps_of(self, names: ColumnNames, *, open_ended: bool) -> dict[str, str]:
        """What each column of the file is, for `match_header`; `open_ended`: the custom fields are not known.

        What a preset does not speak of goes to the custom field of its title, or is left out; a column that looks like
        consent is neither.
        """
        read = {at for at, _signal in self.signals}
        maps = {title: "" if self._is_read(title, read) else target for title, target in self.given.maps.items()}
        if self.split is not None:
            maps[self.header[self.split.at].strip()] = ""
        if self.preset is None:
            self._refuse_fields(names)
            return maps
        for at, title in enumerate(self.header[: self.own]):
            if at in self.mapped or not title.strip() or title.strip().startswith("_"):
                continue
            if self.split is not None and at == self.split.at:
                continue
            target: str | None = self.feeds.get(at, "")
            if not target and at not in read:
                target = self._field_of(title, names, open_ended=open_ended)
            if target is not None:
                maps[title.strip()] = target
        return maps

    def _refuse_fields(self, names: ColumnNames) -> None:
        """Raise `UsageError` where rows are put right by a title that is a custom field's here."""
        used = {at for at, _names in self.joins} | {self.email_at, self.lists_at, self.unsubscribed_at}
        for at, attribute in self.told.items():
            title = self.header[at].strip()
            if at in used and names.find(title) is not None:
                raise UsageError("title_of_field", title=title, attribute=attribute)

    def _is_read(self, title: str, read: set[int]) -> bool:
        at = position(self.header[: self.own], title)
        return at is not None and at in read

    def _field_of(self, title: str, names: ColumnNames, *, open_ended: bool) -> str | None:
        """The custom field that takes a column, "" if none does; None where that is open, or not to be decided here."""
        assert self.preset is not None  # noqa: S101 - asked for with one only
        others = next((fields for known, fields in self.preset.fields.items() if is_title(known, title)), ())
        column = next(filter(None, map(names.custom_field, (title, *others))), None)
        if column is not None:
            return column.attribute
        if open_ended and names.find(title.strip()) is not None:
            return ""  # a title of ours that means something else there
        if self.preset.speaks_of(title):
            decided = bool(self.preset.reason(title)) or not open_ended
        else:
            tells = looks_like_consent if self.lists_at is not None else speaks_of_consent  # as `match_header` asks
            decided = not (open_ended or tells(title))
        return "" if decided else None


_OF_ALL: Final = {
    Consent.AGREED: "subscribed", Consent.UNCLEAR: "unclear", Consent.UNCONFIRMED: "not subscribed",
    Consent.BOUNCED: "cleaned", Consent.LEFT: "unsubscribed",
}  # fmt: skip


def adaptation_of(
    header: Sequence[str], file: str, resource: Resource, given: Given, *, telling: bool = False
) -> Adaptation:
    """How the rows of a file are put right, by its header and name.

    What may have custom fields may have dates, which are put into ISO form. `telling`: it is one of several tables, of
    which others say who may be mailed.

    Raises `UsageError` for a preset that is not known or does not fit, and for what cannot be set.
    """
    given = given.as_noted
    people = resource.writing is Writing.CONTACT
    preset = _preset(header, given.preset, people=people)
    mapped = {at: target for title, target in given.maps.items() if (at := position(header, title)) is not None}
    signals = _signals(header, preset, mapped) if people else ()
    names = ColumnNames(resource.columns)
    told = _told(header, resource, given, preset, mapped)
    feeds, firsts = _taken(header, preset, mapped, names)
    feeding = _feeding(header, preset, {**mapped, **told}, feeds, names)
    added = Added(list(header))
    for name, value in given.sets.items():
        add_set(added, feeding, names.find(name), (name, value), given.separator)
    split = split_of(header, given.split_name, mapped, feeding, added) if given.split_name else None
    of_all = None if preset is None else _of_all(header, preset, PurePath(file).name)
    if tells := telling or bool(signals) or of_all is not None:
        if "lists" in feeding and _UNSUBSCRIBED not in feeding:
            feeding[_UNSUBSCRIBED] = added.column(_UNSUBSCRIBED, "")
        added.titles.append(CONSENT)
    return Adaptation(
        tuple(added.titles), len(header), given, preset, feeds, mapped, _forms(header, preset, mapped), firsts, signals,
        of_all, tuple(added.joins), tuple(added.cells), feeding.get("email"), feeding.get("lists"),
        feeding.get(_UNSUBSCRIBED), len(added.titles) - 1 if tells else None, told, split, people,
    )  # fmt: skip


def _told(
    header: Sequence[str], resource: Resource, given: Given, preset: Preset | None, mapped: Mapping[int, str]
) -> dict[int, str]:  # fmt: skip
    """The attributes of columns that only their titles tell."""
    if given.noted is not None:
        return given.noted.told_in(header)
    return {} if preset is not None else own_titles(header, resource.columns, ColumnNames(resource.columns), mapped)


def _preset(header: Sequence[str], name: str, *, people: bool) -> Preset | None:
    if normalise(name) == NONE or (normalise(name) == AUTO and not people):
        return None
    if normalise(name) == AUTO:
        return recognised(header)
    preset = preset_named(name)
    if preset is None or not people:
        raise UsageError("preset_unknown", name=name, known=[each.name for each in PRESETS])
    titles = set(map(normalise, header))
    if not any(normalise(title) in titles for title in preset.takes["email"]):
        raise UsageError("preset_not_fitting", name=preset.name, titles=list(preset.takes["email"]))
    return preset


def _of_all(header: Sequence[str], preset: Preset, name: str) -> Consent | None:
    """What a file's name says of all in it. That of a report says nothing, and may once have said that they left."""
    consent = preset.consent_of(name)
    titles = [title.strip() for title in header]
    if FILE in titles:  # the report of several tables, each of whose rows says whose it is
        return None
    if consent is None and preset.by_name and "_row" in titles:
        return Consent.UNCLEAR
    return consent


def _signals(header: Sequence[str], preset: Preset | None, mapped: Mapping[int, str]) -> tuple[tuple[int, Signal], ...]:
    """The columns that tell consent: those of which a map says so, those of the preset, and what a report has kept."""
    meant = [(at, _MEANT[normalise(to)]) for at, to in mapped.items() if normalise(to) in _MEANT]
    known = () if preset is None else preset.signals
    titles = [title.strip() for title in header]
    if preset is not None and preset.by_name and FILE in titles:
        by_row = Signal(FILE, Says.FILE_NAME, preset.by_name)
        known = (*(replace(s, says=_BY_ROW.get(s.says, s.says)) for s in known), by_row)
    return (
        *((at, Signal(header[at], says)) for at, says in meant),
        *((at, _KEPT) for at, title in enumerate(titles) if title == CONSENT and at not in mapped),
        *((at, s) for at, title in enumerate(header) if at not in mapped for s in known if s.fits(title)),
    )


def _taken(
    header: Sequence[str], preset: Preset | None, mapped: Mapping[int, str], names: ColumnNames
) -> tuple[dict[int, str], tuple[tuple[int, tuple[int, ...]], ...]]:
    """The attributes that a preset feeds, by index, and the indexes that stand in for each other."""
    feeds: dict[int, str] = {}
    firsts = []
    said = {column.attribute for target in mapped.values() if target and (column := names.find(target)) is not None}
    for attribute, titles in () if preset is None else preset.takes.items():
        free = [at for at in range(len(header)) if at not in mapped and at not in feeds]
        ats = [at for title in titles for at in free if normalise(header[at]) == normalise(title)]
        if ats and attribute not in said:
            feeds[ats[0]] = attribute
            if len(ats) > 1:
                firsts.append((ats[0], tuple(ats[1:])))
    return feeds, tuple(firsts)


def _feeding(
    header: Sequence[str], preset: Preset | None, mapped: Mapping[int, str], feeds: Mapping[int, str],
    names: ColumnNames,
) -> dict[str, int]:  # fmt: skip
    """Which column of the file feeds each attribute that every account has."""
    targets = {at: title.strip() for at, title in enumerate(header)} if preset is None else dict(feeds)
    columns = ((at, names.find(target)) for at, target in {**targets, **mapped}.items() if target)
    return {column.attribute: at for at, column in columns if column is not None}


def _forms(header: Sequence[str], preset: Preset | None, mapped: Mapping[int, str]) -> tuple[tuple[int, Form], ...]:
    forms = {} if preset is None else {normalise(title): form for title, form in preset.forms.items()}
    ats = [at for at in range(len(header)) if at not in mapped or mapped[at]]
    return tuple((at, forms[normalise(header[at])]) for at in ats if normalise(header[at]) in forms)
