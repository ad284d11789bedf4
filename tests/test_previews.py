"""A look at a file, its problems and its corrections, and what a program was given, as the library offers them."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.library import Account, ImportOptions
from bulk.library.previews import (
    LEFT_OUT,
    READ,
    UNDECIDED,
    Edits,
    Names,
    OpenFile,
    Preview,
    Problems,
    lists_in,
    names_of,
    open_file,
    open_table,
    preview,
)
from bulk.library.progress import Silent
from bulk.library.uploads import Upload, new_upload, safe_name, upload_in, uploads_in
from tests.app.files import hubspot


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Names:
    """What the sandbox's account is called by."""
    account = Account.sandbox(tmp_path_factory.mktemp("sandbox") / "bulk-sandbox")
    return anyio.run(lambda: names_of("contacts", account))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    return path


def opened(path: Path, names: Names, **options: object) -> OpenFile:
    chosen = ImportOptions(**options)
    return open_file(open_table("contacts", path, chosen), chosen, names)


def looked(path: Path, names: Names, **options: object) -> Preview:
    chosen = ImportOptions(**options)
    return preview(open_table("contacts", path, chosen), chosen, names)


def becomes(path: Path, names: Names, **options: object) -> dict[str, str]:
    seen = looked(path, names, **options)
    return {column.title: column.becomes for column in seen.columns}


def test_a_preset_fills_in_what_columns_become(tmp_path: Path, names: Names):
    seen = looked(hubspot(tmp_path), names)
    assert seen.label == "HubSpot contacts"
    assert seen.refusal is None
    columns = {column.title: column for column in seen.columns}
    assert {title: column.becomes for title, column in columns.items()} == {
        "Record ID": LEFT_OUT, "First Name": "firstName", "Last Name": "lastName", "Email": "email",
        "Phone Number": "phone", "Lead Status": LEFT_OUT, "Create Date": LEFT_OUT,
        "Unsubscribed from all email": READ,
    }  # fmt: skip
    assert columns["Record ID"].note == "HubSpot's own id"
    assert columns["First Name"].values == ("Ada", "Grace", "Alan")
    assert seen.maps({}) == {}, "what is proposed needs no word"
    assert seen.maps({"Phone Number": "", "Lead Status": "tags"}) == {"Phone Number": "", "Lead Status": "tags"}


def test_what_nobody_knows_is_left_out_and_what_may_be_consent_is_asked(tmp_path: Path, names: Names):
    path = written(tmp_path, "Email,birth day,Shoe size,GDPR consent,_row\na@example.com,1990-01-01,38,yes,7\n")
    seen = looked(path, names)
    assert {column.title: column.becomes for column in seen.columns} == {
        "Email": "email", "birth day": "field:3", "Shoe size": LEFT_OUT, "GDPR consent": UNDECIDED,
    }  # fmt: skip
    assert seen.refusal is not None
    assert seen.refusal.code == "header_unclear"
    assert "GDPR consent" in str(seen.refusal)
    maps = seen.maps({"GDPR consent": "consent"})
    assert maps == {"Shoe size": "", "GDPR consent": "consent"}
    assert looked(path, names, maps=maps).refusal is None
    assert becomes(path, names, maps=maps)["GDPR consent"] == "consent"


def test_a_column_that_tells_consent_by_its_cells_alone_is_asked_about(tmp_path: Path, names: Names):
    seen = looked(written(tmp_path, "Email,Zustandsart\nada@example.com,unsubscribed\n"), names)
    assert {column.title: column.becomes for column in seen.columns} == {"Email": "email", "Zustandsart": UNDECIDED}


def test_titles_in_other_languages_are_proposed_as_an_import_reads_them(tmp_path: Path, names: Names):
    seen = looked(written(tmp_path, "E-Mail-Adresse,Vorname,Nachname\nada@example.com,Ada,L\n"), names)
    assert [column.becomes for column in seen.columns] == ["email", "firstName", "lastName"]
    assert seen.refusal is None


def test_what_an_import_would_refuse_is_told(tmp_path: Path, names: Names):
    seen = looked(written(tmp_path, "Name,Town\nAda,London\n"), names)
    assert seen.refusal is not None
    assert seen.refusal.code == "header_unclear"
    assert "no column 'email'" in str(seen.refusal)
    with pytest.raises(UsageError):
        looked(tmp_path / "none.csv", names)


def test_what_is_proposed_is_what_an_import_does(tmp_path: Path, names: Names):
    path = hubspot(tmp_path)
    seen = looked(path, names)
    opened(path, names, maps=seen.maps({}))
    assert lists_in(names) == ("Customers", "Newsletter", "Product News")


PEOPLE = "Email,First Name,Birthday\n" + "".join(
    f"{'bad' if n % 5 == 0 else f'p{n}@example.com'},P{n},1990-05-01\n" for n in range(20)
)


