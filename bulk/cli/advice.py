"""What can be done about the rows of an import that are not done: one table, by the codes of what they failed of.

A way on is named only where it leads on: a cell cannot be mended where a person has left a list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from bulk.model import REFUSED_AGAIN
from bulk.wording import agreeing, counted


class Way(Enum):
    """What leads on."""

    FIX = auto()  # other cells
    IMPORT = auto()  # the same cells once more, as the advice says
    RETRY = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Advice:
    """What leads on from a code. `said` is told of the rows that have it, with a verb for one and for many.

    `option` is added to the command that imports them.
    """

    way: Way
    said: str = ""
    verbs: tuple[str, str] = ("", "")
    option: str = ""


_FIX: Final = Advice(Way.FIX)
_RETRY: Final = Advice(Way.RETRY)
ADVICE: Final[Mapping[str, Advice]] = {
    "opted_out": Advice(
        Way.NONE,
        "{rows} asked for people who left the list or bounced: not put on it again, which --resubscribe asks for.",
    ),
    "bounced": Advice(Way.NONE, "{rows} asked for people whose address bounced: not put on the list."),
    "unconfirmed": Advice(Way.NONE, "{rows} asked for people who have not confirmed: not put on the list."),
    "unclear": Advice(
        Way.NONE, "{rows} asked for people of whom the file does not say clearly that they agreed: not put on the list."
    ),
    "excluded": Advice(Way.NONE, "{rows} asked for people who are gone or excluded: not put on the list."),
    "changed_meanwhile": Advice(
        Way.NONE, "{rows} changed in the account since the plan: left alone. To go by how it is now, plan it anew."
    ),
    "changed_since": Advice(Way.NONE, "{rows} changed in the account since the job: left alone."),
    "duplicate_key": Advice(
        Way.IMPORT,
        "{rows} {verb} the key of an earlier row, which counts: take them out of the file, or they are applied after"
        " it. All of them, the last of each key:",
        ("has", "have"), "--on-duplicate last",
    ),
    "conflict": Advice(
        Way.IMPORT, "{rows} {verb} cells that the account changed too, which were kept. To send the file's:",
        ("has", "have"), "--on-conflict sheet",
    ),
    "not_found": Advice(
        Way.IMPORT, "{rows} {verb} what is not there. Once it is, import them:", ("names", "name")
    ),
    "duplicate": _FIX,
    "not_made": _RETRY,
    "no_answer": _RETRY,
    "damaged_answer": _RETRY,
    "another_record": _RETRY,
    "not_confirmed": _RETRY,
}  # fmt: skip
_NOT_SUBSCRIBED: Final = ("opted_out", "bounced", "unconfirmed", "unclear", "excluded")


def advice_for(code: str) -> Advice:
    """What leads on from a code; from one that is not in the table, other cells do."""
    if code in ADVICE:
        return ADVICE[code]
    return _RETRY if code.startswith("http_5") or code in ("http_408", "http_429") else _FIX


def notes(codes: Mapping[str, int], still_on_list: int = 0) -> Iterator[str]:
    """What is to be known of rows for which there is no way on; so many people stay on a list against their file."""
    for code, advice in ADVICE.items():
        if advice.way is Way.NONE and codes.get(code):
            yield advice.said.format(rows=counted(codes[code], "row"))
    if any(codes.get(code) for code in _NOT_SUBSCRIBED):
        yield "The rest of such rows was done, if nothing else is said of it here."
    if any(codes.get(code) for code in ("bounced", "unconfirmed", "unclear")):
        yield "Who is on the list already stays on it; a column unsubscribe_lists that names it takes them off."
    if still_on_list:
        yield _still_on_list_told(still_on_list)


def none_done(codes: Mapping[str, int]) -> str:
    """What is said where no row is done: those that only miss a list are, but for it."""
    in_part = bool(+Counter(codes)) and set(+Counter(codes)) <= set(_NOT_SUBSCRIBED)
    return "none done in full" if in_part else "none done"


def _still_on_list_told(rows: int) -> str:
    """What is to be known of people who are on a list that the file would not have put them on."""
    people = (
        f"{counted(rows, 'row')} {agreeing(rows, 'is of somebody', 'are of people')} whom the file would not put on"
    )
    return (
        f"{people} the list, and who {agreeing(rows, 'is', 'are')} on it already and"
        f" {agreeing(rows, 'stays', 'stay')}. To take them off: give these rows, which the column _consent of"
        " succeeded.csv marks, the list in a column unsubscribe_lists, and import them."
    )


def reasons_told(reasons: Mapping[str, int]) -> str:
    """Why people are not subscribed, by the codes of their rows; "" if nobody is."""
    return ", ".join(f"{reasons[code]:,} {code}" for code in _NOT_SUBSCRIBED if reasons.get(code))


GONE_ALREADY: Final = (
    "Gone already: their ids are not in the account any more. Who was made anew since has another id, and stays:"
    " make a new export and edit that."
)


def ways_on_of_missing(codes: Mapping[str, int], again: str, retry_line: str) -> Iterator[tuple[str, str]]:
    """What can be done about records that were to be deleted and are there still; `again` is the job's own command."""
    kept = codes.get("conflict", 0)
    if kept and again:
        rows = f"{counted(kept, 'row')} that the file lacks {agreeing(kept, 'is', 'are')} kept"
        yield f"{rows}, since the account changed {agreeing(kept, 'it', 'them')} too. To delete all the same:", again
    if sum(codes.values()) > sum(codes.get(code, 0) for code in REFUSED_AGAIN):
        yield "Try again to delete what failed:", retry_line


def ways_on(
    rows: Mapping[str, int], codes: Mapping[str, int], file: str, import_line: Callable[[str], str], retry_line: str
) -> Iterator[tuple[str, str]]:
    """What can be done, each with its command. `import_line` gives the one that imports the `file` with an option."""
    ways = {advice_for(code).way for code, count in codes.items() if count}
    if Way.FIX in ways:
        yield f"Fix the cells in {file} and import it:", import_line("")
    for code, advice in ADVICE.items():
        if advice.way is Way.IMPORT and (count := codes.get(code)):
            said = advice.said.format(rows=counted(count, "row"), verb=agreeing(count, *advice.verbs))
            yield said, import_line(advice.option)
    refused = sum(codes.get(code, 0) for code in REFUSED_AGAIN)
    if rows["failed"] > refused or rows["in_doubt"]:
        yield ("Or send again what failed:" if Way.FIX in ways else "Send again what failed:"), retry_line
