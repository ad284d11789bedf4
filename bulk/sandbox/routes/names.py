"""tags, lists, fields with options and relations, accounts, users: what contacts are joined to. §3.2, §3.4, §4."""

from __future__ import annotations

from typing import Any, Final

from bulk.sandbox.calls import Answer, Call, Refusal, Selection, invalid, missing, page, whole

_TAG: Final = "id, tagType, tag, description, cdate"
_LIST: Final = "id, name, stringid, sender_url, sender_reminder, cdate, udate"
_FIELD: Final = "id, title, type, perstag, descript, isrequired, visible, ordernum, cdate, udate"
_OPTION: Final = "id, field, value, label, orderid, isdefault, cdate"
_ACCOUNT: Final = "id, name, accountUrl, createdTimestamp, updatedTimestamp"
_OPERATORS: Final = {
    "eq": "{} = ?", "neq": "{} <> ?", "lt": "{} < ?", "lte": "{} <= ?", "gt": "{} > ?", "gte": "{} >= ?",
    "contains": "instr(lower({}), lower(?)) > 0", "starts_with": "substr(lower({0}), 1, length(?)) = lower(?)",
}  # fmt: skip


def _name_filter(call: Call, column: str, plain: str, nested: str) -> tuple[list[str], list[Any]]:
    """The conditions of `search=x` and `filters[name][op]=x` on a column."""
    where: list[str] = []
    values: list[Any] = []
    for key, value in call.query:
        operator = "contains" if key in (plain, f"filters[{nested}]") and value else ""
        if key.startswith(f"filters[{nested}]["):
            operator = key.removeprefix(f"filters[{nested}][").removesuffix("]")
        if operator in _OPERATORS:
            sql = _OPERATORS[operator].format(column)
            where.append(sql)
            values += [value] * sql.count("?")
    return where, values


def _found(call: Call, table: str, columns: str, model: str, identity: int) -> tuple[Any, ...]:
    row = call.store.row(f"SELECT {columns} FROM {table} WHERE id = ?", (identity,))
    if row is None:
        raise missing(model, identity)
    return row


# ---- tags


def list_tags(call: Call) -> Answer:
    """GET /tags."""
    where, values = _name_filter(call, "tag", "search", "search")
    tags, total = page(call, Selection("tags", _TAG, where, values), call.shapes.tag)
    return 200, {"tags": tags, "meta": {"total": str(total)}}


def one_tag(call: Call) -> Answer:
    """GET /tags/{id}."""
    return 200, {"tag": call.shapes.tag(_found(call, "tags", _TAG, "Tag", call.ids[0]))}


def create_tag(call: Call) -> Answer:
    """POST /tags: a second tag of one type and name is refused, or the first is given (a switch: sources differ)."""
    sent = call.sent("tag")
    name, kind = str(sent.get("tag") or ""), str(sent.get("tagType") or "contact")
    if not name:
        raise invalid("The tag name was not provided.", "field_missing", "tag")
    row = call.store.row(f"SELECT {_TAG} FROM tags WHERE tagType = ? AND tag = ?", (kind, name))
    if row is not None:
        if call.switches.duplicate_tag == "existing":
            return 200, {"tag": call.shapes.tag(row)}
        error = f"Duplicate entry '{kind}-{name}' for key 'typetag'"
        raise Refusal(422, {"message": "Could not process request", "error": error})
    now = call.store.now()
    description = str(sent.get("description") or "")
    identity = call.store.write(
        "INSERT INTO tags (tagType, tag, description, cdate) VALUES (?, ?, ?, ?)", (kind, name, description, now)
    )
    links = call.shapes.links(f"tags/{identity}", "contactGoalTags", "templateTags")
    echo = {name: sent[name] for name in ("tag", "description", "tagType") if name in sent}
    return 201, {"tag": {**echo, "cdate": now, "links": links, "id": str(identity)}}


def update_tag(call: Call) -> Answer:
    """PUT or PATCH /tags/{id}: its memberships stay."""
    _found(call, "tags", _TAG, "Tag", call.ids[0])
    sent = call.sent("tag")
    for name in ("tag", "description", "tagType"):
        if name in sent:
            call.store.write(f"UPDATE tags SET {name} = ? WHERE id = ?", (str(sent[name]), call.ids[0]))
    return one_tag(call)


def delete_tag(call: Call) -> Answer:
    """DELETE /tags/{id}: its memberships go too."""
    _found(call, "tags", _TAG, "Tag", call.ids[0])
    call.store.write("DELETE FROM tags WHERE id = ?", call.ids)
    return 200, {}


# ---- lists


def list_lists(call: Call) -> Answer:
    """GET /lists."""
    where, values = _name_filter(call, "name", "", "name")
    lists, total = page(call, Selection("lists", _LIST, where, values), call.shapes.mailing_list)
    return 200, {"lists": lists, "meta": {"total": str(total)}}


