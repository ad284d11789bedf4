"""The account's own names: its custom fields, lists, tags and accounts. Read once before the rows; made where missing.

Resolves what people write (a tag's name, a field's title) to what the API takes (ids), and the other way round.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bulk.errors import AbortedError, UnfinishedError
from bulk.model import Json, Request, Verdict
from bulk.planning.collections import RETRY_HINT, accepted, read_all
from bulk.planning.together import Asking, together
from bulk.resources.kinds import FIELD_TYPES, TEXT, Option
from bulk.resources.spec import CUSTOM, Column, Resource, normalise

_HOST: Final = re.compile(r"https?://([^/]+)/")


@dataclass(frozen=True, slots=True)
class CustomField:
    """A contact custom field of the account."""

    id: str
    title: str
    perstag: str
    type: str
    options: tuple[Option, ...] = ()


@dataclass(slots=True)
class Names:
    """What the account is called by and what it holds by name. Grows only by `make_missing`.

    `tags` and `accounts` map case-folded names to ids, `tag_names` and `account_names` ids to names.
    """

    host: str = ""
    fields: tuple[CustomField, ...] = ()
    lists: tuple[Option, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    tag_names: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    account_names: dict[str, str] = field(default_factory=dict)

    def add_tag(self, identity: str, name: str) -> None:
        """Note a tag that exists."""
        self.tags.setdefault(name.casefold(), identity)
        self.tag_names[identity] = name

    def add_account(self, identity: str, name: str) -> None:
        """Note an account that exists."""
        self.accounts.setdefault(name.casefold(), identity)
        self.account_names[identity] = name


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
    return host_of(user) or (str(user.get("id", "")) if isinstance(user, dict) else "")


def read_names(
    *, identity: bool = True, fields: bool = True, tags: bool = True, accounts: bool = True
) -> Asking[Names]:
    """Read who the account is, its fields and lists, tags, accounts, as wanted: all pages, side by side."""
    wanted: list[Asking[Json]] = [
        read_all("fields", "fields", beside=("fieldOptions",)) if fields else _nothing(),
        read_all("lists", "lists") if fields else _nothing(),
        read_all("tags", "tags") if tags else _nothing(),
        read_all("accounts", "accounts") if accounts else _nothing(),
    ]
    found, lists, tag_pages, account_pages = yield from together(wanted)
    records = [*(found or {}).get("fields", ()), *(lists or {}).get("lists", ())]
    host = next((host for host in map(host_of, records) if host), "")
    if identity and not host:  # an account without fields and lists
        host = yield from read_identity()
    names = Names(
        host=host,
        fields=_custom_fields(found["fields"], found["fieldOptions"]) if found else (),
        lists=tuple(
            Option(str(row["name"]), str(row.get("stringid") or ""), str(row["id"]))
            for row in (lists or {}).get("lists", ())
        ),
    )
    for row in (tag_pages or {}).get("tags", ()):
        if row.get("tagType", "contact") == "contact":
            names.add_tag(str(row["id"]), str(row["tag"]))
    for row in (account_pages or {}).get("accounts", ()):
        names.add_account(str(row["id"]), str(row["name"]))
    return names


def _nothing() -> Asking[Json]:
    yield from ()
    return None


def _custom_fields(fields: Sequence[Json], options: Sequence[Json]) -> tuple[CustomField, ...]:
    by_field: dict[str, list[Json]] = {}
    for option in options:
        by_field.setdefault(str(option["field"]), []).append(option)

    def order(option: Json) -> int:
        try:
            return int(option.get("orderid") or 0)
        except ValueError:
            return 0

    return tuple(
        CustomField(
            str(row["id"]),
            str(row["title"]),
            str(row.get("perstag") or ""),
            str(row["type"]),
            tuple(
                Option(str(option["value"]), str(option.get("label") or ""))
                for option in sorted(by_field.get(str(row["id"]), ()), key=order)
            ),
        )
        for row in fields
    )


def columns_of(resource: Resource, names: Names | None, separator: str = ",") -> tuple[Column, ...]:
    """The resource's columns in this account: the declared ones, knowing its lists, and one for each custom field.

    A field whose title is taken (by an attribute or another field), or begins like a column of ours, goes by its
    `%PERSTAG%`. Without `names` the columns are those that every account has.
    """
    lists = {"lists", "unsubscribe_lists"} if names is not None else set()
    columns = [
        replace(column, separator=separator, options=names.lists if names and column.attribute in lists else None)
        for column in resource.columns
    ]
    if names is None or not resource.custom_fields:
        return tuple(columns)
    taken = Counter(normalise(title) for title in [*(c.attribute for c in columns), *(f.title for f in names.fields)])
    for custom in names.fields:
        kind = FIELD_TYPES.get(custom.type, TEXT)
        tag = f"%{custom.perstag}%"
        unique = taken[normalise(custom.title)] == 1 and custom.title.strip()[:1] not in ("", "_")
        columns.append(
            Column(
                f"{CUSTOM}{custom.id}",
                kind,
                title=custom.title if unique or not custom.perstag else tag,
                aliases=(tag, custom.perstag) if custom.perstag and normalise(custom.perstag) not in taken else (tag,),
                options=custom.options if kind.name in ("option", "options") else None,
                separator=separator,
                example=custom.options[0].value if custom.options else kind.example,
                about=f"custom field, {kind.about}",
            )
        )
    return tuple(columns)


# ---- making what is missing


@dataclass(frozen=True, slots=True)
class _Maker:
    """How one kind of name is looked up and made. Creating is not repeatable: whatever goes wrong, we look again."""

    plural: str
    singular: str
    attribute: str
    body: dict[str, str]


_TAG: Final = _Maker("tags", "tag", "tag", {"tagType": "contact", "description": ""})
_ACCOUNT: Final = _Maker("accounts", "account", "name", {})


def make_missing(names: Names, tags: Iterable[str], accounts: Iterable[str]) -> Asking[None]:
    """Create the tags and accounts that are missing, once each, and note them in `names`."""
    new_tags = _unknown(tags, names.tags)
    new_accounts = _unknown(accounts, names.accounts)
    made = yield from together([
        *(_make(_TAG, name) for name in new_tags),
        *(_make(_ACCOUNT, name) for name in new_accounts),
    ])  # fmt: skip
    for identity, name in zip(made, new_tags, strict=False):
        names.add_tag(identity, name)
    for identity, name in zip(made[len(new_tags) :], new_accounts, strict=True):
        names.add_account(identity, name)


def _unknown(wanted: Iterable[str], known: Mapping[str, str]) -> list[str]:
    """Those of the names that are not known, once each, as they are written first."""
    unknown: dict[str, str] = {}
    for name in wanted:
        if name.casefold() not in known:
            unknown.setdefault(name.casefold(), name)
    return list(unknown.values())


def _make(maker: _Maker, name: str) -> Asking[str]:
    what = f"{maker.singular} {name!r}"
    body = {maker.singular: {maker.attribute: name, **maker.body}}
    for attempt in ("create", "create again"):
        receipts = yield (
            Request(
                f"{attempt} {what}", "POST", maker.plural, body=body, repeatable=False, expects=maker.singular,
                keep=lambda reply: str(reply[maker.singular]["id"]),
            ),
        )  # fmt: skip
        if receipts[0].ok:
            return str(receipts[0].data)
        found = yield from read_all(maker.plural, maker.plural, (("search", name),))
        for record in found[maker.plural]:
            ours = record.get("tagType", "contact") == "contact"  # a template's tag may be called alike
            if ours and str(record[maker.attribute]).casefold() == name.casefold():
                return str(record["id"])
        if receipts[0].verdict is Verdict.REJECT:
            raise AbortedError(f"The {what} could not be created: {receipts[0].error}")
    raise UnfinishedError(f"The {what} could not be created: {receipts[0].error}. {RETRY_HINT}")
