"""A row that puts a contact into an automation, which may send it mail, or takes it out. Pure.

An enrolment is made once, whatever becomes of the answer: what was there before is read first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final

from bulk.model import Aspect, Edit, Edits, Failure, Receipt, Request
from bulk.planning.flow import Asking, combined
from bulk.planning.pages.collections import read_list
from bulk.planning.pages.ends import id_of
from bulk.planning.settling import Nothing, deleted, settled
from bulk.planning.steps.contact_links import Done
from bulk.planning.steps.link_work import Decided, LinkWork, nothing_to_do

ENROL: Final = "enrol"
ENROLMENT: Final = "enrolment "  # before the id of one, where it is asked whether this job has made it
CLOCKS: Final = 60.0  # seconds by which the account's clock may be behind ours


def _enrolments(step: str, work: LinkWork, done: Done) -> Asking[dict[str, str]]:
    """The contact's enrolments in the automation at hand: their ids, and when they were made."""
    plural = "contactAutomations"
    path = f"contacts/{work.contact}/{plural}"
    result = yield from read_list(
        step, path, plural, lambda link: [str(id_of(link)), str(link["automation"]), str(link.get("adddate") or "")],
        says={"contact": work.contact},
    )  # fmt: skip
    if isinstance(result, Receipt):
        done.take(result, changed=False)
        return {}
    own = work.value("automation")  # what an earlier version has written down does not say when
    return {identity: "".join(added) for identity, automation, *added in result if automation == own}


def _enrolled_since(work: LinkWork, enrolments: Mapping[str, str]) -> str | None:
    """One of the enrolments that others have made since the job began, for what is known; no other row's."""
    for identity, added in enrolments.items():
        ours = identity in work.taken or work.lookup.is_ours(f"{ENROLMENT}{identity}")
        if not ours and _is_since(added, work.meaning.began - CLOCKS):
            return identity
    return None


def _is_since(added: str, began: float) -> bool:
    try:
        moment = datetime.fromisoformat(added)
    except ValueError:
        return True  # when is not known, and an enrolment may send mail
    return moment.tzinfo is None or moment.timestamp() >= began


def enrol(work: LinkWork) -> Asking[Decided]:
    """Enrol the contact, which may send it mail: once, whatever becomes of the answer."""
    work.action = "created"
    done = Done()
    as_it_is = Decided((), partial(nothing_to_do, done))
    # an enrolment was sent, and what was there before it is forgotten: what is there now may be its own
    blind = ENROL in work.known.begun and "look up 0" not in work.known.begun
    before = yield from _enrolments("look up again" if blind else "look up", work, done)
    if done.failures or (before and work.meaning.mode != "create"):
        return as_it_is
    if before and blind:
        said = "The answer was lost, and the contact is in this automation, since when is not known. Look by hand."
        done.failures.append(Failure(ENROL, "no_answer", said))
        done.in_doubt = True
        return as_it_is
    if work.known.made in before and ENROL not in work.known.begun:  # only it was not seen when it was read back
        work.taken.add(work.known.made)
        done.changed = True
        return as_it_is
    if work.known.resumed and ENROL not in work.known.begun:
        made = _enrolled_since(work, before)
        if made is not None:
            work.taken.add(made)
            return as_it_is
    edit = Edit(Aspect.AUTOMATION, work.value("automation"), False, True)
    return Decided((edit,), partial(_write_enrolment, work, edit, frozenset(before)))


def _write_enrolment(work: LinkWork, edit: Edit, before: frozenset[str]) -> Asking[Done]:
    done = Done()

    def look(step: str) -> Asking[set[str] | Nothing]:
        now = yield from _enrolments(step, work, done)
        if done.failures:
            return Nothing.UNKNOWN
        return set(now).difference(before) or Nothing.ABSENT

    body = {"contactAutomation": {"contact": work.contact, "automation": work.value("automation")}}
    says = {"contact": work.contact, "automation": work.value("automation")}
    request = Request(
        ENROL, "POST", "contactAutomations", body=body, expects="contactAutomation", says=says,
        keep=lambda body: str(id_of(body["contactAutomation"])), edits=Edits(work.contact, (edit,)),
    )  # fmt: skip
    receipt, made = yield from settled(request, look)
    done.take_settled(receipt, made)
    if made is not None and len(made) == 1:  # of several another may be somebody else's
        done.made = min(made)
    return done


def unenrol(work: LinkWork) -> Asking[Decided]:
    """Take the contact out of the automation, however often it is in it."""
    done = Done()
    ids = yield from _enrolments("look up", work, done)
    edits = (Edit(Aspect.AUTOMATION, work.value("automation"), True, False),) if ids else ()
    return Decided(edits, partial(_write_removal, tuple(ids), Edits(work.contact, edits), done))


def _write_removal(ids: tuple[str, ...], edits: Edits, done: Done) -> Asking[Done]:
    parts = [deleted(f"remove {identity}", f"contactAutomations/{identity}", edits) for identity in ids]
    for receipt in (yield from combined(parts)):
        done.take(receipt)
    return done
