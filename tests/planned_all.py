"""Random folders of a whole account, planned and then carried out: it comes to what an import of the folder comes to.

`python -m tests.planned_all N` plays N of them and counts. What is expected is made of `plan.csv` alone, by other code.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bulk.resources import find, named
from bulk.resources.spec import Writing
from tests.called_with import numbers
from tests.planned import ATTRIBUTES, cut_off
from tests.world import World, report

PEOPLE = tuple(f"p{n}@example.com" for n in range(7))
TAGS, ACCOUNTS = ("VIP", "Trial", "Gold", "New"), ("Acme", "Other", "Harbour")
LISTS = ("Newsletter", "Customers", "Readers")  # the account has all but the last
PIPELINES = {"Sales": ("To Contact", "In Contact"), "Repairs": ("New", "Done"), "Loans": ("To Contact", "Follow Up")}
OWNER = "sandbox@example.com"
Rows = list[dict[str, str]]
SAYS_THE_API = {"mdate", "udate", "updatedTimestamp", "subscriber_count", "active_subscribers", "order"}


@dataclass
class Folder:
    """The files of a folder, and what an account has by names once they are imported.

    Who is not there is named beside nothing that would have to be made: an import makes that before it finds it out,
    and a plan does not.
    """

    files: dict[str, Rows] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=lambda: {"Newsletter", "Customers"})
    pipelines: set[str] = field(default_factory=lambda: {"Sales"})
    deals: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, chance: Random, before: Folder | None = None) -> Folder:
        """A random one for an account that has what came `before`."""
        folder = cls()
        if before is not None:
            folder.fields, folder.lists = set(before.fields), set(before.lists)
            folder.pipelines, folder.deals = set(before.pipelines), set(before.deals)
            folder.people, folder.tags, folder.accounts = set(before.people), set(before.tags), set(before.accounts)
        for make in (_fields, _tags, _lists, _pipelines, _stages, _accounts, _contacts, _links, _deals, _notes):
            if chance.random() < 0.75:
                make(folder, chance)
        return folder

    def write(self, place: Path) -> Path:
        """The folder on disk."""
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, rows in self.files.items():
            if rows:
                with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                    writer = csv.DictWriter(file, list(rows[0]))
                    writer.writeheader()
                    writer.writerows(rows)
        return place


def _some(chance: Random, of: Any, least: int = 1) -> list[Any]:
    values = sorted(of)
    return chance.sample(values, chance.randint(min(least, len(values)), len(values)))


def _text(chance: Random, name: str) -> str:
    return chance.choice(("", f"{name} {chance.randint(1, 2)}"))


def _fields(folder: Folder, chance: Random) -> None:
    rows = {
        "Color": {"title": "Color", "type": "text", "perstag": "COLOR", "options": ""},
        "Size": {"title": "Size", "type": "dropdown", "perstag": "SIZE", "options": chance.choice(("S,M", "S,M,L"))},
    }
    some = _some(chance, rows)
    folder.files["fields"] = [rows[name] | {"descript": _text(chance, "about")} for name in some]
    folder.fields |= set(some)


def _tags(folder: Folder, chance: Random) -> None:
    folder.files["tags"] = [{"tag": tag, "description": _text(chance, "tag")} for tag in _some(chance, TAGS)]
    folder.tags |= {row["tag"] for row in folder.files["tags"]}


def _lists(folder: Folder, chance: Random) -> None:
    some = _some(chance, ("Readers",))
    url = "https://www.example.com"
    folder.files["lists"] = [
        {"name": name, "stringid": name.lower(), "sender_url": url, "sender_reminder": "You asked for it",
         "description": _text(chance, "list")} for name in some
    ]  # fmt: skip
    folder.lists |= set(some)


def _pipelines(folder: Folder, chance: Random) -> None:
    some = _some(chance, PIPELINES)
    with_stages = chance.random() < 0.6
    folder.files["dealGroups"] = [
        {"title": name, "currency": chance.choice(("usd", "eur"))}
        | ({"stages": ",".join(PIPELINES[name]) if name != "Sales" else ""} if with_stages else {})
        for name in some
        if with_stages or name != "Repairs"
    ]
    folder.pipelines |= {row["title"] for row in folder.files["dealGroups"]}


def _stages(folder: Folder, chance: Random) -> None:
    folder.files["dealStages"] = [
        {"pipeline_title": pipeline, "title": title, "color": chance.choice(("", "19CCA3", "ff0000")),
         "width": chance.choice(("", "280", "300"))}
        for pipeline in _some(chance, folder.pipelines)
        for title in (*PIPELINES[pipeline], *chance.choice(((), ("Last",))))
    ]  # fmt: skip


def _accounts(folder: Folder, chance: Random) -> None:
    folder.files["accounts"] = [
        {"name": name, "accountUrl": chance.choice(("", "https://www.example.com")), "owner_email": OWNER}
        for name in _some(chance, ACCOUNTS)
    ]
    folder.accounts |= {row["name"] for row in folder.files["accounts"]}


def _contacts(folder: Folder, chance: Random) -> None:
    columns = {"firstName", "lastName", "tags", "lists", "unsubscribe_lists", "account", *folder.fields}
    columns = {name for name in sorted(columns) if chance.random() < 0.6}
    rows: Rows = []
    for email in chance.sample(PEOPLE, chance.randint(1, len(PEOPLE))):
        on = _some(chance, folder.lists, 0)
        at = chance.randint(0, len(on))
        cells = {
            "firstName": _text(chance, "First"), "lastName": _text(chance, "Last"),
            "tags": ",".join(chance.sample(TAGS, chance.randint(0, 2))), "lists": ",".join(on[:at]),
            "unsubscribe_lists": ",".join(on[at:]), "account": chance.choice(("", *ACCOUNTS)),
            "Color": _text(chance, "Color"), "Size": chance.choice(("", "S", "M")),
        }  # fmt: skip
        rows.append({"email": email} | {name: cells[name] for name in sorted(columns)})
        folder.people.add(email)
        folder.tags |= set(filter(None, rows[-1].get("tags", "").split(",")))
        folder.accounts |= set(filter(None, [rows[-1].get("account", "")]))
    folder.files["contacts"] = rows


def _links(folder: Folder, chance: Random) -> None:
    people = _some(chance, PEOPLE)
    pairs = [(email, name) for email in people for name in _some(chance, folder.lists)]
    folder.files["contactLists"] = [
        {"contact_email": email, "list_name": name, "status": chance.choice("1122")} for email, name in pairs
    ]
    folder.files["accountContacts"] = [
        {"account_name": account, "contact_email": email, "jobTitle": _text(chance, "Job")}
        for email in _some(chance, PEOPLE)
        if (account := _named(chance, folder, email, ACCOUNTS, folder.accounts))
    ]
    folder.files["contactTags"] = [
        {"contact_email": email, "tag_name": tag}
        for email in people
        if (tag := _named(chance, folder, email, TAGS, folder.tags))
    ]
    if "contacts" not in folder.files or "tags" not in folder.files["contacts"][0]:  # else that file is left out
        folder.tags |= {row["tag_name"] for row in folder.files["contactTags"]}
    folder.accounts |= {row["account_name"] for row in folder.files["accountContacts"]}
    if folder.fields:
        folder.files["fieldValues"] = [
            {"contact_email": email, "field_title": name, "value": "S" if name == "Size" else _text(chance, "Color")}
            for email in people
            for name in _some(chance, folder.fields)
        ]


def _named(chance: Random, folder: Folder, email: str, names: tuple[str, ...], there: set[str]) -> str:
    """A name beside a person; one that is there, if the person is not. "" if there is none."""
    return chance.choice(names if email in folder.people else sorted(there) or ("",))


def _deals(folder: Folder, chance: Random) -> None:
    rows: Rows = []
    for title in _some(chance, ("Loom", "Gin", "Mill")):
        pipeline, email = chance.choice(sorted(folder.pipelines)), chance.choice(PEOPLE)
        account = _named(chance, folder, email, ("", *ACCOUNTS), folder.accounts)
        folder.accounts |= {account} - {""}
        rows.append({
            "title": title, "contact_email": email, "account_name": account,
            "value": chance.choice(("1.00", "25.50")), "currency": "usd", "pipeline_title": pipeline,
            "stage_title": chance.choice(PIPELINES[pipeline]), "owner_email": OWNER,
        })  # fmt: skip
    folder.files["deals"] = rows
    folder.deals |= {row["title"] for row in rows}


def _notes(folder: Folder, chance: Random) -> None:
    on = [("contact", chance.choice(PEOPLE)), ("account", chance.choice(ACCOUNTS))]
    on += [("deal", title) for title in sorted(folder.deals)]
    titles = {"contact": "contact_email", "account": "account_name", "deal": "deal_title"}
    folder.files["notes"] = [
        {
            "note": _text(chance, "Note") or "Note",
            "reltype": what,
            **dict.fromkeys(titles.values(), ""),
            titles[what]: whom,
        }
        for what, whom in chance.sample(on, chance.randint(1, len(on)))
    ]


# ---- playing it


Tables = dict[str, dict[str, dict[str, str]]]


def account_before(world: World, folder: Folder) -> None:
    """The account as it is before, made of a folder."""
    if folder.files:
        world.import_all(folder.write(world.folder / "before"))
        shutil.rmtree(world.job.path)


def beside(world: World, name: str) -> World:
    """The same account once more."""
    source, target = world.folder / world.sandbox, world.folder / name
    if source.exists():
        shutil.copytree(source, target)
    return World(world.folder, world.monkeypatch, sandbox=name)


def exported(world: World, name: str) -> Path:
    """The account as a folder of files."""
    kept = world.folder / "kept"
    kept.mkdir(exist_ok=True)
    if world.job.path.exists():
        world.job.path.rename(kept / f"{name} {len(list(kept.iterdir()))}")
    assert world.export_all(world.folder / name).summary.complete
    shutil.rmtree(world.job.path)
    return world.folder / name


def tables(place: Path) -> Tables:
    """The records of an exported account, by resource and id."""
    result: Tables = {}
    for path in place.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            result[path.stem] = {line["id"]: line for line in csv.DictReader(file)}
    return result


def without_ids(place: Path) -> dict[str, Counter[tuple[str, ...]]]:
    """What an account is made of, ids and dates aside."""
    result: dict[str, Counter[tuple[str, ...]]] = {}
    for name, records in tables(place).items():
        resource = find(name)
        assert resource is not None
        own = {c.header for c in resource.columns if c.kind.name == "id" or not c.writable}
        result[name] = Counter(
            tuple(f"{column}={cell}" for column, cell in sorted(line.items()) if column not in own)
            for line in records.values()
        )
    return result


def ends(job: Path) -> dict[tuple[str, str], str]:
    """How each row of a job of many parts ended: what was done, or why it was not."""
    result = {}
    for part in job.iterdir():
        if part.is_dir():
            result |= {(part.name, line["_row"]): line["_action"] for line in report(part, "succeeded.csv")}
            result |= {(part.name, line["_row"]): line["_code"] for line in report(part, "failed.csv")}
    return result


def differences(done: dict[tuple[str, str], str], imported: dict[tuple[str, str], str]) -> dict[tuple[str, str], Any]:
    """The rows that ended otherwise than an import's, which sends what it has not read without knowing what was so."""
    unread = {("unchanged", "updated"), ("created", "updated"), ("unchanged", "created")}
    pairs = {key: (done.get(key, ""), imported.get(key, "")) for key in done | imported}
    return {
        key: pair for key, pair in pairs.items()
        if pair[0] != pair[1] and not (f"{key[0]}.csv" in _OF_PEOPLE and pair in unread)
    }  # fmt: skip


