"""What a declaration of another program's file is made of: `Preset` and `Form`. Data only, nothing to inherit from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bulk.resources.identity import name_key
from bulk.resources.kinds.several import join_values, split_values
from bulk.resources.presets.consent import Consent, Signal, is_title
from bulk.resources.presets.consent_titles import looks_like_consent
from bulk.resources.spec import normalise


@dataclass(frozen=True, slots=True)
class Form:
    """How a program writes the cells of a column. Its dates are read by `Dates`, as those of any file.

    `separator` stands between names, of which those of `drops` are the program's own and `lead` stands before some.
    `dates` are forms of `strptime`; `nothing` are texts for an empty cell. `apostrophe`: one before what a spreadsheet
    would take for a number. `prefix` stands before each value. `utc`: its times are UTC.
    """

    separator: str = ""
    drops: tuple[str, ...] = ()
    lead: str = ""
    dates: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    apostrophe: bool = False
    prefix: str = ""
    utc: bool = False

    def meant(self, cell: str, separator: str) -> str:
        """The cell as it would be in a file of ours, whose names stand between `separator`."""
        text = cell.strip()
        if not text:
            return cell
        if text in self.nothing:
            return ""
        if self.apostrophe and text.startswith("'") and text[1:2] and (text[1] == "+" or text[1].isdigit()):
            return text[1:]
        if self.prefix and text.startswith(self.prefix):
            return text.removeprefix(self.prefix)
        if self.separator:
            return join_values(self._names(text), separator)
        return cell

    def _names(self, text: str) -> Iterator[str]:
        sign = self.separator.strip()
        names = split_values(text, sign) if len(sign) == 1 else [name.strip() for name in text.split(sign)]
        for name in names:
            if name and name not in self.drops:
                yield name.removeprefix(self.lead) if self.lead else name


# wide: a declaration, one attribute for each thing in which programs differ
@dataclass(frozen=True, slots=True)
class Preset:
    """The file of another program.

    `needs` are groups of titles, of each of which the header has one: by them the file is recognised. `closed`:
    others have such titles too, so it is this program's only if none is there that it does not speak of;
    `blankless`: only if no title holds a blank; `as_written`: `_` and `-` in the titles of `needs` count, since others
    write the same words otherwise. No preset may rest on titles that anybody gives: the columns that it does not speak
    of are left out. `takes` are the titles that feed each attribute, of which the first
    that is not empty counts. `fields` are titles of custom fields that take a column beside one of its own title.
    `leaves` are columns that are of no use here, with the reason. `forms` says how cells are written, `signals` are
    the columns that tell consent, `by_name` the words in a file's name that do. `encoding` is the one of its files
    that are no Unicode. `seen` is where such a header is public; `note` what else there is to know.
    """

    name: str
    title: str
    needs: tuple[tuple[str, ...], ...]
    takes: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leaves: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    signals: tuple[Signal, ...] = ()
    by_name: Mapping[str, Consent] = field(default_factory=dict)
    closed: bool = False
    blankless: bool = False
    as_written: bool = False
    encoding: str = ""
    seen: str = ""
    note: str = ""

    def fits(self, header: Collection[str]) -> bool:
        """Whether such a header is of this program."""
        if self.blankless and any(" " in title.strip() for title in header):
            return False
        spelt = name_key if self.as_written else normalise
        titles = {spelt(title) for title in header}
        if not all(any(spelt(title) in titles for title in group) for group in self.needs):
            return False
        return not self.closed or all(self.speaks_of(title) for title in header)

    def speaks_of(self, title: str) -> bool:
        """Whether it says what becomes of a column."""
        return any(_is_about(known, title) for known in self.titles)

    @property
    def titles(self) -> list[str]:
        """Every title that it speaks of, a `*` at the end of some standing for any rest."""
        taken = [title for titles in self.takes.values() for title in titles]
        signals = [signal.title for signal in self.signals]
        return list(dict.fromkeys((*taken, *self.fields, *signals, *self.leaves)))

    def reason(self, title: str) -> str:
        """Why a column is left out; "" if it is not for a reason of its own."""
        return next((why for known, why in self.leaves.items() if _is_about(known, title)), "")

    def consent_of(self, file: str) -> Consent | None:
        """What the name of a file says of all in it; None if it says nothing."""
        name = normalise(file)
        return next((consent for word, consent in self.by_name.items() if word in name), None)


def _is_about(known: str, title: str) -> bool:
    """Whether a title is one that is known; a `*` stands for no rest that may tell consent (`User opt-out`)."""
    if not is_title(known, title):
        return False
    return not known.endswith("*") or looks_like_consent(known[:-1]) or not looks_like_consent(title)


SMS: Final = "about text messages, not mail"
OWN: Final = "the program's own"
PLACE: Final = "where the program believes that the person is"
