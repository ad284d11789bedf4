"""A zip of several CSVs as one import: each in turn, rows told apart by file and number, consent heeded across them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from bulk.cli.import_again import import_line
from bulk.errors import UsageError
from bulk.files.examples import MARK
from bulk.jobs.options import ImportOptions
from bulk.jobs.validate import validate
from bulk.resources import named
from tests.preset_files import FILES
from tests.undone import kept, people, undone
from tests.virtual import run
from tests.world import World, crashing, report

MAILCHIMP = next(one for one in FILES if one.name == "mailchimp")
SETS = {"lists": "Newsletter"}


def table(*rows: dict[str, str], more: tuple[str, ...] = ()) -> str:
    header = [*MAILCHIMP.header, *more]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def person(name: str, **more: str) -> dict[str, str]:
    return {"Email Address": f"{name}@example.com", "First Name": name.title(), **more}


def zipped(world: World, name: str = "audience.zip", **tables: str) -> Path:
    path = world.folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in tables.items():
            archive.writestr(f"{member}.csv".replace("__", "/"), text)
    return path


def audience(world: World) -> Path:
    return zipped(
        world,
        out__subscribed_export_1=table(person("ada"), person("ben"), person("cleo"), person("bad@")),
        out__unsubscribed_export_1=table(
            person("ben", UNSUB_TIME="2024-01-01 00:00:00"), person("dan", UNSUB_TIME="2024-01-02 00:00:00"),
            more=("UNSUB_TIME", "UNSUB_REASON"),
        ),
        out__cleaned_export_1=table(person("cleo"), person("eve"), more=("CLEAN_TIME",)),
        out__nonsubscribed_export_1=table(person("fay")),
    )  # fmt: skip


def lists(world: World) -> dict[str, str]:
    people = world.account()["contacts"].items()
    return {email.partition("@")[0]: one["lists"].get("Newsletter", "") for email, one in people}


def places(world: World, name: str) -> list[tuple[str, str, str]]:
    lines = report(world.job.path, name)
    return [(line["_file"].partition("/")[2].partition("_")[0], line["_row"], line["Email Address"]) for line in lines]


@pytest.mark.parametrize("engine", ["single", "batch"])
def test_an_audience_is_one_import_and_the_stricter_counts(world: World, engine):
    result = world.start(audience(world), sets=SETS, on_duplicate="first", engine=engine)
    assert lists(world) == {"ada": "1", "ben": "2", "cleo": "", "dan": "2", "eve": "", "fay": ""}
    rows = result.summary.rows
    assert rows["read"] == 9 == sum(count for name, count in rows.items() if name != "read")
    assert (rows["skipped"], rows["rejected"]) == (2, 1)
    assert places(world, "skipped.csv") == [
        ("unsubscribed", "2", "ben@example.com"), ("cleaned", "2", "cleo@example.com"),
    ]  # fmt: skip
    first = report(world.job.path, "skipped.csv")[0]["_reason"]
    assert first == "row 3 of out/subscribed_export_1.csv has the same Email Address and comes first"
    done = places(world, "succeeded.csv")
    assert ("unsubscribed", "3", "dan@example.com") in done
    codes = [line["_code"] for line in report(world.job.path, "failed.csv")]
    failed = dict(zip(places(world, "failed.csv"), codes, strict=True))
    assert failed[("subscribed", "5", "bad@@example.com")] == "email_invalid"
    assert failed[("subscribed", "4", "cleo@example.com")] == "bounced"
    assert failed[("nonsubscribed", "2", "fay@example.com")] == "unconfirmed"


def test_each_file_is_told_of_and_its_own_columns_stand_in_the_reports(world: World):
    world.start(audience(world), sets=SETS, on_duplicate="first")
    told = "\n".join(world.told.lines)
    assert "4 tables in a zip archive" in told
    assert "out/unsubscribed_export_1.csv: Mailchimp audience, unsubscribed" in told
    (dan,) = [line for line in report(world.job.path, "succeeded.csv") if line["Email Address"] == "dan@example.com"]
    assert dan["UNSUB_TIME"] == "2024-01-02 00:00:00"
    assert dan["_consent"] == "unsubscribed"


def test_failed_rows_fed_back_are_heeded_as_of_their_file(world: World):
    world.start(audience(world), sets=SETS, on_duplicate="first")
    before = world.folder / "before"
    world.job.path.rename(before)
    text = (before / "failed.csv").read_text(encoding="utf-8-sig")
    (before / "failed.csv").write_text(text.replace("bad@@", "bad@"), encoding="utf-8")
    world.start(before / "failed.csv", sets=SETS)
    assert lists(world)["bad"] == "1"
    assert {line["_code"] for line in report(world.job.path, "failed.csv")} == {"bounced", "unconfirmed"}
    assert {line["_file"] for line in report(world.job.path, "failed.csv")} >= {"out/nonsubscribed_export_1.csv"}


def test_a_plan_says_the_file_and_is_carried_out(world: World):
    world.plan(audience(world), sets=SETS, on_duplicate="first")
    lines = report(world.job.path, "plan.csv")
    assert {line["_file"].partition("/")[2].partition("_")[0] for line in lines} == {
        "subscribed", "unsubscribed", "cleaned", "nonsubscribed",
    }  # fmt: skip
    assert [line["_key"] for line in lines if line["_action"] == "subscribe"] == ["ada@example.com"]
    assert json.loads((world.job.path / "plan.json").read_text())["rows"]["create"] == 6
    world.apply()
    assert lists(world) == {"ada": "1", "ben": "2", "cleo": "", "dan": "2", "eve": "", "fay": ""}


@pytest.mark.parametrize(
    ("path", "after"), [("contact/sync", 0), ("contact/sync", 2), ("contact/sync", 5), ("contactLists", 1)]
)
def test_it_goes_on_where_it_was_cut_off(world: World, path, after):
    with crashing(world, path, after):
        world.start(audience(world), sets=SETS, on_duplicate="first", engine="single")
        pytest.fail("it was not cut off")
    result = world.resume()
    assert lists(world) == {"ada": "1", "ben": "2", "cleo": "", "dan": "2", "eve": "", "fay": ""}
    rows = result.summary.rows
    assert rows["read"] == 9 == sum(count for name, count in rows.items() if name != "read")


def test_it_is_taken_back_and_what_failed_is_sent_again(world: World):
    world.start(world.csv([("ada@example.com", "Ada L.")], "email,firstName"))
    kept(world, "before")
    before = people(world)
    world.start(audience(world), sets=SETS, on_duplicate="first", undoable=True)
    assert world.resume(retry=True).summary.rows["read"] == 9
    undone(world, kept(world, "imported"))
    assert people(world) == before
    rows = {line["row"] for line in report(world.job.path, "undo.csv")}
    assert {"2 of out/subscribed_export_1.csv", "2 of out/nonsubscribed_export_1.csv"} <= rows


def test_two_rows_of_one_key_in_two_files_are_refused_by_name(world: World):
    path = zipped(world, a="email\nada@example.com\n", b="\n\nemail\nben@example.com\nADA@example.com\n".lstrip())
    world.start(path)
    (line,) = report(world.job.path, "failed.csv")
    assert (line["_file"], line["_row"]) == ("b.csv", "3")
    assert line["_error"].startswith("email: 'ADA@example.com': Row 2 of a.csv has the same email.")


def test_tables_of_different_columns_go_together_and_what_lacks_says_nothing(world: World):
    world.start(world.csv([("ben@example.com", "Ben", "1")], "email,firstName,phone"))
    world.job.path.rename(world.folder / "before")
    path = zipped(world, a="email,firstName\nada@example.com,Ada\n", b="phone,email\n+1 555 0100,ben@example.com\nx\n")
    world.start(path)
    people = world.account()["contacts"]
    assert (people["ben@example.com"]["firstName"], people["ben@example.com"]["phone"]) == ("Ben", "+1 555 0100")
    (short,) = report(world.job.path, "failed.csv")
    assert (short["phone"], short["_file"], short["_row"], short["_missing"]) == ("x", "b.csv", "3", "email")
    world.job.path.rename(world.folder / "done")
    with pytest.raises(UsageError, match="different columns"):
        world.start(path, blank="clear")


def test_limit_counts_over_all(world: World):
    path = zipped(world, a="email\nada@example.com\nben@example.com\n", b="email\ncleo@example.com\ndan@example.com\n")
    assert world.start(path, limit=3).summary.rows["read"] == 3
    assert set(lists(world)) == {"ada", "ben", "cleo"}


def test_an_export_that_was_parted_sends_its_edits_alone(world: World):
    rows = [(f"p{n}@example.com", f"P{n}", f"+1 555 010{n}") for n in range(4)]
    world.start(world.csv(rows, "email,firstName,phone"))
    kept(world, "first")
    world.export(world.folder / "out.csv")
    kept(world, "exported")
    header, *lines = (world.folder / "out.csv").read_text(encoding="utf-8-sig").splitlines(keepends=True)
    world.ask("PUT contacts/1", {"contact": {"phone": "+1 555 0199"}})  # meanwhile: a cell that is no edit
    world.sent.clear()
    path = zipped(world, a=header + "".join(lines[:2]), b=header + lines[2] + lines[3].replace('"P3"', '"Edited"'))
    result = world.start(path)
    assert (result.summary.rows["succeeded"], result.summary.rows["unchanged"]) == (1, 3)
    assert [line["_file"] for line in report(world.job.path, "succeeded.csv")] == ["a.csv"] * 2 + ["b.csv"] * 2
    people_now = world.account()["contacts"]
    assert people_now["p3@example.com"]["firstName"] == "Edited"
    assert people_now["p0@example.com"]["phone"] == "+1 555 0199"


def test_what_cannot_go_together_is_refused_plainly(world: World):
    kit = next(one for one in FILES if one.name == "kit")
    with pytest.raises(UsageError, match=r"a\.csv \(Mailchimp audience\), b\.csv \(Kit subscribers\)"):
        world.start(zipped(world, a=table(person("ada")), b=",".join(kit.header) + "\n"))
    with pytest.raises(UsageError, match=r"(?s)b\.csv: .*email"):
        world.start(zipped(world, a="email\nada@example.com\n", b="tag\nVIP\n"))
    with pytest.raises(UsageError, match="different columns"):
        world.start(zipped(world, a="tag\nVIP\n", b="tag,description\nOne,x\n"), "tags")
    path = zipped(world, a="email\nada@example.com\n")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.zip", b"")
    with pytest.raises(UsageError, match=r"once more: more\.zip"):
        world.start(path)


def test_a_map_may_be_about_one_of_them(world: World):
    path = zipped(world, a="E-Mail,Vorname\nada@example.com,Ada\n", b="email,firstName\nben@example.com,Ben\n")
    world.start(path, maps={"E-Mail": "email", "Vorname": "firstName"})
    assert {one["firstName"] for one in world.account()["contacts"].values()} == {"Ada", "Ben"}


def test_what_is_read_of_each_is_said_of_each(world: World):
    mine = f"email,_example\nada@example.com,\njohn@example.com,{MARK}\n"
    path = zipped(world, a="E-Mail-Adresse,Vorname\nben@example.com,Ben\n", b=mine)
    assert world.start(path).summary.rows["read"] == 2
    assert "a.csv: Read as: E-Mail-Adresse = email, Vorname = firstName" in world.told.lines
    assert any(line.startswith("b.csv: Row 3 is the template's example") for line in world.told.lines)
    assert {line["_row"] for line in report(world.job.path, "succeeded.csv")} == {"2"}


def fed_back(world: World, fixes: dict[str, str], **options: object) -> list[str]:
    """Fix cells of failed.csv and import it as the command says; gives its titles before our own."""
    before = kept(world, "before")
    failed = before.file("failed.csv")
    line = import_line(failed, before.record())
    text = failed.read_text(encoding="utf-8-sig")
    for wrong, right in fixes.items():
        text = text.replace(wrong, right)
    failed.write_text(text, encoding="utf-8")
    maps = {title: to for title, to in options.pop("maps", {}).items() if f"--map {title}={to}" in line}
    result = world.start(failed, maps=maps, **options)
    assert result.summary.rows["read"] == result.summary.rows["succeeded"]
    titles = next(csv.reader([text.splitlines()[0]]))
    return titles[: titles.index("_file")]


@pytest.mark.parametrize("others", ["", "Vorname,Rufname"])
def test_what_failed_of_tables_with_other_titles_is_imported_again(world: World, others: str):
    de = "E-Mail-Adresse,Vorname\ndan@@example.com,Dan\n"
    ways = {"ignore_unknown": True} if others else {}
    tables = {"en": "email,First Name\nada@@example.com,Ada\n", "de": de}
    if others:  # of which none may be read by itself
        tables["both"] = f"email,{others}\neve@@example.com,Eva,Evi\n"
    world.start(zipped(world, **tables), **ways)
    titles = fed_back(world, {"@@": "@"}, **ways)
    assert titles[:2] == ["email", "firstName"]
    contacts = world.account()["contacts"]
    assert {email: one["firstName"] for email, one in contacts.items()} == {
        "ada@example.com": "Ada", "dan@example.com": "Dan", **({"eve@example.com": ""} if others else {}),
    }  # fmt: skip


def test_the_command_has_the_maps_of_columns_that_the_report_has(world: World):
    maps = {"Anschrift": "email", "Was": "firstName", "Note": ""}
    world.start(
        zipped(world, a="Anschrift,Was,Note\nada@@example.com,Ada,x\n", b="email,Was\nben@@example.com,Ben\n"),
        maps=maps,
    )
    assert fed_back(world, {"@@": "@"}, maps=maps) == ["email", "Was", "Note"]
    assert {one["firstName"] for one in world.account()["contacts"].values()} == {"Ada", "Ben"}


def test_a_validation_tells_the_file(world: World):
    path = zipped(world, a="email\nada@example.com\n", b="email\nbad\n")
    options = ImportOptions(rate=0)
    findings = run(lambda: validate(named("contacts"), path, options, world.setting, offline=True))
    assert [findings.place(issue) for issue in findings.issues] == [("b.csv", 2)]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_who_left_by_one_table_is_not_subscribed_by_another_whatever_the_encoding(world: World, encoding: str):
    header = next(one for one in FILES if one.name == "outlook").header
    at, first = header.index("E-mail Address"), 0

    def rows(name: str, *more: str) -> bytes:
        cells = [""] * len(header)
        cells[first], cells[at] = "Zoë", f"{name}@example.com"
        lines = [*header, *more], [*cells, *("yes" for _ in more)]
        return "\n".join(map(",".join, lines)).encode(encoding)

    path = world.folder / "people.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("left.csv", rows("zoe", "Left"))
        archive.writestr("all.csv", rows("zoe"))
    world.start(path, sets=SETS, maps={"Left": "opted_out"}, on_duplicate="last", preset="outlook")
    assert lists(world) in ({}, {"zoe": ""}, {"zoe": "2"})