def lines_of(job: Path) -> Rows:
    """The lines of a plan."""
    return report(job, "plan.csv")


def becomes(lines: Rows) -> dict[tuple[str, str], str]:
    """What becomes of each row by its lines, in the words of the reports."""
    words = {"create": "created", "update": "updated", "unchanged": "unchanged", "delete": "deleted"}
    result: dict[tuple[str, str], str] = {}
    for line in lines:
        key = line["_file"].removesuffix(".csv"), line["_row"]
        result[key] = max(result.get(key, ""), words.get(line["_action"], line["_action"]))
    return result


def check_people(before: dict[str, Any], after: dict[str, Any], lines: Rows) -> None:
    """The people are what the lines say."""
    people = deepcopy(before)
    for line in lines:
        name, action, column, cell = (line[title] for title in ("_file", "_action", "column", "after"))
        if name not in _OF_PEOPLE or action in ("reject", "unchanged", "opted_out"):
            continue
        email = line["_key"].split(" · ")[0]
        new = dict.fromkeys(ATTRIBUTES, "") | {"tags": set(), "lists": {}, "account": [], "fields": {}}
        person = people.setdefault(email, new) if action == "create" else people[email]
        if action in ("add_tag", "remove_tag"):
            person["tags"] ^= {cell or line["before"]}
        elif action in ("subscribe", "unsubscribe"):
            person["lists"][cell] = "1" if action == "subscribe" else "2"
        elif column == "account":
            was, becomes = (line[title].partition(" (")[0] for title in ("before", "after"))
            person["account"] = [one for one in person["account"] if one != was] + ([becomes] if becomes else [])
        elif column in ("Color", "Size"):
            assert person["fields"].pop(column, "") == line["before"], line
            person["fields"] |= {column: cell} if cell else {}
        elif column != "email":
            assert person[column] == line["before"], line
            person[column] = cell
    assert people == after