def one_list(call: Call) -> Answer:
    """GET /lists/{id}."""
    return 200, {"list": call.shapes.mailing_list(_found(call, "lists", _LIST, "_List", call.ids[0]))}


def create_list(call: Call) -> Answer:
    """POST /lists."""
    sent = call.sent("list")
    for name in ("name", "stringid", "sender_url", "sender_reminder"):
        if not sent.get(name):
            raise invalid(f"The list {name} was not provided.", "field_missing", name)
    identity = call.store.add_list(*(str(sent[n]) for n in ("name", "stringid", "sender_url", "sender_reminder")))
    row = _found(call, "lists", _LIST, "_List", identity)
    full = call.shapes.mailing_list(row)
    extra = {name: full[name] for name in ("channel", "description", "userid", "cdate", "udate", "links", "id", "user")}
    return 201, {"list": {**sent, **extra}}


def update_list(call: Call) -> Answer:
    """PUT or PATCH /lists/{id}."""
    _found(call, "lists", _LIST, "_List", call.ids[0])
    sent = call.sent("list")
    for name in ("name", "stringid", "sender_url", "sender_reminder"):
        if name in sent:
            call.store.write(f"UPDATE lists SET {name} = ? WHERE id = ?", (str(sent[name]), call.ids[0]))
    return one_list(call)


def delete_list(call: Call) -> Answer:
    """DELETE /lists/{id}."""
    _found(call, "lists", _LIST, "_List", call.ids[0])
    call.store.write("DELETE FROM lists WHERE id = ?", call.ids)
    return 200, {}


# ---- fields


def _field(call: Call, row: tuple[Any, ...]) -> tuple[dict[str, Any], list[Any], list[Any]]:
    options = [
        call.shapes.option(option)
        for option in call.store.rows(f"SELECT {_OPTION} FROM fieldOptions WHERE field = ? ORDER BY orderid", row[:1])
    ]
    relations = [
        call.shapes.relation(relation)
        for relation in call.store.rows("SELECT id, field, relid, cdate FROM fieldRels WHERE field = ?", row[:1])
    ]
    field = call.shapes.field(row, [option["id"] for option in options], [relation["id"] for relation in relations])
    return field, options, relations


def list_fields(call: Call) -> Answer:
    """GET /fields: options and relations of the listed fields come beside them."""
    where, values = (["perstag = ?"], [tag]) if (tag := call.param("filters[perstag]")) else ([], [])
    found, total = page(call, Selection("fields", _FIELD, where, values), lambda row: _field(call, row))
    return 200, {
        "fieldOptions": [option for _field, options, _relations in found for option in options],
        "fieldRels": [relation for _field, _options, relations in found for relation in relations],
        "fields": [field for field, _options, _relations in found],
        "meta": {"total": str(total), "selected": None},
    }


def one_field(call: Call) -> Answer:
    """GET /fields/{id}."""
    field, options, relations = _field(call, _found(call, "fields", _FIELD, "Field", call.ids[0]))
    return 200, {"fieldOptions": options, "fieldRels": relations, "field": field}


def create_field(call: Call) -> Answer:
    """POST /fields."""
    sent = call.sent("field")
    title, kind = str(sent.get("title") or ""), str(sent.get("type") or "")
    for name, value in (("title", title), ("type", kind)):
        if not value:
            raise invalid(f"The field {name} was not provided.", "field_missing", name)
    if call.store.row("SELECT 1 FROM fields WHERE title = ?", (title,)):
        detail = f"The title {title} is already in use."
        error = {"title": "There is already a field with this title", "detail": detail, "code": "duplicate"}
        raise Refusal(422, {"errors": [error]})
    identity = call.store.add_field(title, kind, str(sent.get("perstag") or ""), str(sent.get("descript") or ""))
    full, _options, _relations = _field(call, _found(call, "fields", _FIELD, "Field", identity))
    made = {name: full[name] for name in ("created_by", "updated_by", "cdate", "udate", "perstag", "links", "id")}
    return 201, {"field": {**sent, **made, "ordernum": int(full["ordernum"])}}


def update_field(call: Call) -> Answer:
    """PUT /fields/{id}."""
    _found(call, "fields", _FIELD, "Field", call.ids[0])
    sent = call.sent("field")
    for name in ("title", "descript", "perstag"):
        if name in sent:
            call.store.write(f"UPDATE fields SET {name} = ? WHERE id = ?", (str(sent[name]), call.ids[0]))
    return one_field(call)


def delete_field(call: Call) -> Answer:
    """DELETE /fields/{id}: its values go too."""
    _found(call, "fields", _FIELD, "Field", call.ids[0])
    call.store.write("DELETE FROM fields WHERE id = ?", call.ids)
    return 200, {}


