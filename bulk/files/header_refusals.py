"""What is said of a header that is not understood: all that is wrong with it at once, and the options that mend it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bulk.errors import UsageError
from bulk.files.suggestions import Suggestion, Suggestions, sure
from bulk.messages import Part
from bulk.resources.likeness import nearest
from bulk.resources.presets.consent_titles import looks_like_consent, speaks_of_consent
from bulk.resources.spec import Column, normalise
from bulk.resources.titles import is_full_name, is_last_beside
from bulk.wording import FrontEnd, marked

_SHOWN: Final = 20  # of unknown columns; a sheet may have thousands
_LAST: Final = "lastName"
_PLACE: Final = "COLUMN"  # what a person puts in where nothing can be suggested


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


@dataclass(frozen=True, slots=True)
class Question:
    """A column of which a person may be asked: what it might be, "" where nothing is like it.

    `consent`: it may tell who must not be mailed. `splits`: it may hold full names, to be taken apart.
    """

    title: str
    suggested: str = ""
    consent: bool = False
    splits: bool = False


@dataclass(frozen=True, slots=True)
class Mending:
    """What makes a header understood: `maps` of its titles, "" to drop one; `ignores` drops all others.

    `splits` is a column of full names to be taken apart. `lacks`: a title that only a person can say stands in the
    maps as `_PLACE`. `questions` are what a person may be asked instead, `known` the columns that can be answered.
    """

    maps: Mapping[str, str]
    ignores: bool = False
    lacks: bool = False
    splits: str = ""
    questions: tuple[Question, ...] = ()
    known: tuple[str, ...] = ()

    def options(self, front_end: FrontEnd) -> str:
        """The options, as a front end writes them."""
        others = [marked(f"split_name={self.splits}", front_end)] if self.splits else []
        others += [marked("ignore_unknown", front_end)] if self.ignores else []
        if front_end is FrontEnd.LIBRARY:
            return ", ".join([f"maps={dict(self.maps)!r}", *others])
        return " ".join([*(marked(f"map={title}={to}", front_end) for title, to in self.maps.items()), *others])

    def words(self, front_end: FrontEnd) -> str:
        """The ways on, the options last, in a line of their own."""
        if not (self.maps or self.ignores or self.splits):
            return ""
        if front_end is FrontEnd.PAGE:  # which shows a field for each column, and nothing to type
            return f"\n{Part.of('header_way_on_page').words(front_end)}"
        part = Part.of("header_way_on_place", place=_PLACE) if self.lacks else Part.of("header_way_on")
        return f"\n{part.words(front_end)}\n  {self.options(front_end)}"


@dataclass(slots=True)
class HeaderRefusal:
    """What is wrong with a header.

    `unknown` are titles that are not known and may not be left out, `others` those that may, `consent` those that may
    tell who must not be mailed. `doubles` are the titles that feed one column, each with that column, `missing` groups
    of columns of which every row needs one. `by_id`: an id could say which record is meant.
    """

    header: Sequence[str]
    columns: Sequence[Column]
    fed: set[str]
    unknown: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    consent: list[str] = field(default_factory=list)
    doubles: list[tuple[list[str], Column]] = field(default_factory=list)
    missing: list[list[Column]] = field(default_factory=list)
    by_id: bool = False

    def refuse(self) -> None:
        """Raise `UsageError` if anything is wrong, naming all of it."""
        if not (self.unknown or self.consent or self.doubles or self.missing):
            return
        suggested = self._suggested()
        maps = self._maps(suggested)
        lines = [*self._doubled(), *self._unknown(suggested), *self._missing(suggested), *self._consent()]
        lacking = [group[0] for group in self.missing if not {column.header for column in group} & {*maps.values()}]
        if ignores := len(self.unknown) > _SHOWN:
            maps = {title: attribute for title, attribute in maps.items() if attribute}
        if lacking:
            maps[_PLACE] = lacking[0].header
        splits = self._full_names(maps)
        if splits:
            del maps[splits]
            lines.append(Part.of("column_of_names", title=splits))
        mending = Mending(maps, ignores, bool(lacking), splits, self._questions(maps, splits), self._known())
        raise UsageError("header_unclear", problems=_Lines(tuple(lines)), mending=mending)

    def _questions(self, maps: Mapping[str, str], splits: str) -> tuple[Question, ...]:
        """What a person may be asked of: titles that are not known, that tell consent, or feed what another feeds."""
        doubled = [title for titles, _column in self.doubles for title in titles[1:]]
        open_titles = [*self.unknown, *(title for title in maps if title in self.others), *doubled]
        return (
            *(Question(title, maps.get(title, ""), splits=title == splits) for title in open_titles),
            *(Question(title, consent=True) for title in self.consent),
        )

    def _known(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns if column.writable)

    def _full_names(self, maps: Mapping[str, str]) -> str:
        """The one unknown column of full names, where nothing feeds first or last name; "" else."""
        names = [title for title in self.unknown if is_full_name(title) and not maps.get(title, "")]
        fed = {*self.fed, *maps.values()} & {"firstName", _LAST}
        offered = {"firstName", _LAST} <= {column.attribute for column in self.columns}
        return names[0] if len(names) == 1 and offered and not fed else ""

    def _suggested(self) -> dict[str, list[Suggestion]]:
        """What each unknown title might mean of what no column feeds yet."""
        suggestions = Suggestions([column for column in self.columns if column.attribute not in self.fed])
        ours = [title.strip() for title in self.header if title.strip().startswith("_")] if self.missing else []
        others = [*ours, *self.others] if self.missing else []
        result = {title: suggestions.of(title) for title in [*self.unknown, *others][: 10 * _SHOWN]}
        last = next((column for column in self.columns if column.attribute == _LAST), None)
        if last is not None and _LAST not in self.fed:
            result |= {title: [Suggestion(last, 1.0)] for title in result if is_last_beside(title, self.header)}
        return result

    def _maps(self, suggested: Mapping[str, Sequence[Suggestion]]) -> dict[str, str]:
        """The maps of what is sure, each attribute once; all else that is not known is dropped."""
        needed = {column.attribute for group in self.missing for column in group}
        claims: dict[str, list[tuple[str, Suggestion]]] = defaultdict(list)
        for title, several in suggested.items():
            one = sure(several)
            if one is not None and (title in self.unknown or one.column.attribute in needed):
                claims[one.column.attribute].append((title, one))
        maps = dict.fromkeys(self.unknown, "")
        for claimed in claims.values():
            claimed.sort(key=lambda pair: -pair[1].score)
            if (one := sure([suggestion for _title, suggestion in claimed])) is not None:
                maps[claimed[0][0]] = one.column.header
        for titles, _column in self.doubles:
            maps |= dict.fromkeys(titles[1:], "")
        return maps

    def _unknown(self, suggested: Mapping[str, Sequence[Suggestion]]) -> Iterator[Part]:
        if self.unknown:
            count = len(self.unknown)
            yield Part.of("columns_unknown", count=count) if count > 1 else Part.of("column_unknown")
        for title in self.unknown[:_SHOWN]:
            names = [one.column.header for one in suggested.get(title, ())][:3]
            like = Part.of("also_nearest", names=names) if names else ""
            yield Part.of("column_like", title=title, like=like)
        if len(self.unknown) > _SHOWN:
            yield Part.of("columns_more", more=len(self.unknown) - _SHOWN)

    def _missing(self, suggested: Mapping[str, Sequence[Suggestion]]) -> Iterator[Part]:
        for group in self.missing:
            able = {column.attribute for column in group}
            close = [title for title, them in suggested.items() if able & {one.column.attribute for one in them}]
            titles = " or ".join(repr(column.header) for column in group)
            hint = Part.of("key_id_instead") if self.by_id else ""
            near = Part.of("also_nearest", names=close[:3]) if close else ""
            yield Part.of("column_missing", titles=titles, nearest=near, hint=hint)

    def _doubled(self) -> Iterator[Part]:
        for titles, column in self.doubles:
            both = " and ".join(map(repr, titles))
            yield Part.of("columns_alike", titles=both, column=column.header, first=titles[0])

    def _consent(self) -> Iterator[Part]:
        if self.consent:
            yield consent_unclear(self.consent)


@dataclass(frozen=True, slots=True)
class _Options:
    """The options that mend a header, alone."""

    mending: Mending

    def words(self, front_end: FrontEnd) -> str:
        return self.mending.options(front_end)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Several pieces of a text, each in lines of its own."""

    parts: tuple[Part, ...]

    def words(self, front_end: FrontEnd) -> str:
        return "\n".join(part.words(front_end) for part in self.parts)


