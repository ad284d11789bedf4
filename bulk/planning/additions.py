"""What belongs to a record and is written beside it: the options of a field, the stages of a pipeline. One a resource.

Each is a small generator that is told the record's id, what was held of it (None: it is new) and what the row wants.
`begun` are the steps of its row that an earlier run has sent: what a new record lacks then, others may have given it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from bulk.model import Failure, Json, Receipt, Request
from bulk.planning import answers
from bulk.planning.collections import PAGE, read_list
from bulk.planning.differences import option_text
from bulk.planning.flow import Asking, asked, combined
from bulk.planning.links import Done
from bulk.planning.pages import id_of
from bulk.planning.settling import Nothing, deleted, settled

Begun = AbstractSet[str]
Addition = Callable[[str, Json, Mapping[str, Json], Done, Begun], Asking[None]]
ALL_LISTS: Final = 0  # the relation that shows a field with every contact


# ---- fields: shown, with options


def add_to_field(
    identity: str, kept: Json, wanted: Mapping[str, Json], done: Done, begun: Begun = frozenset()
) -> Asking[None]:
    """Show a new field with all contacts, then add the options that it does not have."""
    if kept is None:
        body = {"fieldRel": {"field": identity, "relid": ALL_LISTS}}
        shown = ("fieldRels", "fieldRel", body, {"field": identity})
        yield from _create("show", shown, _relations_of(identity), done, begun)
    current = list((kept or {}).get("options") or ())
    missing = _missing(wanted.get("options") or (), current, done)
    if missing:
        first = max((int(place) for *_option, place in current), default=0) + 1
        options_body: Json = {
            "fieldOptions": [
                {"field": identity, "value": value, "label": label, "orderid": first + at, "isdefault": default}
                for at, (value, label, default) in enumerate(missing)
            ]
        }
        there = _options_of(identity, [value for value, _label, _default in missing])
        added = ("fieldOption/bulk", "fieldOptions", options_body, {"field": identity})
        yield from _create("options", added, there, done, begun)


def _missing(options: Sequence[Json], current: Sequence[Json], done: Done) -> list[tuple[str, str, bool]]:
    """The options that a field does not have; notes those that it has otherwise, which the API cannot change.

    A value by itself says nothing of a label or a default.
    """
    by_value = {str(value): (str(label), bool(default)) for value, label, default, *_place in current}
    missing = []
    for value, label, default in options:
        if (
            option_text(value, label, default=default) in by_value
        ):  # a value that reads like more than one, as a file without escapes has it
            continue
        if value not in by_value:
            missing.append((value, label, default))
            continue
        has, is_default = by_value[value]
        if (label not in (value, has)) or (default and not is_default):
            also = "." if is_default else " and not the default."
            said = f"The option {value!r} is there, labelled {has!r}{also}"
            hint = "The API changes no options: change it in ActiveCampaign, or write it as it is there."
            done.failures.append(Failure("options", "option_differs", f"{said} {hint}"))
    return missing


# how to see whether it is there: path, plural and query to read, and what is to be in it
_Where = tuple[str, str, tuple[tuple[str, str], ...], Callable[[list[Json]], bool]]


def _relations_of(identity: str) -> _Where:
    return (
        f"fields/{identity}/relations", "fieldRels", (),
        lambda relations: any(str(relation["relid"]) == str(ALL_LISTS) for relation in relations),
    )  # fmt: skip


def _options_of(identity: str, missing: Sequence[str]) -> _Where:
    return (
        f"fields/{identity}/options", "fieldOptions", (),
        lambda options: {str(option["value"]) for option in options} >= set(missing),
    )  # fmt: skip


# what is created: path, key of the answer, body, and what the answer must say
_What = tuple[str, str, Json, Mapping[str, Json]]


def _create(name: str, create: _What, where: _Where, done: Done, begun: Begun) -> Asking[None]:
    """Create what may not be created twice; after a lost answer, look whether it is there."""

    def look(step: str) -> Asking[bool | Nothing]:
        place, plural, query, is_there = where
        result = yield from read_list(step, place, plural, lambda record: record, query)
        if isinstance(result, Receipt):
            return Nothing.UNKNOWN
        return is_there(result) or Nothing.ABSENT

    path, expects, body, says = create
    request = Request(name, "POST", path, body=body, expects=expects, says=says)
    look_first = bool(begun) and name not in begun
    done.take_settled(*(yield from settled(request, look, look_first=look_first)))


# ---- pipelines: their stages


def add_to_pipeline(
    identity: str, kept: Json, wanted: Mapping[str, Json], done: Done, begun: Begun = frozenset()
) -> Asking[None]:
    """Give a new pipeline exactly the wanted stages, an old one those that it does not have.

    ActiveCampaign makes three stages with a new pipeline: these are renamed, and those too many are deleted.
    """
    titles = [str(title) for title in wanted.get("stages") or ()]
    if not titles:
        return
    current = [str(title) for title in (kept or {}).get("stages") or ()]
    if kept is None:
        result = yield (
            Request("look up before stages", "GET", "dealStages",
                    (("filters[d_groupid]", identity), ("limit", str(PAGE))),
                    keep=lambda body: _stages(body, identity), expects="dealStages", says={"group": identity}),
        )  # fmt: skip
        if not done.take(result[0], changed=False):
            return
        made = [(str(stage), str(title)) for stage, title in result[0].data]
        current = yield from _rename(made, titles, done)
        if done.failures:
            return
    for at, title in enumerate(titles):
        if title not in current:
            body = {"dealStage": {"title": title, "group": identity, "order": at + 1}}
            where = _stage_of(identity, title)
            says = {"title": answers.text(title), "group": identity}
            yield from _create(f"stage {title}", ("dealStages", "dealStage", body, says), where, done, begun)
            if done.failures:
                return


def _rename(made: Sequence[tuple[str, str]], titles: Sequence[str], done: Done) -> Asking[list[str]]:
    """Give the stages that are there the wanted titles, in their order; gives the titles that are there then.

    One that is called as wanted stays: it may have been made so since, by another job on the same file.
    """
    called = {title: stage for stage, title in reversed(made)}
    spare = deque(stage for stage, title in made if called[title] != stage or title not in titles)
    places = {stage: (at, title) for at, (stage, title) in enumerate(made)}
    renamed: list[Request] = []
    there: list[str] = []
    for at, title in enumerate(titles):
        stage = called.get(title) or (spare.popleft() if spare else "")
        if not stage:
            continue
        there.append(title)
        if places[stage] != (at, title):
            body = {"dealStage": {"title": title, "order": at + 1}}
            path = f"dealStages/{stage}"
            renamed.append(Request(f"stage {stage}", "PUT", path, expects="dealStage", says={"id": stage}, body=body))
    parts = [asked(request) for request in renamed]
    parts += [deleted(f"stage {stage}", f"dealStages/{stage}") for stage in spare]
    for receipt in (yield from combined(parts)):
        done.take(receipt)
    return there


def _stages(body: Json, identity: str) -> list[list[str]]:
    own = [stage for stage in body["dealStages"] if str(stage["group"]) == identity]
    own.sort(key=lambda stage: (int(stage.get("order") or 0), id_of(stage)))
    return [[str(id_of(stage)), str(stage["title"])] for stage in own]


def _stage_of(identity: str, title: str) -> _Where:
    return (
        "dealStages", "dealStages", (("filters[d_groupid]", identity),),
        lambda stages: any(str(s["title"]) == title and str(s["group"]) == identity for s in stages),
    )  # fmt: skip


ADDITIONS: Final[Mapping[str, Addition]] = {"fields": add_to_field, "dealGroups": add_to_pipeline}