def create_options(call: Call) -> Answer:
    """POST /fieldOption/bulk."""
    sent = call.body.get("fieldOptions") if isinstance(call.body, dict) else None
    if not isinstance(sent, list) or not all(isinstance(option, dict) for option in sent):
        words = "Bulk operation failed. Request must contain an array of fieldOption objects."
        raise Refusal(422, {"errors": words})
    made = []
    for order, option in enumerate(sent, 1):
        field, value = whole(option.get("field")), str(option.get("value") or "")
        if field is None or call.store.row("SELECT 1 FROM fields WHERE id = ?", (field,)) is None:
            raise missing("Field", option.get("field") or 0)
        identity = call.store.add_option(
            field, value, str(option.get("label") or value), whole(option.get("orderid")) or order,
            default=bool(whole(option.get("isdefault"))),
        )  # fmt: skip
        made.append(call.shapes.option(_found(call, "fieldOptions", _OPTION, "FieldOption", identity)))
    return 201, {"fieldOptions": made}


def delete_option(call: Call) -> Answer:
    """DELETE /fieldOptions/{id}: 200 with no body."""
    _found(call, "fieldOptions", _OPTION, "FieldOption", call.ids[0])
    call.store.write("DELETE FROM fieldOptions WHERE id = ?", call.ids)
    return 200, None


def field_options(call: Call) -> Answer:
    """GET /fields/{id}/options."""
    _found(call, "fields", _FIELD, "Field", call.ids[0])
    rows = call.store.rows(f"SELECT {_OPTION} FROM fieldOptions WHERE field = ? ORDER BY orderid", call.ids)
    return 200, {"fieldOptions": [call.shapes.option(row) for row in rows]}


def create_relation(call: Call) -> Answer:
    """POST /fieldRels."""
    sent = call.sent("fieldRel")
    field, relid = whole(sent.get("field")), whole(sent.get("relid"))
    if field is None or call.store.row("SELECT 1 FROM fields WHERE id = ?", (field,)) is None:
        raise missing("Field", sent.get("field") or 0)
    now = call.store.now()
    identity = call.store.write(
        "INSERT INTO fieldRels (field, relid, cdate) VALUES (?, ?, ?)", (field, relid or 0, now)
    )
    echo = {name: sent[name] for name in ("field", "relid") if name in sent}
    return 201, {"fieldRel": {**echo, "dorder": "0", "cdate": now, "links": [], "id": str(identity)}}


# ---- accounts and users


def list_accounts(call: Call) -> Answer:
    """GET /accounts."""
    where, values = _name_filter(call, "name", "search", "name")
    accounts, total = page(call, Selection("accounts", _ACCOUNT, where, values), call.shapes.account)
    return 200, {"accounts": accounts, "meta": {"total": str(total)}}


def one_account(call: Call) -> Answer:
    """GET /accounts/{id}: without the counts."""
    account = call.shapes.account(_found(call, "accounts", _ACCOUNT, "CustomerAccount", call.ids[0]))
    return 200, {"account": {n: v for n, v in account.items() if n not in ("contactCount", "dealCount")}}


def _refuse_account_name(call: Call, name: str) -> None:
    if not name:
        raise invalid("The account name was not provided.", "field_missing", "name")
    if call.store.row("SELECT 1 FROM accounts WHERE name = ?", (name,)):
        words = f'An account named "{name}" already exists. Please choose a new name.'
        raise invalid(words, "duplicate", "name")


def create_account(call: Call) -> Answer:
    """POST /accounts."""
    sent = call.sent("account")
    name = str(sent.get("name") or "")
    _refuse_account_name(call, name)
    now = call.store.now()
    identity = call.store.write(
        "INSERT INTO accounts (name, accountUrl, createdTimestamp, updatedTimestamp) VALUES (?, ?, ?, ?)",
        (name, str(sent.get("accountUrl") or ""), now, now),
    )
    full = call.shapes.account(_found(call, "accounts", _ACCOUNT, "CustomerAccount", identity))
    made = {name: full[name] for name in ("createdTimestamp", "updatedTimestamp", "links", "id")}
    return 201, {"account": {**sent, **made, "fields": [], "customFieldSaveStatus": {"status": "success"}}}


def update_account(call: Call) -> Answer:
    """PUT or PATCH /accounts/{id}."""
    row = _found(call, "accounts", _ACCOUNT, "CustomerAccount", call.ids[0])
    sent = call.sent("account")
    if "name" in sent:
        if str(sent["name"]).casefold() != row[1].casefold():
            _refuse_account_name(call, str(sent["name"] or ""))
        call.store.write("UPDATE accounts SET name = ? WHERE id = ?", (str(sent["name"]), call.ids[0]))
    return one_account(call)


def delete_account(call: Call) -> Answer:
    """DELETE /accounts/{id}: its contacts leave it."""
    _found(call, "accounts", _ACCOUNT, "CustomerAccount", call.ids[0])
    call.store.write("DELETE FROM accounts WHERE id = ?", call.ids)
    return 200, {}


def me(call: Call) -> Answer:
    """GET /users/me."""
    return 200, {"user": call.shapes.user()}
