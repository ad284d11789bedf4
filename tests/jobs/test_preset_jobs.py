"""Files of other programs on their way into an account: what is planned, sent, reported, sent again and taken back."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest

from bulk.cli.import_again import import_line
from bulk.jobs.validate import validate
from bulk.library.options import parse_sets
from bulk.resources import named
from tests.preset_files import FILES, ProgramFile
from tests.virtual import run
from tests.world import World, check_reports, report

KIT = "first_name,email,created_at,status"
PEOPLE = [
    ("Ada", "ada@example.com", "2024-01-27T20:22:50Z", "active"),
    ("Ben", "ben@example.com", "", "Cancelled"),
    ("Cleo", "cleo@example.com", "", "BOUNCED"),
    ("Dan", "dan@example.com", "", "inactive"),
    ("Eve", "eve@example.com", "", "whatever"),
]
REFUSED = {"cleo": "bounced", "dan": "unconfirmed", "eve": "unclear"}
SETS = {"lists": "Newsletter", "tags": "From Kit"}


def written(world: World, program: ProgramFile, rows: list[list[str]], name: str = "people.csv"):
    path = world.folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=program.delimiter).writerows([program.header, *rows])
    return path


def lists(world: World) -> dict[str, str]:
    return {email: person["lists"].get("Newsletter", "") for email, person in world.account()["contacts"].items()}


def codes(world: World) -> dict[str, str]:
    return {line["email"]: line["_code"] for line in report(world.job.path, "failed.csv")}


def test_consent_of_the_file_decides_who_is_subscribed(world: World):
    result = world.start(world.csv(PEOPLE, KIT), sets=SETS)
    assert lists(world) == {
        "ada@example.com": "1", "ben@example.com": "2", "cleo@example.com": "", "dan@example.com": "",
        "eve@example.com": "",
    }  # fmt: skip
    assert codes(world) == {f"{name}@example.com": code for name, code in REFUSED.items()}
    assert {frozenset(person["tags"]) for person in world.account()["contacts"].values()} == {frozenset({"From Kit"})}
    assert result.summary.rows["failed"] == 3
    check_reports(world.job.path, KIT, ["_consent"])  # with the columns of the file and no others
    assert "Kit subscribers: 3 columns used, 1 left out: created_at." in world.told.lines
    assert json.loads((world.job.path / "job.json").read_text())["options"]["sets"] == SETS


def test_nobody_is_subscribed_by_asking_otherwise(world: World):
    world.start(world.csv(PEOPLE, KIT), sets=SETS, resubscribe=True, on_duplicate="last")
    assert [email for email, status in lists(world).items() if status == "1"] == ["ada@example.com"]


def test_without_a_list_nothing_is_done_but_said(world: World):
    result = world.start(world.csv(PEOPLE, KIT))
    assert set(lists(world).values()) == {""}
    assert result.summary.rows["succeeded"] == len(PEOPLE)
    assert any("1 unsubscribed, 1 bounced, 1 not confirmed, 1 of unclear" in line for line in world.told.lines)


def test_who_is_there_and_has_left_elsewhere_is_unsubscribed_here(world: World):
    world.start(world.csv([("ben@example.com", "Newsletter")], "email,lists"))
    world.job.path.rename(world.folder / "before")
    assert lists(world) == {"ben@example.com": "1"}
    world.start(world.csv(PEOPLE, KIT), sets=SETS)
    assert lists(world)["ben@example.com"] == "2"


def test_a_plan_says_it_and_carries_it_out(world: World):
    world.plan(world.csv(PEOPLE, KIT), sets=SETS)
    lines = report(world.job.path, "plan.csv")
    refused = {line["_key"]: line["before"].partition(":")[0] for line in lines if line["_action"] == "opted_out"}
    assert refused == {
        "cleo@example.com": "bounced",
        "dan@example.com": "unconfirmed",
        "eve@example.com": "unclear",
    }
    assert [line["_key"] for line in lines if line["_action"] == "subscribe"] == ["ada@example.com"]
    assert [line["_key"] for line in lines if line["_action"] == "unsubscribe"] == ["ben@example.com"]
    world.apply()
    assert (lists(world)["ada@example.com"], lists(world)["ben@example.com"]) == ("1", "2")


def test_a_retry_and_the_report_itself_subscribe_nobody_more(world: World):
    world.start(world.csv(PEOPLE, KIT), sets=SETS)
    before = lists(world)
    world.resume(retry=True)
    assert lists(world) == before
    failed = world.job.path / "failed.csv"
    line = import_line(failed, world.job.record())
    assert "--set lists=Newsletter" in line
    assert "--set 'tags=From Kit'" in line
    world.job.path.rename(world.folder / "jobs" / "before")
    world.start(world.folder / "jobs" / "before" / "failed.csv", sets=SETS)
    assert lists(world) == before


def test_the_report_of_a_file_whose_name_counted_goes_by_that_name(world: World):
    program = FILES[0]
    path = written(world, program, [program.row], "nonsubscribed_members_export_1.csv")
    world.start(path, sets=SETS)
    assert lists(world) == {"ada@example.com": ""}
    world.job.path.rename(world.folder / "jobs" / "before")
    world.start(world.folder / "jobs" / "before" / "failed.csv", sets=SETS)
    assert lists(world) == {"ada@example.com": ""}
    assert [line["_code"] for line in report(world.job.path, "failed.csv")] == ["unconfirmed"]


def test_an_import_again_changes_nothing(world: World):
    path = world.csv(PEOPLE[:2], KIT)
    world.start(path, sets=SETS)
    world.job.path.rename(world.folder / "jobs" / "before")
    world.plan(path, sets=SETS)
    assert {line["_action"] for line in report(world.job.path, "plan.csv")} == {"unchanged"}


def test_what_is_validated_is_what_is_imported(world: World):
    from bulk.jobs.options import ImportOptions

    path = world.csv([*PEOPLE, ("Fay", "no address", "", "active")], KIT)
    for offline in (True, False):

        async def check(offline: bool = offline):
            options = ImportOptions(rate=0, sets=SETS)
            return await validate(named("contacts"), path, options, world.setting, offline=offline)

        findings = run(check)
        assert (findings.tally.read, findings.tally.rejected) == (6, 1)


def test_sets_as_they_are_written():
    assert parse_sets(["tags=A", "Tags=B,A", "phone=a=b"], ",") == {"tags": "A,B", "phone": "a=b"}


def test_a_custom_field_takes_a_column_and_a_set(world: World):
    world.ask("POST fields", {"field": {"title": "Created", "type": "date"}})
    world.ask("POST fields", {"field": {"title": "Origin", "type": "text"}})
    header = "Record ID,Email,Lead Status,Create Date"
    rows = [("1", "ada@example.com", "New", "3/15/2024 2:30 PM"), ("2", "b@example.com", "New", "2024-01-27 20:22")]
    world.start(world.csv(rows, header), sets={"Origin": "HubSpot"})
    people = world.account()["contacts"]
    assert people["ada@example.com"]["fields"] == {"Created": "2024-03-15", "Origin": "HubSpot"}


@pytest.mark.some(10)
@pytest.mark.parametrize("engine", ["single", "batch"])
@pytest.mark.parametrize("program", [p for p in FILES if p.against()], ids=lambda program: program.name)
def test_of_no_program_anybody_is_subscribed_whom_its_file_marks(world: World, program, engine):
    rows = [program.row, *program.against()]
    result = world.start(written(world, program, rows), sets={"lists": "Newsletter"}, engine=engine)
    assert result.summary.rows["read"] == len(rows)
    assert [email for email, status in lists(world).items() if status == "1"] == ["ada@example.com"]


# ---- exports as programs write them

STATUS = {  # the column that says how people stand, and what its words come to
    "activecampaign_contacts": ("Status", {"Active": "1", "Unsubscribed": "2"}),
    "brevo_contacts": ("EMAIL_BLACKLISTED", {"No": "1", "Yes": "2"}),
    "salesforce_dataloader_contacts": ("HASOPTEDOUTOFEMAIL", {"false": "1", "true": "2"}),
    "shopify_customers_export": ("Accepts Email Marketing", {"yes": "1", "no": "2"}),
    "google_contacts_2024": None, "hubspot_contacts": None, "outlook_contacts_cp1252": None,
}  # fmt: skip
SEPARATORS = {"comma": ",", "semicolon": ";", ":::": ":::"}


def expected(data, status) -> dict[str, dict]:
    """The people of a file by address, out of its records and what each column is said to be."""
    people: dict[str, dict] = {}
    for record in data["records_as_in_file"]:
        cells = dict(zip(data["header"], record, strict=True))
        person: dict = {"tags": set()}
        for title, target in data["mapping"].items():
            cell = cells[title].strip().removeprefix("'")
            word = target.split(" ")[0]
            if word in ("email", "firstName", "lastName", "phone", "account") and "lookup" not in target:
                person[word] = person.get(word) or cell
            elif word == "tags":
                sign = next(sign for name, sign in SEPARATORS.items() if name in target)
                person["tags"] = {each.strip() for each in cell.split(sign)} - {"", "* myContacts"}
        person["status"] = "1" if status is None else status[1].get(cells[status[0]], "")
        if "@" in person["email"]:
            people.setdefault(person["email"].lower(), person)
    return people


@pytest.mark.parametrize("name", STATUS)
def test_an_export_loads_with_no_option_but_a_list(world: World, corpora, name):
    folder = corpora / "exports" / "header-true"
    data = json.loads((folder / f"{name}.expected.json").read_text("utf-8"))
    result = world.start(folder / f"{name}.csv", sets={"lists": "Newsletter"})
    actual = {
        email.lower(): {
            "email": email, **{of: person[of].strip() for of in ("firstName", "lastName", "phone")},
            "account": "".join(person["account"]), "tags": person["tags"],
            "status": person["lists"].get("Newsletter", ""),
        }
        for email, person in world.account()["contacts"].items()
    }  # fmt: skip
    wanted = {email: {"account": "", **person} for email, person in expected(data, STATUS[name]).items()}
    assert actual == wanted
    assert result.summary.rows["read"] == 12
    assert result.summary.rows["rejected"] == 3  # without an address, with none, and a second time


@pytest.mark.parametrize(
    ("name", "stands"),
    [("mailchimp/subscribed", "1"), ("mailchimp/unsubscribed", "2"), ("mailchimp/cleaned", "")],
)
def test_an_audience_loads_by_the_names_of_its_files(world: World, corpora, name, stands):
    path = corpora / "exports" / "ghost-migrate" / f"{name}.csv"
    world.start(path, sets={"lists": "Newsletter"})
    assert set(lists(world).values()) == {stands}
    assert len(lists(world)) == 5


@pytest.mark.parametrize("name", ["signup_emails", "subscriber_emails"])
def test_old_lists_of_substack_load(world: World, corpora, name):
    path = corpora / "exports" / "ghost-migrate" / "substack" / f"{name}.csv"
    records = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    result = world.start(path, sets={"lists": "Newsletter"})
    stand = lists(world)
    assert {email.lower() for email, status in stand.items() if status == "1"} == {
        record["email"].lower() for record in records if record["email_disabled"] != "true"
    }
    assert result.summary.rows["rejected"] == 0


@pytest.mark.parametrize(
    ("member", "stands"), [("subscribed_members_export_1.csv", "1"), ("cleaned_members_export_1.csv", "")]
)
def test_in_an_archive_the_name_of_the_table_says_who_is_in_it(world: World, member: str, stands: str):
    program = next(one for one in FILES if one.name == "mailchimp")
    table = written(world, program, [program.row], member)
    path = world.folder / "audience.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(table, member)
    world.start(path, sets={"lists": "Newsletter"})
    assert set(lists(world).values()) == {stands}
