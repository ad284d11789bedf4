"""Reading who the account is and what its records are called, once before the rows; making names that are missing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bulk.errors import UnfinishedError
from bulk.model import Failure, Json, Request, Verdict
from bulk.planning import answers
from bulk.planning.flow import Asking, combined
from bulk.planning.names import Book, CustomField, Names
from bulk.planning.pages.collections import Refused, accepted, read_all, read_allowed
from bulk.planning.pages.ends import id_of
from bulk.resources import named
from bulk.resources.identity import name_key, same_name
from bulk.resources.kinds import Option
from bulk.resources.spec import Resource

LARGE: Final = frozenset({"contacts", "deals"})  # never read whole for their names alone
_HOST: Final = re.compile(r"https?://([^/\s]+)/")


def host_of(record: Json) -> str:
    """The account's host, out of the absolute links that its records carry; "" if it has none."""
    links = record.get("links") if isinstance(record, dict) else None
    for link in links.values() if isinstance(links, dict) else ():
        match = _HOST.match(str(link))
        if match:
            return match[1]
    return ""


def read_identity() -> Asking[str]:
    """Who answers: the account's host, by one request that any key may make."""
    receipts = yield (Request("account", "GET", "users/me", keep=_identity, expects="user"),)
    return str(accepted(receipts[0], "the account"))


def _identity(body: Json) -> str:
    user = body.get("user")
    identity = str(user.get("id", "")) if isinstance(user, dict) else ""
    return host_of(user) or " ".join(identity.split())


def families_of(
    resource: Resource, attributes: Collection[str] | None = None, *, besides: Collection[str] = LARGE
) -> set[str]:
    """The resources by whose names the columns of a resource go, `besides` those that are not read whole.

    `attributes` are the columns that count; None: all.
    """
    used = [c for c in resource.columns if attributes is None or c.attribute in attributes]
    families = {column.of for column in used if column.of and column.names}
    if resource.name == "contacts":  # whose columns hold names only
        of = {"tags": "tags", "remove_tags": "tags", "account": "accounts"}
        families |= {of[column.attribute] for column in used if column.attribute in of} | {"lists"}
    if resource.name == "fieldValues" and used:
        families.add("fields")  # each value is read by the kind of its field
    return families.difference(besides)


def read_names(
    families: Iterable[str], custom: str = "", *, identity: bool = True, optional: Collection[str] = ()
) -> Asking[Names]:
    """Read the names of the records of `families` and the custom fields of the collection `custom`, side by side.

    `identity`: also learn who the account is, if no record that was read tells. `optional`: collections that the job
    can do without; those of them that this key may not read are noted as unread.
    """
    wanted = sorted(set(families) | ({custom} if custom == "fields" else set()))
    called = [*wanted, *([custom] if custom and custom != "fields" else [])]
    parts: list[Asking[Json]] = [
        read_allowed(of, of, beside=("fieldOptions",) if of == "fields" else (), optional=of in optional)
        for of in called
    ]
    pages = yield from combined(parts)
    unread = {of: page.said for of, page in zip(called, pages, strict=True) if isinstance(page, Refused)}
    result = {of: page for of, page in zip(called, pages, strict=True) if of not in unread}
    wanted = [of for of in wanted if of not in unread]
    records = [record for name in wanted for record in result[name][name][:1]]
    host = next((host for host in map(host_of, records) if host), "")
    if identity and not host:  # an account without records, or none that was asked for
        host = yield from read_identity()
    names = Names(host, books={family: _book(family, result[family][family]) for family in wanted}, unread=unread)
    if custom in result and custom != "fields":
        names.fields = tuple(map(_other_field, result[custom][custom]))
    elif "fields" in result:
        names.fields = _contact_fields(result["fields"]["fields"], result["fields"]["fieldOptions"])
    return names


def _book(family: str, records: Sequence[Json]) -> Book:
    resource = named(family)
    book = Book()
    for record in records:
        book.add(
            str(record["id"]), str(record.get(resource.called) or ""), str(record.get(resource.also_called) or ""),
            str(record.get(resource.within) or ""),
            unnamed=family == "tags" and record.get("tagType", "contact") != "contact",  # a template's, called alike
        )  # fmt: skip
    return book


def _contact_fields(fields: Sequence[Json], options: Sequence[Json]) -> tuple[CustomField, ...]:
    by_field: dict[str, list[Json]] = {}
    for option in options:
        by_field.setdefault(str(option["field"]), []).append(option)
    return tuple(
        CustomField(
            str(row["id"]),
            str(row["title"]),
            str(row.get("perstag") or ""),
            str(row["type"]),
            tuple(
                Option(str(option["value"]), str(option.get("label") or ""))
                for option in sorted(by_field.get(str(row["id"]), ()), key=place_of)
            ),
        )
        for row in fields
    )


