"""How a line of an undo ends, and what is said of it. Pure."""

from __future__ import annotations

from dataclasses import replace

from bulk.model import Aspect, Edit, Failure, Json, Outcome, RowStatus
from bulk.planning.changes import UNCHANGED
from bulk.planning.consent import NEVER, STATUS_WORDS
from bulk.planning.differences import perhaps
from bulk.planning.learning import has_sent
from bulk.planning.steps.contact_links import Done
from bulk.planning.writers import Known
from bulk.resources.spec import CUSTOM, Column
from bulk.wording import quoted


def changed_since(what: str, left: str, now: str) -> Outcome:
    """The end of a line whose record somebody changed."""
    said = f"Somebody changed {what} since, so it is left alone. The job left: {left}. Now: {now}."
    return Outcome(RowStatus.FAILED, failures=(Failure("", "changed_since", said),))


def gone_since(what: str, edit: Edit) -> Outcome:
    """The end of a line whose record somebody deleted."""
    left = quoted(edit.before) if edit.aspect is Aspect.VALUE else link_told(edit.aspect, edit.before)
    of = f"{edit.aspect.value} {quoted(edit.name)} " if edit.name else ""
    return changed_since(what, f"{of}{left}", "it is gone")


def not_read(said: str) -> Outcome:
    """The end of a line whose record could not be read."""
    return Outcome(RowStatus.FAILED, failures=(Failure("read back", "no_answer", said),))


def as_it_was(known: Known, action: str, identity: str) -> Outcome:
    """The end of a line that asks for nothing any more: an earlier send of this undo may have done it."""
    if has_sent(known):
        return Outcome(RowStatus.SUCCEEDED, action, identity)
    return Outcome(RowStatus.UNCHANGED, UNCHANGED, identity)


def ended(done: Done, action: str, identity: str, wants: Json) -> Outcome:
    """The end of a line that was carried out."""
    if done.failures:
        status = RowStatus.IN_DOUBT if done.in_doubt else RowStatus.FAILED
        return Outcome(
            status, action if done.changed else "", identity, tuple(done.failures), perhaps(wants or {}, there=False)
        )
    if not done.changed:
        return Outcome(RowStatus.UNCHANGED, UNCHANGED, identity)
    return Outcome(RowStatus.SUCCEEDED, action, identity, wants=wants)


def is_known(attribute: str, columns: tuple[Column, ...]) -> bool:
    """Whether the account has the attribute: a custom field may be gone."""
    return not attribute.startswith(CUSTOM) or any(column.attribute == attribute for column in columns)


def field_gone(attribute: str) -> Failure:
    """That a record is there again without the value of a custom field that is gone."""
    field = attribute.removeprefix(CUSTOM)
    said = f"It is there again, without its value of the field with the id {field}, which somebody deleted since."
    return Failure(f"field {field}", "changed_since", said)


def without(outcome: Outcome, failures: list[Failure]) -> Outcome:
    """The end of a line that has made a record anew, which lacks something."""
    if not failures or outcome.status not in (RowStatus.SUCCEEDED, RowStatus.UNCHANGED):
        return replace(outcome, failures=(*outcome.failures, *failures))
    return replace(
        outcome, status=RowStatus.FAILED, failures=tuple(failures), wants=perhaps(outcome.wants or {}, there=True)
    )


def status_told(status: Json) -> str:
    """How somebody stands with a list."""
    return "not on it" if status in (None, NEVER) else STATUS_WORDS.get(str(status), str(status))


def place_told(title: Json) -> str:
    """What a contact is in an account; None: it is not in it."""
    if title is None:
        return "not in it"
    return f"in it as {title!r}" if title else "in it"


def link_told(aspect: Aspect, value: Json) -> str:
    """A link of a contact, as an error tells it."""
    if aspect is Aspect.LIST:
        return status_told(value)
    return place_told(value) if aspect is Aspect.ACCOUNT else "has it" if value else "has it not"
