"""What was acknowledged, held against what the account says when it is read: wants + record -> differences. Pure.

A server may acknowledge a write and not apply it. What a row has brought about is written down with its end as `wants`,
JSON of one of two shapes; what differs from it when it is read is a `Failure` of its row.

Of a contact: `attributes` and `fields` (values by name and by id), `tags` and `untags` (names by id), `lists` (name and
status by id), `account` (id, name, job title or None), `left` (the id of an account, "" for all), `emptied` (ids of
fields), `in` and `out` (ids of automations). Of a record by itself: `values`, `fields`, `beside`, and `only`: what is
to be all there is. Of both: `gone` and `there`. Of a row that has failed or is in doubt also `perhaps`: what may be so
of what it wanted, and of whom (`key`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from bulk.model import Failure, Json
from bulk.planning.consent import STATUS_WORDS
from bulk.planning.kept_records import UNSET
from bulk.planning.state import ContactState
from bulk.resources.identity import same_address
from bulk.resources.kinds import TEXT, Kind
from bulk.resources.spec import CUSTOM
from bulk.wording import quoted

NOT_CONFIRMED: Final = "not_confirmed"
GONE: Final = {"gone": True}
THERE: Final = {"there": True}  # of a row that has failed: what it had made, and went on from, is to be there
RELATIONS: Final = "relations"  # of a field: the lists with whose contacts it is shown
_STATUSES: Final = {"": "not on it", **STATUS_WORDS}
_SPOKEN: Final = {RELATIONS: "the lists with which it is shown (0 is all)"}
Wants = Mapping[str, Json]
Kinds = Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class Seen:
    """A contact as it was read back; `state` None: there is none. `automations` are the ids of those it is in.

    `deals` are the ids of its deals, None where the answer does not say.
    """

    state: ContactState | None
    automations: AbstractSet[str] = frozenset()
    deals: AbstractSet[str] | None = None


def families_of(wants: Wants) -> set[str]:
    """The relations of a contact that have to be read with it."""
    needs = {
        "fieldValues": ("fields", "emptied"), "contactTags": ("tags", "untags"), "contactLists": ("lists",),
        "accountContacts": ("account", "left"), "contactAutomations": ("in", "out"),
    }  # fmt: skip
    return {family for family, names in needs.items() if any(name in wants for name in names)}


def without_later(wants: Wants, later: Sequence[Wants]) -> Wants:
    """What a row wants of a record, without what later rows of the job have said of the same: the last word counts."""
    said = {aspect for other in later for aspect in _aspects(other)}
    left: dict[str, Json] = {}
    for name, value in wants.items():
        if isinstance(value, Mapping):
            kept = {key: one for key, one in value.items() if (_about(name), key) not in said}
            left |= {name: kept} if kept else {}
        elif isinstance(value, list) and name != "account":
            kept_list = [one for one in value if (_about(name), one) not in said]
            left |= {name: kept_list} if kept_list else {}
        elif (_about(name), "") not in said:
            left[name] = value
    return left


def perhaps(wants: Json, *, there: bool, key: str = "") -> Json:
    """What is written down of a row that has failed or is in doubt: some of what it `wants` may be so.

    `there`: what it has made is to be there. `key` is the row's, where the id of its contact is not known.
    """
    return {**(THERE if there else {}), "perhaps": dict(wants), "key": key}


def still_untrue(
    wants: Wants, later: Sequence[Wants], doubtful: Sequence[Wants], differences: Callable[[Wants], list[Failure]]
) -> list[Failure]:
    """What differs of what a row wants, where no later row has changed it: neither surely nor perhaps.

    What a later row that has failed or is in doubt (`doubtful`) wanted of the same is right as well.
    """
    untrue: list[Failure] = []
    for aspect, one in _apart(without_later(wants, later)):
        others = (other for of in doubtful for about, other in _apart(of) if about == aspect)
        if not any(not differences(other) for other in others):
            untrue += differences(one)
    return list(dict.fromkeys(untrue))


def _apart(wants: Wants) -> Iterator[tuple[tuple[str, str], Wants]]:
    """All that a row wants one by one, each with what it is about."""
    step = {"step": wants["step"]} if "step" in wants else {}
    for name, value in wants.items():
        if isinstance(value, Mapping):
            yield from (((_about(name), str(key)), {**step, name: {key: one}}) for key, one in value.items())
        elif isinstance(value, list) and name != "account":
            yield from (((_about(name), str(one)), {**step, name: [one]}) for one in value)
        elif name != "step":
            yield (_about(name), ""), {**step, name: value}


def _about(name: str) -> str:
    """What two opposite wants are both about."""
    return {
        "untags": "tags",
        "emptied": "fields",
        "out": "in",
        "left": "account",
        "only": "beside",
    }.get(name, name)


def _aspects(wants: Wants) -> Iterator[tuple[str, str]]:
    for name, value in wants.items():
        entire = name in ("account", "left", "gone", "there")
        yield from ((_about(name), str(key)) for key in ([""] if entire else value))


# ---- contacts, and what belongs to them


def contact_differences(wants: Wants, seen: Seen, kinds: Kinds) -> list[Failure]:
    """What of a contact is not as it was acknowledged. `kinds` are those of custom fields, by their ids."""
    state = seen.state
    if wants.get("gone"):
        return [] if state is None else [_failure("delete", "the contact", "it is still there", "gone")]
    if state is None:
        positive = [name for name in wants if name not in ("untags", "emptied", "left", "out")]
        return [_failure("contact", "the contact", "there is none", "there")] if positive else []
    return [
        *_values(wants, state, kinds),
        *_tags(wants, state),
        *_lists(wants, state),
        *_account(wants, state),
        *_automations(wants, seen.automations),
    ]


def _values(wants: Wants, state: ContactState, kinds: Kinds) -> Iterator[Failure]:
    for name, value in wants.get("attributes", {}).items():
        own = state.attributes.get(name, "")
        if not TEXT.arrived(own, value) and not (name == "email" and same_address(own, value)):
            yield _failure("contact", name, own, value)
    for identity, value in wants.get("fields", {}).items():
        current = state.fields.get(identity)
        if not kinds.get(identity, TEXT).arrived(current, value):
            yield _failure("contact", f"field {identity}", current, value)
    for identity in wants.get("emptied", ()):
        if state.fields.get(identity) not in ("", None):
            yield _failure("delete", f"field {identity}", state.fields[identity], "")


def _tags(wants: Wants, state: ContactState) -> Iterator[Failure]:
    for identity, name in wants.get("tags", {}).items():
        if identity not in state.tags:
            yield _failure(f"tag {name}", f"the tag {name!r}", "it is not there", "there")
    for identity, name in wants.get("untags", {}).items():
        if identity in state.tags:
            yield _failure(f"remove tag {name}", f"the tag {name!r}", "it is still there", "gone")


def _lists(wants: Wants, state: ContactState) -> Iterator[Failure]:
    for identity, (name, status) in wants.get("lists", {}).items():
        current = state.lists.get(identity, "")
        if current != str(status):
            words = (_STATUSES.get(str(one), str(one)) for one in (current, status))
            yield _failure(f"list {name}", f"the status on {name!r}", *words)


def _account(wants: Wants, state: ContactState) -> Iterator[Failure]:
    if "account" in wants:
        identity, name, title = wants["account"]
        if identity not in state.accounts:
            yield _failure(f"account {name}", f"the account {name!r}", "the contact is not in it", "in it")
        elif title is not None and not TEXT.arrived(state.titles.get(identity), title):
            yield _failure("job title", "the job title", state.titles.get(identity), title)
    if "left" in wants and (wants["left"] in state.accounts or (not wants["left"] and state.accounts)):
        yield _failure("leave account", "the account", "the contact is still in it", "left")


def _automations(wants: Wants, automations: AbstractSet[str]) -> Iterator[Failure]:
    for identity in wants.get("in", ()):
        if identity not in automations:
            yield _failure("enrol", "the automation", "the contact is not in it", "in it")
    for identity in wants.get("out", ()):
        if identity in automations:
            yield _failure("remove", "the automation", "the contact is still in it", "gone")


# ---- records by themselves


def record_differences(wants: Wants, kept: Json | None, kinds: Kinds) -> list[Failure]:
    """What of a record is not as it was acknowledged; `kept` None: there is none. `kinds` go by attribute."""
    if wants.get("gone"):
        return [] if kept is None else [_failure("delete", "the record", "it is still there", "gone")]
    if kept is None:
        return [_failure(str(wants.get("step", "create")), "the record", "there is none", "there")]
    step = str(wants.get("step", "change"))
    result = []
    values = {**wants.get("values", {}), **{f"{CUSTOM}{of}": value for of, value in wants.get("fields", {}).items()}}
    for attribute, value in values.items():
        current = kept.get(attribute)
        if not (current in UNSET and value in UNSET) and not kinds.get(attribute, TEXT).arrived(current, value):
            result.append(_failure(step, attribute, current, value))
    return [*result, *_beside(step, wants, kept)]


def _beside(step: str, wants: Wants, kept: Json) -> Iterator[Failure]:
    for attribute, wanted in wants.get("beside", {}).items():
        if attribute == RELATIONS and attribute not in kept:
            continue  # the answer does not say
        there = kept.get(attribute) or ()
        missing = [one for one in wanted if not _is_among(one, there)]
        if missing:
            yield _failure(step, _SPOKEN.get(attribute, attribute), _listed(there), _listed(missing))
    for attribute, wanted in wants.get("only", {}).items():
        there = kept.get(attribute) or ()
        own, due = Counter(there), Counter(wanted)
        if own - due and not due - own:  # what is missing is told above
            yield _failure(step, attribute, _listed(there), _listed(wanted))


def _is_among(wanted: Json, there: Sequence[Json]) -> bool:
    """Whether a stage, by its title, or an option, with its label and as the default, is there."""
    if not isinstance(wanted, list):
        return str(wanted) in map(str, there)
    value, label, default = wanted
    current = {str(one[0]): (str(one[1]), bool(one[2])) for one in there}
    if option_text(value, label, default=default) in current:  # a value that reads like more than one
        return True
    has, is_default = current.get(value, ("", False))
    return value in current and label in (value, has) and (is_default or not default)


def option_text(value: str, label: str, *, default: bool) -> str:
    """An option as a file without escapes has it."""
    return ("*" if default else "") + value + ("" if label == value else f"={label}")


def _listed(some: Sequence[Json]) -> str:
    return ", ".join(str(one[0] if isinstance(one, list) else one) for one in some)


# ---- comparing


def _text(value: Json) -> str:
    return "" if value is None else str(value)


def _failure(step: str, what: str, current: Json, wanted: Json) -> Failure:
    said = f"Acknowledged, but not found so when read: {what} should be {quoted(wanted)} and is {quoted(current)}."
    return Failure(step, NOT_CONFIRMED, f"{said} Somebody may have changed it since.")
