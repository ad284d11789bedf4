"""A short dialogue about the columns of a file that are not known: one at a time, its first values beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from bulk.cli import terminal
from bulk.cli.machine import wanted
from bulk.errors import UsageError
from bulk.wording import FrontEnd

if TYPE_CHECKING:
    from bulk.library import ImportOptions

DROP: Final = "-"
_SPLIT: Final = "split"
_CONSENT: Final = ("consent", "opted_out")
_SHOWN: Final = 24  # letters of a value
_MOST: Final = 40  # columns that are asked about; of more, nobody answers


def may_ask(chosen: Mapping[str, Any], file: str) -> bool:
    """Whether somebody can be asked: on a terminal, and by a command that leaves room for it."""
    quiet = chosen["yes"] or chosen["as_json"] or chosen["quiet"]
    quiet = quiet or wanted().events is not None
    return not quiet and file != "-" and sys.stdin.isatty() and sys.stderr.isatty()


def matched_by_hand(
    error: UsageError, options: ImportOptions, first_values: Callable[[ImportOptions], Mapping[str, Sequence[str]]]
) -> ImportOptions | None:
    """The options completed by what a person says of each column that is not known; None where nobody does."""
    mending: Any = error.parameters.get("mending")
    if mending is None or not 0 < len(mending.questions) <= _MOST:
        return None
    terminal.tell(f"Some columns are not known. Enter takes what stands in [ ], {DROP} drops the column.", err=True)
    terminal.tell("? lists what there is; Ctrl-C leaves off, and nothing is sent.", err=True)
    dialogue = Dialogue(list(mending.known), first_values(options))
    if not all(map(dialogue.ask, mending.questions)):
        return None
    split_name = dialogue.split_name or options.split_name
    return replace(options, maps={**options.maps, **dialogue.maps}, split_name=split_name)


def file_to_save(check_place: Callable[[str], None]) -> str:
    """Where the answers are to be kept for the next file, as far as they can be; "" for nowhere."""
    while True:
        terminal.echo("Keep this for the next such file? A file name, or Enter for no: ", err=True, nl=False)
        name = sys.stdin.readline().strip()
        try:
            if name:
                check_place(name)
        except UsageError as error:
            terminal.tell(error.words(FrontEnd.COMMAND_LINE), err=True)
        else:
            return name


@dataclass(slots=True)
class Dialogue:
    """The answers so far: `maps` of titles, and the column of names that are taken apart."""

    known: list[str]
    values: Mapping[str, Sequence[str]]
    maps: dict[str, str] = field(default_factory=dict)
    split_name: str = ""

    def ask(self, question: Any) -> bool:
        """Ask about one column until there is an answer; False where nobody gives one."""
        for line in self._prompt(question):
            terminal.echo(f"{terminal.fitted(line, terminal.width_of(sys.stderr))} ", err=True, nl=False)
            said = sys.stdin.readline()
            if not said:
                terminal.echo(err=True)
                return False
            if self._take(question, said.strip()):
                return True
        return False

    def _prompt(self, question: Any) -> Iterator[str]:
        """The line that asks, as often as it is asked."""
        cells = ", ".join(terminal.one_line(text)[:_SHOWN] for text in self.values.get(question.title, ()))
        beside = f" ({cells})" if cells else ""
        while True:
            if question.consent:
                told = f"may say who must not be mailed. consent (yes: may be), opted_out (yes: has left), or {DROP}:"
                yield f"{terminal.one_line(question.title)}{beside} {told}"
            else:
                usual = "split into first and last name" if question.splits else question.suggested or "drop"
                yield f"{terminal.one_line(question.title)}{beside} is [{usual}]:"

    def _take(self, question: Any, said: str) -> bool:
        """Note an answer; whether it was one."""
        if said == "?":
            terminal.tell(f"  {', '.join(self.known)}", err=True)
        elif said in (DROP, "drop"):
            self.maps[question.title] = ""
        elif question.consent:
            if said in _CONSENT:
                self.maps[question.title] = said
        elif said == _SPLIT or (not said and question.splits):
            self.split_name = question.title
        elif not said:
            self.maps[question.title] = question.suggested
        elif (column := self._column(said)) is not None:
            self.maps[question.title] = column
        return question.title in self.maps or self.split_name == question.title

    def _column(self, said: str) -> str | None:
        """The column of that name; what is like it is told where there is none."""
        column = next((name for name in self.known if name.lower() == said.lower()), None)
        if column is None:
            from bulk.resources.likeness import nearest  # noqa: PLC0415 - not for --help

            close = nearest(said, self.known)
            told = f" Nearest: {', '.join(close)}." if close else ""
            terminal.tell(f"  There is no column {said!r}.{told}", err=True)
        return column