async def checked(opened: OpenFile) -> Problems:
    result = Problems()
    await anyio.to_thread.run_sync(opened.check, result, Silent())
    return result


def test_problems_are_told_by_row_and_gone_once_they_are_corrected(tmp_path: Path, names: Names):
    file = opened(written(tmp_path, PEOPLE), names)
    told = anyio.run(checked, file)
    assert (told.rows, told.ended, told.tally.read) == ([2, 7, 12, 17], True, 20)
    assert told.codes == {"email_invalid": 4}
    assert file.cells({2, 7}) == {2: ["bad", "P0", "1990-05-01"], 7: ["bad", "P5", "1990-05-01"]}
    file.edits.cells[7] = {0: "right@example.com"}
    file.edits.left_out.add(12)
    assert file.judge(7) == []
    assert [issue.code for issue in file.judge(2)] == ["email_invalid"]
    assert file.cells({7})[7][0] == "right@example.com"
    later = anyio.run(checked, file)
    assert later.rows == [2, 7, 12, 17], "what was corrected or left out stays in sight"
    assert set(later.issues) == {2, 17}
    output = io.BytesIO()
    file.write_corrected(output)
    assert output.getvalue().decode("utf-8-sig").splitlines()[6:12:5] == ["right@example.com,P5,1990-05-01", ""]


def test_a_correction_is_judged_as_a_whole_file_would_be(tmp_path: Path, names: Names):
    """What a row's cells are is no matter of how they came there."""
    file = opened(written(tmp_path, PEOPLE), names)
    for text in ("right@example.com", "bad again", "", "x@y.z", "two@example.com "):
        file.edits = Edits({3: {0: text}})
        alone = [(issue.column, issue.code) for issue in file.judge(3)]
        among = anyio.run(checked, file).issues.get(3, [])
        assert alone == [(issue.column, issue.code) for issue in among]


def test_no_more_rows_are_kept_than_anybody_looks_at(tmp_path: Path, names: Names):
    file = opened(written(tmp_path, PEOPLE), names)
    told = Problems(most=3)
    anyio.run(anyio.to_thread.run_sync, file.check, told, Silent())
    assert (told.rows, told.more) == ([2, 7, 12], 1)


# ---- what a program was given


@given(
    st.text(max_size=300)
    | st.sampled_from(
        ["../../etc/passwd", "..", "a\\b\\c.csv", "C:\\x.csv", ".hidden", "/", "a\0b", ". a", "a" * 120 + "."]
    )
)
def test_a_name_of_a_file_is_one_whatever_it_was(name: str):
    result = safe_name(name)
    assert 0 < len(result) <= 120
    assert not set(result) & {"/", "\\", "\0", "\n"}
    assert not result.startswith(".")
    assert safe_name(result) == result, "it is the same once more"


def test_a_name_keeps_what_it_can():
    assert safe_name("people (1).xlsx") == "people (1).xlsx"
    assert safe_name("Kontakte für März.csv") == "Kontakte für März.csv"
    assert safe_name("C:\\Users\\ada\\people.csv") == "people.csv"
    assert safe_name("a" * 300 + ".xlsx").endswith("a.xlsx")


def test_an_upload_is_kept_for_its_owner_alone_and_is_there_later(tmp_path: Path):
    upload = new_upload(tmp_path, "people.csv")
    with upload.open() as file:
        file.write(b"email\n")
    assert uploads_in(tmp_path) == [], "not before there is a note of it"
    upload.note({"resource": "contacts"})
    again = upload_in(tmp_path, upload.id)
    assert again == upload
    assert again is not None
    assert again.noted() == {"resource": "contacts", "name": "people.csv"}
    assert stat.S_IMODE(upload.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(upload.folder.stat().st_mode) == 0o700
    upload.remove()
    assert upload_in(tmp_path, upload.id) is None


@pytest.mark.parametrize("identity", ["..", "../x", "", "0123456789abcdeF", "0123456789abcdef0", "notes.json"])
def test_nothing_else_is_taken_for_an_upload(tmp_path: Path, identity: str):
    assert upload_in(tmp_path, identity) is None


def test_notes_that_are_damaged_or_a_link_are_no_upload(tmp_path: Path):
    upload = new_upload(tmp_path, "people.csv")
    (upload.folder / "notes.json").write_text("{")
    assert upload_in(tmp_path, upload.id) is None
    (upload.folder / "notes.json").unlink()
    (tmp_path / "other.json").write_text('{"name": "x"}')
    (upload.folder / "notes.json").symlink_to(tmp_path / "other.json")
    assert upload_in(tmp_path, upload.id) is None
    assert isinstance(upload, Upload)
