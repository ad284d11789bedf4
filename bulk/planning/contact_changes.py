"""What changes of a contact: its own values, and its tags, lists and account. Decided from what it is known to have.

Nothing else decides it: rows of contacts and rows of what belongs to them ask here, before they send and once more
where the account has answered something else than was expected. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bulk.model import Aspect, Edit, Failure, Json, Standing
from bulk.planning.changes import CREATED, value_edits
from bulk.planning.consent import ACTIVE, SUBSCRIBED, UNSUBSCRIBED, Subscription, withheld
from bulk.planning.contact_wants import Wanted
from bulk.planning.exact import LISTS, TAGS, lists_beyond, tags_beyond
from bulk.planning.names import Names
from bulk.planning.state import ContactState
from bulk.planning.writers import Known, Meaning
from bulk.resources.identity import name_key, same_address
from bulk.resources.kinds import TEXT, find_name
from bulk.resources.presets.consent import Consent
from bulk.resources.spec import CUSTOM, Column

Named = Iterable[tuple[str, str]]  # ids and names; the id is "" of what has to be made yet


@dataclass(frozen=True, slots=True)
class Contact:
    """The contact of a row, once it is there: what became of it, and whether its address bounced for good.

    `made_by` is the step whose answer confirms that it was made by it, so that nothing belonged to it then; "": none
    does. `repeated`: it was sent more than once. `appeared`: it was not there before, and then was so sent.
    """

    id: str
    action: str
    bounced: bool = False
    made_by: str = ""
    repeated: bool = False
    appeared: bool = False

    @property
    def is_new(self) -> bool:
        """Whether this row has created it: then all that belongs to it is the row's."""
        return self.action == CREATED

    @property
    def is_ours(self) -> bool:
        """Whether this row has created it as far as can be told, also by a send whose answer was lost."""
        return self.is_new or self.appeared


def contact_edits(
    wanted: Mapping[str, Json], state: ContactState | None, columns: Sequence[Column]
) -> tuple[Edit, ...]:
    """What of the wanted values the contact does not have; all of them where it is not known what it has."""
    if state is None:
        return tuple(Edit(Aspect.VALUE, attribute, None, value) for attribute, value in wanted.items())
    kinds = {column.attribute: column.kind for column in columns if column.field_id}

    def same(attribute: str, before: Json, value: Json) -> bool:
        if attribute.startswith(CUSTOM):
            return kinds[attribute].same(before, value)
        return TEXT.same(before, value) or (attribute == "email" and same_address(before, value))

    def current(attribute: str) -> Json:
        if attribute.startswith(CUSTOM):
            return state.fields.get(attribute.removeprefix(CUSTOM))
        return state.attributes.get(attribute, "")

    return value_edits(wanted, current, same)


def tag_edits(tags: Named, current: Collection[str]) -> tuple[Edit, ...]:
    """The tags to add to a contact that has the current ones."""
    return tuple(Edit(Aspect.TAG, tag, False, True, name) for tag, name in tags if tag not in current)


def untag_edits(tags: Named, current: Collection[str]) -> tuple[Edit, ...]:
    """The tags to take off a contact that has the current ones."""
    return tuple(Edit(Aspect.TAG, tag, True, False, name) for tag, name in tags if tag in current)


def list_edits(
    contact: Contact, wanted: Mapping[str, tuple[str, str]], current: Mapping[str, str] | None, meaning: Meaning,
    email: str = "",
) -> tuple[tuple[Edit, ...], tuple[Failure, ...]]:  # fmt: skip
    """The lists whose status is to be set, and why others must not be.

    `wanted` maps ids of lists to names and statuses. `current` are the statuses as they were read not long ago; None:
    they are not known, so what they would forbid is told when they are read. `email` is the contact's, where the row
    says it.
    """
    edits: list[Edit] = []
    refused: list[Failure] = []
    known = Standing(current or {}, bounced=contact.bounced, email=email)
    for mailing, (name, status) in wanted.items():
        before = None if current is None else current.get(mailing)
        edit = Edit(Aspect.LIST, mailing, before, status, name)
        if status not in ACTIVE:
            edits += [edit] * (before != status)
        elif current is None and not (contact.made_by and meaning.excluded.has(email, mailing)):
            edits.append(edit)
        else:
            decided = subscription(contact, edit, meaning).decide(known)
            if isinstance(decided, Failure):
                refused.append(decided)
            elif decided is not None:
                edits.append(edit)
    return tuple(edits), tuple(refused)


def subscription(contact: Contact, edit: Edit, meaning: Meaning) -> Subscription:
    """What has to be asked for so that a contact gets onto a list."""
    return Subscription(
        contact.id, edit.of, edit.name, edit.after, meaning.resubscribe, meaning.began, meaning.excluded,
        contact.is_ours, meaning.undoes,
    )  # fmt: skip


# ---- the account


@dataclass(frozen=True, slots=True)
class Places:
    """The accounts that a contact is in, by their ids: the accountContact of each, and what the contact is there."""

    links: Mapping[str, str]
    titles: Mapping[str, str]


NOWHERE: Final = Places({}, {})


def places_of(state: ContactState) -> Places:
    """The accounts of a contact that was read."""
    return Places(state.accounts, {account: state.titles.get(account, "") for account in state.accounts})


@dataclass(frozen=True, slots=True)
class Employment:
    """The account that a contact is to work for, by id and name ("" for none), and as what (None: left alone)."""

    account: str
    name: str
    title: str | None = None