def place_of(option: Json) -> int:
    """Where an option stands among those of its field."""
    try:
        return int(option.get("orderid") or 0)
    except (TypeError, ValueError):
        return 0


def _other_field(meta: Json) -> CustomField:
    """A custom field of deals or accounts."""
    options = meta.get("fieldOptions")
    return CustomField(
        str(meta["id"]), str(meta["fieldLabel"]), str(meta.get("personalization") or ""), str(meta["fieldType"]),
        tuple(Option(str(value)) for value in options) if isinstance(options, list) else (),
        str(meta.get("fieldDefaultCurrency") or ""),
    )  # fmt: skip


# ---- making what is missing


@dataclass(frozen=True, slots=True)
class _Maker:
    """How one kind of name is looked up and made. Creating is not repeatable: whatever goes wrong, we look again."""

    plural: str
    singular: str
    attribute: str
    body: dict[str, str]


_MAKERS: Final = (
    _Maker("tags", "tag", "tag", {"tagType": "contact", "description": ""}),
    _Maker("accounts", "account", "name", {}),
)


def unknown_names(wanted: Iterable[str], book: Book) -> list[str]:
    """Those of the names that are not in the book, once each, as they are written first."""
    unknown: dict[str, str] = {}
    for name in wanted:
        if book.id_of(name) is None:
            unknown.setdefault(name_key(name), name)
    return list(unknown.values())


def read_again(names: Names, families: Iterable[str]) -> Asking[None]:
    """Note in `names` what was made of these resources since they were read."""
    families = sorted(families)
    result = yield from combined([read_all(family, family) for family in families])
    for family, records in zip(families, result, strict=True):
        for record in _book(family, records[family]).records.values():
            names.book(family).add(record.id, record.value, record.label)


def make_missing(names: Names, wanted: Mapping[str, Iterable[str]]) -> Asking[None]:
    """Create what is missing of the wanted names of `tags` and `accounts`, once each, and note it in `names`.

    A name that the account refuses is noted too: it fails the rows that need it, and no others.
    """
    missing = [
        (maker, name) for maker in _MAKERS
        for name in unknown_names(wanted.get(maker.plural, ()), names.book(maker.plural))
    ]  # fmt: skip
    made = yield from combined([_make(maker, name) for maker, name in missing])
    for identity, (maker, name) in zip(made, missing, strict=True):
        if isinstance(identity, Failure):
            names.refused[maker.plural, name_key(name)] = identity
        else:
            names.book(maker.plural).add(identity, name)


def _make(maker: _Maker, name: str) -> Asking[str | Failure]:
    what = f"{maker.singular} {name!r}"
    body = {maker.singular: {maker.attribute: name, **maker.body}}
    for attempt in ("create", "create again"):
        receipts = yield (
            Request(
                f"{attempt} {what}", "POST", maker.plural, body=body, repeatable=False, expects=maker.singular,
                keep=lambda reply: [str(id_of(reply[maker.singular])), reply[maker.singular].get(maker.attribute)],
                says={maker.attribute: answers.taken_for(name)},
            ),
        )  # fmt: skip
        identity, called = receipts[0].data if receipts[0].ok else ("", None)
        if receipts[0].ok and (called is None or answers.text(name)(called)):
            return str(identity)
        result = yield from read_all(maker.plural, maker.plural, (("search", name),))
        for record in result[maker.plural]:
            ours = record.get("tagType", "contact") == "contact"  # a template's tag may be called alike
            if ours and same_name(str(record[maker.attribute]), name):
                return str(record["id"])
        if receipts[0].ok:
            said = f"ActiveCampaign takes it for the {maker.singular} {called!r} ({identity}), which is another name."
            return _refusal(what, "another_name", said)
        if receipts[0].verdict is Verdict.REJECT:
            return _refusal(what, receipts[0].code, receipts[0].error)
    raise UnfinishedError("name_not_created", what=what, reason=receipts[0].error)


def _refusal(what: str, code: str, said: str) -> Failure:
    way = "Write another name, or what the account has; `⟦retry⟧` tries it again."
    return Failure(what, code, f"The {what} could not be created: {said.rstrip('.')}. {way}")


def read_active_automations() -> Asking[list[str]]:
    """The names of the account's active automations; which of them a change sets off, the API does not tell."""
    result = yield from read_allowed("automations", "automations", optional=True)
    if isinstance(result, Refused):
        return []
    return sorted(str(one.get("name")) for one in result["automations"] if str(one.get("status")) == "1")