_OF_PEOPLE = ("contacts.csv", "contactTags.csv", "contactLists.csv", "fieldValues.csv", "accountContacts.csv")


def check_records(before: Tables, after: Tables, lines: Rows, folder: Folder) -> None:
    """The records by themselves are what the lines say, and nothing else has changed."""
    for name in {line["_file"].removesuffix(".csv") for line in lines}:
        resource = named(name)
        if resource.writing is not Writing.RECORD:
            continue
        new = [record for identity, record in after[name].items() if identity not in before[name]]
        wanted = {identity: dict(record) for identity, record in before[name].items()}
        created: dict[str, dict[str, str]] = {}
        for line in lines:
            if line["_file"] != f"{name}.csv" or line["_action"] not in ("create", "update"):
                continue
            target = created.setdefault(line["_row"], {}) if not line["_id"] else wanted[line["_id"]]
            column, cell = _cell(line, folder, before, after)
            if column in ("options", "stages"):
                cell = ",".join(filter(None, (target.get(column), cell)))
            target[column] = cell
        for identity, record in wanted.items():
            differing = {c for c in record if record[c] != after[name][identity][c]} - SAYS_THE_API
            differing -= {"stages"} if name == "dealGroups" else set()  # dealStages.csv may have added some
            differing -= {"group", "stage"} if name == "deals" else set()  # of a new pipeline the line says the name
            assert not differing, (name, record, after[name][identity])
        for row in created.values():
            fits = [one for one in new if all(_is_so(one, column, cell) for column, cell in row.items())]
            if not fits and name == "dealStages":  # it comes with its pipeline, which another part makes
                continue
            assert fits, (name, row, new)
            if name not in ("notes", "dealStages"):
                new.remove(fits[0])