def account_edits(job: Employment, current: Mapping[str, str]) -> tuple[Edit, ...]:
    """What brings a contact into its account, out of the current ones (id -> title): it can have one only."""
    if job.account in current:
        before = current[job.account]
        same = job.title is None or job.title == before
        return () if same else (Edit(Aspect.ACCOUNT, job.account, before, job.title, job.name),)
    joins = (Edit(Aspect.ACCOUNT, job.account, None, job.title or "", job.name),) if job.name else ()
    return (*leaving_edits(current), *joins)


def leaving_edits(current: Mapping[str, str], account: str = "") -> tuple[Edit, ...]:
    """What takes a contact out of this account, or ("") out of all that it is in."""
    return tuple(Edit(Aspect.ACCOUNT, of, title, None) for of, title in current.items() if account in ("", of))


# ---- all of what belongs to a contact


def linked_edits(
    wanted: Wanted, contact: Contact, state: ContactState | None, known: Known, meaning: Meaning, names: Names
) -> tuple[tuple[Edit, ...], tuple[Failure, ...]]:
    """What becomes of the tags, lists and account of the contact, which is in that state (None: not known)."""
    new = contact.is_new
    linked = None if new else state  # as one has that was made by this row
    tags = tag_edits(_tags(wanted.tags, names), () if linked is None else linked.tags)
    removed = [] if new else _tags(wanted.remove_tags, names)
    known_tags = [tag for tag in removed if tag[0]]  # one that the account does not have is on nobody
    if TAGS in wanted.exact:
        known_tags += [tag for tag in tags_beyond(linked, wanted.tags, names) if tag not in known_tags]
    untags = untag_edits(known_tags, dict(known_tags) if state is None else state.tags)
    statuses = _known_statuses(state, new=new) if known.fresh else None
    stored = known.stored or known.state
    email = wanted.email or (stored.attributes.get("email", "") if stored is not None else "")
    mailings, withheld = _as_consented(_statuses(wanted, names), {} if new else statuses, wanted.consent)
    if LISTS in wanted.exact:
        left = lists_beyond(linked, wanted.lists, names)
        mailings = {**{of: (name, UNSUBSCRIBED) for of, name in left}, **mailings}
    lists, refused = list_edits(contact, mailings, statuses, meaning, email)
    job = employment(wanted, names)
    jobs = () if job is None else account_edits(job, {} if linked is None else places_of(linked).titles)
    if job is not None and not job.name and not new and linked is None:
        jobs = (Edit(Aspect.ACCOUNT, "", None, None),)  # whichever it is in
    return (*tags, *untags, *lists, *jobs), (*withheld, *refused)


def _as_consented(
    mailings: Mapping[str, tuple[str, str]], current: Mapping[str, str] | None, consent: str
) -> tuple[Mapping[str, tuple[str, str]], tuple[Failure, ...]]:
    """The lists without those that the person may not be subscribed to, as the source says; and why not.

    Nothing overrules it: whoever knows better changes the file. Who is on the list by now (`current`, None: not known)
    agreed to it here.
    """
    if consent in ("", Consent.AGREED):
        return mailings, ()
    left = {at: (name, status) for at, (name, status) in mailings.items() if status not in ACTIVE}
    new = [name for at, (name, _status) in mailings.items() if at not in left and (current or {}).get(at) not in ACTIVE]
    return left, tuple(withheld(name, consent, known=current is not None) for name in new)


def _known_statuses(state: ContactState | None, *, new: bool) -> Mapping[str, str] | None:
    """How the contact was read to stand with its lists."""
    if state is None or not new:
        return None if state is None else state.lists
    # on no list, but who left one before stays off it
    return {identity: status for identity, status in state.lists.items() if status not in ACTIVE}


def _tags(called: Iterable[str], names: Names) -> list[tuple[str, str]]:
    """Ids and names of tags, each once; the id is "" of one that the account does not have."""
    book = names.book("tags")
    return list({book.id_of(name) or name_key(name): (book.id_of(name) or "", name) for name in called}.values())


def employment(wanted: Wanted, names: Names) -> Employment | None:
    """The account that the row wants; None where it says nothing of it."""
    if wanted.account is None:
        return None
    identity = names.book("accounts").id_of(wanted.account) if wanted.account else ""
    return Employment(identity or "", wanted.account)


def _statuses(wanted: Wanted, names: Names) -> dict[str, tuple[str, str]]:
    """Ids of lists with their names and the status that is wanted."""
    if not wanted.lists and not wanted.unsubscribe_lists:
        return {}
    lists = tuple(names.book("lists").records.values())
    named = [(name, SUBSCRIBED) for name in wanted.lists] + [(n, UNSUBSCRIBED) for n in wanted.unsubscribe_lists]
    result = ((find_name(name, lists), name, status) for name, status in named)
    return {option.id: (name, status) for option, name, status in result if option}


# ---- what is to be found then


def wants_of(own: Iterable[Edit], beside: Iterable[Edit]) -> Json:
    """What edits have brought about of a contact, in the words of `differences`."""
    wants: dict[str, Json] = {}
    for edit in own:
        custom = edit.of.startswith(CUSTOM)
        wants.setdefault("fields" if custom else "attributes", {})[edit.of.removeprefix(CUSTOM)] = edit.after
    for edit in beside:
        match edit.aspect:
            case Aspect.TAG:
                wants.setdefault("tags" if edit.after else "untags", {})[edit.of] = edit.name
            case Aspect.LIST:
                wants.setdefault("lists", {})[edit.of] = [edit.name, edit.after]
            case Aspect.ACCOUNT if edit.after is not None:
                title = edit.after if edit.before is not None else edit.after or None
                wants["account"] = [edit.of, edit.name, title]
                wants.pop("left", None)
            case Aspect.ACCOUNT if "account" not in wants:
                wants["left"] = ""
            case _:
                pass
    return wants
