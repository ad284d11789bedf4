"""What belongs to a record and is written beside it: the options of a field, the stages of a pipeline. One a resource.

Each is a small generator that is told whose it is and what the row wants, and gives what is to be found beside a record
that the row has made, in the words of `differences`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bulk.model import Aspect, Edit, Edits, Failure, Json, Receipt, Request
from bulk.planning import answers
from bulk.planning.differences import RELATIONS, option_text
from bulk.planning.flow import Asking, asked, combined
from bulk.planning.pages.collections import PAGE, read_list
from bulk.planning.pages.ends import id_of
from bulk.planning.settling import Nothing, deleted, settled
from bulk.planning.steps.contact_links import Done
from bulk.resources.spec import Resource

ALL_LISTS: Final = 0  # the relation that shows a field with every contact
MADE_WITH_IT: Final = ("To Contact", "In Contact", "Follow Up")  # stages, by docs/activecampaign.md §7.2
CLOCKS: Final = 60.0  # seconds after a pipeline within which ActiveCampaign has made the stages it makes with it


@dataclass(frozen=True, slots=True)
class Owner:
    """The record: its id, and what was held of it, None if it is new.

    `made`: the row has created it in an earlier run, and not all was found so when it was read back. `begun` are the
    steps of the row that an earlier run has sent: what a new record lacks then, others may have given it.
    """

    id: str
    kept: Json
    made: bool = False
    begun: AbstractSet[str] = frozenset()


def additions_take(resource: Resource, beside: Mapping[str, Json], *, new: bool) -> int:
    """About how many requests what stands beside a record takes: a `new` field is shown, a new pipeline has stages."""
    if resource.name == "fields":
        return new + len([value for value in beside.values() if value])
    stages = beside.get("stages")
    if new and isinstance(stages, (list, tuple)) and stages:
        return 1 + max(len(MADE_WITH_IT), len(stages)) - len({*map(str, stages)} & {*MADE_WITH_IT})
    return len(beside)


def added(resource: Resource, wanted: Mapping[str, Json], kept: Json) -> tuple[Edit, ...]:
    """What of the options or stages that a row wants its record does not have; `kept` None: it is to be made."""
    if resource.name == "fields":
        missing = _missing(wanted.get("options") or (), list((kept or {}).get("options") or ()))[0]
        return tuple(_option_edit(*option) for option in missing)
    current = {str(title) for title in (kept or {}).get("stages") or ()}
    titles = dict.fromkeys(str(title) for title in wanted.get("stages") or ())
    return tuple(_stage_edit(title) for title in titles if title not in current)


def _option_edit(value: str, label: str, default: bool) -> Edit:
    return Edit(Aspect.BESIDE, "options", None, [value, label, default], value)


def _stage_edit(title: str) -> Edit:
    return Edit(Aspect.BESIDE, "stages", None, title, title)


Addition = Callable[[Owner, Mapping[str, Json], Done], Asking[Mapping[str, Json]]]


# ---- fields: shown, with options


def add_to_field(owner: Owner, wanted: Mapping[str, Json], done: Done) -> Asking[Mapping[str, Json]]:
    """Show a new field with all contacts, then add the options that it does not have."""
    identity, kept = owner.id, owner.kept
    if kept is None or (owner.made and str(ALL_LISTS) not in kept.get(RELATIONS, ())):
        body = {"fieldRel": {"field": identity, "relid": ALL_LISTS}}
        shown = ("fieldRels", "fieldRel", body, {"field": identity}, ())
        yield from _create("show", shown, _relations_of(identity), done, owner)
    current = list((kept or {}).get("options") or ())
    missing, otherwise = _missing(wanted.get("options") or (), current)
    done.failures += otherwise
    if missing:
        first = max((int(place) for *_option, place in current), default=0) + 1
        options_body: Json = {
            "fieldOptions": [
                {"field": identity, "value": value, "label": label, "orderid": first + at, "isdefault": default}
                for at, (value, label, default) in enumerate(missing)
            ]
        }
        there = _options_of(identity, [value for value, _label, _default in missing])
        edits = tuple(_option_edit(*option) for option in missing)
        added = ("fieldOption/bulk", "fieldOptions", options_body, {"field": identity}, edits)
        yield from _create("options", added, there, done, owner)
    return {"beside": {RELATIONS: [str(ALL_LISTS)]}} if kept is None or owner.made else {}


def _missing(options: Sequence[Json], current: Sequence[Json]) -> tuple[list[tuple[str, str, bool]], list[Failure]]:
    """The options that a field does not have; and those that it has otherwise, which the API cannot change.

    A value by itself says nothing of a label or a default.
    """
    by_value = {str(value): (str(label), bool(default)) for value, label, default, *_place in current}
    missing: list[tuple[str, str, bool]] = []
    otherwise: list[Failure] = []
    for value, label, default in options:
        # a value may read like more than one, as a file without escapes has it
        if option_text(value, label, default=default) in by_value:
            continue
        if value not in by_value:
            missing.append((value, label, default))
            continue
        has, is_default = by_value[value]
        if (label not in (value, has)) or (default and not is_default):
            also = "." if is_default else " and not the default."
            said = f"The option {value!r} is there, labelled {has!r}{also}"
            hint = "The API changes no options: change it in ActiveCampaign, or write it as it is there."
            otherwise.append(Failure("options", "option_differs", f"{said} {hint}"))
    return missing, otherwise


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


# what is created: path, key of the answer, body, what the answer must say, and what of it can be taken back
_What = tuple[str, str, Json, Mapping[str, Json], tuple[Edit, ...]]


def _create(name: str, create: _What, where: _Where, done: Done, owner: Owner) -> Asking[None]:
    """Create what may not be created twice; after a lost answer, look whether it is there."""

    def look(step: str) -> Asking[bool | Nothing]:
        place, plural, query, is_there = where
        result = yield from read_list(step, place, plural, lambda record: record, query)
        if isinstance(result, Receipt):
            return Nothing.UNKNOWN
        return is_there(result) or Nothing.ABSENT

    path, expects, body, says, added = create
    edits = Edits(owner.id, added) if added and owner.kept is not None and not owner.made else None
    request = Request(name, "POST", path, body=body, expects=expects, says=says, edits=edits)
    look_first = owner.made or (bool(owner.begun) and name not in owner.begun)
    done.take_settled(*(yield from settled(request, look, look_first=look_first)))


# ---- pipelines: their stages


def add_to_pipeline(owner: Owner, wanted: Mapping[str, Json], done: Done) -> Asking[Mapping[str, Json]]:
    """Give a new pipeline exactly the wanted stages, an old one those that it does not have.

    ActiveCampaign makes three stages with a new pipeline: these are renamed, and those too many are deleted.
    """
    titles = [str(title) for title in wanted.get("stages") or ()]
    if not titles:
        return {}
    identity, kept = owner.id, owner.kept
    current = [str(title) for title in (kept or {}).get("stages") or ()]
    more: Mapping[str, Json] = {}
    if kept is None or owner.made:
        result = yield (
            Request("look up before stages", "GET", "dealStages",
                    (("filters[d_groupid]", identity), ("limit", str(PAGE))),
                    keep=lambda body: _stages(body, identity), expects="dealStages", says={"group": identity}),
        )  # fmt: skip
        if not done.take(result[0], changed=False):
            return {}
        made = [(str(stage), str(title)) for stage, title, *_date in result[0].data]
        own = _made_with_it(result[0].data, kept)
        current = yield from _rename(made, own, titles, done)
        left = [title for stage, title in made if stage not in own and title not in titles]
        more = {"only": {"stages": [*titles, *left]}}
    for at, title in enumerate(titles):
        if done.failures:
            break
        if title not in current:
            body = {"dealStage": {"title": title, "group": identity, "order": at + 1}}
            where = _stage_of(identity, title)
            says = {"title": answers.text(title), "group": identity}
            stage = ("dealStages", "dealStage", body, says, (_stage_edit(title),))
            yield from _create(f"stage {title}", stage, where, done, owner)
    return more


def _made_with_it(stages: Sequence[Sequence[Json]], kept: Json) -> set[str]:
    """The ids of the stages that came with a pipeline: of a new one all that it has.

    Of one that an earlier run has created those as old as itself, and without a date those that are called as
    ActiveCampaign calls them: there may be deals in what somebody has added.
    """
    born = None if kept is None else _moment(kept.get("cdate"))
    own = set()
    for stage, title, *date in stages:
        since = _moment("".join(date))
        as_old = title in MADE_WITH_IT if since is None else born is not None and since - born <= CLOCKS
        if kept is None or as_old:
            own.add(str(stage))
    return own


def _moment(date: Json) -> float | None:
    try:
        return datetime.fromisoformat(str(date)).timestamp()
    except ValueError:
        return None


def _rename(
    made: Sequence[tuple[str, str]], own: AbstractSet[str], titles: Sequence[str], done: Done
) -> Asking[list[str]]:
    """Give the stages that are there the wanted titles, in their order; gives the titles that are there then.

    One that is called as wanted stays: it may have been made so since, by another job on the same file. Of the others
    those that are the pipeline's `own` are renamed or deleted.
    """
    called = {title: stage for stage, title in reversed(made)}
    left = (stage for stage, title in made if called[title] != stage or title not in titles)
    spare = deque(stage for stage in left if stage in own)
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
    return [[str(id_of(stage)), str(stage["title"]), str(stage.get("cdate") or "")] for stage in own]


def _stage_of(identity: str, title: str) -> _Where:
    return (
        "dealStages", "dealStages", (("filters[d_groupid]", identity),),
        lambda stages: any(str(s["title"]) == title and str(s["group"]) == identity for s in stages),
    )  # fmt: skip


ADDITIONS: Final[Mapping[str, Addition]] = {"fields": add_to_field, "dealGroups": add_to_pipeline}
