"""What is said of an undo before it starts: how much of what, its first lines, and what cannot be had back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bulk.jobs.summary import UndoPlan
from bulk.jobs.undo_lines import HEADER, Line
from bulk.jobs.undo_plan import Reversible
from bulk.model import Aspect, Edit
from bulk.planning.consent import ACTIVE, SUBSCRIBED
from bulk.planning.undo.costs import PEOPLE
from bulk.planning.undo.reversals import Reversal
from bulk.wording import FrontEnd, agreeing, counted, excerpt, excerpts, in_words_of

FEW: Final = 5  # rows that are named
WIDTH: Final = 79  # columns of a line about one reversal
_LEAST: Final = 12  # columns that a value has, however long what stands before it is
_VERBS: Final = {"add_tag": "add tag", "remove_tag": "remove tag"}


def plan_of(reversible: Reversible, lines: Sequence[Line], requests: int) -> UndoPlan:
    """What an undo would do, for programs."""
    return UndoPlan(
        tuple(dict(zip(HEADER, line, strict=True)) for line in lines),
        dict(Counter(line.action for line in lines)),
        requests,
        sum(map(_unsubscribes_for_good, reversible.reversals)),
        sum(_subscribes(reversal.edit) for reversal in reversible.reversals),
        dict(reversible.stays),
        (*reversible.untold, *reversible.doubtful),
    )


def _unsubscribes_for_good(reversal: Reversal) -> bool:
    return reversal.never and reversal.edit.before != reversal.edit.after


def _subscribes(edit: Edit) -> bool:
    """Whether it subscribes somebody who is off the list, or has not confirmed it."""
    back = edit.after == SUBSCRIBED or (edit.after in ACTIVE and edit.before not in ACTIVE)
    return edit.aspect is Aspect.LIST and back and edit.before != edit.after


# ---- on a terminal


def said_of(
    reversible: Reversible, counts: Mapping[str, int], first: Sequence[Line], called: Mapping[str, str], file: str,
    front_end: FrontEnd,
) -> Iterator[str]:  # fmt: skip
    """What is said before an undo starts: `called` are addresses of contacts by their ids.

    `file` has all lines, "" where it is not kept.
    """
    total = sum(counts.values())
    each = ", ".join(f"{count:,} {action.replace('_', ' ')}" for action, count in sorted(counts.items()))
    yield f"To put back: {counted(total, 'thing')}" + (f": {each}" if each else "")
    yield from (
        _line_told(line, called.get(line.record, "") if line.resource == PEOPLE and line.column else "")
        for line in first
    )
    more = total - len(first)
    if more:
        yield f"    … and {more:,} more" + ("" if file else in_words_of(front_end, ". All of them: ⟦undo_lines⟧"))
    if any(line.row for line in first) and reversible.rows_of:
        yield f"  Rows are those of {reversible.rows_of}"
    if file:
        yield f"  Each thing has a line in {file}"
    yield from _consent(reversible.reversals)
    replaced = sum(one.edit.aspect is Aspect.RECORD and one.edit.after is not None for one in reversible.reversals)
    if replaced:
        told = agreeing(
            replaced, "was deleted: it is made anew, with a new id", "were deleted: they are made anew, with new ids"
        )
        yield f"  {counted(replaced, 'record')} {told}."
    for what, count in reversible.stays.items():
        yield f"  Stays: {what} ({'once' if count == 1 else f'{count:,} times'})."
    for rows, why in (
        (reversible.untold, "what was there before is not known of all that they wrote, and that stays"),
        (
            reversible.doubtful,
            "it is not known whether they have created anything: resume or retry the job first, then undo it",
        ),
    ):
        if rows:
            few = ", ".join(rows[:FEW]) + (", …" if len(rows) > FEW else "")
            yield f"  {counted(len(rows), 'row')} cannot be undone, or not as a whole ({few}): {why}."
    yield "  Mails that were sent and automations that were set off stay so."


def _consent(reversals: Sequence[Reversal]) -> Iterator[str]:
    """Whom an undo takes off lists that they were never on, and whom it puts on one."""
    never = sum(map(_unsubscribes_for_good, reversals))
    if never:
        are, they = agreeing(never, "subscription is", "subscriptions are"), agreeing(never, "it", "they")
        yield f"  {never:,} {are} new: {they} will be unsubscribed, since 'never there' cannot be had again."
    back = [one.edit for one in reversals if _subscribes(one.edit)]
    for status, how in ((SUBSCRIBED, "subscribed again"), (ACTIVE[0], "unconfirmed again, as before")):
        again = sum(edit.after == status for edit in back)
        if again:
            who = agreeing(again, "person", "people")
            yield f"  {again:,} {who} will be {how}, where nobody touched that since."


def _line_told(line: Line, called: str) -> str:
    """One line of `undo.csv` on one line of a terminal."""
    row = f"row {line.row}  " if line.row else ""
    begin = f"    {row}{line.resource} {excerpt(called, WIDTH // 4) or line.record}  "
    verb = _VERBS.get(line.action, line.action)
    now, back = line.now, line.back
    if line.action == "delete" and not line.row:  # a name that rows needed: it stays where others have it
        verb = f"{verb} unless others use it by then:"
    if line.action in ("delete", "create", *_VERBS):
        return begin + f"{verb} {_fitting(now or back, begin, verb)}"
    what = line.column
    if line.column in ("lists", "unsubscribe_lists"):
        (what, _, now), (_, _, back) = now.rpartition(": "), back.rpartition(": ")
    begin += f"{verb} {excerpt(what, WIDTH // 4)}: "
    most = max(_LEAST, WIDTH - len(begin) - len(" → "))
    now, back = now or "(empty)", back or "(empty)"
    room = max(most // 2, most - min(len(now), len(back)))  # of a short one the other has the rest
    now, back = excerpts(now, back, room)
    return excerpt(f"{begin}{now} → {back}", WIDTH)


def _fitting(text: str, begin: str, verb: str) -> str:
    return excerpt(text, max(_LEAST, WIDTH - len(begin) - len(verb) - 1))