def _is_so(record: dict[str, str], column: str, cell: str) -> bool:
    """Whether a record is as the lines say; another file may add stages to a pipeline."""
    return record[column].startswith(cell) if column == "stages" else record[column] == cell


def _cell(line: dict[str, str], folder: Folder, before: Tables, after: Tables) -> tuple[str, str]:
    """The column and the cell of a line as an export shows them."""
    column, cell = line["column"], line["after"]
    if column == "relid" and cell and not cell.isdigit() and ".csv row " not in cell:  # an account made by its name
        return column, next(i for i, one in after["accounts"].items() if one["name"] == cell)
    if ".csv row " not in cell:
        ids = {"contact": ("contact_email", "contacts", "email")}
        if column in ids and cell:
            title, name, called = ids[column]
            return title, after[name][cell][called]
        return column, cell
    name, row = cell.split(".csv row ")
    source = folder.files[name][int(row) - 2]
    if column == "relid":
        alike = [i for i, one in after[name].items() if all(one[k] == v for k, v in source.items() if k in _CALLED)]
        return column, next((i for i in alike if i not in before[name]), alike[0])  # rather one that was made
    return "contact_email", source["email"]


_CALLED = ("email", "name", "title", "contact_email")


def play(world: World, chance: Random) -> tuple[Folder, Path]:
    """An account, and a folder to be planned on it: written by hand, or an export of this account or another."""
    first = Folder.of(chance) if chance.random() < 0.7 else Folder()
    account_before(world, first)
    kind = chance.choice(("by hand", "by hand", "own", "another's"))
    if kind != "by hand":
        source = world if kind == "own" else anothers(world, chance)
        place = exported(source, "in")
        for path in place.glob("*.csv"):
            columns_elsewhere = path.stem in ("fields", "dealCustomFieldMeta", "accountCustomFieldMeta")
            if not columns_elsewhere and chance.random() < 0.2:
                path.unlink()
        delete_some(world, chance)
        if any((place / f"{name}.csv").exists() for name in _FILES):
            files = {name: list(records.values()) for name, records in tables(place).items()}
            return Folder(files), place
    folder = Folder.of(chance, first)
    while not any(folder.files.values()):
        folder = Folder.of(chance, first)
    return folder, folder.write(world.folder / "in")


