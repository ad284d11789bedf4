"""What becomes of each column of other programs' files, from the declarations: as text, and as `docs/presets.md`.

Both are the command line's, so they are in its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from bulk.errors import UsageError
from bulk.resources.contacts import CONTACTS
from bulk.resources.presets import PRESETS, WITHOUT, preset_named
from bulk.resources.presets.preset import Form, Preset
from bulk.wording import FrontEnd, in_words_of

_said: Final = partial(in_words_of, FrontEnd.COMMAND_LINE)
_INTRODUCTION: Final = """\
# Files of other programs

What `bulk import contacts FILE` reads without being told what the columns are, from the declarations in
`bulk/resources/presets`. This page is generated: `⟦presets_page⟧ > docs/presets.md`.

* A file is recognised by its header, whatever the case, blanks and order of its columns. The line that says so names
  the columns that are left out. `⟦preset=NAME⟧` says which program it is, `⟦preset=none⟧` that it is none.
* A column that a preset does not speak of, or leaves out, goes to the account's custom field of the same title, if
  there is one. What is mapped by `⟦map⟧` goes where that says.
* Whom the file marks as unsubscribed, bounced or not confirmed is never subscribed by it. With `⟦set=lists=NAME⟧` the
  unsubscribed are unsubscribed from that list; the others stand in failed.csv (`bounced`, `unconfirmed`, `unclear`),
  the rest of their rows being done; who is on the list already stays on it, and that is said. An address
  that stands there twice counts as the stricter row says. Without a list nothing
  follows from it, and that is said.
* A column that looks like consent and is not understood stops the import until `⟦map⟧` says what it is:
  `⟦map=TITLE=consent⟧` (yes, or a word like subscribed: may be mailed), `⟦map=TITLE=opted_out⟧` (yes, or a date: has
  left), or `⟦map=TITLE=⟧` to leave it out. Where anybody is subscribed, that holds too for a column that nothing uses
  and whose first cells are statuses (`subscribed`, `bounced`, `abgemeldet`) or just yes and no, whatever its title.
* `*` stands for any rest of a title.
"""


def known_preset(name: str) -> Preset:
    """The preset of a name. Raises `UsageError` with those that there are."""
    preset = preset_named(name)
    if preset is None:
        raise UsageError("preset_unknown", name=name, known=[each.name for each in PRESETS])
    return preset


def columns_of_preset(preset: Preset) -> Iterator[tuple[str, str]]:
    """Each column that a preset speaks of, with what becomes of it."""
    forms = preset.forms
    for attribute, titles in preset.takes.items():
        for at, title in enumerate(titles):
            instead = f", where {titles[0]} is empty" if at else ""
            yield title, f"{CONTACTS.column(attribute).header}{instead}{_form(forms.get(title))}"
    for title, fields in preset.fields.items():
        if title not in preset.leaves:
            called = " or ".join(repr(each) for each in (title, *fields))
            yield title, f"the custom field {called}, if there is one{_form(forms.get(title))}"
    for signal in preset.signals:
        yield signal.title, f"consent ({signal.says.value})"
    for title, why in preset.leaves.items():
        yield title, f"left out: {why}"


def _form(form: Form | None) -> str:
    if form is None:
        return ""
    if form.separator:
        return f"; names between {form.separator.strip()!r}"
    if form.dates:
        return "; its dates are put into ISO form"
    return "; without the apostrophe before numbers" if form.apostrophe else f"; without {form.prefix!r}"


def notes_of(preset: Preset) -> Iterator[str]:
    """What else there is to know of a preset."""
    groups = "; ".join(" or ".join(group) for group in preset.needs)
    also = ", and no column that is not below" if preset.closed else ""
    also += ", spelt so but for small and capital letters" if preset.as_written else ""
    yield f"Recognised by: {groups}{also}."
    if preset.by_name:
        said = ", ".join(f"{word}: {consent.value}" for word, consent in preset.by_name.items())
        yield f"The file's name says whom it holds ({said})."
    if preset.note:
        yield _said(preset.note)
    yield f"Such a header was seen in: {preset.seen}."


def presets_page(presets: Iterable[Preset] = PRESETS) -> str:
    """The page of all presets. It is generated: a command prints it."""
    presets = tuple(presets)
    lines = [*_said(_INTRODUCTION).splitlines(), "", "| preset | program |", "|---|---|"]
    lines += [f"| [{preset.name}](#{preset.name}) | {preset.title} |" for preset in presets]
    lines += ["", f"Of these no header was public, so nothing is claimed of them: {', '.join(WITHOUT)}."]
    lines += [_said("Their files are read like any other, by the titles of their columns and `⟦map⟧`.")]
    for preset in presets:
        lines += ["", f"## {preset.name}", "", f"{preset.title}.", "", *(f"* {note}" for note in notes_of(preset)), ""]
        lines += ["| column | becomes |", "|---|---|"]
        lines += [f"| `{title}` | {becomes} |" for title, becomes in columns_of_preset(preset)]
    return "\n".join(lines) + "\n"