def consent_unclear(titles: Sequence[str]) -> Part:
    """What is said of columns that may tell who must not be mailed: the options for the first, and those for none."""
    some = list(titles[:_SHOWN])
    return Part.of("consent_unclear", columns=some, title=some[0], none=_Options(Mending(dict.fromkeys(some, ""))))


def parted_by_consent(titles: Sequence[str], telling: Collection[str] | None) -> tuple[list[str], list[str]]:
    """The titles that tell nothing of consent, and those that may, `telling` by their cells.

    None: nobody is subscribed, so only those count that speak of nothing else.
    """
    if telling is None:
        consent = {title for title in titles if speaks_of_consent(title)}
    else:
        consent = {title for title in titles if title in telling or looks_like_consent(title)}
    return [title for title in titles if title not in consent], [title for title in titles if title in consent]


def doubles(header: Sequence[str], present: Sequence[tuple[int, Column]]) -> list[tuple[list[str], Column]]:
    """The titles of a file that feed one column of the resource, that column's own name first."""
    feeding: dict[str, list[str]] = defaultdict(list)
    for at, column in present:
        feeding[column.attribute].append(header[at].strip())
    result = []
    for column in {column.attribute: column for _at, column in present}.values():
        titles = feeding[column.attribute]
        if len(titles) > 1:
            own = [title for title in titles if title == column.header]
            result.append(([*own, *(title for title in titles if title not in own)], column))
    return result


def missing(
    columns: Sequence[Column], matched: Sequence[tuple[int, Column]], groups: Sequence[tuple[str, ...]]
) -> list[list[Column]]:
    """The groups of columns of which every row needs one, and the file has none."""
    present = {column.means for _, column in matched}
    wanted = [(column.attribute,) for column in columns if column.required and not column.names]
    result = []
    for group in [*wanted, *(group for group in groups if len(group) > 1)]:
        if not present.intersection(group):
            able = [column for column in columns if column.means in group]
            able.sort(key=lambda column: not column.names)
            result.append(able)
    return result


def has_id(header: Sequence[str], columns: Sequence[Column]) -> bool:
    """Whether a file has a column of ids, and the resource too."""
    return "id" in map(normalise, header) and "id" in [column.attribute for column in columns]