def anothers(world: World, chance: Random) -> World:
    """Another account, in which the ids are others."""
    source = World(world.folder, world.monkeypatch, sandbox="source", host="source.example.com")
    source.people([("x1@example.com", "X"), ("x2@example.com", "X")])
    account_before(source, Folder.of(chance))
    return source


def delete_some(world: World, chance: Random) -> None:
    """Let some of what an account has be gone, so that an export of it has ids that are nobody's by now."""
    for name in ("notes", "deals", "contacts", "accounts", "tags", "fields"):
        for record in world.ask(f"GET {name}").body[name]:
            if chance.random() < 0.3:
                world.ask(f"DELETE {name}/{record['id']}")


_FILES = ("contacts", "tags", "lists", "fields", "accounts", "deals", "notes")


def check(world: World, chance: Random) -> int:
    """Plan a folder and carry it out, and import it beside; gives how many lines the plan has."""
    folder, place = play(world, chance)
    other = beside(world, "other")
    before, people = tables(exported(world, "out before")), world.account()["contacts"]
    world.sent.clear()
    assert world.plan_all(place).error is None
    assert not [request for request, _reply in world.sent if request.method != "GET"]
    assert world.account()["contacts"] == people
    lines = lines_of(world.job.path)
    said = json.loads((world.job.path / "plan.json").read_text())
    world.sent.clear()
    assert world.apply_all().error is None
    done = ends(world.job.path)
    assert not {key: code for key, code in done.items() if code in ("changed_meanwhile", "not_made")}
    sums_agree(said, lines, world)
    out = exported(world, "out")
    other.import_all(place)
    assert differences(done, ends(other.job.path)) == {}
    assert without_ids(out) == without_ids(exported(other, "out other"))
    after = tables(out)
    check_people(people, world.account()["contacts"], lines)
    check_records(before, after, lines, folder)
    world.plan_all(place)
    left = [line for line in lines_of(world.job.path) if line["_action"] not in ("unchanged", "reject", "opted_out")]
    assert left == both_ways(left), "and nothing is left to be done"
    return len(lines)


def both_ways(lines: Rows) -> Rows:
    """Those of the lines that two files of a folder want in two ways, so that each import does them anew."""
    return [line for line in lines if line["_action"] in ("subscribe", "unsubscribe") or line["column"] in _TWICE]


_TWICE = ("account", "Color", "Size", "lists")


def sums_agree(said: dict[str, Any], lines: Rows, world: World) -> None:
    """The sums of a plan are those of its lines, and no more was written than they say."""
    changes = Counter(line["_action"] for line in lines if line["_action"] not in ("unchanged", "reject"))
    assert said["changes"] == changes
    rows = {(line["_file"], line["_row"]) for line in lines}
    assert sum(said["rows"].values()) == len(rows)
    writes = [request for request, _reply in world.sent if request.method != "GET"]
    made_with = [
        r for r in writes if r.step in ("show", "options") or (r.step.startswith("stage ") and r.method != "POST")
    ]
    assert len(writes) - len(made_with) <= said["writes"]["single"], [request.step for request in writes]


def check_killed(world: World, chance: Random) -> None:
    """Plan and apply, both cut off somewhere, and gone on with: the same comes to be."""
    _folder, place = play(world, chance)
    other = beside(world, "other")
    if cut_off(world, chance.randint(1, 60), lambda: world.plan_all(place)):
        if world.job.file("job.json").exists():
            world.resume_all()
        else:
            shutil.rmtree(world.job.path, ignore_errors=True)
            world.plan_all(place)
    for _time in range(3):
        if cut_off(world, chance.randint(0, 90), world.apply_all):
            world.resume_all()
    done = ends(world.job.path)
    assert not {key: code for key, code in done.items() if code in ("changed_meanwhile", "not_made")}
    out = exported(world, "out")
    other.import_all(place)
    assert differences(done, ends(other.job.path)) == {}
    assert without_ids(out) == without_ids(exported(other, "out other"))


def main() -> None:
    """Play many, and say how many came out otherwise than planned."""
    (plays, first), wrong, lines = numbers(__doc__, (None, 0)), 0, 0
    for seed in range(first, first + plays):
        with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:  # noqa: S108
            try:
                lines += check(World(Path(name), pytest.MonkeyPatch()), Random(seed))
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are played
                wrong += 1
                print(f"seed {seed}: {type(error).__name__} {str(error)[:800]}")
    print(f"{plays} plans of folders carried out, {lines:,} lines: {wrong} came out otherwise")


if __name__ == "__main__":
    main()
